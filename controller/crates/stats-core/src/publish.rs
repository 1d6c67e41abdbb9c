//! The tables of one civil day, as they may be published.

use std::collections::{BTreeMap, BTreeSet};

use crate::{By, Cell, Published, Slot, Step, withhold};

/// All figures of one civil day: the day and its hours, of each access point, each zone and all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DayTable {
    places: BTreeMap<(Place, String, u64), usize>,
    slots: Vec<Slot>,
}

/// Step and split in an order of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Day(u8),
    Hour(u8),
}

fn place(step: Step, by: By) -> Place {
    let by = match by {
        By::All => 0,
        By::Zone => 1,
        By::Ap => 2,
    };
    match step {
        Step::Day => Place::Day(by),
        Step::Hour => Place::Hour(by),
    }
}

impl DayTable {
    /// Adds a slot of the day.
    pub fn add(&mut self, step: Step, by: By, slot: Slot) {
        self.places.insert((place(step, by), slot.key.clone(), slot.start_ms), self.slots.len());
        self.slots.push(slot);
    }

    /// The slots of one step and split, those withheld without their figures. Which are withheld depends on the day
    /// alone.
    #[must_use]
    pub fn published(
        &self,
        step: Step,
        by: By,
        zone_of: &BTreeMap<String, String>,
        min_cell: u64,
    ) -> Vec<Published> {
        let cell = |slot: &Slot| Cell {
            visitors: slot.visitors,
            visits: slot.visits,
            sessions: slot.sessions,
            peak_users: slot.peak_users,
        };
        let cells: Vec<Cell> = self.slots.iter().map(cell).collect();
        let hidden = withhold(&cells, &self.sums(zone_of), min_cell);
        let wanted = place(step, by);
        let mut published: Vec<(u64, &str, Published)> = Vec::new();
        for ((at, key, start_ms), index) in &self.places {
            let (Some(slot), true) = (self.slots.get(*index), *at == wanted) else { continue };
            let shown = if hidden.get(*index).copied().unwrap_or(true) {
                Published::Withheld {
                    start_ms: *start_ms,
                    end_ms: slot.end_ms,
                    key: key.clone(),
                    withheld: true,
                }
            } else {
                Published::Shown(Box::new(slot.clone()))
            };
            published.push((*start_ms, key, shown));
        }
        published.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        published.into_iter().map(|(_, _, shown)| shown).collect()
    }

    /// Every total with its parts: the day of its hours; in each slot all of the zones (and of access points in none),
    /// and a zone of its access points.
    fn sums(&self, zone_of: &BTreeMap<String, String>) -> Vec<(usize, Vec<usize>)> {
        let mut sums: BTreeMap<usize, [Vec<usize>; 2]> = BTreeMap::new();
        let mut part_of = |kind: usize, total: Option<&usize>, part: usize| {
            if let Some(parts) = total.and_then(|total| sums.entry(*total).or_default().get_mut(kind)) {
                parts.push(part);
            }
        };
        let days: BTreeSet<u64> = self.starts(|at| matches!(at, Place::Day(_)));
        let at = |at: Place, key: &str, start_ms: u64| self.places.get(&(at, key.to_owned(), start_ms));
        for ((here, key, start_ms), index) in &self.places {
            let (by, of): (u8, fn(u8) -> Place) = match here {
                Place::Day(by) => (*by, Place::Day),
                Place::Hour(by) => (*by, Place::Hour),
            };
            if let Place::Hour(by) = here {
                let day = days.range(..=*start_ms).next_back().copied().unwrap_or(0);
                part_of(0, at(Place::Day(*by), key, day), *index);
            }
            let total = match (by, zone_of.get(key)) {
                (2, Some(zone)) => at(of(1), zone, *start_ms),
                (1, _) | (2, None) => at(of(0), "all", *start_ms),
                _ => None,
            };
            part_of(1, total, *index);
        }
        let sums = sums.into_iter().flat_map(|(total, kinds)| kinds.map(|parts| (total, parts)));
        sums.filter(|(_, parts)| !parts.is_empty()).collect()
    }

    fn starts(&self, which: impl Fn(&Place) -> bool) -> BTreeSet<u64> {
        self.places.keys().filter(|(at, _, _)| which(at)).map(|(_, _, start_ms)| *start_ms).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
mod tests {
    use super::*;
    use crate::{Counts, Key, Span};

    const HOUR: u64 = 3_600_000;

    fn slot(key: &Key, start_ms: u64, length_ms: u64, people: u64) -> Slot {
        let counts = Counts { visits: people, sessions: people, ..Counts::default() };
        Slot::new(Span { start_ms, end_ms: start_ms + length_ms }, key, counts, 0, people, 0)
    }

    /// Two hours; access points a and b of zone z, c of zone y.
    fn table(hours: [[u64; 3]; 2]) -> DayTable {
        let mut table = DayTable::default();
        let mut add = |key: Key, by: By, people: [u64; 2]| {
            for (at, people) in people.iter().enumerate() {
                table.add(Step::Hour, by, slot(&key, at as u64 * HOUR, HOUR, *people));
            }
            table.add(Step::Day, by, slot(&key, 0, 24 * HOUR, people.iter().sum()));
        };
        let [[a, b, c], [d, e, f]] = hours;
        add(Key::Ap("a".to_owned()), By::Ap, [a, d]);
        add(Key::Ap("b".to_owned()), By::Ap, [b, e]);
        add(Key::Ap("c".to_owned()), By::Ap, [c, f]);
        add(Key::Zone("z".to_owned()), By::Zone, [a + b, d + e]);
        add(Key::Zone("y".to_owned()), By::Zone, [c, f]);
        add(Key::All, By::All, [a + b + c, d + e + f]);
        table
    }

    fn hidden(table: &DayTable, step: Step, by: By) -> Vec<(String, u64)> {
        let zones = [("a", "z"), ("b", "z"), ("c", "y")];
        let zone_of = zones.map(|(ap, zone)| (ap.to_owned(), zone.to_owned())).into();
        let published = table.published(step, by, &zone_of, 10);
        let withheld = published.into_iter().filter_map(|slot| match slot {
            Published::Withheld { key, start_ms, .. } => Some((key, start_ms / HOUR)),
            Published::Shown(_) => None,
        });
        withheld.collect()
    }

    #[test]
    fn a_full_day_is_published_whole() {
        let table = table([[20, 30, 40], [50, 60, 70]]);
        for step in [Step::Hour, Step::Day] {
            for by in [By::All, By::Ap, By::Zone] {
                assert!(hidden(&table, step, by).is_empty());
            }
        }
    }

    #[test]
    fn a_small_hour_of_one_access_point_hides_its_neighbour_and_its_own_next_hour() {
        let table = table([[3, 30, 40], [50, 60, 70]]);
        let hours = hidden(&table, Step::Hour, By::Ap);
        assert!(hours.contains(&("a".to_owned(), 0)), "{hours:?}");
        assert!(hours.contains(&("b".to_owned(), 0)), "the zone's total would tell it: {hours:?}");
        assert!(hours.contains(&("a".to_owned(), 1)), "the day's total would tell it: {hours:?}");
        assert!(hours.contains(&("b".to_owned(), 1)), "and that one in turn: {hours:?}");
        assert!(
            hidden(&table, Step::Day, By::All).is_empty() && hidden(&table, Step::Hour, By::All).is_empty()
        );
        assert!(!hours.iter().any(|(key, _)| key == "c"));
    }

    #[test]
    fn a_zone_of_one_access_point_tells_as_much_as_it_and_is_withheld_with_it() {
        let table = table([[3, 30, 4], [50, 60, 7]]);
        assert!(hidden(&table, Step::Hour, By::Zone).contains(&("y".to_owned(), 0)));
        assert!(hidden(&table, Step::Hour, By::Ap).contains(&("c".to_owned(), 0)));
    }
}
