//! What surrounds a simulated access point: a gate in memory that visitors pass, and stations that answer probes.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use gate_core::{Accounted, GateChange, GateConfig, Mac, Observed};
use tokio::sync::{mpsc, watch};

use crate::gate::{Gate, GateError, MemoryGate};
use crate::reconcile::Network;
use crate::settings::Settings;
use crate::stations::wire::Heard;

/// A gate in memory that the core holds and visitors go through.
#[derive(Debug, Clone, Default)]
pub struct SharedGate(Arc<tokio::sync::Mutex<MemoryGate>>);

impl SharedGate {
    /// Lets a device send and receive if it is granted; tells whether it was.
    pub async fn pass(&self, mac: Mac, address: IpAddr, up: Accounted, down: Accounted) -> bool {
        self.0.lock().await.pass(mac, address, up, down)
    }

    /// Forgets everything, as `nft flush ruleset` makes the kernel forget.
    pub async fn flush(&self) {
        *self.0.lock().await = MemoryGate::default();
    }
}

impl Gate for SharedGate {
    async fn apply(&mut self, config: &GateConfig) -> Result<(), GateError> {
        self.0.lock().await.apply(config).await
    }

    async fn change(&mut self, change: &GateChange) -> Result<(), GateError> {
        self.0.lock().await.change(change).await
    }

    async fn observe(&mut self) -> Result<Observed, GateError> {
        self.0.lock().await.observe().await
    }
}

/// Who is at an access point.
#[derive(Debug, Clone)]
pub(super) struct Air {
    here: Arc<Mutex<BTreeSet<Mac>>>,
    heard: mpsc::Sender<Heard>,
}

impl Air {
    pub(super) fn new(heard: mpsc::Sender<Heard>) -> Self {
        Self { here: Arc::default(), heard }
    }

    /// A station comes and is heard.
    pub(super) async fn join(&self, mac: Mac, address: IpAddr) {
        self.here.lock().unwrap_or_else(PoisonError::into_inner).insert(mac);
        // An access point that stopped hears nobody.
        let _ = self.heard.send(Heard { mac, address: Some(address) }).await;
    }

    /// A station goes without a word, as stations do.
    pub(super) fn leave(&self, mac: Mac) {
        self.here.lock().unwrap_or_else(PoisonError::into_inner).remove(&mac);
    }
}

/// Surroundings that are only stations.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) air: Air,
    pub(super) portal: watch::Sender<Option<Settings>>,
}

impl Network for Surroundings {
    async fn close(&mut self, _settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    async fn keep(&mut self, _settings: &Settings, _told: bool) -> Result<bool, String> {
        Ok(false)
    }

    fn probe(&mut self, mac: Mac, address: IpAddr) {
        if self.air.here.lock().unwrap_or_else(PoisonError::into_inner).contains(&mac) {
            // Full means that others are heard; this one is asked again.
            let _ = self.air.heard.try_send(Heard { mac, address: Some(address) });
        }
    }

    fn situation(&mut self, settings: Option<&Settings>, away: bool) {
        self.portal.send_replace(settings.filter(|_| !away).cloned());
    }
}
