//! Sketches of visitors: how many different pseudonyms there were, in a form that adds up without counting anybody twice.

use std::fmt;

use datasketches::hll::{HllSketch, HllType, HllUnion};

use crate::Pseudonym;

/// 2^12 registers: about 1.6 % standard error for large numbers, at most 4 KiB; exact, and a few bytes each, below some
/// hundred.
const LG_K: u8 = 12;

/// A HyperLogLog sketch of pseudonyms.
#[derive(Clone)]
pub struct Sketch(HllSketch);

/// Bytes that are no sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sketch of visitors cannot be read; run: hotspot-controller stats rebuild")]
pub struct SketchError;

impl Sketch {
    /// The sketch of these pseudonyms; one that comes again changes nothing.
    #[must_use]
    pub fn of(pseudonyms: impl IntoIterator<Item = Pseudonym>) -> Self {
        let mut sketch = Self::empty();
        for pseudonym in pseudonyms {
            sketch.0.update(u64::from_be_bytes(pseudonym.0));
        }
        sketch
    }

    /// The sketch of all that these are of together.
    #[must_use]
    pub fn union<'a>(sketches: impl IntoIterator<Item = &'a Self>) -> Self {
        match HllUnion::new(LG_K) {
            Ok(mut union) => {
                sketches.into_iter().for_each(|sketch| union.update(&sketch.0));
                Self(union.to_sketch(HllType::Hll4))
            }
            Err(_) => Self::empty(),
        }
    }

    #[allow(clippy::expect_used, reason = "12 lies within the library's bounds, 4 to 21, at all times")]
    fn empty() -> Self {
        Self(HllSketch::new(LG_K, HllType::Hll4).expect("a sketch of 2^12 registers"))
    }

    /// How many different pseudonyms it is of. The estimate that depends on the registers alone and not on the order in
    /// which they were filled.
    #[must_use]
    pub fn estimate(&self) -> u64 {
        self.0.composite_estimate().round() as u64
    }

    /// The sketch as bytes, in the format of Apache DataSketches.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.serialize()
    }

    /// Reads what [`Sketch::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`SketchError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SketchError> {
        HllSketch::deserialize(bytes).map(Self).map_err(|_| SketchError)
    }
}

impl fmt::Debug for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sketch(about {})", self.estimate())
    }
}

impl PartialEq for Sketch {
    /// Whether both are of the same pseudonyms, as far as their registers tell: bytes differ by the order of filling.
    fn eq(&self, other: &Self) -> bool {
        let near = |sketch: &Self| (sketch.0.composite_estimate() * 1000.0).round() as u64;
        let both = Self::union([self, other]);
        near(self) == near(&both) && near(other) == near(&both)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
mod tests {
    use super::*;

    fn some(range: std::ops::Range<u64>) -> impl Iterator<Item = Pseudonym> {
        // Spread as HMACs are.
        range.map(|n| Pseudonym(n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()))
    }

    #[test]
    fn few_are_counted_exactly_and_many_within_three_errors() {
        for count in [0, 1, 9, 10, 100, 300] {
            assert_eq!(Sketch::of(some(0..count)).estimate(), count);
        }
        for count in [2_000, 20_000, 200_000] {
            let estimate = Sketch::of(some(0..count)).estimate();
            assert!(estimate.abs_diff(count) * 1000 < count * 48, "{estimate} for {count}");
        }
    }

    #[test]
    fn a_union_counts_nobody_twice_and_bytes_come_back() {
        let (left, right) = (Sketch::of(some(0..200)), Sketch::of(some(100..300)));
        let both = Sketch::union([&left, &right]);
        assert_eq!(both.estimate(), 300);
        let again = Sketch::from_bytes(&both.to_bytes()).unwrap();
        assert_eq!(again, both);
        assert_ne!(left, right);
        assert_ne!(left, both);
        assert_eq!(Sketch::union([]).estimate(), 0);
        assert_eq!(Sketch::from_bytes(b"nothing"), Err(SketchError));
        assert_eq!(Sketch::from_bytes(&[]), Err(SketchError));
    }
}
