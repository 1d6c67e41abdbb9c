//! Figures of a period.

use jiff::civil::Date;

use super::overview::{Figure, plus_minus};
use super::prelude::*;
use super::usage_parts::{FunnelRow, NumberRow, Ranked, busiest, dwell, funnel, languages, numbers, zones};
use crate::operators::console::view::{CountingRule, Frame, RangeError, Step, Usage};

#[derive(Template)]
#[template(path = "console/usage.html")]
struct Page<'a> {
    shell: Shell<'a>,
    from: String,
    to: String,
    by_hour: bool,
    error: Option<Html>,
    span: Html,
    nothing: bool,
    figures: Vec<Figure>,
    plot_heading: Html,
    plot: Html,
    gaps: bool,
    first_column: Html,
    numbers: Vec<NumberRow>,
    zones: Vec<Ranked>,
    languages: Vec<Ranked>,
    dwell: Vec<Ranked>,
    busiest: Vec<Ranked>,
    funnel: Vec<FunnelRow>,
    rule: Vec<Html>,
}

/// The page of figures.
#[must_use]
pub fn usage(frame: &Frame, view: &Usage) -> Response {
    let mut shell = Shell::new(frame, Room::Usage, frame.say("nav-usage"));
    let nothing = view.periods.iter().all(|period| !period.recorded);
    shell.plot = !nothing;
    let (from, to) = view.typed.clone().unwrap_or_else(|| (view.from.to_string(), view.to.to_string()));
    let by_hour = view.step == Step::Hour;
    let page = Page {
        shell,
        from,
        to,
        by_hour,
        error: view.error.map(|error| range_error(frame, error)),
        span: span(frame, view.from, view.to),
        nothing,
        figures: figures(frame, view),
        plot_heading: frame.say(if by_hour { "visits-by-hour" } else { "visits-by-day" }),
        plot: plot::visits(frame, &view.periods, view.step),
        gaps: view.periods.iter().any(|period| !period.recorded),
        first_column: frame.say(if by_hour { "hour" } else { "day-column" }),
        numbers: numbers(frame, view),
        zones: zones(frame, &view.zones),
        languages: languages(frame, &view.languages),
        dwell: dwell(frame, &view.dwell),
        busiest: busiest(frame, &view.busiest),
        funnel: funnel(frame, &view.funnel),
        rule: rule(frame, &view.rule),
    };
    let status = if view.error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    answer(frame, status, &page)
}

fn span(frame: &Frame, from: Date, to: Date) -> Html {
    if from == to {
        return frame.tell(
            "span-day",
            vec![("day", frame.day(from).into()), ("year", from.year().to_string().into())],
        );
    }
    let values = vec![
        ("from", frame.day(from).into()),
        ("to", frame.day(to).into()),
        ("year", to.year().to_string().into()),
    ];
    frame.tell("span-days", values)
}

fn range_error(frame: &Frame, error: RangeError) -> Html {
    match error {
        RangeError::NoDate => frame.say("range-no-date"),
        RangeError::Backwards => frame.say("range-backwards"),
        RangeError::TooLong { most_days } => frame.tell("range-too-long", vec![("n", most_days.into())]),
    }
}

fn figures(frame: &Frame, view: &Usage) -> Vec<Figure> {
    let sum = &view.sum;
    let figure = |key, value: String, note| Figure { name: frame.say(key), value: Html::text(&value), note };
    let unique = sum.unique.map_or_else(
        || Figure {
            name: frame.say("unique-devices"),
            value: Html::text("–"),
            note: Some(frame.say("not-known")),
        },
        |unique| figure("unique-devices", frame.whole(unique.devices), Some(plus_minus(frame, unique))),
    );
    vec![
        unique,
        figure(
            "visits",
            frame.whole(sum.visits),
            Some(frame.tell("sessions-note", vec![("n", frame.whole(sum.sessions).into())])),
        ),
        figure(
            "peak-devices",
            frame.whole(sum.peak_devices),
            Some(
                frame
                    .tell("mean-note", vec![("n", figures::tenths(frame.language, sum.mean_devices).into())]),
            ),
        ),
        figure(
            "data",
            frame.data(sum.down_bytes.saturating_add(sum.up_bytes)),
            Some(frame.tell(
                "down-up",
                vec![("down", frame.data(sum.down_bytes).into()), ("up", frame.data(sum.up_bytes).into())],
            )),
        ),
    ]
}

/// How it was counted, in sentences.
fn rule(frame: &Frame, rule: &CountingRule) -> Vec<Html> {
    let error = figures::permille(frame.language, rule.error_permille.saturating_mul(2));
    let mut said = vec![
        frame.say("rule-devices"),
        frame.tell("rule-error", vec![("error", error.into())]),
        match rule.randomised_permille {
            Some(share) => frame
                .tell("rule-randomised", vec![("share", figures::permille(frame.language, share).into())]),
            None => frame.say("rule-randomised-unknown"),
        },
        frame.say("rule-days"),
        frame.say("rule-visit"),
        frame.say("rule-private"),
    ];
    if let Some(up_to) = rule.up_to_ms {
        said.push(frame.tell("rule-up-to", vec![("moment", frame.moment(up_to).into())]));
    }
    said
}
