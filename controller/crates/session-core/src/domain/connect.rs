//! A tap: who gets a grant, for how long, and why not.

use super::Domain;
use crate::{ApId, CivilDay, Grant, GrantId, Mac, NUMBER_MAX, NetworkId, Output, Plan, Subject, UnixMs};

/// A visitor's wish to be on line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// The network the device is on.
    pub network: NetworkId,
    /// The device.
    pub mac: Mac,
    /// Where it is.
    pub ap: ApId,
    /// Who asks for it.
    pub subject: Subject,
    /// The plan that policy chose.
    pub plan: Plan,
    /// Today, in the operator's time zone.
    pub day: CivilDay,
    /// When today ends.
    pub day_ends: UnixMs,
}

/// A grant, and whether this tap made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The grant. The device is on line when the access point has acknowledged [`Grant::entry`], also when this tap
    /// changed nothing: the entry may still be under way.
    pub grant: Grant,
    /// What the tap did to it.
    pub change: GrantChange,
}

/// What a tap did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantChange {
    /// A new grant.
    Made,
    /// The grant there was got the terms of a bigger plan.
    Raised,
    /// The grant there was stays as it is.
    Unchanged,
}

/// Why a tap gives no grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An operator blocked the device.
    #[error("this device is blocked; ask the operator")]
    Blocked,
    /// The day's time is used up.
    #[error("today's time is used up; come back tomorrow")]
    TimeUsed,
    /// The day's bytes are used up.
    #[error("today's volume is used up; come back tomorrow")]
    QuotaUsed,
    /// As many devices of this subject are on line as its plan allows.
    #[error("{limit} devices are on line already, as many as the plan allows; log one of them out")]
    TooManyDevices {
        /// What the plan allows.
        limit: u32,
    },
    /// The device logged in and out too often today.
    #[error("this device logged in too often today; come back tomorrow")]
    TooOften,
    /// The domain has as many live grants as it can hold.
    #[error("too many devices are on line here at the moment; try again in a few minutes")]
    Busy,
}

/// A rest below this is none.
const SHORTEST_MS: u64 = 1000;

impl Domain {
    /// Gives a device its grant. One tap or ten: a device has one live grant on a network, and a tap by its holder
    /// returns it; with a bigger plan it is raised in place. The time and bytes the device used on this civil day,
    /// under whatever plan, are taken off. `entropy` becomes the id of a new grant.
    ///
    /// # Errors
    /// [`Refusal`] says why not; nothing has changed then.
    pub fn connect(&mut self, ask: Connect, now: UnixMs, entropy: [u8; 16]) -> Result<Connected, Refusal> {
        self.handle_timeout(now);
        if self.is_blocked(ask.mac) {
            return Err(Refusal::Blocked);
        }
        match self.live_grant(&ask.network, ask.mac, now).map(|grant| grant.id) {
            Some(id) => self.tap_again(id, ask, now),
            None => self.tap_first(ask, now, entropy),
        }
    }

    fn tap_first(&mut self, ask: Connect, now: UnixMs, entropy: [u8; 16]) -> Result<Connected, Refusal> {
        self.check_devices(&ask)?;
        let of_device = self.devices.get(&ask.mac).into_iter().flatten();
        let today = of_device.filter(|id| self.grant(**id).is_some_and(|grant| grant.day == ask.day)).count();
        if today >= self.limits.grants_per_day {
            return Err(Refusal::TooOften);
        }
        let used = self.day_usage(ask.mac, ask.day, now);
        let rest_ms = (u64::from(ask.plan.session_secs) * 1000).saturating_sub(used.time_ms);
        if rest_ms < SHORTEST_MS {
            return Err(Refusal::TimeUsed);
        }
        if ask.plan.quota_bytes.is_some_and(|quota| used.bytes >= quota) {
            return Err(Refusal::QuotaUsed);
        }
        if self.numbers.len() >= self.limits.live_grants {
            return Err(Refusal::Busy);
        }
        let entry = self.next_entry();
        let grant = Grant {
            id: self.free_id(entropy),
            revision: 1,
            number: self.free_number(entry.sequence),
            network: ask.network,
            mac: ask.mac,
            subject: ask.subject,
            ap: ask.ap,
            plan: ask.plan.name,
            idle_secs: ask.plan.idle_secs,
            quota_bytes: ask.plan.quota_bytes,
            down_bps: ask.plan.down_bps,
            up_bps: ask.plan.up_bps,
            day: ask.day,
            day_ends: ask.day_ends.min(UnixMs::MAX),
            starts: now,
            ends: now.plus_ms(rest_ms),
            ended: None,
            entry,
        };
        self.hold(grant.clone());
        self.outputs.push_back(Output::GrantChanged { grant: grant.clone(), entry: Some(entry) });
        Ok(Connected { grant, change: GrantChange::Made })
    }

    /// Raises the live grant when the plan offers more of something and less of nothing. Its day stays the one it
    /// was made on.
    fn tap_again(&mut self, id: GrantId, ask: Connect, now: UnixMs) -> Result<Connected, Refusal> {
        let Some(old) = self.grant(id).cloned() else { return Err(Refusal::Busy) };
        let used_ms = self.day_usage(old.mac, old.day, now).time_ms;
        let rest_ms = (u64::from(ask.plan.session_secs) * 1000).saturating_sub(used_ms);
        let ends = now.plus_ms(rest_ms);
        let offered = Terms::new(ends, ask.plan.quota_bytes, ask.plan.down_bps, ask.plan.up_bps);
        let held = Terms::new(old.ends, old.quota_bytes, old.down_bps, old.up_bps);
        if !offered.is_more_than(held) {
            return Ok(Connected { grant: old, change: GrantChange::Unchanged });
        }
        if ask.subject != old.subject {
            self.check_devices(&ask)?;
        }
        let entry = self.next_entry();
        let grant = Grant {
            revision: old.revision + 1,
            subject: ask.subject,
            plan: ask.plan.name,
            idle_secs: ask.plan.idle_secs,
            quota_bytes: ask.plan.quota_bytes,
            down_bps: ask.plan.down_bps,
            up_bps: ask.plan.up_bps,
            ends,
            entry,
            ..old.clone()
        };
        if let Some(ids) = self.subjects.get_mut(&old.subject) {
            ids.remove(&id);
            if ids.is_empty() {
                self.subjects.remove(&old.subject);
            }
        }
        self.subjects.entry(grant.subject.clone()).or_default().insert(id);
        if let Some(held) = self.grants.get_mut(&id) {
            held.grant = grant.clone();
        }
        self.set_due(id, ends);
        self.outputs.push_back(Output::GrantChanged { grant: grant.clone(), entry: Some(entry) });
        Ok(Connected { grant, change: GrantChange::Raised })
    }

    /// Refuses when the subject has as many other devices on line as the plan allows.
    fn check_devices(&self, ask: &Connect) -> Result<(), Refusal> {
        let of_subject = self.subjects.get(&ask.subject).into_iter().flatten();
        let mut others: Vec<Mac> = of_subject
            .filter_map(|id| self.grant(*id))
            .map(|grant| grant.mac)
            .filter(|mac| *mac != ask.mac)
            .collect();
        others.sort_unstable();
        others.dedup();
        let limit = ask.plan.devices;
        let on_line = u32::try_from(others.len()).unwrap_or(u32::MAX);
        if on_line >= limit { Err(Refusal::TooManyDevices { limit }) } else { Ok(()) }
    }

    /// The id made of `entropy`, or the next one that is free should it ever be taken.
    fn free_id(&self, entropy: [u8; 16]) -> GrantId {
        let mut id = entropy;
        while self.grants.contains_key(&GrantId(id)) {
            id = u128::from_be_bytes(id).wrapping_add(1).to_be_bytes();
        }
        GrantId(id)
    }

    /// A number no live grant has. It follows the log's sequence, which the store keeps: so numbers rise over
    /// restarts too, wrap after 2^30 - 1 entries, and a number comes again only after all others had their turn.
    fn free_number(&self, sequence: u64) -> u32 {
        let size = u64::from(NUMBER_MAX);
        let mut number = u32::try_from(sequence % size).unwrap_or(0) + 1;
        while self.numbers.contains_key(&number) {
            number = if number >= NUMBER_MAX { 1 } else { number + 1 };
        }
        number
    }
}

/// What a plan offers, as numbers of which more is more.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Terms([u64; 4]);

impl Terms {
    fn new(ends: UnixMs, quota_bytes: Option<u64>, down_bps: u64, up_bps: u64) -> Self {
        let rate = |bps: u64| if bps == 0 { u64::MAX } else { bps };
        Self([ends.0, quota_bytes.unwrap_or(u64::MAX), rate(down_bps), rate(up_bps)])
    }

    fn is_more_than(self, other: Self) -> bool {
        self != other && self.0.iter().zip(other.0).all(|(mine, theirs)| *mine >= theirs)
    }
}
