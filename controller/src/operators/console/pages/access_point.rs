//! One access point: how it is in words, what is wrong, its link, journal and load, and who is on line there.

use super::access_points::kind;
use super::day::{Day, day};
use super::overview::Figure;
use super::prelude::*;
use super::session_row::{Row, row};
use super::trouble::{ProblemRow, problem};
use crate::operators::console::view::{AccessPointPage, ApState, Configuration, Frame, Kind, Link};

#[derive(Template)]
#[template(path = "console/access_point.html")]
struct Page<'a> {
    shell: Shell<'a>,
    short: String,
    pill: Html,
    in_words: Html,
    problems: Vec<ProblemRow>,
    figures: Vec<Figure>,
    day: Option<Day>,
    facts: Vec<Fact>,
    facts_heading: Html,
    count: Html,
    rows: Vec<Row>,
    with_ap: bool,
    sessions_href: String,
}

/// A fact with its name.
struct Fact {
    name: Html,
    value: Html,
}

/// The page of one access point.
#[must_use]
pub fn access_point(frame: &Frame, view: &AccessPointPage) -> Response {
    let top = &view.row;
    let (short, name) = (short_id(&top.ap.id), frame.name(&top.ap.name));
    let title = if short == name { Html::text(name) } else { Html::text(&format!("{short} {name}")) };
    let sessions = u64::try_from(view.sessions.len()).unwrap_or(u64::MAX);
    let page = Page {
        shell: Shell::new(frame, Room::AccessPoints, title).live("aps"),
        pill: frame.state_pill(top.state),
        in_words: in_words(frame, top.state, top.kind),
        problems: view.problems.iter().map(|one| problem(frame, one, false)).collect(),
        figures: figures(frame, view),
        day: day(frame, &view.load.hours, view.load.capacity),
        facts: facts(frame, view),
        facts_heading: kind(frame, top.kind),
        count: frame
            .tell("sessions-count", vec![("n", sessions.into()), ("shown", frame.whole(sessions).into())]),
        rows: view.sessions.iter().take(50).map(|session| row(frame, session, Some(&top.ap.id))).collect(),
        with_ap: false,
        sessions_href: format!("/sessions?ap={}", encode(&top.ap.id)),
        short,
    };
    answer(frame, StatusCode::OK, &page)
}

fn in_words(frame: &Frame, state: ApState, kind: Kind) -> Html {
    if kind == Kind::Radius {
        return frame.say(if state == ApState::Up { "says-up-radius" } else { "says-quiet" });
    }
    frame.say(match state {
        ApState::Down => "says-down",
        ApState::Full => "says-full",
        ApState::Trouble => "says-trouble",
        ApState::Behind => "says-behind",
        ApState::Up => "says-up",
        ApState::Quiet => "says-quiet",
        ApState::New => "says-new",
        ApState::Retired => "says-retired",
    })
}

fn figures(frame: &Frame, view: &AccessPointPage) -> Vec<Figure> {
    let top = &view.row;
    let known = |value: Option<String>| Html::text(value.as_deref().unwrap_or("–"));
    let mut out = vec![
        Figure {
            name: frame.say("devices-column"),
            value: known(top.devices.map(|devices| frame.whole(devices))),
            note: top
                .capacity
                .map(|places| frame.tell("of-places", vec![("capacity", frame.whole(places).into())])),
        },
        Figure {
            name: frame.say("data-today"),
            value: known(top.today_bytes.map(|bytes| frame.data(bytes))),
            note: None,
        },
        Figure {
            name: frame.say("heard"),
            value: top
                .heard_ms
                .map_or_else(|| frame.say("never"), |heard| frame.duration(frame.ago_secs(heard))),
            note: top
                .heard_ms
                .map(|heard| frame.tell("at-moment", vec![("moment", frame.moment(heard).into())])),
        },
    ];
    if let Some(journal) = view.journal {
        out.push(Figure {
            name: frame.say("journal"),
            value: known(journal.waiting.map(|records| frame.whole(records))),
            note: Some(frame.say("journal-waiting")),
        });
    }
    out
}

fn facts(frame: &Frame, view: &AccessPointPage) -> Vec<Fact> {
    let fact = |key: &str, value: Html| Fact { name: frame.say(key), value };
    let zone =
        view.row.zone.as_ref().map_or_else(|| frame.say("no-zone"), |zone| Html::text(frame.name(zone)));
    let mut facts = vec![fact("zone", zone)];
    if let Some(link) = &view.link {
        facts.extend(link_facts(frame, link));
    }
    if let Some(configuration) = view.configuration {
        facts.push(fact("configuration", configuration_in_words(frame, configuration)));
    }
    facts
}

fn link_facts(frame: &Frame, link: &Link) -> Vec<Fact> {
    let key = match (link.up, link.since_ms) {
        (true, Some(_)) => "link-up-since",
        (true, None) => "link-up",
        (false, Some(_)) => "link-down-since",
        (false, None) => "link-down",
    };
    let since = link.since_ms.map_or_else(Html::default, |since| frame.moment(since));
    let number = |number: u32| Html::text(&frame.whole(number));
    let facts = [
        ("link", Some(frame.tell(key, vec![("moment", since.into())]))),
        ("enrolled", Some(link.enrolled_ms.map_or_else(|| frame.say("never"), |at| frame.moment(at)))),
        ("version", link.version.as_ref().map(visible)),
        ("stations", link.stations.map(number)),
        ("grants", link.grants.map(number)),
    ];
    facts.into_iter().filter_map(|(key, value)| Some(Fact { name: frame.say(key), value: value? })).collect()
}

fn configuration_in_words(frame: &Frame, configuration: Configuration) -> Html {
    match (configuration.wanted, configuration.applied) {
        (Some(wanted), Some(applied)) if wanted == applied => {
            frame.tell("configuration-same", vec![("version", wanted.to_string().into())])
        }
        (Some(wanted), Some(applied)) => {
            let values = vec![("wanted", wanted.to_string().into()), ("applied", applied.to_string().into())];
            frame.tell("configuration-other", values)
        }
        (Some(wanted), None) => {
            frame.tell("configuration-wanted", vec![("version", wanted.to_string().into())])
        }
        (None, _) => frame.say("not-known"),
    }
}
