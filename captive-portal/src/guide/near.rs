//! How far places are: metres in a straight line, minutes on foot, direction.

/// Metres between two points of the city. On a plane: over two kilometres the error is a few centimetres.
pub(crate) fn metres(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (north, east) = offset_metres(from, to);
    north.hypot(east)
}

/// Metres to the north and to the east from one point to another, each a (latitude, longitude) in degrees.
pub(crate) fn offset_metres(from: (f64, f64), to: (f64, f64)) -> (f64, f64) {
    const METRES_PER_DEGREE: f64 = 111_195.0;
    let north = (to.0 - from.0) * METRES_PER_DEGREE;
    let east = (to.1 - from.1) * METRES_PER_DEGREE * from.0.to_radians().cos();
    (north, east)
}

/// Closer than this is "here": the positions themselves are no better.
pub(crate) const HERE_METRES: f64 = 30.0;

/// Minutes on foot for a distance in a straight line. Streets are about 1.3 times as long as the line, and a stroll
/// makes 75 m a minute.
pub(crate) fn walking_minutes(metres: f64) -> u64 {
    let minutes = (metres * 1.3 / 75.0).round();
    // A finite, small, positive number: the cast is exact.
    if minutes < 1.0 { 1 } else { minutes as u64 }
}

/// One of the eight directions in which somebody would point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    North,
    NorthEast,
    East,
    SouthEast,
    South,
    SouthWest,
    West,
    NorthWest,
}

/// The direction from one point to another.
pub(crate) fn direction(from: (f64, f64), to: (f64, f64)) -> Direction {
    let (north, east) = offset_metres(from, to);
    let eighths = (east.atan2(north).to_degrees() / 45.0).round() as i32;
    match eighths.rem_euclid(8) {
        0 => Direction::North,
        1 => Direction::NorthEast,
        2 => Direction::East,
        3 => Direction::SouthEast,
        4 => Direction::South,
        5 => Direction::SouthWest,
        6 => Direction::West,
        _ => Direction::NorthWest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUPPET_THEATRE: (f64, f64) = (21.0316, 105.8534);

    #[test]
    fn minutes_on_foot_are_those_of_a_stroll() {
        // From the water puppet theatre: The Huc side of Ngoc Son, Ba Kieu, Ta Hien, Viet Duc hospital.
        for (to, minutes) in [
            ((21.0307, 105.8524), 2),
            ((21.0309, 105.8538), 2),
            ((21.0348, 105.8521), 7),
            ((21.0286, 105.8468), 13),
            (PUPPET_THEATRE, 1),
        ] {
            assert_eq!(walking_minutes(metres(PUPPET_THEATRE, to)), minutes);
        }
    }

    #[test]
    fn directions_are_those_of_a_map() {
        for (to, direction_there) in [
            ((21.0416, 105.8534), Direction::North),
            ((21.0326, 105.8544), Direction::NorthEast),
            ((21.0316, 105.8544), Direction::East),
            ((21.0306, 105.8544), Direction::SouthEast),
            ((21.0306, 105.8534), Direction::South),
            ((21.0306, 105.8524), Direction::SouthWest),
            ((21.0316, 105.8524), Direction::West),
            ((21.0326, 105.8524), Direction::NorthWest),
        ] {
            assert_eq!(direction(PUPPET_THEATRE, to), direction_there);
        }
    }
}
