//! What each stored sample means.

use agent_protocol::VERSION;
use agent_protocol::enroll::{EnrollRefusal, EnrollRequest, EnrollResponse};
use agent_protocol::frame::encode;
use agent_protocol::v1::{
    ConfigAck, ConfigDocument, Counter, Down, Grant, GrantAck, Health, Hello, JournalBatch, JournalPosition,
    JournalRecord, LogEntry, Machine, Network, Ping, Portal, Refused, RelayHeader, SessionEnd, SessionReport,
    Snapshot, Timers, Up, Welcome, down, up,
};
use bytes::BytesMut;

/// 2026-11-24 03:00:00 UTC.
const NOW_MS: u64 = 1_795_489_200_000;
const MAC: [u8; 6] = [0x02, 0x11, 0x22, 0x33, 0x44, 0x55];

/// One frame of any kind.
#[derive(Debug, PartialEq)]
pub enum Frame {
    Up(Up),
    Down(Down),
    Relay(RelayHeader),
}

impl Frame {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut wire = BytesMut::new();
        match self {
            Self::Up(message) => encode(message, &mut wire),
            Self::Down(message) => encode(message, &mut wire),
            Self::Relay(message) => encode(message, &mut wire),
        }
        .unwrap();
        wire.to_vec()
    }
}

pub fn all_frames() -> Vec<(&'static str, Frame)> {
    let mut all = up_frames();
    all.extend(down_frames());
    all.push(("relay-header-v4", relay(vec![10, 50, 3, 7])));
    all.push(("relay-header-v6", relay(vec![0xfd, 0x50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9])));
    all
}

pub fn all_bodies() -> Vec<(&'static str, String)> {
    let request = EnrollRequest {
        secret: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned(),
        agent_version: "0.1.0".to_owned(),
    };
    let response =
        EnrollResponse { ap_id: "hk-16".to_owned(), ap_name: "Nhà hát Múa rối Thăng Long".to_owned() };
    let refusal = EnrollRefusal {
        code: "used_token".to_owned(),
        message: "this token has been used; make a new one with: hotspot-controller ap token ID".to_owned(),
    };
    vec![
        ("enroll-request", serde_json::to_string(&request).unwrap()),
        ("enroll-response", serde_json::to_string(&response).unwrap()),
        ("enroll-refusal", serde_json::to_string(&refusal).unwrap()),
    ]
}

fn up_frames() -> Vec<(&'static str, Frame)> {
    let up = |body| Frame::Up(Up { body: Some(body) });
    let ack = |refusal: &str| GrantAck {
        epoch: 3,
        sequence: 4711,
        grant_id: vec![7; 16],
        refusal: refusal.to_owned(),
    };
    vec![
        ("up-hello", up(up::Body::Hello(hello()))),
        ("up-hello-durable", up(up::Body::Hello(Hello { durable: 77, ..hello() }))),
        ("up-grant-ack", up(up::Body::GrantAck(ack("")))),
        ("up-grant-ack-refused", up(up::Body::GrantAck(ack("the gate holds 65536 devices and is full")))),
        ("up-snapshot-ack", up(up::Body::GrantAck(GrantAck { grant_id: vec![], ..ack("") }))),
        ("up-config-ack", up(up::Body::ConfigAck(ConfigAck { version: 12, refusal: String::new() }))),
        (
            "up-config-ack-refused",
            up(up::Body::ConfigAck(ConfigAck { version: 12, refusal: "gateway6 is no /64".to_owned() })),
        ),
        ("up-journal", up(up::Body::Journal(journal()))),
        ("up-health", up(up::Body::Health(health()))),
        (
            "up-health-machine",
            up(up::Body::Health(Health {
                bytes_up: 7_000_000_000,
                bytes_down: 90_000_000_000,
                machine: Some(machine()),
                ..health()
            })),
        ),
        ("up-empty", Frame::Up(Up { body: None })),
    ]
}

fn down_frames() -> Vec<(&'static str, Frame)> {
    let down = |body| Frame::Down(Down { unix_ms: NOW_MS, body: Some(body) });
    let position = || JournalPosition { journal_id: vec![2; 16], sequence: 902 };
    vec![
        ("down-welcome", down(down::Body::Welcome(welcome()))),
        (
            "down-refused",
            down(down::Body::Refused(Refused {
                reason: "this access point is not enrolled; enrol it again with a new token".to_owned(),
                retry_secs: 60,
            })),
        ),
        ("down-config", down(down::Body::Config(document()))),
        (
            "down-snapshot",
            down(down::Body::Snapshot(Snapshot {
                epoch: 3,
                sequence: 4711,
                grants: vec![grant()],
                last: true,
            })),
        ),
        (
            "down-snapshot-empty",
            down(down::Body::Snapshot(Snapshot { epoch: 3, sequence: 0, grants: vec![], last: true })),
        ),
        ("down-entry", down(down::Body::Entry(LogEntry { epoch: 3, sequence: 4712, grant: Some(grant()) }))),
        (
            "down-entry-tombstone",
            down(down::Body::Entry(LogEntry {
                epoch: 3,
                sequence: 4713,
                grant: Some(Grant { revision: 2, revoked: true, ..grant() }),
            })),
        ),
        ("down-received", down(down::Body::Received(position()))),
        ("down-durable", down(down::Body::Durable(position()))),
        ("down-ping", down(down::Body::Ping(Ping { nonce: 0x0102_0304_0506_0708 }))),
        ("down-empty", Frame::Down(Down { unix_ms: NOW_MS, body: None })),
    ]
}

fn hello() -> Hello {
    Hello {
        version: VERSION,
        capabilities: vec!["gate4".to_owned(), "gate6".to_owned()],
        agent_version: "0.1.0".to_owned(),
        boot_id: vec![1; 16],
        journal_id: vec![2; 16],
        config_version: 12,
        epoch: 3,
        sequence: 4711,
        unix_ms: 86_400_000,
        durable: 0,
    }
}

fn welcome() -> Welcome {
    Welcome {
        version: VERSION,
        capabilities: vec!["snapshot".to_owned()],
        ap_id: "hk-16".to_owned(),
        domain: "hoankiem".to_owned(),
    }
}

fn journal() -> JournalBatch {
    let open = SessionReport {
        session_id: vec![9; 16],
        grant_id: vec![7; 16],
        mac: MAC.to_vec(),
        opened_ms: NOW_MS - 60_000,
        last_packet_ms: NOW_MS - 500,
        bytes_up: 120_000,
        bytes_down: 9_000_000_000,
        packets_up: 1_500,
        packets_down: 6_000_000,
        end: SessionEnd::Open.into(),
        addresses: vec![vec![10, 50, 3, 7], vec![0xfe; 16]],
    };
    let closed = SessionReport { end: SessionEnd::GrantRevoked.into(), ..open.clone() };
    JournalBatch {
        journal_id: vec![2; 16],
        records: vec![
            JournalRecord { sequence: 901, unix_ms: NOW_MS, session: Some(open) },
            JournalRecord { sequence: 902, unix_ms: NOW_MS + 1, session: Some(closed) },
            JournalRecord { sequence: 903, unix_ms: NOW_MS + 2, session: None },
        ],
    }
}

fn health() -> Health {
    Health {
        stations: 31,
        sessions: 12,
        journal_pending: 5,
        grants: 400,
        counters: vec![Counter { name: "mac_conflict".to_owned(), value: 1 }],
        problems: vec!["the uplink has no IPv6 address".to_owned()],
        nonce: 0x0102_0304_0506_0708,
        ..Health::default()
    }
}

fn machine() -> Machine {
    Machine {
        uptime_secs: 86_400,
        load_milli: 420,
        memory_bytes: 256 << 20,
        memory_available_bytes: 100 << 20,
    }
}

fn grant() -> Grant {
    Grant {
        grant_id: vec![7; 16],
        revision: 1,
        number: (1 << 30) - 1,
        network: "hoankiem".to_owned(),
        mac: MAC.to_vec(),
        ends_ms: NOW_MS + 43_200_000,
        idle_secs: 900,
        revoked: false,
        down_bps: 10_000_000,
        up_bps: 5_000_000,
    }
}

fn document() -> ConfigDocument {
    ConfigDocument {
        version: 12,
        network: Some(Network {
            id: "hoankiem".to_owned(),
            gateway4: "10.50.0.1/16".to_owned(),
            range_first: "10.50.1.0".to_owned(),
            range_last: "10.50.255.250".to_owned(),
            lease_secs: 3_600,
            lease_max: 60_000,
            gateway6: "fd50:686b:6965:6d::1/64".to_owned(),
            gateway_mac: vec![0x02, 0x68, 0x6b, 0, 0, 1],
            resolvers: vec!["9.9.9.9".to_owned(), "1.1.1.1".to_owned()],
        }),
        portal: Some(Portal {
            url: "https://wifi.example".to_owned(),
            addresses: vec!["192.0.2.10".to_owned(), "2001:db8::10".to_owned()],
        }),
        protected: vec!["203.0.113.0/24".to_owned()],
        timers: Some(Timers {
            report_ms: 10_000,
            sample_ms: 1_000,
            presence_ms: 20_000,
            presence_misses: 3,
            portal_probe_ms: 10_000,
            away_ms: 15_000,
        }),
        ap_name: "Nhà hát Múa rối Thăng Long".to_owned(),
    }
}

fn relay(address: Vec<u8>) -> Frame {
    Frame::Relay(RelayHeader { version: VERSION, network: "hoankiem".to_owned(), mac: MAC.to_vec(), address })
}
