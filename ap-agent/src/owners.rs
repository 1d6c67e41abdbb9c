//! Whose an address is, for the relay: only what the kernel's source guard enforces, bindings and leases; never what a
//! frame claims.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use gate_core::Mac;
use tokio::sync::Notify;

/// The owners, written by the core and read with every connection of a phone.
#[derive(Debug, Clone, Default)]
pub struct Owners(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    by_address: RwLock<BTreeMap<IpAddr, Mac>>,
    asked: Notify,
}

impl Owners {
    /// Whose this address is.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Option<Mac> {
        self.0.by_address.read().unwrap_or_else(PoisonError::into_inner).get(&address).copied()
    }

    /// Replaces all of them.
    pub fn replace(&self, by_address: BTreeMap<IpAddr, Mac>) {
        *self.0.by_address.write().unwrap_or_else(PoisonError::into_inner) = by_address;
    }

    /// Asks the core to look at the kernel's bindings soon: somebody connected whose address is younger than its last
    /// look.
    pub fn ask(&self) {
        self.0.asked.notify_one();
    }

    /// Waits until somebody asked; many who ask at once are one.
    pub async fn asked(&self) {
        self.0.asked.notified().await;
    }
}
