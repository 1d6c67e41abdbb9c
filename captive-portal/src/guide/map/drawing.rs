//! The shapes under every view of the map, drawn once.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Point;
use crate::guide::near;

const CONTENT: &str = include_str!("../../../content/lake-map.geojson");

/// A street with its name, as the labels need it.
pub(super) struct Street {
    pub(super) name: String,
    /// 1 for main streets to 3 for lanes.
    pub(super) rank: u8,
    pub(super) line: Vec<Point>,
}

/// All that the geojson says, read once.
pub(super) struct Ground {
    pub(super) streets: Vec<Street>,
    svg: String,
    /// Longitude and latitude of the lake's edge, in the order of GeoJSON.
    shore: Vec<(f64, f64)>,
}

/// The shapes as SVG elements; their colours are the classes of `styles/map.css`.
pub(crate) fn base() -> &'static str {
    &ground().svg
}

/// Metres from a position to the nearest point of the lake's edge; 0 on the lake.
pub(crate) fn metres_from_shore(lat: f64, lon: f64) -> f64 {
    let shore = &ground().shore;
    // On a plane around the position: it is the origin.
    let ring: Vec<(f64, f64)> = shore
        .iter()
        .map(|&(lon_there, lat_there)| near::offset_metres((lat, lon), (lat_there, lon_there)))
        .collect();
    let mut inside = false;
    let mut nearest = f64::MAX;
    for (from, to) in ring.iter().zip(ring.iter().skip(1)) {
        nearest = nearest.min(metres_to_segment(*from, *to));
        if (from.0 > 0.0) != (to.0 > 0.0) && from.1 + (to.1 - from.1) * -from.0 / (to.0 - from.0) > 0.0 {
            inside = !inside;
        }
    }
    if inside { 0.0 } else { nearest }
}

fn metres_to_segment(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (north, east) = (to.0 - from.0, to.1 - from.1);
    let length_squared = north * north + east * east;
    let along = if length_squared == 0.0 { 0.0 } else { -(from.0 * north + from.1 * east) / length_squared };
    let along = along.clamp(0.0, 1.0);
    (from.0 + along * north).hypot(from.1 + along * east)
}

pub(super) fn ground() -> &'static Ground {
    static GROUND: LazyLock<Ground> =
        LazyLock::new(|| read(CONTENT).expect("a test reads content/lake-map.geojson"));
    &GROUND
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
    geometry: Geometry,
}

#[derive(Deserialize)]
struct Properties {
    kind: Kind,
    name: String,
    rank: Option<u8>,
    walking: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Park,
    Square,
    Street,
    Lake,
    Islet,
    Bridge,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    LineString(Vec<(f64, f64)>),
    Polygon(Vec<Vec<(f64, f64)>>),
}

impl Geometry {
    /// The line, or the outer ring.
    fn points(&self) -> &[(f64, f64)] {
        match self {
            Self::LineString(line) => line,
            Self::Polygon(rings) => rings.first().map_or(&[], Vec::as_slice),
        }
    }
}

/// The layers from the ground up: class of the path, which features are in it.
type Layer = (&'static str, fn(&Properties) -> bool);
const LAYERS: [Layer; 11] = [
    ("mp", |p| p.kind == Kind::Park),
    ("ms", |p| p.kind == Kind::Square),
    ("s3", |p| street(p, 3, false)),
    ("s2", |p| street(p, 2, false)),
    ("s1", |p| street(p, 1, false)),
    ("s3 w", |p| street(p, 3, true)),
    ("s2 w", |p| street(p, 2, true)),
    ("s1 w", |p| street(p, 1, true)),
    ("ml", |p| p.kind == Kind::Lake),
    ("mi", |p| p.kind == Kind::Islet),
    ("mb", |p| p.kind == Kind::Bridge),
];

fn street(properties: &Properties, rank: u8, walking: bool) -> bool {
    properties.kind == Kind::Street
        && properties.rank.unwrap_or(3) == rank
        && properties.walking.is_some() == walking
}

fn read(content: &str) -> Result<Ground, serde_json::Error> {
    let collection: Collection = serde_json::from_str(content)?;
    let mut svg = String::new();
    for (class, belongs) in LAYERS {
        let mut d = String::new();
        for feature in collection.features.iter().filter(|feature| belongs(&feature.properties)) {
            let line = on_drawing(&feature.geometry);
            match feature.properties.kind {
                Kind::Lake | Kind::Islet => smooth_ring(&mut d, &line),
                Kind::Park | Kind::Square => straight(&mut d, &line, true),
                Kind::Street | Kind::Bridge => straight(&mut d, &line, false),
            }
        }
        let _ = write!(svg, r#"<path class="{class}" d="{d}"/>"#);
    }
    let shore = collection.features.iter().find(|feature| feature.properties.kind == Kind::Lake);
    let shore = shore.map(|feature| feature.geometry.points().to_vec()).unwrap_or_default();
    let streets = collection.features.into_iter().filter(|feature| feature.properties.kind == Kind::Street);
    let streets = streets
        .map(|feature| Street {
            line: on_drawing(&feature.geometry),
            name: feature.properties.name,
            rank: feature.properties.rank.unwrap_or(3),
        })
        .collect();
    Ok(Ground { streets, svg, shore })
}

/// Points of the drawing in whole units, without those that fall onto the one before.
fn on_drawing(geometry: &Geometry) -> Vec<Point> {
    let mut line: Vec<Point> = Vec::new();
    for &(lon, lat) in geometry.points() {
        let point = Point::at(lat, lon);
        let point = Point { x: point.x.round(), y: point.y.round() };
        if line.last() != Some(&point) {
            line.push(point);
        }
    }
    line
}

/// Straight pieces in relative whole units.
fn straight(d: &mut String, line: &[Point], closed: bool) {
    let Some(first) = line.first() else { return };
    let _ = write!(d, "M{} {}", first.x, first.y);
    let mut letter = "l";
    let pieces = line.iter().zip(line.iter().skip(1));
    let count = line.len().saturating_sub(1);
    for (index, (from, to)) in pieces.enumerate() {
        // "z" draws the last piece of a ring.
        if closed && index + 1 == count {
            break;
        }
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let space = if letter.is_empty() && dx >= 0.0 { " " } else { "" };
        let _ = write!(d, "{letter}{space}{dx}{}{dy}", if dy >= 0.0 { " " } else { "" });
        letter = "";
    }
    if closed {
        d.push('z');
    }
}

/// A ring with every corner rounded: quadratic curves from middle to middle of its pieces.
fn smooth_ring(d: &mut String, ring: &[Point]) {
    let middle =
        |a: &Point, b: &Point| Point { x: ((a.x + b.x) / 2.0).round(), y: ((a.y + b.y) / 2.0).round() };
    // A ring of GeoJSON ends where it began.
    let corners = ring.split_last().map_or(ring, |(_, corners)| corners);
    let Some((first, last)) = corners.first().zip(corners.last()) else { return };
    let mut at = middle(last, first);
    let _ = write!(d, "M{} {}", at.x, at.y);
    let following = corners.iter().skip(1).chain(corners.first());
    for (corner, next) in corners.iter().zip(following) {
        let end = middle(corner, next);
        let _ = write!(d, "q{} {} {} {}", corner.x - at.x, corner.y - at.y, end.x - at.x, end.y - at.y);
        at = end;
    }
    d.push('z');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_has_every_layer_and_is_small() {
        let svg = base();
        for (class, _) in LAYERS {
            assert!(svg.contains(&format!(r#"<path class="{class}" d="M"#)), "{class}");
        }
        assert!(svg.len() < 5_000, "{} bytes", svg.len());
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn the_shore_is_where_one_stands_at_it() {
        // Turtle Tower is in the lake, The Huc bridge begins at its edge, the station is a walk away.
        assert_eq!(metres_from_shore(21.0278, 105.8522), 0.0);
        assert!(metres_from_shore(21.0306, 105.8536) < 60.0);
        let station = metres_from_shore(21.0244, 105.8412);
        assert!((900.0..1_300.0).contains(&station), "{station}");
    }
}
