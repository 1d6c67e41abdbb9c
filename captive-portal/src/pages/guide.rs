//! The guide: of a spot, of the lake from anywhere, of one kind of places, and what a search finds.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jiff::civil::DateTime;

use super::row::{From, StateLine, state_line};
use super::walking::{self, Week};
use super::{Link, spot_sentence};
use crate::ask::Ask;
use crate::backend::{Place as Spot, Position, Visitor};
use crate::civil;
use crate::guide::map::{self, Frame, Pin, Point, Subject, View};
use crate::guide::places::{self, Kind, Place};
use crate::guide::search::Search;
use crate::shell::{Look, Shell, encode};
use crate::text::{Html, Value};

#[derive(Template)]
#[template(path = "guide.html")]
struct Guide<'a> {
    shell: &'a Shell,
    title: Html,
    heading: Html,
    back: Option<Link>,
    here: Option<Html>,
    visit: Option<VisitLink>,
    line: Option<Html>,
    query: &'a str,
    at_a_spot: bool,
    map: Option<View>,
    groups: Vec<Group>,
    week: Option<Week>,
}

/// The visitor's own connection, in one line.
struct VisitLink {
    icon: &'static str,
    href: String,
    says: Html,
}

struct Group {
    slug: &'static str,
    icon: &'static str,
    heading: Html,
    rows: Vec<Row>,
    all: Option<Link>,
}

struct Row {
    href: String,
    /// The number on the map; none when the place lies outside of it.
    number: Option<u64>,
    icon: &'static str,
    name: String,
    far: Html,
    here: bool,
    state: StateLine,
}

/// What the guide is made for.
pub(crate) struct Viewpoint<'a> {
    /// Where the visitor stands; none for the public.
    pub(crate) spot: Option<&'a Spot>,
    /// What is known of the visitor.
    pub(crate) visitor: &'a Visitor,
    /// Every access point in service.
    pub(crate) access_points: &'a [Position],
    /// Now, Unix milliseconds.
    pub(crate) now_ms: u64,
}

/// How many places of each kind the first page of the guide shows.
const NEAREST: usize = 4;

/// The guide itself, at `own_path` (it is also the start page of somebody who is online).
pub(crate) fn home(ask: &Ask, own_path: &str, view: &Viewpoint<'_>) -> Response {
    let frame = view.frame();
    let shell = shell(ask, own_path, view, frame);
    let mut listing = Listing::new(&shell, view, frame);
    for kind in Kind::ALL {
        let mut of_kind: Vec<&Place> = places::shown().iter().filter(|place| place.kind == kind).collect();
        view.from().nearest_first(&mut of_kind);
        let count = of_kind.len() as u64;
        let all = (of_kind.len() > NEAREST).then(|| Link {
            href: shell.link(&format!("/guide/{}", kind.slug())),
            says: shell.tell(kind.all_of_it(), vec![("count", count.into())]),
        });
        of_kind.truncate(NEAREST);
        listing.add(kind, &of_kind, all);
    }
    let name = view.spot.map(|spot| spot.name.in_language(shell.language()));
    let (title, heading) = match name {
        Some(name) => (
            shell.tell("guide-title-place", vec![("place", name.into())]),
            shell.tell("guide-heading-place", vec![("place", name.into())]),
        ),
        None => (shell.say("guide-title"), shell.say("guide-heading")),
    };
    let mut page = listing.page(title, heading, ask);
    page.here = view.spot.map(|spot| spot_sentence(&shell, spot, "here", "here-zone"));
    page.visit = visit(&shell, view);
    page.line = view.spot.is_none().then(|| shell.say("guide-public-line"));
    page.week = Some(walking::week(&shell, civil::hanoi(view.now_ms)));
    shell.respond(StatusCode::OK, &page)
}

/// Every place of one kind.
pub(crate) fn kind(ask: &Ask, kind: Kind, view: &Viewpoint<'_>) -> Response {
    let mut of_kind: Vec<&Place> = places::shown().iter().filter(|place| place.kind == kind).collect();
    view.from().nearest_first(&mut of_kind);
    let frame = view.frame_for(&of_kind);
    let shell = shell(ask, &format!("/guide/{}", kind.slug()), view, frame);
    let mut listing = Listing::new(&shell, view, frame);
    listing.add(kind, &of_kind, None);
    let heading = shell.say(kind.heading());
    let title = shell.tell("kind-title", vec![("kind", heading.clone().into())]);
    let mut page = listing.page(title, heading, ask);
    page.back = Some(back(&shell, view.spot));
    shell.respond(StatusCode::OK, &page)
}

/// What a search finds, nearest first; at most 20 places.
pub(crate) fn search(ask: &Ask, view: &Viewpoint<'_>) -> Response {
    const MOST: usize = 20;
    let search = Search::new(&ask.query);
    let finds = |place: &&Place| search.as_ref().is_some_and(|search| search.finds(place));
    let mut found: Vec<&Place> = places::shown().iter().filter(finds).collect();
    view.from().nearest_first(&mut found);
    let count = found.len() as u64;
    found.truncate(MOST);
    let frame = view.frame_for(&found);
    let shell = shell(ask, &format!("/guide?q={}", encode(&ask.query)), view, frame);
    let query = || ("query", Value::from(ask.query.as_str()));
    let title = shell.tell("search-title", vec![query()]);
    let mut listing = Listing::new(&shell, view, frame);
    let mut page = if found.is_empty() {
        let mut page = listing.page(title, shell.tell("search-none-heading", vec![query()]), ask);
        page.map = None;
        page.line = Some(shell.say("search-none-line"));
        page
    } else {
        let shown = found.len() as u64;
        let heading = if shown < count { "search-heading-nearest" } else { "search-heading" };
        listing.add_mixed(&found);
        let words = vec![query(), ("count", count.into()), ("shown", shown.into())];
        listing.page(title, shell.tell(heading, words), ask)
    };
    page.back = Some(Link { href: shell.link("/guide"), says: shell.say("back-to-guide") });
    shell.respond(StatusCode::OK, &page)
}

/// The way back to the guide of the spot, or to the public one.
pub(super) fn back(shell: &Shell, spot: Option<&Spot>) -> Link {
    let says = match spot {
        Some(spot) => {
            shell.tell("back-to-place", vec![("place", spot.name.in_language(shell.language()).into())])
        }
        None => shell.say("guide-heading"),
    };
    Link { href: shell.link("/guide"), says }
}

impl Viewpoint<'_> {
    /// From where distances are meant.
    pub(super) fn from(&self) -> From {
        self.spot.map_or(From::Shore, |spot| From::Spot(spot.lat, spot.lon))
    }

    /// Where the visitor stands on the drawing.
    pub(super) fn point(&self) -> Option<Point> {
        self.spot.map(|spot| Point::at(spot.lat, spot.lon))
    }

    fn frame(&self) -> Frame {
        self.point().map_or(Frame::LAKE, Frame::around)
    }

    /// The frame that also shows these places, as far as the drawing reaches.
    fn frame_for(&self, places: &[&Place]) -> Frame {
        let points = places.iter().map(|place| Point::at(place.lat, place.lon));
        let within: Vec<Point> = points.filter(|point| map::reaches(*point)).collect();
        self.frame().grown_to(&within)
    }
}

/// The shell, with the rules that make the enlarged map scroll to where the visitor stands and keep its letters small.
fn shell(ask: &Ask, own_path: &str, view: &Viewpoint<'_>, frame: Frame) -> Shell {
    let middle = Point { x: frame.x + frame.width / 2.0, y: frame.y + frame.height / 2.0 };
    let centre = view.point().unwrap_or(middle);
    let (x, y) = ((centre.x - frame.x) / frame.width * 100.0, (centre.y - frame.y) / frame.height * 100.0);
    let scale = frame.width / Frame::LAKE.width;
    let mut rules = String::new();
    for (anchor, times, letters, halo) in [("z2", 2.0, 7.0, 1.5), ("z4", 4.0, 4.0, 1.0)] {
        rules.push_str(&format!(
            "#{anchor}{{left:{:.1}%;top:{:.1}%}}#{anchor}:target~.map .lb text{{font-size:{:.2}px;stroke-width:{:.2}px}}",
            x * times,
            y * times,
            letters * scale,
            halo * scale
        ));
    }
    Shell::new(ask, own_path, Look::Guide).with_css(rules)
}

fn visit(shell: &Shell, view: &Viewpoint<'_>) -> Option<VisitLink> {
    let to_session = |says| VisitLink { icon: "check", href: shell.link("/session"), says };
    match view.visitor {
        Visitor::Online(online) => Some(to_session(match online.ends_ms {
            Some(ends_ms) => online_until(shell, view.now_ms, ends_ms),
            None => shell.say("guide-online"),
        })),
        Visitor::New(_) => {
            Some(VisitLink { icon: "next", href: shell.link("/"), says: shell.say("guide-connect") })
        }
        Visitor::Public | Visitor::Pending | Visitor::Busy(_) | Visitor::Refused(_) | Visitor::Away(_) => {
            None
        }
    }
}

fn online_until(shell: &Shell, now_ms: u64, ends_ms: u64) -> Html {
    let (now, ends) = (civil::hanoi(now_ms), civil::hanoi(ends_ms));
    let time = ("time", Value::from(civil::clock(ends)));
    if ends.date() == now.date() {
        shell.tell("guide-online-until-today", vec![time])
    } else if now.date().tomorrow().is_ok_and(|tomorrow| tomorrow == ends.date()) {
        shell.tell("guide-online-until-tomorrow", vec![time])
    } else {
        shell.tell("guide-online-until-date", vec![time, ("date", civil::date(shell.text(), ends).into())])
    }
}

/// Rows and the pins that carry their numbers.
struct Listing<'a> {
    shell: &'a Shell,
    view: &'a Viewpoint<'a>,
    frame: Frame,
    now: DateTime,
    groups: Vec<Group>,
    pins: Vec<Pin>,
}

impl<'a> Listing<'a> {
    fn new(shell: &'a Shell, view: &'a Viewpoint<'a>, frame: Frame) -> Self {
        Self { shell, view, frame, now: civil::hanoi(view.now_ms), groups: Vec::new(), pins: Vec::new() }
    }

    fn add(&mut self, kind: Kind, places: &[&Place], all: Option<Link>) {
        let rows = places.iter().map(|place| self.row(place)).collect();
        let heading = self.shell.say(kind.heading());
        self.groups.push(Group { slug: kind.slug(), icon: kind.icon(), heading, rows, all });
    }

    fn add_mixed(&mut self, places: &[&Place]) {
        let rows = places.iter().map(|place| self.row(place)).collect();
        let heading = self.shell.say("places");
        self.groups.push(Group { slug: "found", icon: "search", heading, rows, all: None });
    }

    fn row(&mut self, place: &Place) -> Row {
        let name = place.name(self.shell.language()).to_owned();
        let from = self.view.from();
        let metres = from.metres(place);
        let here = from.is_here(metres);
        let at = Point::at(place.lat, place.lon);
        let number = self.frame.contains(at, 6.0).then_some(self.pins.len() as u64 + 1);
        if let Some(number) = number {
            self.pins.push(Pin { at, number, name: name.clone(), here });
        }
        Row {
            href: self.shell.link(&format!("/guide/place/{}", place.id)),
            number,
            icon: place.kind.icon(),
            name,
            far: from.far(self.shell, metres),
            here,
            state: state_line(self.shell, &place.hours, self.now),
        }
    }

    fn page(&mut self, title: Html, heading: Html, ask: &'a Ask) -> Guide<'a> {
        let pins = std::mem::take(&mut self.pins);
        // A numbered place at the visitor's own spot is the marker of both.
        let you = self.view.point().filter(|_| !pins.iter().any(|pin| pin.here));
        let map = View::new(Subject {
            frame: self.frame,
            says: self.shell.say("map-of-guide"),
            pins,
            spots: self.view.access_points,
            you,
            kind: map::Kind::Whole,
        });
        Guide {
            shell: self.shell,
            title,
            heading,
            back: None,
            here: None,
            visit: None,
            line: None,
            query: &ask.query,
            at_a_spot: self.view.spot.is_some(),
            map: Some(map),
            groups: std::mem::take(&mut self.groups),
            week: None,
        }
    }
}
