//! The fleet as the console sees it: what is wrong with an access point, and whether anything changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Fleet, Vital};

impl Vital {
    /// What is wrong, one sentence each; nothing of one that is away, because nobody knows how it is now.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        if !self.connected {
            return Vec::new();
        }
        let mut problems = self.health.as_ref().map(|health| health.problems.clone()).unwrap_or_default();
        if let Some(refusal) = &self.config_refusal {
            problems.push(format!("it refuses its configuration: {refusal}"));
        }
        if self.refused > 0 {
            problems.push(format!("it did not put {} grants in force", self.refused));
        }
        problems
    }
}

impl Fleet {
    /// A number that changes when anything changes that operators see of the fleet; signs of life alone do not.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hash = DefaultHasher::new();
        for (ap, vital) in self.vitals() {
            (&ap, vital.connected, vital.since_ms, vital.unconfirmed, vital.problems()).hash(&mut hash);
            (vital.config_version, self.config_version(&ap)).hash(&mut hash);
            if let Some(health) = &vital.health {
                (health.stations, health.sessions, health.grants, health.journal_pending).hash(&mut hash);
            }
        }
        let inventory = self.inventory();
        for spot in inventory.spots() {
            (&spot.id, &spot.name.vi, &spot.name.en, inventory.pin_of(&spot.id).is_some()).hash(&mut hash);
        }
        hash.finish()
    }
}

#[cfg(test)]
mod tests {
    use agent_protocol::v1::{ConfigAck, Health, Hello};

    use super::*;

    #[test]
    fn a_refused_configuration_is_a_problem_until_one_is_taken_or_the_link_ends() {
        let mut vital = Vital::default();
        vital.connect(&Hello { config_version: 3, ..Hello::default() }, 5);
        vital.hear(Health { problems: vec!["no uplink".to_owned()], ..Health::default() }, 6);
        vital.configure(&ConfigAck { version: 4, refusal: "no such bridge".to_owned() });
        assert_eq!(vital.problems(), ["no uplink", "it refuses its configuration: no such bridge"]);
        assert_eq!(vital.config_version, 3);
        vital.configure(&ConfigAck { version: 5, refusal: String::new() });
        assert_eq!((vital.config_version, vital.problems().len()), (5, 1));
        vital.disconnect(9);
        assert!(vital.problems().is_empty());
    }
}
