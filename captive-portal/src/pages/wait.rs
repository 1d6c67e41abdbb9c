//! Pages that reload themselves by the `Refresh` header, and offer a link that stops that: the access point has not
//! confirmed yet, is full, or the centre cannot answer; also when it could not end a visit.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::place::direction_word;
use crate::Settings;
use crate::ask::Ask;
use crate::backend::{Away, Busy, Place};
use crate::civil;
use crate::guide::map::{self, Frame, Pin, Point, Subject, View};
use crate::guide::near;
use crate::shell::{Look, Shell, refresh};
use crate::text::Html;

#[derive(Template)]
#[template(path = "wait.html")]
struct Wait<'a> {
    shell: &'a Shell,
    title: Html,
    /// Anchor and key of the skip link.
    skip: (&'static str, &'static str),
    heading: Html,
    lead: Html,
    again: Html,
    stopped: bool,
    fast: bool,
    checked: Html,
    try_now: String,
    stop: String,
    near: Option<Near>,
    works: bool,
    support: Option<Html>,
}

struct Near {
    map: View,
    spots: Vec<NearSpot>,
}

struct NearSpot {
    number: u64,
    name: String,
    far: Html,
}

/// The bar on the page runs as long as its class in `styles/wait.css` says.
const SECS: u32 = 20;
const PENDING_SECS: u32 = 3;

/// The tap has arrived, the access point has not confirmed yet.
pub(crate) fn pending(ask: &Ask, settings: &Settings) -> Response {
    let shell = Shell::new(ask, "/session", Look::Wait);
    let mut page = Wait::new(&shell, ask, settings, "/session");
    page.title = shell.say("pending-title");
    page.heading = shell.say("pending-heading");
    page.lead = shell.say("pending-line");
    page.again = again(&shell, ask, PENDING_SECS, "pending-again", "pending-stopped");
    page.fast = true;
    page.respond(ask, StatusCode::OK, PENDING_SECS)
}

/// No room at present.
pub(crate) fn busy(ask: &Ask, settings: &Settings, place: Option<&Place>, busy: &Busy) -> Response {
    let shell = Shell::new(ask, "/", Look::Wait);
    let mut page = Wait::new(&shell, ask, settings, "/");
    page.again = again(&shell, ask, SECS, "busy-again", "busy-stopped");
    match busy {
        Busy::AccessPointFull { devices, nearby, support_code } => {
            let counted = *devices > 0;
            let devices = ("devices", u64::from(*devices).into());
            page.title = shell.say("busy-title");
            page.heading = shell.say("busy-heading");
            page.lead = match place {
                Some(place) => {
                    let name = place.name.in_language(shell.language());
                    // An access point that refuses and has not said how many it serves: a nought would be no reason.
                    let line = if counted { "busy-line" } else { "busy-line-uncounted" };
                    shell.tell(line, vec![devices, ("place", name.into())])
                }
                None if !counted => shell.say("busy-line-nameless-uncounted"),
                None => shell.tell("busy-line-nameless", vec![devices]),
            };
            page.near = place.filter(|_| !nearby.is_empty()).map(|place| near_by(&shell, place, nearby));
            if page.near.is_some() {
                page.skip = ("near", "skip-to-near");
            }
            page.support = Some(support(&shell, support_code));
        }
        Busy::CentreFull { support_code } => {
            page.title = shell.say("crowd-title");
            page.heading = shell.say("crowd-heading");
            page.lead = shell.say("crowd-line");
            page.support = Some(support(&shell, support_code));
        }
    }
    page.respond(ask, StatusCode::SERVICE_UNAVAILABLE, SECS)
}

/// The centre cannot answer.
pub(crate) fn away(ask: &Ask, settings: &Settings, away: &Away) -> Response {
    let shell = Shell::new(ask, "/", Look::Wait);
    let mut page = Wait::new(&shell, ask, settings, "/");
    page.title = shell.say("away-title");
    page.heading = shell.say("away-heading");
    page.lead = match away.since_ms {
        Some(since_ms) => {
            let time = civil::clock(civil::hanoi(since_ms));
            shell.tell("away-line-since", vec![("time", time.into())])
        }
        None => shell.say("away-line"),
    };
    page.again = again(&shell, ask, SECS, "away-again", "busy-stopped");
    page.works = true;
    page.skip = ("works", "skip-to-works");
    page.support = away.support_code.as_deref().map(|code| support(&shell, code));
    page.respond(ask, StatusCode::SERVICE_UNAVAILABLE, SECS)
}

/// The visit could not be ended: it goes on.
pub(crate) fn kept(ask: &Ask, settings: &Settings, away: &Away) -> Response {
    let shell = Shell::new(ask, "/session", Look::Wait);
    let mut page = Wait::new(&shell, ask, settings, "/session");
    page.title = shell.say("kept-title");
    page.heading = shell.say("kept-heading");
    page.lead = shell.say("kept-line");
    page.again = again(&shell, ask, SECS, "kept-again", "busy-stopped");
    page.support = away.support_code.as_deref().map(|code| support(&shell, code));
    page.respond(ask, StatusCode::SERVICE_UNAVAILABLE, SECS)
}

impl<'a> Wait<'a> {
    /// A page that looks again at `path`, without its own words yet.
    fn new(shell: &'a Shell, ask: &Ask, settings: &Settings, path: &str) -> Self {
        let empty = || Html::ours(String::new());
        let now = civil::clock_with_seconds(civil::hanoi(settings.now_ms()));
        Self {
            title: empty(),
            skip: ("guide", "skip-to-content"),
            heading: empty(),
            lead: empty(),
            again: empty(),
            stopped: ask.stopped,
            fast: false,
            checked: shell.tell("checked-at", vec![("time", now.into())]),
            try_now: shell.link(path),
            stop: shell.link(&format!("{path}?wait=no")),
            near: None,
            works: false,
            support: None,
            shell,
        }
    }

    fn respond(&self, ask: &Ask, status: StatusCode, secs: u32) -> Response {
        let mut response = self.shell.respond(status, self);
        if !ask.stopped {
            refresh(&mut response, secs, &self.try_now);
        }
        response
    }
}

fn again(shell: &Shell, ask: &Ask, secs: u32, running: &str, stopped: &str) -> Html {
    if ask.stopped { shell.say(stopped) } else { shell.tell(running, vec![("secs", u64::from(secs).into())]) }
}

fn support(shell: &Shell, code: &str) -> Html {
    shell.tell("support-line", vec![("code", code.into())])
}

/// At most three other access points, on a map and in words.
fn near_by(shell: &Shell, place: &Place, nearby: &[Place]) -> Near {
    let here = (place.lat, place.lon);
    let mut pins = Vec::new();
    let mut spots = Vec::new();
    for (other, number) in nearby.iter().take(3).zip(1_u64..) {
        let there = (other.lat, other.lon);
        let name = other.name.in_language(shell.language()).to_owned();
        let minutes = near::walking_minutes(near::metres(here, there));
        let direction = direction_word(near::direction(here, there));
        pins.push(Pin { at: Point::at(there.0, there.1), number, name: name.clone(), here: false });
        spots.push(NearSpot {
            number,
            name,
            far: shell.tell("far-line", vec![("minutes", minutes.into()), ("direction", direction.into())]),
        });
    }
    let you = Point::at(place.lat, place.lon);
    let shown: Vec<Point> = pins.iter().map(|pin| pin.at).chain([you]).collect();
    let map = View::new(Subject {
        frame: Frame::holding(&shown),
        says: shell.tell("busy-map", vec![("place", place.name.in_language(shell.language()).into())]),
        pins,
        spots: &[],
        you: Some(you),
        kind: map::Kind::Close,
    });
    Near { map, spots }
}
