//! What must not be published: cells of few people, and further ones that would give them away by subtraction.
//!
//! One civil day is looked at as a whole, whatever was asked for: its hours and the day itself, for every access point,
//! zone and all. A total is the sum of its parts in two ways, the day of its hours and a zone of its access points, so a
//! single withheld part could be computed. Therefore parts are withheld until at least two of a kind are, of together
//! at least as many people as a cell must have, or until their total is withheld too. What is withheld depends on the
//! day alone and not on the question, so that two questions together say no more than one.

use serde::{Deserialize, Serialize};

use crate::Slot;

/// One figure of a table, as far as withholding is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Visitors counted.
    pub visitors: u64,
    /// Visits begun.
    pub visits: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// Users present in the fullest minute: those who stayed on from before are counted by nothing else.
    pub peak_users: u64,
}

/// A slot as it may be published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Published {
    /// Whole.
    Shown(Box<Slot>),
    /// Withheld: so few people, or needed to keep another such slot from being computed.
    Withheld {
        /// When it begins, Unix milliseconds.
        start_ms: u64,
        /// When it ends, Unix milliseconds.
        end_ms: u64,
        /// Id of the access point or zone; `all` for all of them.
        key: String,
        /// Always true, so that no reader takes it for a slot of zeros.
        withheld: bool,
    },
}

impl Published {
    /// When it begins, Unix milliseconds.
    #[must_use]
    pub fn start_ms(&self) -> u64 {
        match self {
            Self::Shown(slot) => slot.start_ms,
            Self::Withheld { start_ms, .. } => *start_ms,
        }
    }
}

impl Cell {
    /// People it tells of.
    fn people(self) -> u64 {
        self.visitors.max(self.visits).max(self.peak_users).max(self.sessions.min(1))
    }

    fn is_small(self, min_cell: u64) -> bool {
        let small = |count: u64| count > 0 && count < min_cell;
        small(self.visitors) || small(self.visits) || (self.people() > 0 && self.people() < min_cell)
    }
}

/// Says of each cell whether it is withheld. `sums` names every total that is published beside its parts, as places in
/// the list of cells.
#[must_use]
pub fn withhold(cells: &[Cell], sums: &[(usize, Vec<usize>)], min_cell: u64) -> Vec<bool> {
    let mut table =
        Table { cells, min_cell, withheld: cells.iter().map(|cell| cell.is_small(min_cell)).collect() };
    // Each round withholds at least one cell more or is the last.
    while sums
        .iter()
        .map(|(total, parts)| table.protect(*total, parts))
        .fold(false, |changed, now| changed | now)
    {}
    table.withheld
}

struct Table<'a> {
    cells: &'a [Cell],
    min_cell: u64,
    withheld: Vec<bool>,
}

impl Table<'_> {
    fn is_withheld(&self, place: usize) -> bool {
        self.withheld.get(place).copied().unwrap_or(false)
    }

    fn people(&self, place: usize) -> u64 {
        self.cells.get(place).map_or(0, |cell| cell.people())
    }

    fn hide(&mut self, place: usize) {
        if let Some(hidden) = self.withheld.get_mut(place) {
            *hidden = true;
        }
    }

    /// Withholds parts until none can be computed from the total, nor the total from its parts. Returns whether any
    /// cell was added.
    fn protect(&mut self, total: usize, parts: &[usize]) -> bool {
        let mut changed = false;
        loop {
            let hidden: Vec<usize> = parts.iter().copied().filter(|part| self.is_withheld(*part)).collect();
            let people: u64 = hidden.iter().map(|part| self.people(*part)).sum();
            let none_asked = hidden.is_empty() && !self.is_withheld(total);
            if none_asked || (hidden.len() >= 2 && people >= self.min_cell) {
                return changed;
            }
            let shown =
                parts.iter().copied().filter(|part| !self.is_withheld(*part) && self.people(*part) > 0);
            match shown.min_by_key(|part| (self.people(*part), *part)) {
                Some(next) => self.hide(next),
                // Nothing is left to hide behind: the total would say it.
                None if !self.is_withheld(total) => self.hide(total),
                None => return changed,
            }
            changed = true;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(people: u64) -> Cell {
        Cell { visitors: people, visits: people, sessions: people, peak_users: people }
    }

    fn withheld(people: &[u64], sums: &[(usize, Vec<usize>)]) -> Vec<usize> {
        let cells: Vec<Cell> = people.iter().map(|people| cell(*people)).collect();
        let hidden = withhold(&cells, sums, 10);
        (0..people.len()).filter(|place| hidden[*place]).collect()
    }

    #[test]
    fn one_small_part_takes_the_next_smallest_with_it() {
        assert_eq!(withheld(&[100, 60, 37, 3], &[(0, vec![1, 2, 3])]), [2, 3]);
    }

    #[test]
    fn several_small_parts_of_enough_people_protect_each_other() {
        assert_eq!(withheld(&[72, 60, 5, 7], &[(0, vec![1, 2, 3])]), [2, 3]);
        assert_eq!(withheld(&[63, 60, 1, 2], &[(0, vec![1, 2, 3])]), [1, 2, 3]);
    }

    #[test]
    fn parts_of_nobody_are_shown_and_hide_nothing() {
        assert_eq!(withheld(&[60, 60, 0, 0], &[(0, vec![1, 2, 3])]), [] as [usize; 0]);
        assert_eq!(withheld(&[4, 4, 0], &[(0, vec![1, 2])]), [0, 1]);
        assert_eq!(withheld(&[14, 14, 0], &[(0, vec![1, 2])]), [] as [usize; 0]);
    }

    #[test]
    fn a_total_that_is_withheld_for_another_sum_is_not_told_by_its_own_parts() {
        // all = a + b, a = c + d: a is withheld beside the small b, so c and d may not both be shown.
        let hidden = withheld(&[100, 95, 5, 45, 50], &[(0, vec![1, 2]), (1, vec![3, 4])]);
        assert_eq!(hidden, [1, 2, 3, 4]);
    }

    #[test]
    fn a_visit_more_than_visitors_does_not_open_a_small_cell() {
        let cells = [
            Cell { visitors: 2, visits: 40, sessions: 40, peak_users: 2 },
            Cell { visitors: 40, visits: 1, sessions: 9, peak_users: 40 },
        ];
        assert_eq!(withhold(&cells, &[], 10), [true, true]);
        for (sessions, peak_users) in [(3, 0), (0, 1)] {
            let uncounted = [Cell { visitors: 0, visits: 0, sessions, peak_users }];
            assert_eq!(withhold(&uncounted, &[], 10), [true]);
        }
    }

    proptest! {
        /// A grid of hours by access points with all totals: no withheld cell is the only one of a shown sum.
        #[test]
        fn no_withheld_cell_stands_alone_in_a_sum(
            grid in proptest::collection::vec(proptest::collection::vec(0_u64..40, 4), 3)
        ) {
            let mut people = Vec::new();
            let (rows, columns) = (grid.len(), grid[0].len());
            let place = |row: usize, column: usize| row * (columns + 1) + column;
            for row in 0..=rows {
                for column in 0..=columns {
                    let rows = if row < rows { row..row + 1 } else { 0..rows };
                    let columns = if column < columns { column..column + 1 } else { 0..columns };
                    people.push(rows.map(|row| columns.clone().map(|column| grid[row][column]).sum::<u64>()).sum());
                }
            }
            let mut sums = Vec::new();
            for row in 0..=rows {
                sums.push((place(row, columns), (0..columns).map(|column| place(row, column)).collect()));
            }
            for column in 0..=columns {
                sums.push((place(rows, column), (0..rows).map(|row| place(row, column)).collect::<Vec<_>>()));
            }
            let hidden = withheld(&people, &sums);
            for (at, count) in people.iter().enumerate() {
                prop_assert!(hidden.contains(&at) || *count == 0 || *count >= 10);
            }
            for (total, parts) in sums {
                let inside: Vec<usize> = parts.into_iter().filter(|part| hidden.contains(part)).collect();
                if !hidden.contains(&total) && !inside.is_empty() {
                    prop_assert!(inside.len() >= 2);
                    prop_assert!(inside.iter().map(|part| people[*part]).sum::<u64>() >= 10);
                } else if hidden.contains(&total) {
                    prop_assert!(!inside.is_empty(), "a withheld total can be added up");
                }
            }
        }
    }
}
