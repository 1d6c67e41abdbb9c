//! What the portal asks, answered from fleet, sessions and policy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use captive_portal::{
    Asker, Away, Backend, Busy, Connect, End, Identity, Offer, Online, Place, Position, Refusal, Visitor,
    Words,
};
use session_core::{ApId, Connected, Grant, GrantChange, Mac, NetworkId, Plan, Subject};
use store::Name;

use super::unconfirmed::Unconfirmed;
use crate::clock;
use crate::fleet::{Fleet, Force, Spot};
use crate::metrics::Metrics;
use crate::policy::{Policy, Today};
use crate::sessions::support_code::support_code;
use crate::sessions::{ConnectError, Sessions, Standing, Unavailable};
use crate::stats::Tally;

/// A question about a visitor must be answered by then; it is from memory.
const STANDING_LIMIT: Duration = Duration::from_secs(1);
/// A change must be stored by then.
const STORE_LIMIT: Duration = Duration::from_secs(6);
/// Other access points a full one names.
const MOST_NEIGHBOURS: usize = 3;
/// A rest below this is none, as the machine of the sessions has it.
const SHORTEST_SECS: u64 = 1;

/// The controller as the portal sees it.
pub struct Controller {
    /// The access points.
    pub fleet: Fleet,
    /// The visits.
    pub sessions: Sessions,
    /// The rules.
    pub policy: Arc<Policy>,
    /// How long a tap may wait for the access point's word.
    pub confirm_limit: Duration,
    /// Counters.
    pub metrics: Metrics,
    /// Where steps of visits are counted.
    pub tally: Tally,
    /// Gates that are about to open.
    pub unconfirmed: Unconfirmed,
}

impl Backend for Controller {
    async fn place(&self, asker: &Asker) -> Option<Place> {
        let inventory = self.fleet.inventory();
        inventory.spot(&asker.identity()?.ap_id).map(place)
    }

    async fn visitor(&self, asker: &Asker) -> Visitor {
        let Some(identity) = asker.identity() else { return Visitor::Public };
        let today = self.policy.today(clock::unix_ms());
        match self.standing(identity, today).await {
            Ok(standing) => self.describe(identity, standing, today),
            Err(why) => Visitor::Away(away(identity, why)),
        }
    }

    async fn access_points(&self) -> Vec<Position> {
        self.fleet.inventory().spots().map(|spot| Position { lat: spot.lat, lon: spot.lon }).collect()
    }

    async fn connect(&self, asker: &Asker, language: &str) -> Connect {
        let connect = match asker.identity() {
            Some(identity) => self.tap(identity, language).await,
            None => Connect::NotHere,
        };
        let result = match &connect {
            Connect::Connected => "connected",
            Connect::Pending => "pending",
            Connect::Busy(_) => "busy",
            Connect::Refused(_) => "refused",
            Connect::Away(_) => "away",
            Connect::NotHere => "not_here",
        };
        self.metrics.portal.taps.with_label_values(&[result]).inc();
        connect
    }

    fn offered(&self, asker: &Asker, _language: &str) {
        if let Some(identity) = asker.identity() {
            self.metrics.portal.funnel.page.inc();
            self.tally.page(&identity.ap_id, &identity.network, identity.mac);
        }
    }

    async fn end_session(&self, asker: &Asker) -> End {
        let Some(identity) = asker.identity() else { return End::Ended };
        let network = NetworkId::from(identity.network.as_str());
        let ended = tokio::time::timeout(STORE_LIMIT, self.sessions.end(network, Mac(identity.mac))).await;
        match ended {
            Ok(Ok(())) => End::Ended,
            Ok(Err(why)) => End::Away(away(identity, why)),
            Err(_) => End::Away(away(identity, Unavailable { since_ms: None })),
        }
    }
}

impl Controller {
    async fn standing(&self, identity: &Identity, today: Today) -> Result<Standing, Unavailable> {
        let network = NetworkId::from(identity.network.as_str());
        let question = self.sessions.standing(network, Mac(identity.mac), today.day);
        tokio::time::timeout(STANDING_LIMIT, question).await.unwrap_or(Err(Unavailable { since_ms: None }))
    }

    fn describe(&self, identity: &Identity, standing: Standing, today: Today) -> Visitor {
        if standing.blocked {
            return Visitor::Refused(Refusal::Blocked);
        }
        if let Some(grant) = &standing.grant {
            return match self.force(identity, grant) {
                Force::InForce => {
                    if self.unconfirmed.take(grant.id) {
                        self.metrics.portal.funnel.gate_open.inc();
                        self.tally.gate_open(grant.id);
                    }
                    Visitor::Online(online(identity, grant, standing.remaining_bytes))
                }
                Force::Refused(_) => Visitor::Busy(self.full(identity, grant)),
                Force::Waiting | Force::NoLink => Visitor::Pending,
            };
        }
        let Some(plan) = self.policy.portal_plan() else {
            return Visitor::Busy(Busy::CentreFull {
                support_code: support_code(&identity.ap_id, &random_id()),
            });
        };
        offer(&plan, &standing, today).map_or_else(Visitor::Refused, Visitor::New)
    }

    async fn tap(&self, identity: &Identity, language: &str) -> Connect {
        let Some(plan) = self.policy.portal_plan() else {
            tracing::error!(
                "portal.plan names a plan that is not there; add it with: hotspot-controller plan add"
            );
            return Connect::Busy(self.centre_full(identity));
        };
        let today = self.policy.today(clock::unix_ms());
        let ask = session_core::Connect {
            network: NetworkId::from(identity.network.as_str()),
            mac: Mac(identity.mac),
            ap: ApId::from(identity.ap_id.as_str()),
            subject: Subject::Device(Mac(identity.mac)),
            plan,
            day: today.day,
            day_ends: today.ends,
        };
        let begun = Instant::now();
        let Connected { grant, change } =
            match tokio::time::timeout(STORE_LIMIT, self.sessions.connect(ask)).await {
                Ok(Ok(connected)) => connected,
                Ok(Err(ConnectError::Refused(refusal))) => return self.refused(identity, refusal, today),
                Ok(Err(ConnectError::Unavailable(_))) | Err(_) => {
                    return Connect::Busy(self.centre_full(identity));
                }
            };
        if change == GrantChange::Made {
            let Identity { ap_id, network, mac, .. } = identity;
            self.tally.accepted(ap_id, network, *mac, grant.id, language, grant.starts);
        }
        let entry = (grant.entry.epoch, grant.entry.sequence);
        match self.fleet.confirmed(&identity.ap_id, &grant.id.0, entry, self.confirm_limit).await {
            Force::InForce => {
                self.metrics.portal.confirm_seconds.observe(begun.elapsed().as_secs_f64());
                if change == GrantChange::Made {
                    self.metrics.portal.funnel.gate_open.inc();
                    self.tally.gate_open(grant.id);
                }
                Connect::Connected
            }
            Force::Waiting | Force::NoLink => {
                if change == GrantChange::Made {
                    self.unconfirmed.add(grant.id);
                }
                Connect::Pending
            }
            Force::Refused(_) => Connect::Busy(self.full(identity, &grant)),
        }
    }

    fn refused(&self, identity: &Identity, refusal: session_core::Refusal, today: Today) -> Connect {
        use session_core::Refusal as Why;
        let again_ms = today.ends.0;
        match refusal {
            Why::Blocked => Connect::Refused(Refusal::Blocked),
            Why::TimeUsed | Why::TooOften => Connect::Refused(Refusal::TimeUsedUp { again_ms }),
            Why::QuotaUsed => Connect::Refused(Refusal::DataUsedUp { again_ms }),
            Why::TooManyDevices { .. } | Why::Busy => Connect::Busy(self.centre_full(identity)),
        }
    }

    fn force(&self, identity: &Identity, grant: &Grant) -> Force {
        self.fleet.force(&identity.ap_id, &grant.id.0, (grant.entry.epoch, grant.entry.sequence))
    }

    /// What a visitor reads when this access point takes no more devices: where there is room.
    fn full(&self, identity: &Identity, grant: &Grant) -> Busy {
        let (inventory, serving) = (self.fleet.inventory(), self.fleet.serving());
        let nearby =
            inventory.nearest_to(&identity.ap_id).into_iter().filter(|spot| serving.contains_key(&spot.id));
        Busy::AccessPointFull {
            devices: serving.get(&identity.ap_id).copied().unwrap_or(0),
            nearby: nearby.take(MOST_NEIGHBOURS).map(place).collect(),
            support_code: support_code(&identity.ap_id, &grant.id.0),
        }
    }

    fn centre_full(&self, identity: &Identity) -> Busy {
        let support_code = support_code(&identity.ap_id, &random_id());
        tracing::warn!(ap.id = %identity.ap_id, support_code, "a tap could not be served");
        Busy::CentreFull { support_code }
    }
}

fn place(spot: &Spot) -> Place {
    let words = |name: &Name| Words { vi: name.vi.clone(), en: name.en.clone() };
    Place {
        ap_id: spot.id.clone(),
        name: words(&spot.name),
        zone: spot.zone.as_ref().map(words),
        lat: spot.lat,
        lon: spot.lon,
    }
}

fn online(identity: &Identity, grant: &Grant, remaining_bytes: Option<u64>) -> Online {
    Online {
        began_ms: grant.starts.0,
        ends_ms: Some(grant.ends.0),
        remaining_bytes,
        daily_bytes: grant.quota_bytes,
        // A tap during a grant changes nothing, so there is nothing to extend.
        can_extend: false,
        support_code: support_code(&identity.ap_id, &grant.id.0),
    }
}

fn offer(plan: &Plan, standing: &Standing, today: Today) -> Result<Offer, Refusal> {
    let daily_secs = u64::from(plan.session_secs);
    let remaining_secs = daily_secs.saturating_sub(standing.usage.time_ms / 1000);
    if remaining_secs < SHORTEST_SECS {
        return Err(Refusal::TimeUsedUp { again_ms: today.ends.0 });
    }
    let remaining_bytes = plan.quota_bytes.map(|quota| quota.saturating_sub(standing.usage.bytes));
    if remaining_bytes == Some(0) {
        return Err(Refusal::DataUsedUp { again_ms: today.ends.0 });
    }
    Ok(Offer {
        daily_secs: Some(daily_secs),
        remaining_secs: Some(remaining_secs),
        daily_bytes: plan.quota_bytes,
        remaining_bytes,
    })
}

fn away(identity: &Identity, why: Unavailable) -> Away {
    Away { since_ms: why.since_ms, support_code: Some(support_code(&identity.ap_id, &random_id())) }
}

/// An id for a support code of what left no visit; the log has the code beside the cause.
fn random_id() -> [u8; 16] {
    let mut id = [0; 16];
    // Without randomness of the system the code is the same every time, which is no reason to serve no page.
    let _ = getrandom::fill(&mut id);
    id
}

#[cfg(test)]
mod tests {
    use session_core::{CivilDay, DayUsage, UnixMs};

    use super::*;

    fn plan() -> Plan {
        Plan {
            name: "free".to_owned(),
            session_secs: 100,
            idle_secs: 60,
            quota_bytes: Some(1000),
            devices: 1,
            down_bps: 0,
            up_bps: 0,
        }
    }

    fn used(time_ms: u64, bytes: u64) -> Standing {
        Standing { grant: None, usage: DayUsage { time_ms, bytes }, remaining_bytes: None, blocked: false }
    }

    #[test]
    fn an_offer_is_what_the_day_has_left() {
        let today = Today { day: CivilDay(0), ends: UnixMs(7) };
        let left = offer(&plan(), &used(40_000, 300), today).unwrap();
        assert_eq!((left.remaining_secs, left.remaining_bytes), (Some(60), Some(700)));
        assert_eq!(offer(&plan(), &used(99_500, 0), today).unwrap().remaining_secs, Some(1));
        assert_eq!(offer(&plan(), &used(100_000, 0), today), Err(Refusal::TimeUsedUp { again_ms: 7 }));
        assert_eq!(offer(&plan(), &used(0, 1000), today), Err(Refusal::DataUsedUp { again_ms: 7 }));
    }
}
