//! Load planning: where there was no room, at which hours, in how many of the last weeks.

use super::prelude::*;
use crate::operators::console::view::{Frame, Load, LoadHour, LoadRow};

/// Hours that are written out per access point; the rest is counted.
const MOST_HOURS: usize = 8;

#[derive(Template)]
#[template(path = "console/load.html")]
struct Page<'a> {
    shell: Shell<'a>,
    rule: Html,
    weeks: u32,
    refused: bool,
    span: Html,
    heading: Html,
    rows: Vec<Row>,
    with_room: Html,
    weekdays: Vec<Html>,
    heat: Vec<HeatRow>,
    steps: Vec<Html>,
    no_heat: bool,
}

struct Row {
    link: Html,
    says: Html,
    hours: Vec<Html>,
    more: Option<Html>,
}

struct HeatRow {
    hour: String,
    cells: Vec<Cell>,
}

struct Cell {
    class: &'static str,
    says: String,
}

/// The page for planning.
#[must_use]
pub fn load(frame: &Frame, view: &Load) -> Response {
    let most = view.heat.0.iter().flatten().filter_map(|mean| *mean).fold(0.0, f64::max);
    let bounds = bounds(most);
    let full = u64::try_from(view.rows.len()).unwrap_or(u64::MAX);
    let (from, to) = (frame.civil(view.from_ms).date(), frame.civil(view.to_ms.saturating_sub(1)).date());
    let page = Page {
        shell: Shell::new(frame, Room::Load, frame.say("nav-load")),
        rule: frame.tell("load-rule", vec![("percent", view.percent.into())]),
        weeks: view.weeks,
        refused: view.refused,
        span: frame.tell(
            "span-days",
            vec![
                ("from", frame.day(from).into()),
                ("to", frame.day(to).into()),
                ("year", to.year().to_string().into()),
            ],
        ),
        heading: frame.tell(
            "load-heading",
            vec![("n", full.into()), ("percent", view.percent.into()), ("weeks", view.weeks.into())],
        ),
        rows: view.rows.iter().map(|row| shown(frame, view, row)).collect(),
        with_room: frame
            .tell("load-with-room", vec![("n", u64::try_from(view.with_room).unwrap_or(0).into())]),
        weekdays: (0..7).map(|day| frame.weekday(day)).collect(),
        heat: view
            .heat
            .0
            .iter()
            .enumerate()
            .map(|(hour, days)| heat_row(frame, hour, days, bounds))
            .collect(),
        steps: steps(frame, bounds),
        no_heat: view.heat.0.iter().flatten().all(Option::is_none),
    };
    let status = if view.refused { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    answer(frame, status, &page)
}

fn shown(frame: &Frame, view: &Load, row: &LoadRow) -> Row {
    let peak = figures::percent(u64::from(row.peak), u64::from(row.capacity));
    let hours = u64::try_from(row.hours.len()).unwrap_or(u64::MAX);
    let values = vec![
        ("n", hours.into()),
        ("peak", frame.whole(row.peak).into()),
        ("capacity", frame.whole(row.capacity).into()),
        ("percent", peak.into()),
    ];
    let rest = u64::try_from(row.hours.len().saturating_sub(MOST_HOURS)).unwrap_or(0);
    Row {
        link: frame.ap_link(&row.ap),
        says: frame.tell("load-row", values),
        hours: row.hours.iter().take(MOST_HOURS).map(|hour| hour_in_words(frame, view.weeks, hour)).collect(),
        more: (rest > 0).then(|| frame.tell("load-more-hours", vec![("n", rest.into())])),
    }
}

/// "Sat 20:00–21:00: 4 of 4 weeks".
fn hour_in_words(frame: &Frame, weeks: u32, hour: &LoadHour) -> Html {
    let values = vec![
        ("weekday", frame.weekday(hour.weekday).into()),
        ("from", format!("{:02}:00", hour.hour).into()),
        ("to", format!("{:02}:00", u32::from(hour.hour) + 1).into()),
        ("weeks", hour.weeks.to_string().into()),
        ("n", weeks.into()),
    ];
    frame.tell("load-hour", values)
}

/// The upper bounds of the first three steps of the scale, as numbers that are easy to say.
fn bounds(most: f64) -> [f64; 3] {
    [0.1, 0.3, 0.6].map(|share| {
        let bound = (most * share).max(1.0);
        let unit = (10f64.powf(bound.log10().floor()) / 2.0).max(1.0);
        (bound / unit).round() * unit
    })
}

fn heat_row(frame: &Frame, hour: usize, days: &[Option<f64>; 7], bounds: [f64; 3]) -> HeatRow {
    let cell = |mean: &Option<f64>| match mean {
        None => Cell { class: "sup", says: "–".to_owned() },
        Some(mean) => {
            let step = bounds.iter().filter(|bound| *mean >= **bound).count();
            let class = ["h1", "h2", "h3", "h4"].get(step).copied().unwrap_or("h4");
            Cell { class, says: frame.whole(mean.round() as u64) }
        }
    };
    HeatRow { hour: format!("{hour:02}"), cells: days.iter().map(cell).collect() }
}

fn steps(frame: &Frame, bounds: [f64; 3]) -> Vec<Html> {
    let mut steps: Vec<Html> = bounds
        .into_iter()
        .map(|bound| frame.tell("heat-under", vec![("n", frame.whole(bound as u64).into())]))
        .collect();
    steps.push(frame.say("heat-more"));
    steps
}
