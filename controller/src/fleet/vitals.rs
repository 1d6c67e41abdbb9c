//! What each access point last said of itself, kept when its link is gone.

use agent_protocol::v1::{ConfigAck, Health, Hello};

use crate::metrics::ApReading;

/// The counter of an agent's redirects to the portal.
const REDIRECTS: &str = "responder_redirected";

/// One access point, as far as it has said since the controller's start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vital {
    /// Whether its link is up.
    pub connected: bool,
    /// Since when it is so, Unix milliseconds; `None` when it was never connected.
    pub since_ms: Option<u64>,
    /// When it was last heard, Unix milliseconds.
    pub heard_ms: Option<u64>,
    /// Its software, in its own words.
    pub agent_version: String,
    /// Version of the configuration it has in force, 0 for none.
    pub config_version: u64,
    /// Why it did not take the configuration it was sent last.
    pub config_refusal: Option<String>,
    /// Grants it did not put in force on this link.
    pub refused: usize,
    /// Entries of the grant log it was sent and has not confirmed.
    pub unconfirmed: usize,
    /// How it said that it is.
    pub health: Option<Health>,
    /// Which start of the agent's process that was.
    boot_id: Vec<u8>,
}

impl Vital {
    /// A link begins.
    pub(super) fn connect(&mut self, hello: &Hello, now_ms: u64) {
        (self.connected, self.since_ms, self.heard_ms) = (true, Some(now_ms), Some(now_ms));
        self.agent_version.clone_from(&hello.agent_version);
        (self.config_version, self.config_refusal) = (hello.config_version, None);
        if self.boot_id != hello.boot_id {
            // Its counters began anew; what they count from now on is all new, unless nobody here knows since when.
            self.health = self.health.is_some().then(Health::default);
            self.boot_id.clone_from(&hello.boot_id);
        }
    }

    /// The link ends.
    pub(super) fn disconnect(&mut self, now_ms: u64) {
        (self.connected, self.since_ms) = (false, Some(now_ms));
    }

    /// Takes in what it says of its configuration.
    pub(super) fn configure(&mut self, ack: &ConfigAck) {
        if ack.refusal.is_empty() {
            (self.config_version, self.config_refusal) = (ack.version, None);
        } else {
            self.config_refusal = Some(ack.refusal.clone());
        }
    }

    /// Takes a sign of life in. Returns how many phones it sent to the portal since the last one.
    pub(super) fn hear(&mut self, health: Health, now_ms: u64) -> u64 {
        let redirects = match &self.health {
            Some(before) => {
                let counted = |health| redirects(health).unwrap_or(0);
                counted(&health).saturating_sub(counted(before))
            }
            None => 0,
        };
        self.heard_ms = Some(now_ms);
        self.health = Some(health);
        redirects
    }

    /// For the monitor.
    pub(super) fn reading(&self, ap: &str, now_ms: u64) -> ApReading {
        ApReading {
            ap: ap.to_owned(),
            connected: self.connected,
            silent_ms: self.heard_ms.map(|heard| now_ms.saturating_sub(heard)),
            unconfirmed_entries: self.unconfirmed,
            // Of one that is away nobody knows how it is now.
            health: self.health.clone().filter(|_| self.connected),
        }
    }
}

/// How many phones an agent has sent to the portal since its start, if it says so.
#[must_use]
pub fn redirects(health: &Health) -> Option<u64> {
    health.counters.iter().find(|counter| counter.name == REDIRECTS).map(|counter| counter.value)
}

#[cfg(test)]
mod tests {
    use agent_protocol::v1::Counter;

    use super::*;

    fn hello(boot: u8) -> Hello {
        Hello { boot_id: vec![boot; 16], agent_version: "0.1.0".to_owned(), ..Hello::default() }
    }

    fn redirected(value: u64) -> Health {
        let counters = vec![Counter { name: REDIRECTS.to_owned(), value }];
        Health { counters, ..Health::default() }
    }

    #[test]
    fn redirects_count_from_the_first_word_on_and_through_links_and_restarts() {
        let mut vital = Vital::default();
        vital.connect(&hello(1), 1000);
        assert_eq!(vital.hear(redirected(500), 1000), 0, "they were before this controller");
        assert_eq!(vital.hear(redirected(503), 2000), 3);
        vital.disconnect(3000);
        vital.connect(&hello(1), 9000);
        assert_eq!(vital.hear(redirected(510), 9000), 7, "counted while the link was down");
        vital.connect(&hello(2), 10_000);
        assert_eq!(vital.hear(redirected(2), 10_000), 2, "the agent began anew");
    }

    #[test]
    fn one_that_is_away_says_nothing_of_how_it_is() {
        let mut vital = Vital::default();
        vital.connect(&hello(1), 1000);
        vital.hear(redirected(1), 2000);
        assert!(vital.reading("hk-01", 2500).health.is_some());
        vital.disconnect(3000);
        let reading = vital.reading("hk-01", 5000);
        assert_eq!((reading.connected, reading.silent_ms, reading.health), (false, Some(3000), None));
        let never = Vital::default().reading("hk-02", 5000);
        assert_eq!((never.connected, never.silent_ms), (false, None));
    }
}
