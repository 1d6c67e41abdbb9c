//! What the tests share: a controller's listener, a simulated access point, documents and grants, and the one way to wait.

pub mod centre;
pub mod control;
pub mod point;

use std::future::Future;
use std::time::Duration;

use agent_protocol::v1::{ConfigDocument, Grant, Network, Portal, Timers};
use gate_core::Mac;

pub use centre::Centre;
pub use control::Control;
pub use point::Point;

/// Everything the tests wait for must be there by then.
pub const LIMIT: Duration = Duration::from_secs(10);
/// The network of the tests.
pub const NETWORK: &str = "hoankiem";

/// Waits until `check` gives something, and fails the test with `what` when it does not in time.
pub async fn wait_until<T, F, Fut>(what: &str, mut check: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let until = tokio::time::Instant::now() + LIMIT;
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    loop {
        pace.tick().await;
        if let Some(found) = check().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < until, "after {LIMIT:?} still not: {what}");
    }
}

/// The phone with this number.
pub fn phone(nth: u8) -> Mac {
    Mac([0x02, 0, 0, 0, 0, nth])
}

/// A configuration with timers fast enough for tests.
pub fn document(version: u64) -> ConfigDocument {
    ConfigDocument {
        version,
        network: Some(Network {
            id: NETWORK.to_owned(),
            gateway4: "10.50.0.1/16".to_owned(),
            range_first: "10.50.1.0".to_owned(),
            range_last: "10.50.255.250".to_owned(),
            lease_secs: 3600,
            lease_max: 60_000,
            gateway6: "fd50:686b:6965:6d::1/64".to_owned(),
            gateway_mac: vec![0x02, 0x68, 0x6b, 0, 0, 1],
            resolvers: vec!["9.9.9.9".to_owned()],
        }),
        portal: Some(Portal {
            url: "https://wifi.example".to_owned(),
            addresses: vec!["203.0.113.80".to_owned()],
        }),
        protected: Vec::new(),
        timers: Some(Timers {
            report_ms: 50,
            sample_ms: 20,
            presence_ms: 200,
            presence_misses: 3,
            portal_probe_ms: 200,
            away_ms: 5000,
        }),
        ap_name: "Hàng Khay".to_owned(),
    }
}

/// The live grant number `number` of a phone until `ends_ms`.
pub fn grant(number: u8, mac: Mac, ends_ms: u64) -> Grant {
    Grant {
        grant_id: vec![number; 16],
        revision: 1,
        number: u32::from(number),
        network: NETWORK.to_owned(),
        mac: mac.0.to_vec(),
        ends_ms,
        idle_secs: 900,
        ..Grant::default()
    }
}

/// The grant's tombstone.
pub fn tombstone(of: &Grant) -> Grant {
    Grant { revision: of.revision + 1, revoked: true, ..of.clone() }
}
