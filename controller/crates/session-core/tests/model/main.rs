//! The machine against a reference model that looks everything up in plain lists, under random orders of events.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod mirror;
mod reference;

use proptest::collection::vec;
use proptest::prelude::*;
use session_core::{
    ApId, CivilDay, Connect, Domain, EndCause, GrantId, Limits, Mac, NetworkId, Plan, SessionEnd, SessionId,
    SessionReport, Subject, UnixMs,
};

use mirror::Mirror;
use reference::Reference;

/// A short day, so that runs reach its end.
const DAY_MS: u64 = 100_000;
const LIMITS: Limits = Limits {
    live_grants: 4,
    ended_grants: 1000,
    grants_per_day: 4,
    sessions_per_grant: 1000,
    foreign_sessions: 1000,
    settle_ms: 20_000,
};

#[derive(Debug, Clone)]
enum Event {
    Tap { device: u8, network: bool, account: Option<u8>, plan: u8 },
    End { grant: u8, cause: EndCause },
    Report { ap: u8, slot: u8, grant: u8, counters: [u16; 4], opened: u16, end: Option<SessionEnd> },
    Again { report: u8 },
    Walk { grant: u8, bytes: u16 },
    JournalLost { ap: u8 },
    Block { device: u8, blocked: bool },
    Timeout,
    Forward { ms: u32 },
    Back { ms: u32 },
    Restart,
}

fn causes() -> impl Strategy<Value = EndCause> {
    prop_oneof![
        Just(EndCause::LoggedOut),
        Just(EndCause::Kicked { block: false }),
        Just(EndCause::Kicked { block: true }),
        Just(EndCause::PlanChanged),
    ]
}

fn session_ends() -> impl Strategy<Value = Option<SessionEnd>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some(SessionEnd::Idle)),
        1 => Just(Some(SessionEnd::Departed)),
        1 => Just(Some(SessionEnd::GrantRevoked)),
        1 => Just(Some(SessionEnd::AgentRestart)),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..5u8, prop::bool::weighted(0.2), prop::option::weighted(0.3, 0..2u8), 0..4u8)
            .prop_map(|(device, network, account, plan)| Event::Tap { device, network, account, plan }),
        2 => (any::<u8>(), causes()).prop_map(|(grant, cause)| Event::End { grant, cause }),
        6 => (0..3u8, 0..3u8, any::<u8>(), any::<[u16; 4]>(), any::<u16>(), session_ends()).prop_map(
            |(ap, slot, grant, counters, opened, end)| Event::Report { ap, slot, grant, counters, opened, end }
        ),
        3 => any::<u8>().prop_map(|report| Event::Again { report }),
        2 => (any::<u8>(), any::<u16>()).prop_map(|(grant, bytes)| Event::Walk { grant, bytes }),
        1 => (0..3u8).prop_map(|ap| Event::JournalLost { ap }),
        1 => (0..5u8, any::<bool>()).prop_map(|(device, blocked)| Event::Block { device, blocked }),
        2 => Just(Event::Timeout),
        6 => (0..40_000u32).prop_map(|ms| Event::Forward { ms }),
        1 => (0..30_000u32).prop_map(|ms| Event::Back { ms }),
        2 => Just(Event::Restart),
    ]
}

fn plan(n: u8) -> Plan {
    let (session_secs, quota_bytes, devices, down_bps) = match n {
        0 => (30, None, 1, 0),
        1 => (60, None, 2, 0),
        2 => (30, Some(100_000), 1, 0),
        _ => (60, Some(150_000), 2, 1_000_000),
    };
    Plan { name: format!("plan-{n}"), session_secs, idle_secs: 5, quota_bytes, devices, down_bps, up_bps: 0 }
}

/// Machine, model and what the outputs made of a database, driven side by side.
struct Run {
    domain: Domain,
    reference: Reference,
    mirror: Mirror,
    now: UnixMs,
    made: u128,
    sent: Vec<(ApId, SessionReport)>,
}

impl Run {
    fn new() -> Self {
        Self {
            domain: Domain::new(1, LIMITS),
            reference: Reference::new(LIMITS),
            mirror: Mirror::default(),
            now: UnixMs(1_000_000),
            made: 0,
            sent: Vec::new(),
        }
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Tap { device, network, account, plan: n } => {
                self.made += 1;
                let day = self.now.0 / DAY_MS;
                let mac = Mac([device; 6]);
                let ask = Connect {
                    network: NetworkId::from(if network { "other" } else { "hoankiem" }),
                    mac,
                    ap: ApId::from("ap-0"),
                    subject: account
                        .map_or(Subject::Device(mac), |n| Subject::Account(format!("account-{n}"))),
                    plan: plan(n),
                    day: CivilDay(i32::try_from(day).unwrap()),
                    day_ends: UnixMs((day + 1) * DAY_MS),
                };
                let entropy = self.made.to_be_bytes();
                let wanted = self.reference.connect(&ask, self.now, GrantId(entropy));
                assert_eq!(self.domain.connect(ask, self.now, entropy), wanted);
            }
            Event::End { grant, cause } => {
                if let Some(id) = self.reference.nth_grant(grant) {
                    let wanted = self.reference.end_grant(id, cause, self.now);
                    assert_eq!(self.domain.end_grant(id, cause, self.now).ok(), wanted);
                }
            }
            Event::Report { ap, slot, grant, counters, opened, end } => {
                let id = self.reference.nth_grant(grant).unwrap_or(GrantId([0xee; 16]));
                let mac = self.reference.mac_of(id).filter(|_| slot < 2).unwrap_or(Mac([9; 6]));
                // Steps of ten thousand, so that quotas are also met exactly.
                let [up, down, packets_up, packets_down] = counters.map(|n| u64::from(n % 8) * 10_000);
                let mut session = id.0;
                session[0] = slot + 1;
                let report = SessionReport {
                    id: SessionId(session),
                    grant: id,
                    mac,
                    opened: UnixMs(opened.into()),
                    last_packet: self.now,
                    bytes_up: up,
                    bytes_down: down,
                    packets_up,
                    packets_down,
                    end,
                    addresses: vec![[10, 0, 0, slot].into(), [10, 0, 1, ap].into()],
                };
                self.report(ApId(format!("ap-{ap}")), report);
            }
            Event::Again { report } => {
                if !self.sent.is_empty() {
                    let (ap, report) = self.sent[usize::from(report) % self.sent.len()].clone();
                    self.report(ap, report);
                }
            }
            Event::Walk { grant, bytes } => {
                for (ap, slot, share) in [(0, 0, 1), (1, 1, 2), (0, 0, 3)] {
                    let counters = [bytes / 3 * share, 0, share, 0];
                    self.step(Event::Report { ap, slot, grant, counters, opened: 7, end: None });
                }
            }
            Event::JournalLost { ap } => {
                let ap = ApId(format!("ap-{ap}"));
                self.reference.journal_lost(&ap, self.now);
                self.domain.journal_lost(&ap, self.now);
            }
            Event::Block { device, blocked } => {
                let mac = Mac([device; 6]);
                self.reference.set_blocked(mac, blocked, self.now);
                if blocked {
                    self.domain.block(mac, self.now);
                } else {
                    self.domain.unblock(mac, self.now);
                }
            }
            Event::Timeout => {
                self.reference.advance(self.now);
                self.domain.handle_timeout(self.now);
                assert!(self.domain.poll_timeout().is_none_or(|due| due > self.now));
            }
            Event::Forward { ms } => self.now = self.now.plus_ms(ms.into()),
            Event::Back { ms } => self.now = self.now.minus_ms(ms.into()),
            Event::Restart => {
                let stored = self.mirror.stored(self.domain.position(), self.now.minus_ms(LIMITS.settle_ms));
                self.domain = Domain::restore(stored, LIMITS, self.now);
                self.reference.restart(self.now);
            }
        }
    }

    fn report(&mut self, ap: ApId, report: SessionReport) {
        self.reference.report(&ap, &report, self.now);
        self.domain.report(&ap, &report, self.now);
        self.sent.push((ap, report));
    }

    fn compare(&mut self) {
        while let Some(output) = self.domain.poll_output() {
            self.mirror.write(output);
        }
        assert_eq!(self.domain.position().sequence, self.reference.sequence);
        assert_eq!(self.mirror.blocked, self.reference.blocked);
        assert_eq!(self.mirror.grants.values().cloned().collect::<Vec<_>>(), self.reference.grants_by_id());
        assert_eq!(
            self.mirror.sessions.values().cloned().collect::<Vec<_>>(),
            self.reference.sessions_by_key()
        );
        for (id, visit) in self.reference.visits() {
            assert_eq!(self.domain.visit(id), visit);
        }
        for device in 0..5 {
            let mac = Mac([device; 6]);
            for day in self.reference.days() {
                let used = self.reference.day_usage(mac, day, self.now);
                assert_eq!(self.domain.day_usage(mac, day, self.now), used);
            }
            for network in ["hoankiem", "other"].map(NetworkId::from) {
                let wanted = self.reference.live_grant(&network, mac, self.now);
                assert_eq!(self.domain.live_grant(&network, mac, self.now), wanted.as_ref());
            }
        }
        let mut numbers: Vec<u32> = self.domain.live_grants().map(|grant| grant.number).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), self.reference.live(), "numbers of live grants are unique");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_agrees_with_the_reference_model_under_any_order_of_events(events in vec(events(), 1..60)) {
        let mut run = Run::new();
        for event in events {
            run.step(event);
            run.compare();
        }
    }
}
