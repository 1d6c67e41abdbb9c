//! One place of the guide.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jiff::civil::DateTime;

use super::Link;
use super::guide::{Viewpoint, back};
use super::row::{From, StateLine, in_words, span, state_line};
use crate::ask::Ask;
use crate::civil;
use crate::guide::hours::{Days, Hours, Rule};
use crate::guide::map::{self, Frame, Pin, Point, Subject, View};
use crate::guide::near::{self, Direction};
use crate::guide::places::{self, Place};
use crate::shell::{Look, Shell};
use crate::text::{Html, Value};

#[derive(Template)]
#[template(path = "place.html")]
struct PlacePage<'a> {
    shell: &'a Shell,
    title: Html,
    back: Link,
    name: &'a str,
    other_names: Vec<(&'a str, &'a str)>,
    state: StateLine,
    description: &'a str,
    hours: Vec<HoursLine>,
    hours_in_words: Html,
    hours_known: bool,
    winter: Option<Html>,
    far: Html,
    estimated: bool,
    map: View,
    near: Vec<NearRow>,
}

struct HoursLine {
    days: Html,
    times: Html,
    today: bool,
}

struct NearRow {
    href: String,
    name: &'static str,
    far: Html,
    state: StateLine,
}

/// The page of `place`.
pub(crate) fn page(ask: &Ask, place: &'static Place, view: &Viewpoint<'_>) -> Response {
    let shell = Shell::new(ask, &format!("/guide/place/{}", place.id), Look::Place);
    let now = civil::hanoi(view.now_ms);
    let name = place.name(shell.language());
    let metres = view.from().metres(place);
    let rules: &[Rule] = match &place.hours {
        Hours::Weekly(rules) => rules,
        Hours::Unknown | Hours::Always | Hours::Shows { .. } | Hours::Roughly(_) => &[],
    };
    let winter_opens = rules.iter().find_map(|rule| rule.winter_opens);
    let page = PlacePage {
        title: shell.tell("place-title", vec![("name", name.into())]),
        back: back(&shell, view.spot),
        name,
        other_names: place.other_names(shell.language()),
        state: state_line(&shell, &place.hours, now),
        description: place.description(shell.language()),
        hours: table(&shell, rules, now),
        hours_in_words: in_words(&shell, &place.hours).unwrap_or_else(|| shell.say("hours-unknown-line")),
        hours_known: place.hours != Hours::Unknown,
        winter: winter_opens.map(|at| shell.tell("span-winter", vec![("time", civil::minute(at).into())])),
        far: far(&shell, place, view, metres),
        estimated: metres >= near::HERE_METRES,
        map: view_of(&shell, place, name, view),
        near: neighbours(&shell, place, now),
        shell: &shell,
    };
    shell.respond(StatusCode::OK, &page)
}

/// One line per run of days; two spans of the same days stand in one line.
fn table(shell: &Shell, rules: &[Rule], now: DateTime) -> Vec<HoursLine> {
    let mut lines: Vec<(Days, Vec<Html>)> = Vec::new();
    for rule in rules {
        let times = span(shell, rule);
        match lines.last_mut().filter(|(days, _)| *days == rule.days) {
            Some((_, of_days)) => of_days.push(times),
            None => lines.push((rule.days, vec![times])),
        }
    }
    lines
        .into_iter()
        .map(|(days, times)| HoursLine {
            days: days_in_words(shell, days),
            times: Html::ours(times.iter().map(Html::as_str).collect::<Vec<_>>().join("<br>")),
            today: days != Days::DAILY && days.contain(now.weekday()),
        })
        .collect()
}

fn days_in_words(shell: &Shell, days: Days) -> Html {
    let day = |weekday| civil::weekday(shell.text(), weekday);
    if days == Days::DAILY {
        shell.say("every-day")
    } else if days.first == days.last {
        day(days.first)
    } else {
        shell.tell("days-from-to", vec![("first", day(days.first).into()), ("last", day(days.last).into())])
    }
}

fn far(shell: &Shell, place: &Place, view: &Viewpoint<'_>, metres: f64) -> Html {
    let here = metres < near::HERE_METRES;
    let minutes = ("minutes", Value::from(near::walking_minutes(metres)));
    match (view.from(), here) {
        (From::Spot(..), true) => shell.say("far-here"),
        (From::Shore, true) => shell.say("shore-line-here"),
        (From::Shore, false) => shell.tell("shore-line", vec![minutes]),
        (From::Spot(lat, lon), false) => {
            let word = direction_word(near::direction((lat, lon), (place.lat, place.lon)));
            shell.tell("far-line", vec![minutes, ("direction", word.into())])
        }
    }
}

/// The direction as the messages choose by it.
pub(super) fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::North => "north",
        Direction::NorthEast => "north-east",
        Direction::East => "east",
        Direction::SouthEast => "south-east",
        Direction::South => "south",
        Direction::SouthWest => "south-west",
        Direction::West => "west",
        Direction::NorthWest => "north-west",
    }
}

fn view_of(shell: &Shell, place: &Place, name: &str, view: &Viewpoint<'_>) -> View {
    let at = Point::at(place.lat, place.lon);
    let metres = view.from().metres(place);
    let here = view.from().is_here(metres);
    let you = view.point().filter(|_| !here);
    // A place beyond the drawing is shown together with the lake, so that the picture says where it lies.
    let lake = (!map::reaches(at)).then_some(map::MIDDLE_OF_LAKE);
    let shown: Vec<Point> = std::iter::once(at).chain(you).chain(lake).collect();
    let key = if you.is_some() { "map-of-place-from" } else { "map-of-place" };
    View::new(Subject {
        frame: Frame::holding(&shown),
        says: shell.tell(key, vec![("place", name.into())]),
        pins: vec![Pin { at, number: 1, name: name.to_owned(), here }],
        spots: &[],
        you,
        kind: map::Kind::Close,
    })
}

fn neighbours(shell: &Shell, place: &'static Place, now: DateTime) -> Vec<NearRow> {
    let from = From::Spot(place.lat, place.lon);
    let mut others: Vec<&Place> = places::shown().iter().filter(|other| other.id != place.id).collect();
    from.nearest_first(&mut others);
    let row = |other: &&'static Place| NearRow {
        href: shell.link(&format!("/guide/place/{}", other.id)),
        name: other.name(shell.language()),
        far: shell.tell("near-minutes", vec![("minutes", near::walking_minutes(from.metres(other)).into())]),
        state: state_line(shell, &other.hours, now),
    };
    others.iter().take(3).map(row).collect()
}
