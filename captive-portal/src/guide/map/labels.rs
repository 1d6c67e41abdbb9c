//! Names of streets on the map: as many as fit without touching each other or a marker.

use super::drawing::ground;
use super::{Frame, Point, short};
use crate::text::escape;

/// A name at a place, turned along its street.
pub(crate) struct Label {
    /// Value of the `transform` attribute.
    pub(crate) transform: String,
    /// The name, escaped.
    pub(crate) name: String,
}

/// A point that stays free of names, with `clear` units around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) at: Point,
    pub(crate) clear: f64,
}

impl Taken {
    /// Whether letters of this height may stand at `spot`.
    pub(crate) fn leaves_free(&self, spot: Point, size: f64) -> bool {
        self.at.distance(spot) > self.clear + size * 0.5
    }
}

/// Names for the streets in `frame`, main streets first, at most `most`. `size` is the height of the letters in units
/// of the drawing.
pub(crate) fn labels(frame: Frame, size: f64, most: usize, taken: &[Taken]) -> Vec<Label> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for street in &ground().streets {
        candidates.extend(best_piece(&street.line, frame, &street.name, size, street.rank));
    }
    candidates.sort_by(|a, b| a.rank.cmp(&b.rank).then(b.spare.total_cmp(&a.spare)));
    let mut placed: Vec<Vec<Point>> = Vec::new();
    let mut labels = Vec::new();
    for candidate in candidates {
        if labels.len() == most {
            break;
        }
        let spots = candidate.spots(size);
        let free = |spot: &Point| {
            frame.contains(*spot, size * 0.8)
                && taken.iter().all(|marker| marker.leaves_free(*spot, size))
                && placed.iter().flatten().all(|other| other.distance(*spot) > size * 1.15)
        };
        if spots.iter().all(free) {
            labels.push(candidate.label(size));
            placed.push(spots);
        }
    }
    labels
}

/// The piece of a street that could carry its name.
struct Candidate {
    name: String,
    rank: u8,
    middle: Point,
    /// Degrees, between -90 and 90 so that nobody reads upside down.
    angle: f64,
    /// Length of the name in units.
    long: f64,
    /// How much longer the piece is than the name.
    spare: f64,
}

/// The longest nearly straight run of the street inside the frame, if the name fits onto it.
fn best_piece(line: &[Point], frame: Frame, name: &str, size: f64, rank: u8) -> Option<Candidate> {
    // Letters are a little over half as wide as high; the second name of a street that changes it is left out.
    let name = name.split(" – ").next().unwrap_or(name);
    let long = name.chars().count() as f64 * size * 0.52;
    let mut best: Option<(Point, Point)> = None;
    for (index, from) in line.iter().enumerate() {
        for to in line.iter().skip(index + 1) {
            let (from, to) = clip(*from, *to, frame);
            let longer = best.is_none_or(|(a, b)| from.distance(to) > a.distance(b));
            if longer && is_straight(line, from, to) {
                best = Some((from, to));
            }
        }
    }
    let (from, to) = best?;
    let spare = from.distance(to) - long;
    if spare < 0.0 {
        return None;
    }
    let mut angle = (to.y - from.y).atan2(to.x - from.x).to_degrees();
    if angle > 90.0 {
        angle -= 180.0;
    } else if angle <= -90.0 {
        angle += 180.0;
    }
    let middle = Point { x: (from.x + to.x) / 2.0, y: (from.y + to.y) / 2.0 };
    Some(Candidate { name: name.to_owned(), rank, middle, angle, long, spare })
}

/// Whether no corner of the street near the run lies far beside it.
fn is_straight(line: &[Point], from: Point, to: Point) -> bool {
    let length = from.distance(to);
    if length < 1.0 {
        return false;
    }
    line.iter().all(|corner| {
        let along = ((corner.x - from.x) * (to.x - from.x) + (corner.y - from.y) * (to.y - from.y)) / length;
        let beside =
            ((corner.x - from.x) * (to.y - from.y) - (corner.y - from.y) * (to.x - from.x)).abs() / length;
        !(0.0..=length).contains(&along) || beside < 5.0
    })
}

/// The part of a segment inside the frame; the segment itself when it lies inside, a point when outside.
fn clip(from: Point, to: Point, frame: Frame) -> (Point, Point) {
    let at = |t: f64| Point { x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t };
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (position, delta, low, high) in [
        (from.x, to.x - from.x, frame.x, frame.x + frame.width),
        (from.y, to.y - from.y, frame.y, frame.y + frame.height),
    ] {
        if delta.abs() < f64::EPSILON {
            if !(low..=high).contains(&position) {
                return (from, from);
            }
            continue;
        }
        let (a, b) = ((low - position) / delta, (high - position) / delta);
        start = start.max(a.min(b));
        end = end.min(a.max(b));
    }
    if start >= end { (from, from) } else { (at(start), at(end)) }
}

impl Candidate {
    /// Points along the name, half a letter's height apart, for the test of touching.
    fn spots(&self, size: f64) -> Vec<Point> {
        let (sin, cos) = self.angle.to_radians().sin_cos();
        let steps = (self.long / (size * 0.5)).ceil().max(1.0) as i32;
        (0..=steps)
            .map(|step| {
                let along = (f64::from(step) / f64::from(steps) - 0.5) * self.long;
                Point { x: self.middle.x + along * cos, y: self.middle.y + along * sin }
            })
            .collect()
    }

    fn label(&self, size: f64) -> Label {
        // The baseline lies a third of the height under the middle of the letters.
        let (sin, cos) = self.angle.to_radians().sin_cos();
        let (x, y) = (self.middle.x - sin * size * 0.34, self.middle.y + cos * size * 0.34);
        let turn = self.angle.round();
        let transform = format!("translate({} {})rotate({turn})", short(x), short(y));
        Label { transform, name: escape(&self.name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_streets_around_the_lake_are_named() {
        let names: Vec<String> =
            labels(Frame::LAKE, 11.0, 16, &[]).into_iter().map(|label| label.name).collect();
        for street in ["Đinh Tiên Hoàng", "Lê Thái Tổ", "Tràng Tiền"] {
            assert!(names.iter().any(|name| name == street), "{street} is not among {names:?}");
        }
        assert!(names.len() <= 16);
    }

    #[test]
    fn a_name_keeps_clear_of_a_marker() {
        let all = labels(Frame::LAKE, 11.0, 40, &[]).len();
        let grid = (0..20).flat_map(|x| (0..30).map(move |y| (f64::from(x) * 18.0, f64::from(y) * 20.0)));
        let everywhere: Vec<Taken> = grid.map(|(x, y)| Taken { at: Point { x, y }, clear: 10.0 }).collect();
        assert!(labels(Frame::LAKE, 11.0, 40, &everywhere).len() < all / 2);
    }
}
