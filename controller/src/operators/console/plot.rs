//! Plots drawn on the server: they stand without a script, and their numbers stand beside them in a table.

use std::fmt::Write as _;

use super::figures;
use super::text::Html;
use super::view::{Frame, Moment, Period, Step};

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 150.0;

/// A scale from 0 to a round number.
struct Scale {
    top: f64,
    step: f64,
}

impl Scale {
    fn for_most(most: f64) -> Self {
        let most = most.max(1.0);
        let power = 10f64.powf((most / 4.0).log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|factor| (factor * power).max(1.0))
            // Devices and visits are whole: no line between two of them.
            .filter(|step| step.fract() == 0.0)
            .find(|step| step * 4.0 >= most)
            .unwrap_or(most);
        Self { top: (most / step).ceil() * step, step }
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - (value / self.top).clamp(0.0, 1.0) * HEIGHT
    }

    /// Lines and numbers of the axis.
    fn axis(&self, frame: &Frame) -> String {
        let (mut lines, mut numbers) = (String::new(), String::new());
        for at in 0..=(self.top / self.step).round() as u32 {
            let value = f64::from(at) * self.step;
            let y = self.y(value);
            let _ = write!(lines, "M0 {y:.1}h{WIDTH}");
            let _ = write!(
                numbers,
                "<text class=\"ax\" x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                y + 4.0,
                figures::whole(frame.language, value as u64)
            );
        }
        format!("<path class=\"gl\" d=\"{lines}\"/>{numbers}")
    }
}

/// Devices on line hour by hour: the mean as a filled line, the peak as a dashed one, capacity as a line of its own.
pub(super) fn devices(frame: &Frame, moments: &[Moment], capacity: Option<u32>) -> Html {
    let peak = moments.iter().filter_map(|moment| moment.peak).max().unwrap_or(0);
    let most = f64::from(peak.max(capacity.unwrap_or(0)));
    let scale = Scale::for_most(most);
    let each = WIDTH / moments.len().max(1) as f64;
    let middle = |at: usize| (at as f64 + 0.5) * each;
    let mean = line(moments, |moment| moment.mean, middle, &scale);
    let peaks = line(moments, |moment| moment.peak.map(f64::from), middle, &scale);
    let mut out = String::from(
        "<svg class=\"line\" viewBox=\"-44 -18 652 192\" aria-hidden=\"true\" focusable=\"false\">",
    );
    out.push_str(&gaps(moments.iter().map(|moment| moment.mean.is_none()), each));
    out.push_str(&scale.axis(frame));
    for (at, moment) in moments.iter().enumerate().filter(|(at, _)| at % 6 == 0) {
        let (x, clock) = (at as f64 * each, frame.clock(moment.start_ms));
        let _ = write!(
            out,
            "<path class=\"gl\" d=\"M{x:.1} 150v5\"/><text class=\"ax\" x=\"{x:.1}\" y=\"170\">{clock}</text>"
        );
    }
    if !mean.is_empty() {
        let _ = write!(out, "<path class=\"a\" d=\"{}\"/><path class=\"l\" d=\"{mean}\"/>", area(&mean));
    }
    let _ = write!(out, "<path class=\"u\" d=\"{peaks}\"/>");
    if let Some(capacity) = capacity {
        let y = scale.y(f64::from(capacity));
        let says = frame.tell("plot-capacity", vec![("n", frame.whole(capacity).into())]);
        let _ = write!(
            out,
            "<path class=\"cap\" d=\"M0 {y:.1}h{WIDTH}\"/><text class=\"t\" x=\"0\" y=\"{:.1}\">{says}</text>",
            y - 6.0
        );
    }
    out.push_str("</svg>");
    Html::ours(out)
}

/// Path of a line with a gap wherever nothing was recorded.
fn line(
    moments: &[Moment],
    value: impl Fn(&Moment) -> Option<f64>,
    x: impl Fn(usize) -> f64,
    scale: &Scale,
) -> String {
    let (mut path, mut pen) = (String::new(), false);
    for (at, moment) in moments.iter().enumerate() {
        match value(moment) {
            Some(value) => {
                let _ = write!(path, "{}{:.1} {:.1}", if pen { 'L' } else { 'M' }, x(at), scale.y(value));
                pen = true;
            }
            None => pen = false,
        }
    }
    path
}

/// The area under each piece of a line.
fn area(line: &str) -> String {
    let mut out = String::new();
    for piece in line.split('M').filter(|piece| !piece.is_empty()) {
        let x =
            |point: Option<&str>| point.and_then(|point| point.split(' ').next()).unwrap_or("0").to_owned();
        let (first, last) = (x(piece.split('L').next()), x(piece.split('L').next_back()));
        let _ = write!(out, "M{first} {HEIGHT}L{piece}L{last} {HEIGHT}z");
    }
    out
}

/// Hatched where nothing was recorded.
fn gaps(missing: impl Iterator<Item = bool>, each: f64) -> String {
    let mut path = String::new();
    for (at, _) in missing.enumerate().filter(|(_, missing)| *missing) {
        let _ = write!(path, "M{:.1} 0h{each:.1}v{HEIGHT}h-{each:.1}z", at as f64 * each);
    }
    if path.is_empty() { path } else { format!("<path class=\"nd\" d=\"{path}\"/>") }
}

/// Visits step by step as bars; the days of a weekend are darker.
pub(super) fn visits(frame: &Frame, periods: &[Period], step: Step) -> Html {
    let most = periods.iter().map(|period| period.visits).max().unwrap_or(0);
    let scale = Scale::for_most(most as f64);
    let each = WIDTH / periods.len().max(1) as f64;
    let gap = if each > 6.0 { 2.0 } else { each * 0.15 };
    let mut out = String::from(
        "<svg class=\"line\" viewBox=\"-44 -18 652 192\" aria-hidden=\"true\" focusable=\"false\">",
    );
    out.push_str(&gaps(periods.iter().map(|period| !period.recorded), each));
    out.push_str(&scale.axis(frame));
    let (mut plain, mut weekend) = (String::new(), String::new());
    for (at, period) in periods.iter().enumerate().filter(|(_, period)| period.visits > 0) {
        let (x, y) = (at as f64 * each + gap / 2.0, scale.y(period.visits as f64));
        let width = each - gap;
        let bars =
            if figures::weekend(frame.civil(period.start_ms).date()) { &mut weekend } else { &mut plain };
        let _ = write!(bars, "M{x:.1} {HEIGHT}V{y:.1}h{width:.1}V{HEIGHT}z");
    }
    let _ = write!(out, "<path class=\"bar\" d=\"{plain}\"/><path class=\"bar we\" d=\"{weekend}\"/>");
    let every = periods.len().div_ceil(6).max(1);
    for (at, period) in periods.iter().enumerate().filter(|(at, _)| at % every == 0) {
        let date = frame.civil(period.start_ms).date();
        let says = match step {
            Step::Day => frame.short_date(date),
            Step::Hour => frame.moment(period.start_ms),
        };
        let _ = write!(out, "<text class=\"ax\" x=\"{:.1}\" y=\"170\">{says}</text>", at as f64 * each);
    }
    out.push_str("</svg>");
    Html::ours(out)
}

/// A horizontal bar of `part` of `all`.
pub(super) fn bar(part: f64, all: f64, warn: bool) -> Html {
    let width = if all > 0.0 { (part / all).clamp(0.0, 1.0) * 100.0 } else { 0.0 };
    Html::ours(format!(
        "<svg class=\"br{}\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">\
         <path d=\"M0 0h100v6H0z\"/><rect width=\"{width:.1}\" height=\"6\"/></svg>",
        if warn { " w" } else { "" }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_number_and_has_few_lines() {
        for (most, top) in [(0.0, 1.0), (3.0, 3.0), (64.0, 80.0), (1_374.0, 1_500.0), (16_190.0, 20_000.0)] {
            let scale = Scale::for_most(most);
            assert!((scale.top - top).abs() < 0.01, "{most}: {}", scale.top);
            assert!(scale.top / scale.step <= 5.0);
        }
    }

    #[test]
    fn a_line_breaks_where_nothing_was_recorded() {
        let moment = |mean| Moment { start_ms: 0, mean, peak: None };
        let moments = [moment(Some(1.0)), moment(None), moment(Some(2.0)), moment(Some(1.0))];
        let scale = Scale::for_most(2.0);
        let path = line(&moments, |moment| moment.mean, |at| at as f64, &scale);
        assert_eq!(path.matches('M').count(), 2);
        assert_eq!(area(&path).matches('z').count(), 2);
    }
}
