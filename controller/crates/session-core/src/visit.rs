//! What is derived from a grant and its sessions: the visit, and the use a device made of a day.

use std::collections::BTreeSet;

use crate::{ApId, UnixMs};

/// All sessions of one grant, added up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visit {
    /// Sessions there were.
    pub sessions: usize,
    /// Sessions that are open.
    pub open: usize,
    /// Access points that saw it.
    pub aps: BTreeSet<ApId>,
    /// Bytes from the device, on all access points.
    pub bytes_up: u64,
    /// Bytes to the device, on all access points.
    pub bytes_down: u64,
    /// Last packet on any access point.
    pub last_packet: Option<UnixMs>,
}

/// What a device used of one civil day, over all its grants of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayUsage {
    /// Time on line, in milliseconds.
    pub time_ms: u64,
    /// Bytes in both directions.
    pub bytes: u64,
}
