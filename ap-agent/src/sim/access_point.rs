//! One simulated access point: the agent's core, link and relay as they run on a real one.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use agent_protocol::{ALPN_CONTROL, ALPN_RELAY};
use anyhow::{Context as _, bail};
use gate_core::{Interface, Mac};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Key;
use super::surroundings::{Air, SharedGate, Surroundings};
use crate::clock::Reading;
use crate::journal::{Journal, Limits};
use crate::ledger::Ledger;
use crate::link::{Link, LinkHandle};
use crate::owners::Owners;
use crate::reconcile::{Core, Inputs, Parts};
use crate::relay::Relay;
use crate::settings::{Local, Settings};
use crate::status::{Answer, Asked, Question, Status};

/// Until a configuration says otherwise.
const AWAY: Duration = Duration::from_secs(15);

/// A running one.
pub struct AccessPoint {
    /// What visitors pass.
    pub gate: SharedGate,
    /// What carries their taps.
    pub relay: Arc<Relay>,
    air: Air,
    portal: watch::Receiver<Option<Settings>>,
    link: LinkHandle,
    questions: mpsc::Sender<Asked>,
    core: JoinHandle<()>,
}

impl AccessPoint {
    /// Starts the one whose key, ledger and journal are in `home`. The gate may be one that another run left, as the
    /// kernel keeps it on a real access point.
    ///
    /// # Errors
    /// When its files cannot be used.
    pub fn start(
        controller: &str,
        home: &Path,
        gate: SharedGate,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let Key { dial, identity, pin } = Key::of(controller, home)?;
        let journal = Journal::open(&home.join("journal"), Limits::default())?;
        let mut ledger = Ledger::open(home)?;
        let loaded = ledger.load();
        let (heard_in, heard) = mpsc::channel(256);
        let (questions_in, questions) = mpsc::channel(8);
        let (probes_in, probes) = mpsc::channel(1);
        let (events_in, link_events) = mpsc::channel(256);
        let (portal_in, portal) = watch::channel(None);
        let (away_in, away) = watch::channel(AWAY);
        let owners = Owners::default();
        let relay_config = Arc::new(identity.client_config(pin, ALPN_RELAY)?);
        let relay = Arc::new(Relay::new(dial.clone(), relay_config, owners.clone()));
        let control = Arc::new(identity.client_config(pin, ALPN_CONTROL)?);
        let (task, link) = Link::new(dial, control, away, events_in);
        let air = Air::new(heard_in);
        let counts = Arc::clone(&relay);
        let core = Core::new(Parts {
            gate: gate.clone(),
            network: Surroundings { air: air.clone(), portal: portal_in },
            local: Local {
                bridge: Interface::new("br-clients")?,
                uplink: Interface::new("eth0")?,
                responder: 2050,
                relay: 2051,
            },
            controller: controller.to_owned(),
            leases: home.join("leases"),
            journal,
            ledger,
            kept: loaded.state,
            entries: loaded.entries,
            problems: loaded.problems,
            link: link.clone(),
            owners,
            time: Reading::default(),
            counters: Box::new(move || counts.counts.all()),
        });
        tokio::spawn(task.run(stop.clone()));
        tokio::spawn(follow(Arc::clone(&relay), portal.clone(), away_in));
        let inputs = Inputs { link: link_events, heard, questions, probes, stop: stop.clone() };
        let core = tokio::spawn(async move {
            // Nobody probes the portal here, and nobody is told of it by DHCP.
            let _never = probes_in;
            core.run(inputs).await;
        });
        Ok(Self { gate, relay, air, portal, link, questions: questions_in, core })
    }

    /// A phone comes and is heard.
    pub async fn join(&self, mac: Mac, address: IpAddr) {
        self.air.join(mac, address).await;
    }

    /// A phone goes without a word, as phones do.
    pub fn leave(&self, mac: Mac) {
        self.air.leave(mac);
    }

    /// Waits until the controller serves it and its configuration is in force.
    pub async fn served_before(&self, until: Instant) -> bool {
        let mut portal = self.portal.clone();
        let served = tokio::time::timeout_at(until, portal.wait_for(Option::is_some)).await;
        served.is_ok_and(|seen| seen.is_ok())
    }

    /// Why the controller does not serve it; empty when it does or was not asked yet.
    #[must_use]
    pub fn link_problem(&self) -> String {
        self.link.state().problem
    }

    /// The settings in force while the controller is there.
    #[must_use]
    pub fn settings(&self) -> Option<Settings> {
        self.portal.borrow().clone()
    }

    /// How it is.
    ///
    /// # Errors
    /// When its core has ended.
    pub async fn status(&self) -> anyhow::Result<Status> {
        let (reply, replied) = oneshot::channel();
        self.questions.send((Question::Status, reply)).await.context("a simulated access point has ended")?;
        match replied.await.context("a simulated access point has ended")? {
            Answer::Status(status) => Ok(*status),
            Answer::Why(_) | Answer::Refused(_) => bail!("a simulated access point does not say how it is"),
        }
    }

    /// Waits until it has stopped with everything on disk.
    ///
    /// # Errors
    /// What its core ended with.
    pub async fn stopped(self: Arc<Self>) -> anyhow::Result<()> {
        let point = Arc::into_inner(self).context("a visitor is still at an access point that stops")?;
        point.core.await?;
        Ok(())
    }
}

/// Names the network to the relay while the controller is there.
async fn follow(
    relay: Arc<Relay>,
    mut portal: watch::Receiver<Option<Settings>>,
    away: watch::Sender<Duration>,
) {
    loop {
        let settings = portal.borrow_and_update().clone();
        relay.set_network(settings.as_ref().map_or("", |settings| &settings.network));
        if let Some(settings) = settings {
            away.send_replace(settings.timers.away);
        }
        if portal.changed().await.is_err() {
            return;
        }
    }
}
