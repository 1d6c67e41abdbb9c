//! A simulated access point of the tests: its folder, its gate that outlives it, and traffic through it.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use ap_agent::ledger::Ledger;
use ap_agent::sim::{AccessPoint, SharedGate};
use ap_agent::status::Status;
use ap_agent::tls::write_pin;
use gate_core::{Accounted, Mac};
use tokio_util::sync::CancellationToken;

use super::{Centre, Control, wait_until};

/// A running access point.
pub struct Point {
    pub agent: Arc<AccessPoint>,
    pub gate: SharedGate,
    folder: tempfile::TempDir,
    url: String,
    stop: CancellationToken,
}

impl Point {
    /// One that trusts `centre` and has nothing yet.
    pub fn start(centre: &Centre) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), centre)
    }

    pub fn start_in(folder: tempfile::TempDir, centre: &Centre) -> Self {
        write_pin(folder.path(), centre.pin).unwrap();
        Self::run(folder, SharedGate::default(), centre.url.clone())
    }

    /// One that is served, configured and has an empty grant log.
    pub async fn served(centre: &Centre) -> (Self, Control) {
        let point = Self::start(centre);
        let mut control = centre.control().await;
        control.serve().await;
        (point, control)
    }

    fn run(folder: tempfile::TempDir, gate: SharedGate, url: String) -> Self {
        let stop = CancellationToken::new();
        let agent = AccessPoint::start(&url, folder.path(), gate.clone(), &stop).unwrap();
        Self { agent: Arc::new(agent), gate, folder, url, stop }
    }

    /// Stops the agent; the gate goes on as the kernel does. The same one starts again on the same files.
    pub async fn restarted(self) -> Self {
        self.stop.cancel();
        self.agent.stopped().await.unwrap();
        Self::run(self.folder, self.gate, self.url)
    }

    /// As [`Point::restarted`], after the machine itself was off: the kernel has nothing any more.
    pub async fn rebooted(self) -> Self {
        self.stop.cancel();
        self.agent.stopped().await.unwrap();
        let mut ledger = Ledger::open(self.folder.path()).unwrap();
        let mut state = ledger.load().state;
        state.clock.as_mut().unwrap().boot_id = "the boot before".to_owned();
        ledger.save(&state).unwrap();
        Self::run(self.folder, SharedGate::default(), self.url)
    }

    /// Where its files are.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub async fn status(&self) -> Status {
        self.agent.status().await.unwrap()
    }

    /// Waits until the status is as wanted.
    pub async fn status_when(&self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        wait_until(what, || async { Some(self.status().await).filter(|status| wanted(status)) }).await
    }

    /// A phone comes; it answers when it is asked whether it is there.
    pub async fn join(&self, mac: Mac) {
        self.agent.join(mac, address_of(mac)).await;
    }

    /// One packet up and one down; tells whether the gate let them pass.
    pub async fn pass(&self, mac: Mac, bytes_up: u64, bytes_down: u64) -> bool {
        let count = |bytes| Accounted { packets: 1, bytes };
        self.gate.pass(mac, address_of(mac), count(bytes_up), count(bytes_down)).await
    }
}

fn address_of(mac: Mac) -> IpAddr {
    IpAddr::from([10, 50, 1, mac.0[5]])
}
