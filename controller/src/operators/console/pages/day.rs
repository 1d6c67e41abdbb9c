//! Devices on line in the last 24 hours: the plot and its numbers.

use crate::operators::console::figures;
use crate::operators::console::plot;
use crate::operators::console::text::Html;
use crate::operators::console::view::{Frame, Moment};

/// The plot and its table.
pub(super) struct Day {
    pub(super) plot: Html,
    pub(super) gaps: bool,
    pub(super) rows: Vec<HourRow>,
}

/// One hour in the table.
pub(super) struct HourRow {
    pub(super) hour: Html,
    pub(super) mean: String,
    pub(super) peak: String,
}

/// `None` when there is nothing to show yet.
pub(super) fn day(frame: &Frame, moments: &[Moment], capacity: Option<u32>) -> Option<Day> {
    if moments.iter().all(|moment| moment.mean.is_none()) {
        return None;
    }
    let row = |moment: &Moment| HourRow {
        hour: frame.moment(moment.start_ms),
        mean: moment.mean.map_or_else(|| "–".to_owned(), |mean| figures::tenths(frame.language, mean)),
        peak: moment.peak.map_or_else(|| "–".to_owned(), |peak| frame.whole(peak)),
    };
    Some(Day {
        plot: plot::devices(frame, moments, capacity),
        gaps: moments.iter().any(|moment| moment.mean.is_none()),
        rows: moments.iter().rev().map(row).collect(),
    })
}
