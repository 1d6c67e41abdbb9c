//! Load planning: where there was no room, at which hours, in how many of the last weeks.

use super::ApRef;

/// The page for planning.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// Share of capacity in per cent above which an hour counts as full (`stats.busy_share`).
    pub percent: u32,
    /// Whole weeks that were looked at.
    pub weeks: u32,
    /// What was asked for is impossible; the usual number of weeks is shown.
    pub refused: bool,
    /// When the first of them began.
    pub from_ms: u64,
    /// When the last of them ended.
    pub to_ms: u64,
    /// Access points with at least one such hour, the most often full first.
    pub rows: Vec<LoadRow>,
    /// Access points that had room in every hour.
    pub with_room: usize,
    /// Devices on line at all access points, by hour and weekday.
    pub heat: Heat,
}

/// One access point.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadRow {
    /// Which.
    pub ap: ApRef,
    /// Devices it has room for.
    pub capacity: u32,
    /// Most devices on line together in these weeks.
    pub peak: u32,
    /// The hours in which it was above the share, the most often first.
    pub hours: Vec<LoadHour>,
}

/// An hour of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadHour {
    /// 0 is Monday.
    pub weekday: u8,
    /// Hour of the civil day, 0 to 23.
    pub hour: u8,
    /// In how many of the weeks it was above the share.
    pub weeks: u32,
}

/// Mean of the devices on line together: 24 hours, each with seven days from Monday; `None` where nothing was recorded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heat(pub [[Option<f64>; 7]; 24]);
