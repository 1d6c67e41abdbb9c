//! The access point's agent: it holds the gate, counts, relays the portal and reports sessions; it goes on alone when the controller is away.
pub mod gate;
pub mod guard;
pub mod bridge;
pub mod sessions;
pub mod clock;
pub mod config;
pub mod ledger;
pub mod stations;
pub mod grants;
pub mod journal;
pub mod settings;
pub mod status;
pub mod dnsmasq;
pub mod tls;
pub mod dial;
pub mod link;
pub mod reconcile;
