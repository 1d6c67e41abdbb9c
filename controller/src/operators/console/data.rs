//! Fills the views from fleet, store and figures; the pages know none of these.

pub mod access_point;
pub mod funnel;
pub mod load;
pub mod now;
pub mod people;
pub mod sessions;
pub mod sites;
pub mod usage;
