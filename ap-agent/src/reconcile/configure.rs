//! Putting a configuration in force: as a whole, in an order that never opens anything, or not at all.

use agent_protocol::v1::{ConfigAck, ConfigDocument, up};

use super::{Core, Network};
use crate::gate::Gate;
use crate::settings::Settings;

/// Failed probes of the portal until phones are no longer sent there by DHCP.
const PROBE_FAILURES: u32 = 2;

/// Why a document is not in force.
enum Denied {
    /// It makes no sense; another one has to come.
    Refused(String),
    /// The system did not do it; it may the next time.
    Failed(String),
}

impl<G: Gate, N: Network> Core<G, N> {
    /// Puts a document in force; returns what the controller is told. One that the system would not take now is tried
    /// again with every look.
    pub(super) async fn configure(&mut self, document: ConfigDocument) -> ConfigAck {
        let version = document.version;
        let refusal = match self.take_up(document.clone()).await {
            Ok(()) => {
                self.postponed = None;
                String::new()
            }
            // One that was postponed before is still the best there is.
            Err(Denied::Refused(reason)) => reason,
            Err(Denied::Failed(reason)) => {
                self.postponed = Some(document);
                reason
            }
        };
        if !refusal.is_empty()
            && self.problems.insert("configuration", refusal.clone()).as_ref() != Some(&refusal)
        {
            tracing::warn!(%refusal, version, "a configuration is not in force");
        }
        ConfigAck { version, refusal }
    }

    /// Tries the document again that could not be put in force.
    pub(super) async fn configure_again(&mut self) {
        let Some(document) = self.postponed.take() else { return };
        let ack = self.configure(document).await;
        if ack.refusal.is_empty() {
            self.save();
            self.link.send(up::Body::ConfigAck(ack));
        }
    }

    /// Takes up a document; when it is denied the one in force stays.
    async fn take_up(&mut self, document: ConfigDocument) -> Result<(), Denied> {
        let held = self.settings.as_ref().map_or(0, |settings| settings.document.version);
        if document.version < held {
            return Err(Denied::Refused(format!(
                "configuration {} is older than {held}, which is in force",
                document.version
            )));
        }
        if self.settings.as_ref().is_some_and(|settings| settings.document == document) {
            return Ok(());
        }
        if document.version == held {
            return Err(Denied::Refused(format!(
                "configuration {held} is in force with other contents; a change needs a new version"
            )));
        }
        let settings =
            Settings::check(document, &self.local).map_err(|refused| Denied::Refused(refused.to_string()))?;
        // Closed first, then the rules that open: the bridge and its services last.
        let prepared = match self.network.close(&settings).await {
            Ok(()) => self.gate.apply(&settings.gate).await.map_err(|error| error.to_string()),
            Err(problem) => Err(problem),
        };
        if let Err(problem) = prepared {
            if let Some(former) = &self.settings
                && let Err(error) = self.gate.apply(&former.gate).await
            {
                self.gate_failed(&error);
            }
            return Err(Denied::Failed(problem));
        }
        tracing::info!(version = settings.document.version, "configuration in force");
        self.problems.remove("configuration");
        self.kept.config = Some(settings.document.clone());
        self.settings = Some(settings);
        self.ledger_stale = true;
        self.repair_network().await;
        self.situation();
        Ok(())
    }

    /// Brings bridge, routing and DHCP into the wanted state; what is missing is told and tried again with each look.
    pub(super) async fn repair_network(&mut self) {
        let Some(settings) = &self.settings else { return };
        let told = self.probe_fine && self.link.state().connected;
        match self.network.keep(settings, told).await {
            Ok(repaired) => {
                self.problems.remove("network");
                if repaired {
                    *self.counted.entry("network_repaired").or_default() += 1;
                }
            }
            Err(problem) => {
                self.problems.insert("network", problem);
            }
        }
    }

    /// Takes in what a probe of the portal found.
    pub(super) fn probed(&mut self, outcome: Option<String>) {
        match outcome {
            None => {
                self.probe_failures = 0;
                self.probe_fine = true;
                self.problems.remove("portal");
            }
            Some(problem) => {
                self.probe_failures = self.probe_failures.saturating_add(1);
                *self.counted.entry("portal_probe_failed").or_default() += 1;
                if self.probe_failures >= PROBE_FAILURES {
                    self.probe_fine = false;
                    self.problems.insert("portal", problem);
                }
            }
        }
    }

    /// Tells the responder and the prober where the portal is and whether the controller can be reached.
    pub(super) fn situation(&mut self) {
        let away = !self.link.state().connected;
        if away {
            self.probe_fine = false;
            self.probe_failures = PROBE_FAILURES;
        }
        self.network.situation(self.settings.as_ref(), away);
    }

    /// Whether phones are told of the portal by DHCP.
    pub(super) fn option_114(&self) -> bool {
        self.probe_fine && self.link.state().connected
    }
}
