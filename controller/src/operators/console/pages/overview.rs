//! The first page: what is wrong now, then what is.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::day::{Day, day};
use super::trouble::{ProblemRow, problem};
use crate::operators::console::figures;
use crate::operators::console::map::{self, Marker};
use crate::operators::console::plot;
use crate::operators::console::shell::{Room, Shell, answer, short_id};
use crate::operators::console::text::Html;
use crate::operators::console::view::{ApRow, ApState, Estimate, Frame, Overview, Totals};

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Page<'a> {
    shell: Shell<'a>,
    wrong_heading: Html,
    all_well: Html,
    problems: Vec<ProblemRow>,
    sites_heading: Html,
    no_sites: bool,
    markers: Vec<Marker>,
    outside: Option<Html>,
    figures: Vec<Figure>,
    day: Option<Day>,
    fullest: Vec<Full>,
}

/// A large figure with its name and what it is compared with.
pub(super) struct Figure {
    pub(super) name: Html,
    pub(super) value: Html,
    pub(super) note: Option<Html>,
}

struct Full {
    id: String,
    link: Html,
    bar: Html,
    says: Html,
}

/// The overview.
#[must_use]
pub fn overview(frame: &Frame, view: &Overview) -> Response {
    let wrong = u64::try_from(view.problems.len()).unwrap_or(u64::MAX);
    let (markers, outside) = map::markers(frame, &view.sites);
    let outside = u64::try_from(outside).unwrap_or(u64::MAX);
    let page = Page {
        shell: Shell::new(frame, Room::Overview, frame.say("overview-title")).live("overview"),
        wrong_heading: frame.tell("wrong-heading", vec![("n", wrong.into())]),
        all_well: all_well(frame, &view.sites),
        problems: view.problems.iter().map(|one| problem(frame, one, true)).collect(),
        sites_heading: sites_heading(frame, &view.sites),
        no_sites: view.sites.is_empty(),
        markers,
        outside: (outside > 0).then(|| frame.tell("map-outside", vec![("n", outside.into())])),
        figures: figures(frame, &view.totals),
        day: day(frame, &view.day, None),
        fullest: fullest(frame, &view.sites),
    };
    answer(frame, StatusCode::OK, &page)
}

fn count(sites: &[ApRow], states: &[ApState]) -> u64 {
    u64::try_from(sites.iter().filter(|site| states.contains(&site.state)).count()).unwrap_or(u64::MAX)
}

fn all_well(frame: &Frame, sites: &[ApRow]) -> Html {
    let up = count(sites, &[ApState::Up, ApState::Full, ApState::Trouble, ApState::Behind]);
    frame.tell("all-well", vec![("n", up.into())])
}

fn sites_heading(frame: &Frame, sites: &[ApRow]) -> Html {
    let all = u64::try_from(sites.len()).unwrap_or(u64::MAX);
    let values = vec![
        ("n", all.into()),
        ("up", count(sites, &[ApState::Up, ApState::Full, ApState::Trouble, ApState::Behind]).into()),
        ("down", count(sites, &[ApState::Down]).into()),
        ("other", count(sites, &[ApState::New, ApState::Retired]).into()),
    ];
    frame.tell("sites-heading", values)
}

fn figures(frame: &Frame, totals: &Totals) -> Vec<Figure> {
    let figure = |name, value: Option<String>, note: Option<Html>| Figure {
        name: frame.say(name),
        note: note.or_else(|| value.is_none().then(|| frame.say("not-known"))),
        value: Html::text(value.as_deref().unwrap_or("–")),
    };
    let room = totals
        .capacity
        .map(|capacity| frame.tell("of-places", vec![("capacity", frame.whole(capacity).into())]));
    let unique = totals.unique_today;
    let data = totals.down_today_bytes.zip(totals.up_today_bytes);
    vec![
        figure("devices-now", Some(frame.whole(totals.devices)), room),
        figure(
            "unique-today",
            unique.map(|unique| frame.whole(unique.devices)),
            unique.map(|unique| plus_minus(frame, unique)),
        ),
        figure(
            "week-ago",
            totals.week_ago.map(|then| frame.whole(then)),
            totals.week_ago.map(|then| compared(frame, totals.devices, then)),
        ),
        figure(
            "data-today",
            data.map(|(down, up)| frame.data(down.saturating_add(up))),
            data.map(|(down, up)| {
                frame.tell("down-up", vec![("down", frame.data(down).into()), ("up", frame.data(up).into())])
            }),
        ),
    ]
}

/// How far an estimate may be off.
pub(super) fn plus_minus(frame: &Frame, unique: Estimate) -> Html {
    match unique.plus_minus {
        0 => frame.say("plus-minus-none"),
        off => frame.tell("plus-minus", vec![("n", frame.whole(off).into())]),
    }
}

/// "now 6 % more": only between numbers that are large enough for per cent to mean something.
fn compared(frame: &Frame, now: u32, then: u32) -> Html {
    if now < 10 || then < 10 {
        return frame.say("too-few-to-compare");
    }
    let change = figures::percent(u64::from(now.abs_diff(then)), u64::from(then));
    let key = match (change, now > then) {
        (0, _) => "as-then",
        (_, true) => "more-than-then",
        (_, false) => "less-than-then",
    };
    frame.tell(key, vec![("percent", change.into())])
}

fn fullest(frame: &Frame, sites: &[ApRow]) -> Vec<Full> {
    let mut rows: Vec<(&ApRow, u32, u32)> = sites
        .iter()
        .filter_map(|site| Some((site, site.devices?, site.capacity?)))
        .filter(|row| row.1 > 0)
        .collect();
    rows.sort_by(|a, b| {
        let share = |row: &(&ApRow, u32, u32)| f64::from(row.1) / f64::from(row.2.max(1));
        share(b).total_cmp(&share(a)).then_with(|| a.0.ap.id.cmp(&b.0.ap.id))
    });
    let row = |(site, devices, capacity): &(&ApRow, u32, u32)| Full {
        id: short_id(&site.ap.id),
        link: frame.ap_link(&site.ap),
        bar: plot::bar(f64::from(*devices), f64::from(*capacity), devices * 10 >= capacity * 9),
        says: map::load_in_words(frame, site),
    };
    rows.iter().take(5).map(row).collect()
}
