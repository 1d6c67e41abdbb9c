//! The map of the sites: where each stands on the drawing of the lake, as what shape and in which step of load.

use super::shell::{ap_href, short_id, state_look};
use super::text::{Html, escape};
use super::view::{ApRow, ApState, Frame};

/// The drawing's scale: units of the drawing per degree, and the point they are counted from. A city is small enough for
/// straight lines.
const PER_LON: f64 = 43_570.0;
const PER_LAT: f64 = 46_298.0;
const MIDDLE: (f64, f64) = (105.852_432, 21.030_541);
const MIDDLE_ON_DRAWING: (f64, f64) = (175.4, 301.6);
/// What the drawing shows: left, top, width, height.
pub(super) const WINDOW: (f64, f64, f64, f64) = (14.0, 2.0, 340.0, 576.0);
/// Markers nearer than this would hide each other.
const APART: f64 = 17.5;

/// One marker.
pub(super) struct Marker {
    pub(super) markup: Html,
}

/// The markers of all sites that lie on the drawing, and how many do not.
pub(super) fn markers(frame: &Frame, sites: &[ApRow]) -> (Vec<Marker>, usize) {
    let placed: Vec<&ApRow> =
        sites.iter().filter(|site| site.place.is_some_and(|place| inside(drawn(place)))).collect();
    let mut spots: Vec<(f64, f64)> = placed.iter().filter_map(|site| site.place).map(drawn).collect();
    push_apart(&mut spots);
    let outside = sites.len() - placed.len();
    let markers = placed.iter().zip(spots).map(|(site, spot)| marker(frame, site, spot)).collect();
    (markers, outside)
}

/// Where a place (latitude, longitude) lies on the drawing.
fn drawn((lat, lon): (f64, f64)) -> (f64, f64) {
    let (lon0, lat0) = MIDDLE;
    let (x0, y0) = MIDDLE_ON_DRAWING;
    (x0 + (lon - lon0) * PER_LON, y0 - (lat - lat0) * PER_LAT)
}

fn inside((x, y): (f64, f64)) -> bool {
    let (left, top, width, height) = WINDOW;
    (left + 9.0..left + width - 9.0).contains(&x) && (top + 12.0..top + height - 9.0).contains(&y)
}

/// Moves markers that would hide each other apart, a little in every round.
fn push_apart(spots: &mut [(f64, f64)]) {
    for _ in 0..24 {
        for later in 1..spots.len() {
            let (before, rest) = spots.split_at_mut(later);
            let Some(own) = rest.first_mut() else { continue };
            for other in before {
                let (dx, dy) = (own.0 - other.0, own.1 - other.1);
                let far = dx.hypot(dy);
                if far >= APART {
                    continue;
                }
                let push = (APART - far) / 2.0;
                let (ux, uy) = if far > 0.01 { (dx / far, dy / far) } else { (1.0, 0.0) };
                *own = (own.0 + ux * push, own.1 + uy * push);
                *other = (other.0 - ux * push, other.1 - uy * push);
            }
        }
    }
}

/// Step of the amount scale, 1 to 4: the quarters that the key of the map names.
pub(super) fn load_step(devices: u32, capacity: u32) -> u8 {
    match super::figures::percent(u64::from(devices), u64::from(capacity)) {
        0..25 => 1,
        25..50 => 2,
        50..80 => 3,
        _ => 4,
    }
}

fn marker(frame: &Frame, site: &ApRow, (x, y): (f64, f64)) -> Marker {
    let (_, _, word) = state_look(site.state);
    let step = match (site.devices, site.capacity) {
        (Some(devices), Some(capacity)) => load_step(devices, capacity),
        _ => 1,
    };
    let text = escape(&label(&site.ap.id));
    let shape = match site.state {
        ApState::Down => {
            format!("<path class=\"b\" d=\"M-8-8h16v16h-16z\"/><text class=\"tb\" y=\"3\">{text}</text>")
        }
        ApState::Full | ApState::Trouble => {
            format!("<path class=\"w\" d=\"M0-12l10.5 19h-21z\"/><text class=\"tw\" y=\"4.5\">{text}</text>")
        }
        ApState::Retired | ApState::New => {
            format!("<circle class=\"q\" r=\"7.5\"/><text class=\"tq\" y=\"3\">{text}</text>")
        }
        ApState::Behind => format!(
            "<circle class=\"l{step}\" r=\"8\"/><circle class=\"cf\" r=\"9.5\"/><text class=\"t{step}\" y=\"3\">{text}</text>"
        ),
        ApState::Up | ApState::Quiet => {
            format!("<circle class=\"l{step}\" r=\"8\"/><text class=\"t{step}\" y=\"3\">{text}</text>")
        }
    };
    let says = frame.tell(
        "map-marker",
        vec![
            ("id", short_id(&site.ap.id).into()),
            ("name", frame.name(&site.ap.name).into()),
            ("state", frame.say(word).into()),
            ("load", load_in_words(frame, site).into()),
        ],
    );
    Marker {
        markup: Html::ours(format!(
            "<a id=\"m-{id}\" href=\"{href}\" transform=\"translate({x:.0} {y:.0})\" aria-label=\"{says}\"><title>{says}</title>{shape}</a>",
            id = escape(&site.ap.id),
            href = ap_href(&site.ap.id),
        )),
    }
}

/// `57 of 64 devices`, `57 devices`, or that it does not say.
pub(super) fn load_in_words(frame: &Frame, site: &ApRow) -> Html {
    match (site.devices, site.capacity) {
        (Some(devices), Some(capacity)) => {
            frame.tell("devices-of", vec![("n", devices.into()), ("capacity", frame.whole(capacity).into())])
        }
        (Some(devices), None) => frame.tell("devices", vec![("n", devices.into())]),
        (None, _) => frame.say("devices-unknown"),
    }
}

/// Two or three letters for a marker: the number of the site, or how its name begins.
fn label(id: &str) -> String {
    let number = id
        .rsplit('-')
        .next()
        .filter(|part| part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit()));
    number.map_or_else(|| short_id(id).chars().take(2).collect(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_theatre_stands_at_the_north_east_of_the_lake() {
        let (x, y) = drawn((21.0316, 105.8534));
        assert!((x - 217.0).abs() < 2.0 && (y - 253.0).abs() < 2.0, "{x} {y}");
        assert!(inside((x, y)) && !inside(drawn((10.8, 106.7))));
    }

    #[test]
    fn no_marker_hides_another_even_at_one_place() {
        let mut spots = vec![(100.0, 100.0); 4];
        push_apart(&mut spots);
        for (at, one) in spots.iter().enumerate() {
            for other in &spots[at + 1..] {
                assert!((one.0 - other.0).hypot(one.1 - other.1) > APART * 0.8, "{spots:?}");
            }
        }
    }

    #[test]
    fn a_marker_carries_the_number_of_its_site() {
        assert_eq!(label("hk-07"), "07");
        assert_eq!(label("nas:cafe"), "ca");
        assert_eq!(label("ap"), "AP");
    }
}
