//! One view of the map: a frame of the drawing, street names, numbered markers, "you are here".

use std::fmt::Write as _;

use super::{Frame, Label, Point, Taken, base, labels, short};
use crate::backend::Position;
use crate::text::Html;

/// What `templates/map.html` prints.
pub(crate) struct View {
    /// Value of the `viewBox` attribute.
    pub(crate) view_box: String,
    /// What the picture shows, for those who do not see it.
    pub(crate) says: Html,
    /// The drawing.
    pub(crate) base: Html,
    /// Height of the letters of street names, in units.
    pub(crate) letters: String,
    /// Width of the halo around them, in units.
    pub(crate) halo: String,
    /// The lake's name, where it has room.
    pub(crate) lake_names: Vec<Label>,
    /// Street names.
    pub(crate) labels: Vec<Label>,
    /// Path of dots for access points; empty without any.
    pub(crate) spots: String,
    /// Numbered places.
    pub(crate) markers: Vec<Marker>,
    /// Where the visitor stands, when no marker stands there already.
    pub(crate) you: Option<String>,
    /// Whether the words "You are here" stand under it.
    pub(crate) say_you: bool,
}

/// A numbered place on the map.
pub(crate) struct Marker {
    pub(crate) transform: String,
    pub(crate) number: u64,
    pub(crate) name: String,
    /// Whether the name is shown when the map is enlarged.
    pub(crate) named: bool,
    /// Whether the visitor stands there.
    pub(crate) here: bool,
    /// A line to the true point when the marker had to step aside.
    pub(crate) leg: Option<String>,
}

/// A place before it is drawn.
pub(crate) struct Pin {
    pub(crate) at: Point,
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) here: bool,
}

/// What one view shows.
pub(crate) struct Subject<'a> {
    pub(crate) frame: Frame,
    pub(crate) says: Html,
    pub(crate) pins: Vec<Pin>,
    pub(crate) spots: &'a [Position],
    pub(crate) you: Option<Point>,
    pub(crate) kind: Kind,
}

/// The two kinds of views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The guide's map: can be enlarged, and then the markers show their names. Links stand over a corner of it.
    Whole,
    /// A part of it: says in words where the visitor stands.
    Close,
}

impl View {
    /// Draws `subject`.
    pub(crate) fn new(subject: Subject<'_>) -> Self {
        let Subject { frame, says, pins, spots, you, kind } = subject;
        // Markers and letters are as large on a close view as on the whole one.
        let scale = frame.width / Frame::LAKE.width;
        let letters = 11.0 * scale;
        let standing = spread(&pins, you, 17.5 * scale);
        let mut taken: Vec<Taken> =
            standing.iter().copied().chain(you).map(|at| Taken { at, clear: 8.5 * scale }).collect();
        match kind {
            Kind::Whole => {
                taken.extend(corner(frame));
                taken
                    .extend(spots.iter().map(|spot| Taken { at: Point::at(spot.lat, spot.lon), clear: 2.0 }));
            }
            Kind::Close => taken.extend(you.into_iter().flat_map(|you| words_under(you, scale))),
        }
        let at = |point: Point| {
            format!("translate({} {})scale({})", short(point.x), short(point.y), thousandths(scale))
        };
        let markers = pins.into_iter().zip(&standing).map(|(pin, &stands)| Marker {
            transform: at(stands),
            number: pin.number,
            name: pin.name,
            named: kind == Kind::Whole,
            here: pin.here,
            leg: (stands.distance(pin.at) > 9.0 * scale).then(|| {
                format!("M{} {}L{} {}", short(pin.at.x), short(pin.at.y), short(stands.x), short(stands.y))
            }),
        });
        Self {
            view_box: frame.view_box(),
            says,
            base: Html::ours(base().to_owned()),
            letters: thousandths(letters),
            halo: thousandths(2.5 * scale),
            lake_names: lake_name(frame, letters, &taken).into_iter().collect(),
            labels: labels(frame, letters, 15, &taken),
            spots: dots(frame, spots),
            markers: markers.collect(),
            you: you.map(at),
            say_you: kind == Kind::Close,
        }
    }
}

/// Where the links that enlarge the map stand: the upper right corner.
fn corner(frame: Frame) -> impl Iterator<Item = Taken> {
    let right = frame.x + frame.width;
    let rows = [10.0, 30.0, 50.0];
    let columns = [12.0, 32.0, 52.0, 72.0, 92.0, 112.0, 132.0];
    let all = rows.into_iter().flat_map(move |down| columns.into_iter().map(move |left| (left, down)));
    all.map(move |(left, down)| Taken { at: Point { x: right - left, y: frame.y + down }, clear: 8.0 })
}

/// Where the words "You are here" stand: under the visitor's marker.
fn words_under(you: Point, scale: f64) -> impl Iterator<Item = Taken> {
    let along = [-32.0, -16.0, 0.0, 16.0, 32.0];
    along.into_iter().map(move |dx| Taken {
        at: Point { x: you.x + dx * scale, y: you.y + 22.0 * scale },
        clear: 7.0 * scale,
    })
}

fn thousandths(number: f64) -> String {
    ((number * 1000.0).round() / 1000.0).to_string()
}

/// Where markers stand so that none hides another: each is pushed away from its neighbours, a little per round, and
/// pulled back to its own point.
fn spread(pins: &[Pin], you: Option<Point>, apart: f64) -> Vec<Point> {
    // A hair's breadth in a direction of its own, so that a crowd on one line can leave that line.
    let aside = |(index, pin): (usize, &Pin)| {
        let crowded =
            pins.iter().enumerate().any(|(other, one)| other != index && one.at.distance(pin.at) < apart);
        let (sin, cos) = (index as f64 * 2.4).sin_cos();
        let hair = if crowded && !pin.here { 0.4 } else { 0.0 };
        Point { x: pin.at.x + hair * cos, y: pin.at.y + hair * sin }
    };
    let mut standing: Vec<Point> = pins.iter().enumerate().map(aside).collect();
    for _ in 0..60 {
        let before = standing.clone();
        for (index, (stands, pin)) in standing.iter_mut().zip(pins).enumerate() {
            // Whoever stands where the visitor stands keeps the place.
            if pin.here {
                continue;
            }
            let (mut dx, mut dy) = ((pin.at.x - stands.x) * 0.08, (pin.at.y - stands.y) * 0.08);
            let others =
                before.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, point)| *point);
            for (other, turn) in others.chain(you).zip(1_u16..) {
                let distance = other.distance(before.get(index).copied().unwrap_or(other));
                if distance >= apart {
                    continue;
                }
                // Two on one point part in a direction of their own.
                let angle = f64::from(turn) * 2.4 + index as f64;
                let (x, y) = if distance < 0.1 {
                    (angle.cos(), angle.sin())
                } else {
                    ((stands.x - other.x) / distance, (stands.y - other.y) / distance)
                };
                let push = (apart - distance) * 0.5;
                dx += x * push;
                dy += y * push;
            }
            stands.x += dx;
            stands.y += dy;
        }
    }
    standing
}

/// The lake's name on the first of its wide places that is free.
fn lake_name(frame: Frame, letters: f64, taken: &[Taken]) -> Option<Label> {
    const NAME: &str = "Hồ Gươm";
    let half = NAME.chars().count() as f64 * letters * 0.27;
    // On a view from afar the name would be wider than the lake.
    if half > 28.0 {
        return None;
    }
    let wide_places =
        [(179.0, 352.0), (180.0, 382.0), (181.0, 322.0), (176.0, 412.0), (172.0, 462.0), (169.0, 490.0)];
    let narrow = [(176.0, 268.0), (190.0, 282.0), (172.0, 440.0), (158.0, 300.0)];
    let free = wide_places.into_iter().chain(narrow).map(|(x, y)| Point { x, y }).find(|point| {
        let ends = [-half, 0.0, half].map(|dx| Point { x: point.x + dx, y: point.y });
        ends.iter().all(|end| {
            frame.contains(*end, letters * 0.6) && taken.iter().all(|other| other.leaves_free(*end, letters))
        })
    })?;
    let transform = format!("translate({} {})", short(free.x), short(free.y + letters * 0.34));
    Some(Label { transform, name: NAME.to_owned() })
}

fn dots(frame: Frame, spots: &[Position]) -> String {
    let mut d = String::new();
    // The inventory of a city; a longer list would weigh on the page.
    for spot in spots.iter().take(200) {
        let point = Point::at(spot.lat, spot.lon);
        if frame.contains(point, 0.0) {
            let _ = write!(d, "M{} {}h0", point.x.round(), point.y.round());
        }
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(x: f64, y: f64) -> Pin {
        Pin { at: Point { x, y }, number: 1, name: String::new(), here: false }
    }

    #[test]
    fn markers_that_would_hide_each_other_step_aside_and_stay_near() {
        let pins: Vec<Pin> = (0..6).map(|i| pin(200.0 + f64::from(i), 300.0)).collect();
        let standing = spread(&pins, Some(Point { x: 202.0, y: 300.0 }), 17.5);
        for (index, one) in standing.iter().enumerate() {
            for other in standing.iter().skip(index + 1) {
                assert!(one.distance(*other) > 12.0, "{standing:?}");
            }
            assert!(one.distance(pins[index].at) < 45.0, "{standing:?}");
        }
    }

    #[test]
    fn a_marker_alone_stands_on_its_point() {
        assert_eq!(spread(&[pin(10.0, 20.0)], None, 17.5), [Point { x: 10.0, y: 20.0 }]);
    }

    #[test]
    fn an_access_point_outside_the_frame_has_no_dot() {
        let near = Position { lat: 21.0316, lon: 105.8534 };
        let far = Position { lat: 20.0, lon: 100.0 };
        assert_eq!(dots(Frame::LAKE, &[near, far]).matches('M').count(), 1);
    }
}
