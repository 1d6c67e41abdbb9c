//! What each access point says of itself, as series of its own. They are made anew for every look of the monitor, so
//! that one which is away or gone leaves no old figure behind.

use agent_protocol::v1::{Counter, Health, Machine};
use prometheus::proto::MetricFamily;
use prometheus::{Error, GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry};

/// The events of an agent that have a series. What an agent of another version counts besides is added up as `other`,
/// so that no access point can make series.
pub const EVENTS: [&str; 27] = [
    "address_limit",
    "connection_limit",
    "entries_refused",
    "foreign_prefix",
    "foreign_source",
    "gate_repaired",
    "input_refused",
    "isolated",
    "journal_write_failed",
    "mac_conflict",
    "network_repaired",
    "no_flow",
    "not_granted",
    "portal_probe_failed",
    "protected",
    "relay_failed",
    "relay_opened",
    "relay_refused_phone_limit",
    "relay_refused_phone_pace",
    "relay_refused_total_limit",
    "relay_refused_unknown",
    "responder_answered",
    "responder_dropped",
    "responder_redirected",
    "responder_refused",
    "session_ends_lost",
    "table_restored",
];

/// What is known of one access point at this moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ApReading {
    /// Its id.
    pub ap: String,
    /// Whether its link is up.
    pub connected: bool,
    /// How long it has said nothing, in milliseconds; `None` when it has not since the controller's start.
    pub silent_ms: Option<u64>,
    /// Entries of the grant log it was sent and has not confirmed.
    pub unconfirmed_entries: usize,
    /// How it is; `None` while nobody knows.
    pub health: Option<Health>,
}

/// The series of all access points.
pub(super) fn families(readings: &[ApReading]) -> Result<Vec<MetricFamily>, Error> {
    let registry = Registry::new();
    let series = Series::new(&registry)?;
    for reading in readings {
        series.take(reading);
    }
    Ok(registry.gather())
}

struct Series {
    connected: IntGaugeVec,
    silent: GaugeVec,
    unconfirmed: IntGaugeVec,
    journal: IntGaugeVec,
    stations: IntGaugeVec,
    sessions: IntGaugeVec,
    grants: IntGaugeVec,
    problems: IntGaugeVec,
    bytes: IntCounterVec,
    events: IntCounterVec,
    uptime: IntGaugeVec,
    load: GaugeVec,
    memory: IntGaugeVec,
    memory_available: IntGaugeVec,
}

impl Series {
    fn new(registry: &Registry) -> Result<Self, Error> {
        let whole = |name: &str, help: &str| {
            let gauge = IntGaugeVec::new(Opts::new(name, help), &["ap"])?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, Error>(gauge)
        };
        let broken = |name: &str, help: &str| {
            let gauge = GaugeVec::new(Opts::new(name, help), &["ap"])?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, Error>(gauge)
        };
        let counter = |name: &str, help: &str, label: &str| {
            let counter = IntCounterVec::new(Opts::new(name, help), &["ap", label])?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, Error>(counter)
        };
        Ok(Self {
            connected: whole("hotspot_ap_connected", "Whether the access point's control link is up.")?,
            silent: broken("hotspot_ap_silent_seconds", "Since the access point was last heard.")?,
            unconfirmed: whole(
                "hotspot_ap_unconfirmed_entries",
                "Entries of the grant log that the access point was sent and has not confirmed.",
            )?,
            journal: whole(
                "hotspot_ap_journal_pending_records",
                "Records of the access point's journal that are not durable yet.",
            )?,
            stations: whole("hotspot_ap_stations", "Stations present at the access point.")?,
            sessions: whole("hotspot_ap_sessions", "Sessions open at the access point.")?,
            grants: whole("hotspot_ap_grants", "Grants in the access point's gate.")?,
            problems: whole("hotspot_ap_problems", "Problems the access point reports.")?,
            bytes: counter(
                "hotspot_ap_bytes_total",
                "Bytes of sessions since the agent's start by direction, seen from the device: up or down.",
                "direction",
            )?,
            events: counter("hotspot_ap_events_total", "Events counted since the agent's start.", "event")?,
            uptime: whole("hotspot_ap_uptime_seconds", "Since the access point's machine started.")?,
            load: broken("hotspot_ap_load", "Load average of the access point's last minute.")?,
            memory: whole("hotspot_ap_memory_bytes", "Memory of the access point.")?,
            memory_available: whole(
                "hotspot_ap_memory_available_bytes",
                "Memory that programs on the access point can still get.",
            )?,
        })
    }

    fn take(&self, reading: &ApReading) {
        let ap = [reading.ap.as_str()];
        self.connected.with_label_values(&ap).set(i64::from(reading.connected));
        if let Some(ms) = reading.silent_ms {
            self.silent.with_label_values(&ap).set(ms as f64 / 1000.0);
        }
        let Some(health) = &reading.health else { return };
        for (gauge, value) in [
            (&self.unconfirmed, reading.unconfirmed_entries.try_into()),
            (&self.journal, health.journal_pending.try_into()),
            (&self.problems, health.problems.len().try_into()),
        ] {
            gauge.with_label_values(&ap).set(value.unwrap_or(i64::MAX));
        }
        self.stations.with_label_values(&ap).set(health.stations.into());
        self.sessions.with_label_values(&ap).set(health.sessions.into());
        self.grants.with_label_values(&ap).set(health.grants.into());
        self.bytes.with_label_values(&[ap[0], "up"]).inc_by(health.bytes_up);
        self.bytes.with_label_values(&[ap[0], "down"]).inc_by(health.bytes_down);
        // All from the start: what appears with its first event has risen from nothing that anybody saw.
        for event in EVENTS {
            self.events.with_label_values(&[ap[0], event]);
        }
        for Counter { name, value } in &health.counters {
            let event = EVENTS.iter().find(|event| *event == name).copied().unwrap_or("other");
            self.events.with_label_values(&[ap[0], event]).inc_by(*value);
        }
        if let Some(machine) = &health.machine {
            self.take_machine(&ap, machine);
        }
    }

    fn take_machine(&self, ap: &[&str; 1], machine: &Machine) {
        for (gauge, value) in [
            (&self.uptime, machine.uptime_secs),
            (&self.memory, machine.memory_bytes),
            (&self.memory_available, machine.memory_available_bytes),
        ] {
            gauge.with_label_values(ap).set(value.try_into().unwrap_or(i64::MAX));
        }
        self.load.with_label_values(ap).set(f64::from(machine.load_milli) / 1000.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away(ap: &str) -> ApReading {
        ApReading {
            ap: ap.to_owned(),
            connected: false,
            silent_ms: None,
            unconfirmed_entries: 0,
            health: None,
        }
    }

    fn text(readings: &[ApReading]) -> String {
        prometheus::TextEncoder::new().encode_to_string(&families(readings).unwrap()).unwrap()
    }

    #[test]
    fn one_that_is_known_but_away_is_seen_as_not_connected() {
        let text = text(&[away("hk-01"), ApReading { silent_ms: Some(61_500), ..away("hk-02") }]);
        assert!(text.contains("hotspot_ap_connected{ap=\"hk-01\"} 0"), "{text}");
        assert!(text.contains("hotspot_ap_silent_seconds{ap=\"hk-02\"} 61.5"), "{text}");
        assert!(!text.contains("hotspot_ap_silent_seconds{ap=\"hk-01\"}"), "{text}");
        assert!(!text.contains("hotspot_ap_stations"), "{text}");
    }

    #[test]
    fn an_access_point_cannot_make_series() {
        let name = |n: u64| Counter { name: format!("invented_{n}"), value: n };
        let mut counters: Vec<Counter> = (0..1000).map(name).collect();
        counters.push(Counter { name: "mac_conflict".to_owned(), value: 4 });
        let health = Health { counters, bytes_down: 7, ..Health::default() };
        let text = text(&[ApReading { connected: true, health: Some(health), ..away("hk-01") }]);
        let events: Vec<&str> =
            text.lines().filter(|line| line.starts_with("hotspot_ap_events_total")).collect();
        assert_eq!(events.len(), EVENTS.len() + 1);
        for line in ["event=\"mac_conflict\"} 4", "event=\"other\"} 499500", "event=\"isolated\"} 0"] {
            let line = format!("hotspot_ap_events_total{{ap=\"hk-01\",{line}");
            assert!(events.contains(&line.as_str()), "{events:?}");
        }
        assert!(text.contains("hotspot_ap_bytes_total{ap=\"hk-01\",direction=\"down\"} 7"), "{text}");
    }
}
