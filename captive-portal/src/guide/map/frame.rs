//! Which part of the drawing a page shows.

use super::{Point, short};

/// A rectangle of the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    /// Left edge.
    pub(crate) x: f64,
    /// Upper edge.
    pub(crate) y: f64,
    /// Units from left to right.
    pub(crate) width: f64,
    /// Units from top to bottom.
    pub(crate) height: f64,
}

impl Frame {
    /// The lake and the streets north of it.
    pub(crate) const LAKE: Self = Self { x: 0.0, y: 0.0, width: 360.0, height: 580.0 };

    /// [`Frame::LAKE`], moved no more than needed so that `here` does not stand at its edge.
    pub(crate) fn around(here: Point) -> Self {
        let lake = Self::LAKE;
        let away = |at: f64, size: f64, margin: f64| {
            if at < margin { at - margin } else { (at - (size - margin)).max(0.0) }
        };
        Self {
            x: away(here.x, lake.width, 80.0).round(),
            y: away(here.y, lake.height, 120.0).round(),
            ..lake
        }
    }

    /// This frame, grown as far as needed to show all of `points` too; its shape stays.
    pub(crate) fn grown_to(self, points: &[Point]) -> Self {
        const MARGIN: f64 = 14.0;
        let Some(far) = Self::holding_bare(points) else { return self };
        let left = self.x.min(far.x - MARGIN);
        let top = self.y.min(far.y - MARGIN);
        let right = (self.x + self.width).max(far.x + far.width + MARGIN);
        let bottom = (self.y + self.height).max(far.y + far.height + MARGIN);
        let scale = ((right - left) / self.width).max((bottom - top) / self.height);
        let (width, height) = (self.width * scale, self.height * scale);
        let (x, y) = ((left + right - width) / 2.0, (top + bottom - height) / 2.0);
        Self { x: x.round(), y: y.round(), width: width.round(), height: height.round() }
    }

    /// The smallest frame of 5:4 that shows all of `points` with room around them.
    pub(crate) fn holding(points: &[Point]) -> Self {
        let Some(bare) = Self::holding_bare(points) else { return Self::LAKE };
        let (left, right, top, bottom) = (bare.x, bare.x + bare.width, bare.y, bare.y + bare.height);
        let room = 0.22 * (right - left).max(bottom - top) + 22.0;
        let (wide, high) = (right - left + 2.0 * room, bottom - top + 2.0 * room);
        let width = wide.max(high * 1.25).max(150.0);
        let height = width / 1.25;
        let x = (left + right - width) / 2.0;
        let y = (top + bottom - height) / 2.0;
        Self { x: x.round(), y: y.round(), width: width.round(), height: height.round() }
    }

    /// The rectangle between the outermost of `points`.
    fn holding_bare(points: &[Point]) -> Option<Self> {
        let edge =
            |value: fn(&Point) -> f64, pick: fn(f64, f64) -> f64| points.iter().map(value).reduce(pick);
        let (x, right) = (edge(|point| point.x, f64::min)?, edge(|point| point.x, f64::max)?);
        let (y, bottom) = (edge(|point| point.y, f64::min)?, edge(|point| point.y, f64::max)?);
        Some(Self { x, y, width: right - x, height: bottom - y })
    }

    /// Whether a point lies inside, at least `margin` units from the edge.
    pub(crate) fn contains(self, point: Point, margin: f64) -> bool {
        (self.x + margin..=self.x + self.width - margin).contains(&point.x)
            && (self.y + margin..=self.y + self.height - margin).contains(&point.y)
    }

    /// The value of the `viewBox` attribute.
    pub(crate) fn view_box(self) -> String {
        format!("{} {} {} {}", short(self.x), short(self.y), short(self.width), short(self.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_moves_only_for_somebody_at_its_edge() {
        assert_eq!(Frame::around(Point { x: 217.0, y: 253.0 }), Frame::LAKE);
        let south = Frame::around(Point { x: 270.0, y: 558.0 });
        assert_eq!((south.x, south.y), (0.0, 98.0));
        let north_west = Frame::around(Point { x: 70.0, y: 21.0 });
        assert_eq!((north_west.x, north_west.y), (-10.0, -99.0));
    }

    #[test]
    fn a_grown_frame_shows_what_lay_outside_and_keeps_its_shape() {
        let far = [Point { x: 440.0, y: 600.0 }, Point { x: -100.0, y: 200.0 }];
        let grown = Frame::LAKE.grown_to(&far);
        assert!(far.iter().all(|point| grown.contains(*point, 8.0)), "{grown:?}");
        assert!((grown.width / grown.height - 360.0 / 580.0).abs() < 0.01);
        assert_eq!(Frame::LAKE.grown_to(&[Point { x: 180.0, y: 300.0 }]), Frame::LAKE);
        assert_eq!(Frame::LAKE.grown_to(&[]), Frame::LAKE);
    }

    #[test]
    fn a_frame_holds_all_points_with_room() {
        let points = [Point { x: 217.0, y: 253.0 }, Point { x: 400.0, y: 600.0 }];
        let frame = Frame::holding(&points);
        assert!(points.iter().all(|point| frame.contains(*point, 20.0)), "{frame:?}");
        assert!((frame.width / frame.height - 1.25).abs() < 0.02);
    }
}
