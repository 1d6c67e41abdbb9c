//! The map: our own drawing of the lake and its streets, made from `content/lake-map.geojson`.
//!
//! The drawing is in whole units of about 2.4 m with north up; one frame of 360 x 580 units shows the lake and the
//! streets north of it, closer views are smaller frames over the same drawing.

mod drawing;
mod frame;
mod labels;
mod view;

pub(crate) use drawing::{base, metres_from_shore};
pub(crate) use frame::Frame;
pub(crate) use labels::{Label, Taken, labels};
pub(crate) use view::{Kind, Pin, Subject, View};

/// A point of the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// To the east.
    pub(crate) x: f64,
    /// To the south.
    pub(crate) y: f64,
}

impl Point {
    /// Where a position (WGS 84 degrees) lies on the drawing.
    pub(crate) fn at(lat: f64, lon: f64) -> Self {
        Self { x: (lon - 105.8484) * 43_570.0, y: (21.037_054 - lat) * 46_300.0 }
    }

    /// The distance to another point, in units of the drawing.
    pub(crate) fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// The middle of the lake.
pub(crate) const MIDDLE_OF_LAKE: Point = Point { x: 178.0, y: 352.0 };

/// Whether the drawing has streets around a point.
pub(crate) fn reaches(point: Point) -> bool {
    (-150.0..=470.0).contains(&point.x) && (-80.0..=680.0).contains(&point.y)
}

/// One decimal, without a needless ".0": keeps the page small.
pub(crate) fn short(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    // Negative zero is written "-0".
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}
