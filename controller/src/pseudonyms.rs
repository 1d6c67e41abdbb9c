//! Day keys: made for each civil day, kept in files beside the database and not in it, destroyed a day after the day.
//!
//! While the key is there, a device has one pseudonym on that day and figures can tell visitors apart; afterwards nobody
//! can find out which device a pseudonym was. A record that comes later counts no visitor.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use session_core::{Mac, UnixMs};
use stats_core::{DayKey, Days, Span};
use store::VisitorDay;

/// The folder in the data directory.
const FOLDER: &str = "day-keys";
/// How long after its day a key is kept: access points out of reach report late.
const KEPT_MS: u64 = 86_400_000;
/// A day that begins this soon has a key already: clocks of access points may be ahead.
const AHEAD_MS: u64 = 3_600_000;

/// The keys of the days that can be counted. Cheap to clone; deliberately without `Debug`.
#[derive(Clone)]
pub struct Pseudonyms {
    days: Days,
    folder: PathBuf,
    keys: Arc<Mutex<BTreeMap<i32, DayKey>>>,
}

impl Pseudonyms {
    /// The keys in a data directory.
    #[must_use]
    pub fn new(data_dir: &Path, days: Days) -> Self {
        Self { days, folder: data_dir.join(FOLDER), keys: Arc::default() }
    }

    /// What devices are called on the days on which they were present, each from its first packet to its last. A day
    /// without a key, because it is over for long or its key cannot be kept, is not among them.
    #[must_use]
    pub fn of(&self, devices: impl Iterator<Item = (Mac, UnixMs, UnixMs)>, now_ms: u64) -> Vec<VisitorDay> {
        let open = self.open_days(now_ms);
        let mut found: Vec<VisitorDay> =
            open.iter().map(|span| VisitorDay { span: *span, pseudonyms: BTreeMap::new() }).collect();
        for (mac, first, last) in devices {
            for day in &mut found {
                let present = first.0 < day.span.end_ms && last.0 >= day.span.start_ms;
                if present
                    && !day.pseudonyms.contains_key(&mac)
                    && let Some(pseudonym) = self.key(day.span).and_then(|key| key.pseudonym(mac.0))
                {
                    day.pseudonyms.insert(mac, pseudonym);
                }
            }
        }
        found.retain(|day| !day.pseudonyms.is_empty());
        found
    }

    /// Destroys the keys of days that ended more than 24 hours ago.
    pub fn destroy_old(&self, now_ms: u64) {
        let kept: Vec<i32> =
            self.open_days(now_ms).iter().map(|day| self.days.number_of(day.start_ms)).collect();
        // Held to the end: a key that is being made just now has a file that is none yet.
        let mut keys = self.lock();
        keys.retain(|number, _| kept.contains(number));
        // Nothing there: nothing to destroy.
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.parse().ok());
            if number.is_none_or(|number| !kept.contains(&number))
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::error!(%error, file = %entry.path().display(), "a day's key that is over cannot be removed; remove it");
            }
        }
    }

    /// The days of which visitors can be counted at `now_ms`: the one that runs, those not over for long, and one that
    /// begins soon.
    fn open_days(&self, now_ms: u64) -> Vec<Span> {
        let today = self.days.day_of(now_ms);
        let mut open = vec![today];
        let mut before = self.days.day_of(today.start_ms.saturating_sub(1));
        while now_ms.saturating_sub(before.end_ms) < KEPT_MS && before.end_ms <= now_ms && open.len() < 4 {
            open.push(before);
            before = self.days.day_of(before.start_ms.saturating_sub(1));
        }
        if today.end_ms.saturating_sub(now_ms) <= AHEAD_MS {
            open.push(self.days.day_of(today.end_ms));
        }
        open.sort();
        open
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<i32, DayKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, day: Span) -> Option<DayKey> {
        let number = self.days.number_of(day.start_ms);
        let mut keys = self.lock();
        if let Some(key) = keys.get(&number) {
            return Some(key.clone());
        }
        match self.read_or_make(number) {
            Ok(key) => {
                keys.insert(number, key.clone());
                Some(key)
            }
            Err(error) => {
                tracing::error!(%error, folder = %self.folder.display(), "a day's key cannot be kept: visitors are not counted; give this user its data directory");
                None
            }
        }
    }

    fn read_or_make(&self, number: i32) -> io::Result<DayKey> {
        let file = self.folder.join(number.to_string());
        match fs::read(&file) {
            Ok(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
                Ok(bytes) => return Ok(DayKey::new(bytes)),
                Err(_) => tracing::error!(
                    "the key of a day is damaged and is made anew: devices of that day may count twice"
                ),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.make(&file)
    }

    /// Makes a key and keeps it before it is used: one that a crash took away would count its devices twice.
    fn make(&self, file: &Path) -> io::Result<DayKey> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let draft = file.with_extension("new");
        let mut draft_file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        draft_file.write_all(&bytes)?;
        draft_file.sync_all()?;
        fs::rename(&draft, file)?;
        fs::File::open(&self.folder)?.sync_all()?;
        Ok(DayKey::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const HOUR: u64 = 3_600_000;
    const PHONE: Mac = Mac([2, 0, 0, 0, 0, 1]);
    /// 2026-11-24T17:00:00Z: midnight in Ha Noi.
    const MIDNIGHT: u64 = 1_795_539_600_000;

    fn keys(folder: &Path) -> Pseudonyms {
        Pseudonyms::new(folder, Days::new(jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").unwrap()))
    }

    fn of(keys: &Pseudonyms, first: u64, last: u64, now: u64) -> Vec<VisitorDay> {
        keys.of(std::iter::once((PHONE, UnixMs(first), UnixMs(last))), now)
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder.join(FOLDER)).map_or(0, Iterator::count)
    }

    #[test]
    fn a_session_over_midnight_has_the_pseudonyms_of_both_days() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        let days = of(&keys, MIDNIGHT - 5, MIDNIGHT + 5, MIDNIGHT + 10);
        assert_eq!(days.len(), 2);
        assert_eq!(days[0].span.end_ms, MIDNIGHT);
        assert_ne!(days[0].pseudonyms[&PHONE], days[1].pseudonyms[&PHONE]);
        assert_eq!(of(&keys, MIDNIGHT, MIDNIGHT + 5, MIDNIGHT + 10), days[1..]);
    }

    #[test]
    fn a_restart_finds_the_key_and_nobody_else_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let before = of(&keys(folder.path()), MIDNIGHT, MIDNIGHT, MIDNIGHT);
        assert_eq!(of(&keys(folder.path()), MIDNIGHT, MIDNIGHT, MIDNIGHT), before);
        for entry in fs::read_dir(folder.path().join(FOLDER)).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_is_destroyed_a_day_after_its_day_and_late_records_count_no_visitor() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        assert_eq!(of(&keys, MIDNIGHT - HOUR, MIDNIGHT - HOUR, MIDNIGHT + 23 * HOUR).len(), 1);
        keys.destroy_old(MIDNIGHT + 24 * HOUR - 1);
        assert_eq!(files(folder.path()), 1);
        keys.destroy_old(MIDNIGHT + 24 * HOUR);
        assert_eq!(files(folder.path()), 0);
        assert!(of(&keys, MIDNIGHT - HOUR, MIDNIGHT - HOUR, MIDNIGHT + 24 * HOUR).is_empty());
        assert!(of(&keys, 5, 6, MIDNIGHT).is_empty());
    }

    #[test]
    fn a_day_that_begins_soon_has_its_key_already_and_a_far_one_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        assert_eq!(of(&keys, MIDNIGHT + 1, MIDNIGHT + 1, MIDNIGHT - 60_000).len(), 1);
        assert!(of(&keys, MIDNIGHT + 1, MIDNIGHT + 1, MIDNIGHT - 2 * HOUR).is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_made_counts_nobody_and_fails_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FOLDER), "a file where the folder should be").unwrap();
        assert!(of(&keys(folder.path()), MIDNIGHT, MIDNIGHT, MIDNIGHT).is_empty());
    }
}
