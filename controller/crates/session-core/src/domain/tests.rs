//! The rules of the machine, one by one: what grants do, and what the sessions reported under them do.

mod accounting;
mod grants;
mod sessions;

use super::{Connect, Connected, Domain, Limits, Refusal};
use crate::{
    ApId, CivilDay, EndCause, Grant, GrantId, Mac, NetworkId, Output, Plan, Position, Session, SessionId,
    SessionReport, Subject, UnixMs,
};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// Nine in the morning of day 100.
const NINE: UnixMs = UnixMs(100 * DAY + 9 * HOUR);

fn free() -> Plan {
    Plan {
        name: "free".to_owned(),
        session_secs: 43_200,
        idle_secs: 900,
        quota_bytes: None,
        devices: 1,
        down_bps: 0,
        up_bps: 0,
    }
}

fn mac(n: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, n])
}

fn network() -> NetworkId {
    NetworkId::from("hoankiem")
}

/// A domain, its clock, and ids for what it makes.
struct Lake {
    domain: Domain,
    now: UnixMs,
    made: u8,
    entries: Vec<(Position, Grant)>,
    sessions: Vec<Session>,
}

impl Lake {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        Self { domain: Domain::new(1, limits), now: NINE, made: 0, entries: Vec::new(), sessions: Vec::new() }
    }

    fn ask(&self, device: u8, plan: &Plan) -> Connect {
        let day = self.now.0 / DAY;
        Connect {
            network: network(),
            mac: mac(device),
            ap: ApId::from("hk-01"),
            subject: Subject::Device(mac(device)),
            plan: plan.clone(),
            day: CivilDay(i32::try_from(day).unwrap()),
            day_ends: UnixMs((day + 1) * DAY),
        }
    }

    fn tap(&mut self, device: u8, plan: &Plan) -> Result<Connected, Refusal> {
        self.connect(self.ask(device, plan))
    }

    fn connect(&mut self, ask: Connect) -> Result<Connected, Refusal> {
        self.made += 1;
        let connected = self.domain.connect(ask, self.now, [self.made; 16]);
        self.drain();
        connected
    }

    fn on_line(&mut self, device: u8) -> Grant {
        self.tap(device, &free()).unwrap().grant
    }

    fn end(&mut self, id: GrantId, cause: EndCause) -> Grant {
        let grant = self.domain.end_grant(id, cause, self.now).unwrap();
        self.drain();
        grant
    }

    fn report(&mut self, ap: &str, report: &SessionReport) {
        self.domain.report(&ApId::from(ap), report, self.now);
        self.drain();
    }

    fn later(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.domain.handle_timeout(self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.domain.poll_output() {
            match output {
                Output::GrantChanged { grant, entry } => self.entries.extend(entry.map(|at| (at, grant))),
                Output::SessionChanged(session) => self.sessions.push(session),
                Output::BlockChanged { .. } | Output::NasSessionChanged(_) | Output::NasRestarted(_) => {}
            }
        }
    }
}

fn report(session: u8, grant: &Grant, bytes: u64) -> SessionReport {
    SessionReport {
        id: SessionId([session; 16]),
        grant: grant.id,
        mac: grant.mac,
        opened: NINE,
        last_packet: NINE.plus_ms(bytes),
        bytes_up: bytes / 4,
        bytes_down: bytes - bytes / 4,
        packets_up: bytes / 1000,
        packets_down: bytes / 1000,
        end: None,
        addresses: Vec::new(),
    }
}
