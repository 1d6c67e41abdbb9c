//! The guide of this very place: what is near, how far it is on foot, whether it is open, where it lies on the map.

pub(crate) mod hours;
pub(crate) mod map;
pub(crate) mod near;
pub(crate) mod places;
pub(crate) mod search;
