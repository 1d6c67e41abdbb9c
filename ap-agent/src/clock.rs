//! The controller's time on this access point, carried by the kernel's boot-time clock and never by the wall clock.
//!
//! An access point without a battery starts in 1970 and may jump by decades when NTP answers. Deadlines of grants are
//! in the controller's time, so the agent keeps the difference between that and `CLOCK_BOOTTIME`, which only rises
//! and counts sleep.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

use crate::ledger::KnownTime;

#[cfg(test)]
mod tests;

/// Differences kept: the largest of them belongs to the frame that travelled fastest.
const FRAMES: usize = 8;
/// After a boot without the controller, a wall clock further ahead of the ledger than this is not believed.
const BELIEVED_AHEAD_MS: i64 = 48 * 3_600_000;
/// A wall clock further from the controller's is told as a problem.
const TOLD_OFF_MS: u64 = 5 * 60_000;

/// Where the present idea of the controller's time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The controller said it since the agent started.
    Controller,
    /// The ledger, written in the same boot of the machine.
    Ledger,
    /// The ledger of an earlier boot, or only the wall clock: good until the controller is heard.
    Unsure,
}

/// The controller's time.
#[derive(Clone, Debug)]
pub struct ControllerClock {
    /// Controller's Unix milliseconds less boot-time milliseconds.
    offset_ms: i64,
    source: Source,
    recent: [Option<i64>; FRAMES],
    next: usize,
}

impl ControllerClock {
    /// The best idea before the controller is heard.
    ///
    /// With a ledger of the same boot: its time plus what the boot-time clock has counted since, as sure as it was. With
    /// a ledger of an earlier boot: its time plus the time since this boot, a lower bound, or the wall clock when that
    /// is later by no more than two days. Without a ledger: the wall clock. The last two are [`Source::Unsure`].
    #[must_use]
    pub fn start(known: Option<&KnownTime>, boot_id: &str, boottime_ms: u64, wall_ms: u64) -> Self {
        let wall = difference(wall_ms, boottime_ms);
        let (offset_ms, source) = match known {
            Some(known)
                if !boot_id.is_empty() && known.boot_id == boot_id && known.boottime_ms <= boottime_ms =>
            {
                let source = if known.unsure { Source::Unsure } else { Source::Ledger };
                (difference(known.unix_ms, known.boottime_ms), source)
            }
            Some(known) => {
                let least = signed(known.unix_ms);
                let believed = wall > least && wall.saturating_sub(least) <= BELIEVED_AHEAD_MS;
                (if believed { wall } else { least }, Source::Unsure)
            }
            None => (wall, Source::Unsure),
        };
        Self { offset_ms, source, recent: [None; FRAMES], next: 0 }
    }

    /// Takes the time a frame from the controller carries, received at `boottime_ms`.
    ///
    /// A frame can only be late, so the largest difference of the last few frames is the best; a controller whose own
    /// clock was set back is followed after as many frames.
    pub fn feed(&mut self, unix_ms: u64, boottime_ms: u64) {
        if let Some(place) = self.recent.get_mut(self.next) {
            *place = Some(difference(unix_ms, boottime_ms));
        }
        self.next = (self.next + 1) % FRAMES;
        if let Some(largest) = self.recent.iter().flatten().max() {
            self.offset_ms = *largest;
            self.source = Source::Controller;
        }
    }

    /// The controller's Unix milliseconds at `boottime_ms`.
    #[must_use]
    pub fn at(&self, boottime_ms: u64) -> u64 {
        u64::try_from(signed(boottime_ms).saturating_add(self.offset_ms)).unwrap_or(0)
    }

    /// The boot-time milliseconds at which the controller's clock shows `unix_ms`; 0 when that was before the boot.
    #[must_use]
    pub fn boottime_of(&self, unix_ms: u64) -> u64 {
        u64::try_from(signed(unix_ms).saturating_sub(self.offset_ms)).unwrap_or(0)
    }

    /// The controller's Unix milliseconds now.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.at(boottime_ms())
    }

    /// Where the time comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// True when the time is the controller's, now or in this boot of the machine.
    #[must_use]
    pub fn known(&self) -> bool {
        self.source != Source::Unsure
    }

    /// A sentence when the machine's own clock is not the controller's, which DHCP and the log go by.
    #[must_use]
    pub fn problem(&self, boottime_ms: u64, wall_ms: u64) -> Option<String> {
        let (ours, theirs) = (wall_ms, self.at(boottime_ms));
        if self.source != Source::Controller || ours.abs_diff(theirs) <= TOLD_OFF_MS {
            return None;
        }
        let way = if ours < theirs { "behind" } else { "ahead of" };
        let off = Duration::from_secs((ours.abs_diff(theirs) + 30_000) / 60_000 * 60);
        let off = humantime::format_duration(off);
        Some(format!(
            "this machine's clock is {off} {way} the controller's; let NTP set it: timedatectl set-ntp true"
        ))
    }

    /// What the ledger keeps of it. It is kept when it is unsure too: time then stands still over a boot and never runs
    /// back.
    #[must_use]
    pub fn to_known(&self, boot_id: &str, boottime_ms: u64) -> KnownTime {
        KnownTime {
            unix_ms: self.at(boottime_ms),
            boottime_ms,
            boot_id: boot_id.to_owned(),
            unsure: !self.known(),
        }
    }
}

/// The controller's time for those who only read it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Reading(Arc<AtomicI64>);

impl Reading {
    /// Takes over what `clock` says.
    pub fn follow(&self, clock: &ControllerClock) {
        self.0.store(clock.offset_ms, Ordering::Relaxed);
    }
}

/// The dates of a certificate are checked by it: an access point in 1970 judges as phones do.
impl TimeProvider for Reading {
    fn current_time(&self) -> Option<UnixTime> {
        let now_ms = signed(boottime_ms()).saturating_add(self.0.load(Ordering::Relaxed));
        let now_ms = u64::try_from(now_ms).unwrap_or(0);
        Some(UnixTime::since_unix_epoch(Duration::from_millis(now_ms)))
    }
}

/// Milliseconds since the machine started, sleep included.
#[must_use]
pub fn boottime_ms() -> u64 {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |time| {
        let millis = time.tv_sec().saturating_mul(1000).saturating_add(time.tv_nsec() / 1_000_000);
        u64::try_from(millis).unwrap_or(0)
    })
}

/// The kernel's random name of this boot; empty when it cannot be read.
#[must_use]
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// The machine's own wall clock in Unix milliseconds, 0 when it stands before 1970.
#[must_use]
pub fn wall_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}

fn difference(unix_ms: u64, boottime_ms: u64) -> i64 {
    signed(unix_ms).saturating_sub(signed(boottime_ms))
}
