//! Rows and files the tests write.

use std::collections::BTreeSet;
use std::path::PathBuf;

use session_core::{
    ApId, CivilDay, DomainId, Grant, GrantId, Mac, NetworkId, Output, Plan, Position, Session, SessionId,
    SessionKey, Subject, UnixMs,
};
use sqlx::{ConnectOptions, SqliteConnection};
use store::{Batch, Import, Name, NewAccessPoint, Options, Store};
use tempfile::TempDir;

pub const NOW: UnixMs = UnixMs(1_800_000_000_000);

pub fn hoankiem() -> DomainId {
    DomainId::from("hoankiem")
}

/// A folder with a database in it; it goes when this is dropped.
pub struct Place {
    pub folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for the test") }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("hotspot.db")
    }

    pub fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.url()).await.unwrap()
    }

    pub async fn open_with(&self, options: Options) -> Store {
        Store::open_with(&self.url(), options).await.unwrap()
    }

    /// A connection beside the store, as another program has it.
    pub async fn beside(&self) -> SqliteConnection {
        sqlx::sqlite::SqliteConnectOptions::new().filename(self.file()).connect().await.unwrap()
    }
}

pub fn session(ap: &str, n: u64, bytes: u64) -> Session {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    Session {
        key: SessionKey { ap: ApId::from(ap), id: SessionId(id) },
        grant: GrantId([7; 16]),
        mac: Mac([2, 0, 0, 0, 0, 1]),
        opened: NOW,
        last_packet: NOW.plus_ms(bytes),
        bytes_up: bytes,
        bytes_down: bytes,
        packets_up: bytes,
        packets_down: bytes,
        end: None,
        addresses: BTreeSet::from([[10, 50, 1, 2].into(), "fd50:686b:6965:6d::7".parse().unwrap()]),
    }
}

pub fn sessions(sessions: impl IntoIterator<Item = Session>) -> Batch {
    let mut batch = Batch::new(hoankiem());
    sessions.into_iter().for_each(|session| batch.push(Output::SessionChanged(session)));
    batch
}

pub fn plan() -> Plan {
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

/// A live grant whose id, number, device and place in the log follow from `n`.
pub fn grant(epoch: u64, n: u64) -> Grant {
    let [.., a, b, c, d] = n.to_be_bytes();
    let mut id = [0; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    Grant {
        id: GrantId(id),
        revision: 1,
        number: u32::try_from(n).unwrap(),
        network: NetworkId::from("hoankiem"),
        mac: Mac([2, 0, a, b, c, d]),
        subject: Subject::Account("lan:anh \"x\"".to_owned()),
        ap: ApId::from("hk-01"),
        plan: "free".to_owned(),
        idle_secs: 900,
        quota_bytes: Some(5),
        down_bps: 1,
        up_bps: 2,
        day: CivilDay(20_000),
        day_ends: NOW.plus_ms(1000),
        starts: NOW,
        ends: NOW.plus_ms(500),
        ended: None,
        entry: Position { epoch, sequence: n },
    }
}

pub fn grants(grants: impl IntoIterator<Item = Grant>) -> Batch {
    let mut batch = Batch::new(hoankiem());
    for grant in grants {
        batch.push(Output::GrantChanged { entry: Some(grant.entry), grant });
    }
    batch
}

pub fn inventory() -> Import {
    let ap = |id: &str| NewAccessPoint {
        id: ApId::from(id),
        name: Name { vi: "Tháp Rùa".to_owned(), en: "Turtle Tower".to_owned() },
        zone: "lake-east".to_owned(),
        lat: 21.0278,
        lon: 105.8525,
        domain: hoankiem(),
    };
    Import { zones: Vec::new(), access_points: vec![ap("hk-01"), ap("hk-02")] }
}
