//! Answers to the engineer: how the access point is, and why a device is in or out.

use std::collections::BTreeMap;

use gate_core::Mac;

use super::{Core, Network};
use crate::gate::Gate;
use crate::status::{Answer, Question, Status, Why};

impl<G: Gate, N: Network> Core<G, N> {
    pub(super) fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::Status => Answer::Status(Box::new(self.status())),
            Question::Why(mac) => match Mac::parse(mac) {
                Ok(mac) => Answer::Why(Box::new(self.why(mac))),
                Err(error) => Answer::Refused(error.to_string()),
            },
        }
    }

    fn status(&self) -> Status {
        let link = self.link.state();
        let (epoch, sequence) = self.grants.position();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ap_id: self.kept.ap_id.clone(),
            controller: self.controller.clone(),
            connected: link.connected,
            link_problem: link.problem,
            config_version: self.settings.as_ref().map_or(0, |settings| settings.document.version),
            epoch,
            sequence,
            grants: self.grants.all().count(),
            stations: self.stations.len(),
            sessions: self.sessions.open().len(),
            bytes_up: self.sessions.moved().0,
            bytes_down: self.sessions.moved().1,
            journal_pending: self.journal.pending(),
            journal_durable: self.journal.durable(),
            option_114: self.option_114(),
            clock: format!("{:?}", self.clock.source()).to_lowercase(),
            counters: self.all_counters().into_iter().collect(),
            problems: self.problems.values().cloned().collect(),
        }
    }

    pub(super) fn all_counters(&self) -> Vec<(String, u64)> {
        let mut counters: BTreeMap<String, u64> = self.last_seen.counters.clone();
        counters.insert("mac_conflict".to_owned(), self.stations.conflicts());
        counters.extend(self.counted.iter().map(|(name, value)| ((*name).to_owned(), *value)));
        counters.extend((self.counters)().into_iter().map(|(name, value)| (name.to_owned(), value)));
        counters.into_iter().collect()
    }

    fn why(&self, mac: Mac) -> Why {
        let now_ms = self.clock.now_ms();
        let station = self.stations.station(mac);
        let grant = self.settings.as_ref().and_then(|settings| self.grants.of(&settings.network, mac));
        let session = self.sessions.open().get(&mac);
        let mut why = Why {
            mac: mac.to_string(),
            heard_ms_ago: station.map(|station| now_ms.saturating_sub(station.heard_ms)),
            leased: station.and_then(|station| station.leased).map(|address| address.to_string()),
            addresses: station
                .map(|s| s.addresses.keys().map(ToString::to_string).collect())
                .unwrap_or_default(),
            grant_secs: grant.map(|grant| grant.ends_ms.saturating_sub(now_ms) / 1000),
            gate_secs: self.last_seen.admitted.get(&mac).map(|admission| admission.remaining.as_secs()),
            session_bytes: session.map(|session| (session.up.bytes, session.down.bytes)),
            verdict: String::new(),
        };
        why.verdict = why.verdict().to_owned();
        why
    }
}
