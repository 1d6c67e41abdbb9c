//! The reference model: lists, looked through from the beginning for every answer.

use std::collections::BTreeSet;

use session_core::{
    ApId, CivilDay, Connect, Connected, DayUsage, EndCause, Grant, GrantChange, GrantEnd, GrantId, Limits,
    Mac, NUMBER_MAX, NetworkId, Position, Refusal, Session, SessionEnd, SessionKey, SessionReport, Subject,
    UnixMs, Visit,
};

/// A grant, and how far the machine is with it.
struct Held {
    grant: Grant,
    remembered: bool,
    settled: bool,
}

/// Everything ever said of one session.
struct Heard {
    key: SessionKey,
    reports: Vec<SessionReport>,
    lost: bool,
    /// Counted to its grant, or when it was last heard of, or not remembered.
    home: Home,
}

#[derive(Clone, Copy, PartialEq)]
enum Home {
    Counted,
    Foreign(UnixMs),
    Forgotten,
}

pub struct Reference {
    limits: Limits,
    pub sequence: u64,
    grants: Vec<Held>,
    sessions: Vec<Heard>,
    pub blocked: BTreeSet<Mac>,
}

impl Heard {
    fn grant(&self) -> GrantId {
        self.reports[0].grant
    }

    fn mac(&self) -> Mac {
        self.reports[0].mac
    }

    /// The first end the access point named.
    fn named_end(&self) -> Option<SessionEnd> {
        self.reports.iter().find_map(|report| report.end)
    }

    fn is_open(&self) -> bool {
        self.named_end().is_none() && !self.lost
    }

    fn session(&self) -> Session {
        let highest = |of: fn(&SessionReport) -> u64| self.reports.iter().map(of).max().unwrap();
        Session {
            key: self.key.clone(),
            grant: self.grant(),
            mac: self.mac(),
            opened: self.reports.iter().map(|report| report.opened).min().unwrap(),
            last_packet: UnixMs(highest(|report| report.last_packet.0)),
            bytes_up: highest(|report| report.bytes_up),
            bytes_down: highest(|report| report.bytes_down),
            packets_up: highest(|report| report.packets_up),
            packets_down: highest(|report| report.packets_down),
            end: self.named_end().or(self.lost.then_some(SessionEnd::Lost)),
            addresses: self.reports.iter().flat_map(|report| report.addresses.clone()).collect(),
        }
    }
}

impl Reference {
    pub fn new(limits: Limits) -> Self {
        Self { limits, sequence: 0, grants: Vec::new(), sessions: Vec::new(), blocked: BTreeSet::new() }
    }

    /// Lets time pass: first grants end, then silent sessions are lost, then things are forgotten.
    pub fn advance(&mut self, now: UnixMs) {
        let settle_ms = self.limits.settle_ms;
        for held in &mut self.grants {
            if held.grant.ended.is_none() && held.grant.ends <= now {
                held.grant.ended = Some(GrantEnd { cause: EndCause::TimeUp, at: held.grant.ends });
            }
            let Some(end) = held.grant.ended.filter(|_| held.remembered) else { continue };
            let forgotten = end.at.max(held.grant.day_ends).plus_ms(settle_ms) <= now;
            let of_grant = |session: &&mut Heard| session.reports[0].grant == held.grant.id;
            let counted = |session: &&mut Heard| session.home == Home::Counted;
            if !held.settled && end.at.plus_ms(settle_ms) <= now {
                held.settled = true;
                self.sessions
                    .iter_mut()
                    .filter(of_grant)
                    .filter(counted)
                    .for_each(|session| session.lost = true);
            }
            if held.settled && forgotten {
                held.remembered = false;
                self.sessions.iter_mut().filter(of_grant).filter(counted).for_each(|session| {
                    session.home = Home::Forgotten;
                });
            }
        }
        for session in &mut self.sessions {
            if let Home::Foreign(heard) = session.home
                && heard.plus_ms(settle_ms) <= now
            {
                session.lost = true;
                session.home = Home::Forgotten;
            }
        }
    }

    fn live_of<'a>(&'a self, wanted: impl Fn(&Grant) -> bool + 'a) -> impl Iterator<Item = &'a Grant> {
        self.grants.iter().map(|held| &held.grant).filter(move |grant| grant.ended.is_none() && wanted(grant))
    }

    fn next_entry(&mut self) -> Position {
        self.sequence += 1;
        Position { epoch: 1, sequence: self.sequence }
    }

    fn free_number(&self) -> u32 {
        let mut number = u32::try_from(self.sequence % u64::from(NUMBER_MAX)).unwrap() + 1;
        while self.live_of(|grant| grant.number == number).count() > 0 {
            number = number % NUMBER_MAX + 1;
        }
        number
    }

    fn check_devices(&self, ask: &Connect) -> Result<(), Refusal> {
        let of_subject = self.live_of(|grant| grant.subject == ask.subject && grant.mac != ask.mac);
        let others: BTreeSet<Mac> = of_subject.map(|grant| grant.mac).collect();
        let limit = ask.plan.devices;
        if others.len() < limit as usize { Ok(()) } else { Err(Refusal::TooManyDevices { limit }) }
    }

    pub fn connect(&mut self, ask: &Connect, now: UnixMs, id: GrantId) -> Result<Connected, Refusal> {
        self.advance(now);
        if self.blocked.contains(&ask.mac) {
            return Err(Refusal::Blocked);
        }
        let plan = &ask.plan;
        let allowed_ms = u64::from(plan.session_secs) * 1000;
        let here = |grant: &Grant| grant.mac == ask.mac && grant.network == ask.network;
        let there = self.live_of(here).next().cloned();
        if let Some(old) = there {
            let used = self.day_usage(ask.mac, old.day, now);
            let ends = now.plus_ms(allowed_ms.saturating_sub(used.time_ms));
            let no_less = ends >= old.ends
                && plan.quota_bytes.unwrap_or(u64::MAX) >= old.quota_bytes.unwrap_or(u64::MAX)
                && plan.down_bps.wrapping_sub(1) >= old.down_bps.wrapping_sub(1)
                && plan.up_bps.wrapping_sub(1) >= old.up_bps.wrapping_sub(1);
            let same = (ends, plan.quota_bytes, plan.down_bps, plan.up_bps)
                == (old.ends, old.quota_bytes, old.down_bps, old.up_bps);
            if same || !no_less {
                return Ok(Connected { grant: old, change: GrantChange::Unchanged });
            }
            if ask.subject != old.subject {
                self.check_devices(ask)?;
            }
            let entry = self.next_entry();
            let grant = Grant { revision: old.revision + 1, ends, entry, ..self.made(ask, &old) };
            self.replace(grant.clone());
            return Ok(Connected { grant, change: GrantChange::Raised });
        }
        self.check_devices(ask)?;
        let remembered = self.grants.iter().filter(|held| held.remembered).map(|held| &held.grant);
        let today = remembered.filter(|grant| grant.mac == ask.mac && grant.day == ask.day).count();
        if today >= self.limits.grants_per_day {
            return Err(Refusal::TooOften);
        }
        let used = self.day_usage(ask.mac, ask.day, now);
        if used.time_ms + 1000 > allowed_ms {
            return Err(Refusal::TimeUsed);
        }
        if used.bytes >= plan.quota_bytes.unwrap_or(u64::MAX) {
            return Err(Refusal::QuotaUsed);
        }
        if self.live() >= self.limits.live_grants {
            return Err(Refusal::Busy);
        }
        let entry = self.next_entry();
        let blank = Grant {
            id,
            revision: 1,
            number: self.free_number(),
            network: ask.network.clone(),
            mac: ask.mac,
            subject: Subject::Device(ask.mac),
            ap: ask.ap.clone(),
            plan: String::new(),
            idle_secs: 0,
            quota_bytes: None,
            down_bps: 0,
            up_bps: 0,
            day: ask.day,
            day_ends: ask.day_ends,
            starts: now,
            ends: now.plus_ms(allowed_ms - used.time_ms),
            ended: None,
            entry,
        };
        let grant = self.made(ask, &blank);
        self.grants.push(Held { grant: grant.clone(), remembered: true, settled: false });
        Ok(Connected { grant, change: GrantChange::Made })
    }

    /// The grant with the subject and the terms that are asked for.
    fn made(&self, ask: &Connect, grant: &Grant) -> Grant {
        Grant {
            subject: ask.subject.clone(),
            plan: ask.plan.name.clone(),
            idle_secs: ask.plan.idle_secs,
            quota_bytes: ask.plan.quota_bytes,
            down_bps: ask.plan.down_bps,
            up_bps: ask.plan.up_bps,
            ..grant.clone()
        }
    }

    fn replace(&mut self, grant: Grant) {
        let held = self.grants.iter_mut().find(|held| held.grant.id == grant.id).unwrap();
        held.grant = grant;
    }

    fn end(&mut self, id: GrantId, cause: EndCause, now: UnixMs) {
        let live = self.live_of(|grant| grant.id == id).next().cloned();
        if let Some(grant) = live {
            let entry = self.next_entry();
            let ended = Some(GrantEnd { cause, at: now });
            self.replace(Grant { revision: grant.revision + 1, ended, entry, ..grant });
        }
    }

    pub fn end_grant(&mut self, id: GrantId, cause: EndCause, now: UnixMs) -> Option<Grant> {
        self.advance(now);
        let mac = self.grants.iter().find(|held| held.grant.id == id && held.remembered)?.grant.mac;
        if cause == (EndCause::Kicked { block: true }) {
            self.set_blocked(mac, true, now);
        } else {
            self.end(id, cause, now);
        }
        self.grants.iter().map(|held| held.grant.clone()).find(|grant| grant.id == id)
    }

    pub fn set_blocked(&mut self, mac: Mac, blocked: bool, now: UnixMs) {
        self.advance(now);
        if blocked {
            self.blocked.insert(mac);
            for id in self.grants_by_id().iter().filter(|grant| grant.mac == mac).map(|grant| grant.id) {
                self.end(id, EndCause::Kicked { block: true }, now);
            }
        } else {
            self.blocked.remove(&mac);
        }
    }

    pub fn report(&mut self, ap: &ApId, report: &SessionReport, now: UnixMs) {
        self.advance(now);
        let key = SessionKey { ap: ap.clone(), id: report.id };
        let place = self.sessions.iter().position(|session| session.key == key).unwrap_or_else(|| {
            self.sessions.push(Heard { key, reports: Vec::new(), lost: false, home: Home::Forgotten });
            self.sessions.len() - 1
        });
        let held = self.grants.iter().find(|held| held.grant.id == report.grant && held.remembered);
        let counts = held.is_some_and(|held| held.grant.mac == report.mac);
        let late = held.is_some_and(|held| held.settled);
        let session = &mut self.sessions[place];
        session.reports.push(report.clone());
        match session.home {
            Home::Counted => {}
            Home::Foreign(_) => session.home = Home::Foreign(now),
            Home::Forgotten => {
                session.home = if counts { Home::Counted } else { Home::Foreign(now) };
                session.lost |= late && report.end.is_none();
            }
        }
        let Some(grant) = held.map(|held| held.grant.clone()) else { return };
        let used = self.day_usage(grant.mac, grant.day, now).bytes;
        for other in self.grants_by_id() {
            let same_day = other.mac == grant.mac && other.day == grant.day;
            if same_day && other.quota_bytes.is_some_and(|quota| used >= quota) {
                self.end(other.id, EndCause::QuotaUsed, now);
            }
        }
    }

    pub fn journal_lost(&mut self, ap: &ApId, now: UnixMs) {
        self.advance(now);
        for session in self.sessions.iter_mut().filter(|session| session.key.ap == *ap) {
            session.lost |= session.home != Home::Forgotten;
        }
    }

    /// Takes the rules of what is handed over at a restart: they depend on the clock alone.
    pub fn restart(&mut self, now: UnixMs) {
        let since = now.minus_ms(self.limits.settle_ms);
        for held in &mut self.grants {
            let grant = &held.grant;
            held.remembered = grant.ended.is_none_or(|end| end.at.max(grant.day_ends) > since);
            held.settled = false;
        }
        for session in &mut self.sessions {
            let of_grant = |held: &&Held| held.grant.id == session.reports[0].grant && held.remembered;
            let held = self.grants.iter().find(of_grant);
            session.home = match held {
                Some(held) if held.grant.mac == session.mac() => Home::Counted,
                Some(_) => Home::Foreign(now),
                None if session.is_open() => Home::Foreign(now),
                None => Home::Forgotten,
            };
        }
    }

    pub fn nth_grant(&self, n: u8) -> Option<GrantId> {
        let n = usize::from(n) % (self.grants.len() + 1);
        self.grants.get(n).map(|held| held.grant.id)
    }

    pub fn mac_of(&self, id: GrantId) -> Option<Mac> {
        self.grants.iter().find(|held| held.grant.id == id).map(|held| held.grant.mac)
    }

    pub fn grants_by_id(&self) -> Vec<Grant> {
        let mut grants: Vec<Grant> = self.grants.iter().map(|held| held.grant.clone()).collect();
        grants.sort_by_key(|grant| grant.id);
        grants
    }

    pub fn sessions_by_key(&self) -> Vec<Session> {
        let mut sessions: Vec<Session> = self.sessions.iter().map(Heard::session).collect();
        sessions.sort_by(|a, b| a.key.cmp(&b.key));
        sessions
    }

    pub fn visits(&self) -> Vec<(GrantId, Option<Visit>)> {
        let visit = |held: &Held| {
            let of_grant = self.sessions.iter().filter(|session| session.grant() == held.grant.id);
            let counted: Vec<Session> =
                of_grant.filter(|session| session.home == Home::Counted).map(Heard::session).collect();
            Visit {
                sessions: counted.len(),
                open: counted.iter().filter(|session| session.end.is_none()).count(),
                aps: counted.iter().map(|session| session.key.ap.clone()).collect(),
                bytes_up: counted.iter().map(|session| session.bytes_up).sum(),
                bytes_down: counted.iter().map(|session| session.bytes_down).sum(),
                last_packet: counted.iter().map(|session| session.last_packet).max(),
            }
        };
        self.grants.iter().map(|held| (held.grant.id, held.remembered.then(|| visit(held)))).collect()
    }

    pub fn days(&self) -> BTreeSet<CivilDay> {
        self.grants.iter().map(|held| held.grant.day).collect()
    }

    pub fn day_usage(&self, mac: Mac, day: CivilDay, now: UnixMs) -> DayUsage {
        let mut usage = DayUsage::default();
        let of_day = |held: &&Held| held.remembered && held.grant.mac == mac && held.grant.day == day;
        for grant in self.grants.iter().filter(of_day).map(|held| &held.grant) {
            let until = grant.ended.map_or(now.min(grant.ends), |end| end.at);
            usage.time_ms += until.0.saturating_sub(grant.starts.0);
            let of_grant = self.sessions.iter().filter(|session| session.grant() == grant.id);
            let counted = of_grant.filter(|session| session.home == Home::Counted);
            usage.bytes += counted.map(|session| session.session().bytes()).sum::<u64>();
        }
        usage
    }

    pub fn live_grant(&self, network: &NetworkId, mac: Mac, now: UnixMs) -> Option<Grant> {
        let here = |grant: &Grant| grant.mac == mac && grant.network == *network && now < grant.ends;
        self.live_of(here).next().cloned()
    }

    pub fn live(&self) -> usize {
        self.live_of(|_| true).count()
    }
}
