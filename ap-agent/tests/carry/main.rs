//! What the relay carries over a long way, what its prober makes of portals that phones would refuse, and enrolment
//! where its outcome has no place.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets what it does not expect has failed"
)]

mod centre;
mod enrolment;
mod long_way;
mod probe;

use std::time::Duration;

/// Everything the tests wait for must be there by then.
const LIMIT: Duration = Duration::from_secs(10);
