//! The controller's configuration document as checked values: it is in force as a whole or not at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use agent_protocol::v1::ConfigDocument;
use gate_core::{GateConfig, Interface, Mac, Prefix4, Prefix6};

use crate::bridge::Bridge;
use crate::guard::Guard;
use crate::stations::Presence;
use crate::stations::wire::Gateway;

/// Why a document is refused; the last good one stays in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("configuration {version} is refused: {reason}")]
pub struct Refused {
    /// Version of the document.
    pub version: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// How often things are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// Counters are reported.
    pub report: Duration,
    /// The kernel's sets are read.
    pub sample: Duration,
    /// The portal is probed.
    pub portal_probe: Duration,
    /// Without a word for this long the controller is away.
    pub away: Duration,
    /// Stations are probed.
    pub presence: Presence,
}

/// Everything the document says, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The document itself.
    pub document: ConfigDocument,
    /// Id of the clients' network.
    pub network: String,
    /// The rules' inputs.
    pub gate: GateConfig,
    /// The clients' bridge.
    pub bridge: Bridge,
    /// Policy routing.
    pub guard: Guard,
    /// Who asks in probes.
    pub gateway: Gateway,
    /// The portal's public URL, without a trailing slash.
    pub portal_url: String,
    /// How often things are done.
    pub timers: Timers,
}

/// What the access point itself is: fixed by its own file, not by the controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// The clients' bridge.
    pub bridge: Interface,
    /// The uplink.
    pub uplink: Interface,
    /// Port of the responder.
    pub responder: u16,
    /// Port of the relay.
    pub relay: u16,
}

impl Settings {
    /// Checks a document against itself and against this access point.
    ///
    /// # Errors
    /// [`Refused`] names the first thing that is wrong.
    pub fn check(document: ConfigDocument, local: &Local) -> Result<Self, Refused> {
        let version = document.version;
        let settings = Self::read(document, local);
        settings.map_err(|reason| Refused { version, reason })
    }

    fn read(document: ConfigDocument, local: &Local) -> Result<Self, String> {
        if document.version == 0 {
            return Err("its version is 0".into());
        }
        let network = document.network.as_ref().ok_or("it has no network")?;
        let portal = document.portal.as_ref().ok_or("it has no portal")?;
        if network.id.is_empty() || network.id.len() > 64 {
            return Err("the network's id has to have 1 to 64 characters".into());
        }
        let (gateway4, length4): (Ipv4Addr, u8) = address_with_length(&network.gateway4)?;
        let gateway6 = match network.gateway6.as_str() {
            "" => None,
            text => {
                let (address, length): (Ipv6Addr, u8) = address_with_length(text)?;
                if length != 64 || !address.is_unique_local() {
                    return Err(format!("the IPv6 gateway {text} is not in a unique-local /64"));
                }
                Some(address)
            }
        };
        let mac = <[u8; 6]>::try_from(&network.gateway_mac[..]).map(Mac).ok();
        let mac = mac.filter(Mac::is_station).ok_or("the gateway's MAC is not one of a single station")?;
        let interfaces = (local.bridge.clone(), local.uplink.clone());
        let ports = (local.responder, local.relay);
        let mut gate =
            GateConfig::new(interfaces, ports, (gateway4, length4), gateway6).map_err(|e| e.to_string())?;
        for text in [&network.range_first, &network.range_last] {
            let address: Ipv4Addr = text.parse().map_err(|_| format!("{text:?} is no IPv4 address"))?;
            if !gate.clients4.contains(address) {
                return Err(format!("{address} lies outside the clients' prefix {}", gate.clients4));
            }
        }
        for text in &portal.addresses {
            match text.parse() {
                Ok(IpAddr::V4(address)) => gate.portal4.insert(address),
                Ok(IpAddr::V6(address)) => gate.portal6.insert(address),
                Err(_) => return Err(format!("the portal's address {text:?} is no address")),
            };
        }
        if gate.portal4.is_empty() && gate.portal6.is_empty() {
            return Err("the portal has no address, so nobody could reach it".into());
        }
        for text in &document.protected {
            if let Ok(prefix) = Prefix4::parse(text) {
                gate.protected4.insert(prefix);
            } else {
                gate.protected6.insert(Prefix6::parse(text).map_err(|e| e.to_string())?);
            }
        }
        let portal_url = portal.url.trim_end_matches('/').to_owned();
        if !portal_url.starts_with("https://") || !portal_url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!(
                "the portal's URL {portal_url:?} does not start with https:// or has odd characters"
            ));
        }
        let timers = read_timers(&document)?;
        let guard = Guard {
            bridge: local.bridge.clone(),
            clients4: Some(gate.clients4),
            clients6: gate.clients6.map(|(prefix, _)| prefix),
        };
        let bridge = Bridge { name: local.bridge.clone(), mac, gateway4: (gateway4, length4), gateway6 };
        let gateway = Gateway { mac, v4: gateway4, v6: gateway6 };
        let network = network.id.clone();
        Ok(Self { network, gate, bridge, guard, gateway, portal_url, timers, document })
    }
}

fn address_with_length<A: std::str::FromStr>(text: &str) -> Result<(A, u8), String> {
    let read = || {
        let (address, length) = text.split_once('/')?;
        Some((address.parse().ok()?, length.parse().ok()?))
    };
    read().ok_or_else(|| format!("{text:?} is no gateway address with a prefix length"))
}

fn read_timers(document: &ConfigDocument) -> Result<Timers, String> {
    let timers = document.timers.as_ref().ok_or("it has no timers")?;
    let duration = |name: &str, ms: u32| match ms {
        10..=86_400_000 => Ok(Duration::from_millis(u64::from(ms))),
        _ => Err(format!("the timer {name} is {ms} ms; 10 to 86400000 are possible")),
    };
    let presence_ms = duration("presence_ms", timers.presence_ms)?;
    if timers.presence_misses == 0 {
        return Err("presence_misses is 0, so every silent station would be gone at once".into());
    }
    Ok(Timers {
        report: duration("report_ms", timers.report_ms)?,
        sample: duration("sample_ms", timers.sample_ms)?,
        portal_probe: duration("portal_probe_ms", timers.portal_probe_ms)?,
        away: duration("away_ms", timers.away_ms)?,
        presence: Presence {
            probe_ms: u64::try_from(presence_ms.as_millis()).unwrap_or(u64::MAX),
            misses: timers.presence_misses,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use agent_protocol::v1;

    fn local() -> Local {
        let interface = |name| Interface::new(name).unwrap();
        Local { bridge: interface("br0"), uplink: interface("wan0"), responder: 2050, relay: 2051 }
    }

    fn document() -> ConfigDocument {
        ConfigDocument {
            version: 3,
            network: Some(v1::Network {
                id: "hoankiem".into(),
                gateway4: "10.50.0.1/16".into(),
                range_first: "10.50.1.0".into(),
                range_last: "10.50.255.250".into(),
                lease_secs: 3600,
                lease_max: 60_000,
                gateway6: "fd50:686b:6965:6d::1/64".into(),
                gateway_mac: vec![2, 0x68, 0x6b, 0, 0, 1],
                resolvers: vec!["9.9.9.9".into()],
            }),
            portal: Some(v1::Portal {
                url: "https://wifi.example/".into(),
                addresses: vec!["203.0.113.80".into()],
            }),
            protected: vec!["198.51.100.0/24".into(), "2001:db8:ff::/48".into()],
            timers: Some(v1::Timers {
                report_ms: 10_000,
                sample_ms: 1000,
                presence_ms: 20_000,
                presence_misses: 3,
                portal_probe_ms: 10_000,
                away_ms: 15_000,
            }),
            ap_name: "Hàng Khay".into(),
        }
    }

    #[test]
    fn a_good_document_is_taken_whole() {
        let settings = Settings::check(document(), &local()).unwrap();
        assert_eq!(settings.portal_url, "https://wifi.example");
        assert_eq!(settings.guard.clients4.unwrap().to_string(), "10.50.0.0/16");
        assert_eq!(settings.gate.protected6.len(), 1);
    }

    #[test]
    fn each_wrong_value_refuses_the_document_with_a_sentence_that_names_it() {
        type Spoil = fn(&mut ConfigDocument);
        let cases: [(Spoil, &str); 12] = [
            (|d| d.version = 0, "version is 0"),
            (|d| d.network = None, "no network"),
            (|d| d.portal = None, "no portal"),
            (|d| d.timers = None, "no timers"),
            (|d| d.network.as_mut().unwrap().gateway4 = "10.50.0.1".into(), "no gateway address"),
            (|d| d.network.as_mut().unwrap().gateway6 = "2001:db8::1/64".into(), "unique-local"),
            (|d| d.network.as_mut().unwrap().gateway_mac = vec![1; 6], "MAC"),
            (|d| d.network.as_mut().unwrap().range_last = "10.51.0.1".into(), "outside"),
            (|d| d.portal.as_mut().unwrap().addresses.clear(), "no address"),
            (|d| d.portal.as_mut().unwrap().url = "http://wifi.example".into(), "https://"),
            (|d| d.protected = vec!["everything".into()], "no prefix"),
            (|d| d.timers.as_mut().unwrap().sample_ms = 0, "sample_ms"),
        ];
        for (spoil, word) in cases {
            let mut bad = document();
            spoil(&mut bad);
            let refused = Settings::check(bad, &local()).unwrap_err().to_string();
            assert!(refused.contains(word), "{refused:?} does not name {word:?}");
        }
    }
}
