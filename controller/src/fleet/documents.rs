//! The configuration document of each access point: made from configuration and inventory, its version kept in the
//! store and raised only when the content changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use agent_protocol::v1::{ConfigDocument, Network, Portal, Timers};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use store::{Store, StoreError};

use super::{Inventory, Spot};
use crate::config::{NetworkConfig, PortalConfig, TimersConfig};

/// What all documents have in common.
#[derive(Debug, Clone)]
pub struct Template {
    document: ConfigDocument,
}

impl Template {
    /// The common part; `addresses` are those of the portal's name.
    #[must_use]
    pub fn new(
        network: &NetworkConfig,
        portal: &PortalConfig,
        timers: &TimersConfig,
        addresses: &[IpAddr],
    ) -> Self {
        let mut addresses: Vec<IpAddr> = addresses.to_vec();
        addresses.sort_unstable();
        addresses.dedup();
        let document = ConfigDocument {
            version: 0,
            network: Some(Network {
                id: network.id.clone(),
                gateway4: network.gateway4.to_string(),
                range_first: network.range_first.to_string(),
                range_last: network.range_last.to_string(),
                lease_secs: network.lease_secs,
                lease_max: network.lease_max,
                gateway6: network.gateway6.map_or_else(String::new, |gateway| gateway.to_string()),
                gateway_mac: network.gateway_mac.0.to_vec(),
                resolvers: network.resolvers.iter().map(IpAddr::to_string).collect(),
            }),
            portal: Some(Portal {
                url: portal.public_url.clone(),
                addresses: addresses.iter().map(IpAddr::to_string).collect(),
            }),
            protected: network.protected.iter().map(ToString::to_string).collect(),
            timers: Some(Timers {
                report_ms: timers.report_ms,
                sample_ms: timers.sample_ms,
                presence_ms: timers.presence_ms,
                presence_misses: timers.presence_misses,
                portal_probe_ms: timers.portal_probe_ms,
                away_ms: timers.away_ms,
            }),
            ap_name: String::new(),
        };
        Self { document }
    }

    /// The documents of every access point at `now_ms`. A version rises when the content is another than the one it
    /// stood for, and to the present second at least: a restored backup would count up to versions that access points
    /// know with another content. The new version is kept before anybody is told.
    ///
    /// # Errors
    /// What the store says.
    pub async fn fill(
        &self,
        inventory: &Inventory,
        store: &Store,
        now_ms: u64,
    ) -> Result<BTreeMap<String, ConfigDocument>, StoreError> {
        let kept = store.settings().await?;
        let mut documents = BTreeMap::new();
        for spot in inventory.spots() {
            let content = self.content(spot);
            let digest = digest(&content);
            let key = key_of(&spot.id);
            let (version, known) = kept.get(&key).and_then(|text| read(text)).unwrap_or((0, String::new()));
            let version = if known == digest {
                version
            } else {
                let next = version.saturating_add(1).max(now_ms / 1000);
                store.set_setting(&key, &format!("{next} {digest}")).await?;
                next
            };
            documents.insert(spot.id.clone(), ConfigDocument { version, ..content });
        }
        Ok(documents)
    }

    fn content(&self, spot: &Spot) -> ConfigDocument {
        ConfigDocument { ap_name: spot.name.vi.clone(), ..self.document.clone() }
    }
}

/// Makes the next version of an access point's document rise above `version`, which the access point has: the database
/// is an older one, and the access point would refuse what it has to say.
///
/// # Errors
/// What the store says.
pub async fn outrun(store: &Store, ap: &str, version: u64) -> Result<(), StoreError> {
    store.set_setting(&key_of(ap), &format!("{version} -")).await
}

fn key_of(ap: &str) -> String {
    format!("config/{ap}")
}

fn digest(document: &ConfigDocument) -> String {
    Sha256::digest(document.encode_to_vec()).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read(text: &str) -> Option<(u64, String)> {
    let (version, digest) = text.split_once(' ')?;
    Some((version.parse().ok()?, digest.to_owned()))
}

#[cfg(test)]
mod tests {
    use session_core::{ApId, DomainId};
    use store::{AccessPoint, Name};

    use super::*;

    const NOW: u64 = 1_790_000_000_000;

    fn named(name: &str) -> Inventory {
        let point = AccessPoint {
            id: ApId::from("hk-16"),
            name: Name::same(name),
            zone: "lake".to_owned(),
            lat: 21.0,
            lon: 105.8,
            domain: DomainId::from("hoankiem"),
            agent_key: None,
            enrolled: None,
            revoked: None,
        };
        Inventory::new(vec![point], vec![])
    }

    async fn version(store: &Store, name: &str, now_ms: u64) -> u64 {
        let template = Template { document: ConfigDocument::default() };
        template.fill(&named(name), store, now_ms).await.unwrap()["hk-16"].version
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("hotspot.db").display());
        let store = Store::open(&url).await.unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn a_version_given_after_a_restored_backup_was_never_given_before() {
        let (_folder, store) = store().await;
        version(&store, "A", NOW).await;
        let backup = store.setting(&key_of("hk-16")).await.unwrap().unwrap();
        let lost = version(&store, "B", NOW + 60_000).await;
        store.set_setting(&key_of("hk-16"), &backup).await.unwrap();
        let given = version(&store, "C", NOW + 120_000).await;
        assert!(given > lost, "{given} is what an access point has as B, which was {lost}");
    }

    #[tokio::test]
    async fn a_version_rises_with_every_change_and_stays_without_one_whatever_the_clock_says() {
        let (_folder, store) = store().await;
        let first = version(&store, "A", NOW).await;
        assert_eq!(version(&store, "A", NOW + 60_000).await, first);
        assert_eq!(version(&store, "B", NOW).await, first + 1, "two changes in one second");
        assert_eq!(version(&store, "C", 0).await, first + 2, "a clock that was set back");
    }

    #[tokio::test]
    async fn a_version_an_access_point_has_is_outrun_even_when_it_lies_ahead_of_the_clock() {
        let (_folder, store) = store().await;
        version(&store, "A", NOW).await;
        outrun(&store, "hk-16", NOW).await.unwrap();
        assert_eq!(version(&store, "A", NOW).await, NOW + 1);
    }
}
