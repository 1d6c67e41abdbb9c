//! Tables of the page of figures: steps, zones, languages, lengths of visits, busiest hours, the way to the internet.

use super::prelude::*;
use crate::operators::console::view::{
    BusyHour, DwellBin, Frame, FunnelStep, PhoneLanguage, Step, Usage, Zone,
};

/// One step of the period in the table of numbers, which the plot reads too.
pub(super) struct NumberRow {
    pub(super) start_secs: u64,
    pub(super) name: Html,
    pub(super) recorded: bool,
    pub(super) visits_plain: u64,
    pub(super) visits: String,
    pub(super) unique_plain: String,
    pub(super) unique: Html,
    pub(super) mean: String,
    pub(super) peak_plain: u32,
    pub(super) peak: String,
    pub(super) down: String,
    pub(super) up: String,
}

/// A named amount with its bar.
pub(super) struct Ranked {
    pub(super) name: Html,
    pub(super) bar: Html,
    pub(super) amount: String,
    pub(super) more: Html,
}

/// One step on the way to the internet.
pub(super) struct FunnelRow {
    pub(super) name: Html,
    pub(super) bar: Html,
    pub(super) visitors: String,
    pub(super) kept: String,
    pub(super) times: Html,
}

/// The steps, newest first.
pub(super) fn numbers(frame: &Frame, view: &Usage) -> Vec<NumberRow> {
    let name = |start_ms| match view.step {
        Step::Hour => frame.moment(start_ms),
        Step::Day => frame.day(frame.civil(start_ms).date()),
    };
    let rows = view.periods.iter().map(|period| NumberRow {
        start_secs: period.start_ms / 1000,
        name: name(period.start_ms),
        recorded: period.recorded,
        visits_plain: period.visits,
        visits: frame.whole(period.visits),
        unique_plain: period.unique.map_or_else(String::new, |unique| unique.devices.to_string()),
        unique: period.unique.map_or_else(
            || Html::text("–"),
            |unique| {
                let off = match unique.plus_minus {
                    0 => String::new(),
                    off => format!(" <small>± {}</small>", frame.whole(off)),
                };
                Html::ours(format!("{}{off}", frame.whole(unique.devices)))
            },
        ),
        mean: figures::tenths(frame.language, period.mean_devices),
        peak_plain: period.peak_devices,
        peak: frame.whole(period.peak_devices),
        down: frame.data(period.down_bytes),
        up: frame.data(period.up_bytes),
    });
    rows.rev().collect()
}

fn ranked(frame: &Frame, rows: Vec<(Html, u64, Html)>, most: u64) -> Vec<Ranked> {
    rows.into_iter()
        .map(|(name, amount, more)| Ranked {
            name,
            bar: plot::bar(amount as f64, most as f64, false),
            amount: frame.whole(amount),
            more,
        })
        .collect()
}

/// Zones, with the data of each.
pub(super) fn zones(frame: &Frame, zones: &[Zone]) -> Vec<Ranked> {
    let most = zones.iter().map(|zone| zone.period.visits).max().unwrap_or(0);
    let row = |zone: &Zone| {
        let name =
            zone.name.as_ref().map_or_else(|| frame.say("no-zone"), |name| Html::text(frame.name(name)));
        let data = zone.period.down_bytes.saturating_add(zone.period.up_bytes);
        (name, zone.period.visits, Html::text(&frame.data(data)))
    };
    ranked(frame, zones.iter().map(row).collect(), most)
}

/// Languages, with their share.
pub(super) fn languages(frame: &Frame, languages: &[PhoneLanguage]) -> Vec<Ranked> {
    let all: u64 = languages.iter().map(|language| language.visits).sum();
    let row = |language: &PhoneLanguage| {
        (language_name(frame, &language.tag), language.visits, share(frame, language.visits, all))
    };
    ranked(frame, languages.iter().map(row).collect(), all)
}

/// A share in per cent; of a few visits it would say more than is known.
fn share(frame: &Frame, part: u64, all: u64) -> Html {
    if all < 10 {
        return Html::text("–");
    }
    frame.tell("percent", vec![("n", figures::percent(part, all).into())])
}

fn language_name(frame: &Frame, tag: &str) -> Html {
    let key = match tag {
        "vi" => "language-vi",
        "en" => "language-en",
        "ko" => "language-ko",
        "zh" | "zh-Hans" => "language-zh-hans",
        "zh-Hant" => "language-zh-hant",
        "ja" => "language-ja",
        "fr" => "language-fr",
        "de" => "language-de",
        "es" => "language-es",
        "ru" => "language-ru",
        "th" => "language-th",
        "ms" => "language-ms",
        "" => "language-unknown",
        other => return Html::text(other),
    };
    frame.say(key)
}

/// Lengths of visits, with their share.
pub(super) fn dwell(frame: &Frame, bins: &[DwellBin]) -> Vec<Ranked> {
    let all: u64 = bins.iter().map(|bin| bin.visits).sum();
    let most = bins.iter().map(|bin| bin.visits).max().unwrap_or(0);
    let row = |bin: &DwellBin| {
        let from = frame.duration(bin.from_secs);
        let name = match bin.to_secs {
            Some(to) if bin.from_secs == 0 => {
                frame.tell("dwell-under", vec![("to", frame.duration(to).into())])
            }
            Some(to) => {
                frame.tell("dwell-between", vec![("from", from.into()), ("to", frame.duration(to).into())])
            }
            None => frame.tell("dwell-over", vec![("from", from.into())]),
        };
        (name, bin.visits, share(frame, bin.visits, all))
    };
    if all == 0 { Vec::new() } else { ranked(frame, bins.iter().map(row).collect(), most) }
}

/// The busiest hours.
pub(super) fn busiest(frame: &Frame, hours: &[BusyHour]) -> Vec<Ranked> {
    let most = hours.iter().map(|hour| hour.peak_devices).max().unwrap_or(0);
    let row = |hour: &BusyHour| {
        let date = frame.civil(hour.start_ms).date();
        let values = vec![
            ("day", frame.day(date).into()),
            ("from", frame.clock(hour.start_ms).into()),
            ("to", frame.clock(hour.start_ms.saturating_add(3_600_000)).into()),
        ];
        let mean = figures::tenths(frame.language, hour.mean_devices);
        (frame.tell("busy-hour", values), u64::from(hour.peak_devices), Html::text(&mean))
    };
    ranked(frame, hours.iter().map(row).collect(), u64::from(most))
}

/// The way to the internet, step by step.
pub(super) fn funnel(frame: &Frame, steps: &[FunnelStep]) -> Vec<FunnelRow> {
    let most = steps.iter().map(|step| step.visitors).max().unwrap_or(0);
    let mut before: Option<u64> = None;
    let row = |step: &FunnelStep| {
        // Redirects are requests, of which a phone makes several; the rest are devices and visits.
        let kept = before.filter(|before| *before > 0 && step.step != "page").map(|before| {
            frame.tell("percent", vec![("n", figures::percent(step.visitors, before).into())]).to_string()
        });
        before = Some(step.visitors);
        let times = step.half_ms.zip(step.most_ms).map(|(half, most)| {
            let values = vec![
                ("half", figures::latency(frame.language, half).into()),
                ("most", figures::latency(frame.language, most).into()),
            ];
            frame.tell("funnel-times", values)
        });
        FunnelRow {
            name: frame.say(&format!("funnel-{}", step.step)),
            bar: plot::bar(step.visitors as f64, most as f64, false),
            visitors: frame.whole(step.visitors),
            kept: kept.unwrap_or_default(),
            times: times.unwrap_or_default(),
        }
    };
    steps.iter().map(row).collect()
}
