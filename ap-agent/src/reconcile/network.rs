//! The surroundings of the gate: routing rules, bridge, dnsmasq's files, packet socket, local page. A simulated access
//! point has none of them.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use gate_core::Mac;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::bridge::{Neighbours, flow_table_problem};
use crate::dnsmasq::{self, Files};
use crate::responder::{Responder, Situation};
use crate::settings::Settings;
use crate::stations::wire::{Heard, Wire};

/// What surrounds the gate. Problems come back as sentences and are tried again with the next look.
pub trait Network: Send {
    /// Closes the clients' bridge by routing, before any rule could open it.
    fn close(&mut self, settings: &Settings) -> impl Future<Output = Result<(), String>> + Send;

    /// Makes everything as it shall be; tells whether anything had to be repaired. With `told`, DHCP tells phones of
    /// the portal (RFC 8910).
    fn keep(&mut self, settings: &Settings, told: bool) -> impl Future<Output = Result<bool, String>> + Send;

    /// Pins who owns which address, so that nobody else receives under it. Where there is no kernel there is nothing to
    /// pin.
    fn pin(
        &mut self,
        _settings: &Settings,
        _owners: &BTreeMap<IpAddr, Mac>,
    ) -> impl Future<Output = Result<(), String>> + Send {
        async { Ok(()) }
    }

    /// Asks a station for a sign of life.
    fn probe(&mut self, mac: Mac, address: IpAddr);

    /// Tells the local page where the portal is and whether the controller is away.
    fn situation(&mut self, settings: Option<&Settings>, away: bool);
}

/// The surroundings of a real access point.
pub struct KernelNetwork {
    dnsmasq_dir: PathBuf,
    heard: mpsc::Sender<Heard>,
    responder: Arc<Responder>,
    portal: watch::Sender<Option<Settings>>,
    wire: Option<Wire>,
    neighbours: Option<JoinHandle<()>>,
    prepared: Option<Settings>,
    pinned: Option<Neighbours>,
}

impl KernelNetwork {
    /// Surroundings with dnsmasq's files in `dnsmasq_dir`. Settings in force are told to `portal`.
    #[must_use]
    pub fn new(
        dnsmasq_dir: PathBuf,
        heard: mpsc::Sender<Heard>,
        responder: Arc<Responder>,
        portal: watch::Sender<Option<Settings>>,
    ) -> Self {
        Self {
            dnsmasq_dir,
            heard,
            responder,
            portal,
            wire: None,
            neighbours: None,
            prepared: None,
            pinned: None,
        }
    }

    fn listen(&mut self, settings: &Settings) -> Result<(), String> {
        if self.wire.as_ref().is_some_and(|wire| !wire.is_deaf()) {
            return Ok(());
        }
        let wire = Wire::open(&settings.bridge.name, settings.gateway, self.heard.clone());
        self.wire = Some(wire.map_err(|error| {
            format!(
                "stations cannot be probed on {} ({error}); the agent needs CAP_NET_RAW",
                settings.bridge.name
            )
        })?);
        let (bridge, heard) = (settings.bridge.name.clone(), self.heard.clone());
        let follower = tokio::spawn(async move {
            if let Err(error) = crate::stations::neighbours::follow(bridge, heard).await {
                tracing::warn!(%error, "the kernel's neighbours are not followed; stations are known by frames and leases");
            }
        });
        // One at a time: the bridge may be another one by the same name.
        if let Some(former) = self.neighbours.replace(follower) {
            former.abort();
        }
        Ok(())
    }
}

impl Network for KernelNetwork {
    async fn close(&mut self, settings: &Settings) -> Result<(), String> {
        settings.guard.lay().await.map(|_| ()).map_err(|error| error.to_string())
    }

    async fn keep(&mut self, settings: &Settings, told: bool) -> Result<bool, String> {
        let mut repaired = settings.guard.lay().await.map_err(|error| error.to_string())?;
        settings.bridge.prepare().await.map_err(|error| error.to_string())?;
        if self.prepared.as_ref() != Some(settings) {
            // Another MAC or address of the gateway: the socket asks in its name.
            self.wire = None;
            self.prepared = Some(settings.clone());
            repaired = false;
        }
        self.listen(settings)?;
        let files = Files::render(&settings.document, settings.bridge.name.as_str(), &self.dnsmasq_dir, told);
        let written = files.map_err(|error| error.to_string())?.write().map_err(|error| error.to_string())?;
        // One that starts after this reads the files anyway.
        let _ = written.signal(&self.dnsmasq_dir);
        if dnsmasq::running(&self.dnsmasq_dir).is_none() {
            return Err("dnsmasq is not running; its unit starts it with the file the agent wrote".to_owned());
        }
        flow_table_problem().map_or(Ok(repaired), Err)
    }

    async fn pin(&mut self, settings: &Settings, owners: &BTreeMap<IpAddr, Mac>) -> Result<(), String> {
        let pinned = self.pinned.get_or_insert_with(|| Neighbours::of(settings.bridge.name.clone()));
        pinned.pin(owners).await.map(|_| ()).map_err(|error| error.to_string())
    }

    fn probe(&mut self, mac: Mac, address: IpAddr) {
        if let Some(wire) = &mut self.wire
            && let Err(error) = wire.probe(mac, address)
        {
            tracing::debug!(%error, "a probe could not be sent");
        }
    }

    fn situation(&mut self, settings: Option<&Settings>, away: bool) {
        self.responder.set(Situation {
            portal_url: settings.map(|settings| settings.portal_url.clone()),
            away,
            ap_name: settings.map(|settings| settings.document.ap_name.clone()).unwrap_or_default(),
        });
        self.portal.send_if_modified(|held| {
            let wanted = settings.filter(|_| !away).cloned();
            let changed = *held != wanted;
            *held = wanted;
            changed
        });
    }
}

/// The surroundings of a simulated access point: none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNetwork;

impl Network for NoNetwork {
    async fn close(&mut self, _settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    async fn keep(&mut self, _settings: &Settings, _told: bool) -> Result<bool, String> {
        Ok(false)
    }

    fn probe(&mut self, _mac: Mac, _address: IpAddr) {}

    fn situation(&mut self, _settings: Option<&Settings>, _away: bool) {}
}
