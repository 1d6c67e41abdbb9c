//! Figures of a period: how many came, when, where, in which language, and for how long.

use jiff::civil::Date;
use store::Name;

use super::Estimate;

/// The page of figures.
#[derive(Debug, Clone)]
pub struct Usage {
    /// First civil day.
    pub from: Date,
    /// Last civil day, which is included.
    pub to: Date,
    /// Hours or days.
    pub step: Step,
    /// What is wrong with what was asked for; the figures are those of the usual period then.
    pub error: Option<RangeError>,
    /// What was typed as first and last day, when it was wrong: it stays in the form.
    pub typed: Option<(String, String)>,
    /// The whole period.
    pub sum: Period,
    /// The steps of the period in order, those without data included.
    pub periods: Vec<Period>,
    /// By zone, the busiest first.
    pub zones: Vec<Zone>,
    /// By language of the portal, the most frequent first.
    pub languages: Vec<Language>,
    /// How long visits lasted.
    pub dwell: Vec<DwellBin>,
    /// The busiest hours, the busiest first.
    pub busiest: Vec<BusyHour>,
    /// From the first redirect to the first byte.
    pub funnel: Vec<FunnelStep>,
    /// How it was counted.
    pub rule: CountingRule,
}

/// Length of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Hours of the civil day.
    Hour,
    /// Civil days.
    Day,
}

/// Why a period cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeError {
    /// One of the dates is none.
    NoDate,
    /// It ends before it begins.
    Backwards,
    /// It is longer than can be shown at once.
    TooLong {
        /// Most days for hours, or for days.
        most_days: u32,
    },
}

/// What happened in one step, or in all.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Period {
    /// When it begins.
    pub start_ms: u64,
    /// Whether anything was recorded at all.
    pub recorded: bool,
    /// Visits that began.
    pub visits: u64,
    /// Sessions that began: a visit that walks has several.
    pub sessions: u64,
    /// Different devices.
    pub unique: Option<Estimate>,
    /// Bytes to visitors.
    pub down_bytes: u64,
    /// Bytes from visitors.
    pub up_bytes: u64,
    /// Mean of the devices on line together.
    pub mean_devices: f64,
    /// Most devices on line together.
    pub peak_devices: u32,
}

/// One zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// Its name; `None` for what has no zone.
    pub name: Option<Name>,
    /// The period there.
    pub period: Period,
}

/// Visits whose portal was read in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// BCP 47 tag; empty when it is not known.
    pub tag: String,
    /// Visits.
    pub visits: u64,
}

/// Visits of about one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DwellBin {
    /// At least so long.
    pub from_secs: u64,
    /// Shorter than this; `None` without an upper limit.
    pub to_secs: Option<u64>,
    /// Visits.
    pub visits: u64,
}

/// A busy hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BusyHour {
    /// When it begins.
    pub start_ms: u64,
    /// Most devices on line together.
    pub peak_devices: u32,
    /// Mean of the devices on line together.
    pub mean_devices: f64,
}

/// One step on the way to the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunnelStep {
    /// Key of its name: `redirect`, `page`, `accept`, `gate`, `first-byte`.
    pub step: &'static str,
    /// Visitors that came so far.
    pub visitors: u64,
    /// Half of them needed at most this since the step before.
    pub half_ms: Option<u64>,
    /// 95 of 100 needed at most this since the step before.
    pub most_ms: Option<u64>,
}

/// How it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CountingRule {
    /// Standard error of the sketch of a day in thousandths.
    pub error_permille: u32,
    /// Share of randomised (locally administered) addresses in thousandths; `None` without devices.
    pub randomised_permille: Option<u32>,
    /// When the figures were brought up to date last.
    pub up_to_ms: Option<u64>,
}
