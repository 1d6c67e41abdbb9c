//! A simulated visitor: joins an access point, taps when the gate is closed, moves bytes, walks on.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use gate_core::{Accounted, Mac};
use rustls::ClientConfig;
use tokio::time::Instant;

use super::access_point::AccessPoint;
use super::dice::Dice;
use super::portal;
use super::summary::Tally;

/// After a tap without success the visitor looks up from the phone for this long.
const PAUSE: Duration = Duration::from_secs(1);

/// How fast visitors are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) until: Instant,
    pub(super) step: Duration,
    pub(super) stay: Duration,
}

/// One visitor with one phone.
#[derive(Debug)]
pub(super) struct Visitor {
    mac: Mac,
    address: IpAddr,
    at: usize,
    dice: Dice,
}

impl Visitor {
    /// The `nth` of a batch; other batches are other phones.
    pub(super) fn new(
        nth: usize,
        batch: u64,
        points: &[Arc<AccessPoint>],
        mut dice: Dice,
    ) -> anyhow::Result<Self> {
        let settings = points.first().and_then(|point| point.settings());
        let network =
            settings.and_then(|settings| settings.document.network).context("no network is configured")?;
        let first: Ipv4Addr = network.range_first.parse()?;
        let last: Ipv4Addr = network.range_last.parse()?;
        let own = u32::from(first).saturating_add(u32::try_from(nth)?);
        ensure!(
            own <= u32::from(last),
            "the network has no address for visitor {}; ask for fewer --visitors",
            nth + 1
        );
        let [a, b, c, ..] = batch.to_be_bytes();
        let [.., d, e] = u32::try_from(nth)?.to_be_bytes();
        // Locally administered, and of one station (IEEE 802c).
        let mac = Mac([0x02, a, b, c, d, e]);
        let at = usize::try_from(dice.below(points.len() as u64))?;
        Ok(Self { mac, address: Ipv4Addr::from(own).into(), at, dice })
    }

    pub(super) async fn stroll(
        mut self,
        pace: Pace,
        points: Vec<Arc<AccessPoint>>,
        roots: Arc<ClientConfig>,
        tally: Arc<Tally>,
    ) {
        let mut walks_at = Instant::now() + self.dice.about(pace.stay);
        let mut was_online = false;
        if let Some(point) = points.get(self.at) {
            point.join(self.mac, self.address).await;
        }
        while Instant::now() < pace.until {
            let Some(point) = points.get(self.at) else { return };
            let online = self.surf(point, &tally).await;
            if !online && was_online {
                tally.thrown_out();
            }
            was_online = online;
            let pause =
                if online { self.dice.about(pace.step) } else { self.tap(point, &roots, &tally).await };
            tokio::time::sleep_until((Instant::now() + pause).min(pace.until)).await;
            if points.len() > 1 && was_online && Instant::now() >= walks_at {
                walks_at = Instant::now() + self.dice.about(pace.stay);
                self.walk(&points, &tally).await;
            }
        }
        if let Some(point) = points.get(self.at) {
            point.leave(self.mac);
        }
        tally.stands(was_online);
    }

    async fn surf(&mut self, point: &AccessPoint, tally: &Tally) -> bool {
        let packets = 1 + self.dice.below(20);
        let up = Accounted { packets, bytes: packets * (60 + self.dice.below(200)) };
        let down = Accounted { packets, bytes: packets * (200 + self.dice.below(1200)) };
        let passed = point.gate.pass(self.mac, self.address, up, down).await;
        if passed {
            tally.moved(up.bytes, down.bytes);
        }
        passed
    }

    /// Taps; the time to wait before the gate is tried again.
    async fn tap(&mut self, point: &AccessPoint, roots: &Arc<ClientConfig>, tally: &Tally) -> Duration {
        let Some(settings) = point.settings() else {
            tally.tap_failed("the controller is away");
            return self.dice.about(PAUSE);
        };
        let who = (self.mac, self.address);
        match portal::tap(&point.relay, &settings.portal_url, Arc::clone(roots), who).await {
            Ok(Some(took)) => {
                tally.tapped(took);
                Duration::ZERO
            }
            Ok(None) => {
                tally.had_to_wait();
                self.dice.about(PAUSE)
            }
            Err(error) => {
                tally.tap_failed(&crate::run::sentence(&error));
                self.dice.about(PAUSE)
            }
        }
    }

    async fn walk(&mut self, points: &[Arc<AccessPoint>], tally: &Tally) {
        let step = 1 + usize::try_from(self.dice.below(points.len() as u64 - 1)).unwrap_or(0);
        if let Some(left) = points.get(self.at) {
            left.leave(self.mac);
        }
        self.at = (self.at + step) % points.len();
        if let Some(point) = points.get(self.at) {
            point.join(self.mac, self.address).await;
        }
        tally.walked();
    }
}
