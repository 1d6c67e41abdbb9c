//! What a visitor may have: time, volume, devices, rates.

/// A plan as the operator wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name (`free`).
    pub name: String,
    /// Time on line per device and civil day, in seconds.
    pub session_secs: u32,
    /// A session closes after this long without traffic, in seconds; the grant goes on.
    pub idle_secs: u32,
    /// Bytes in both directions per device and civil day; `None` for no bound.
    pub quota_bytes: Option<u64>,
    /// Devices on line at a time per subject.
    pub devices: u32,
    /// Rate to the device in bits per second, 0 for no bound.
    pub down_bps: u64,
    /// Rate from the device in bits per second, 0 for no bound.
    pub up_bps: u64,
}
