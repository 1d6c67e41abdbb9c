//! The ear of the figures: portal and access points say what happened, and never wait for it to be written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use session_core::{ApId, GrantId, Mac, NetworkId, UnixMs};
use tokio::sync::mpsc;

use crate::clock;

/// What may wait to be counted; what comes beyond it is lost, and that is counted.
const MOST_WAITING: usize = 8192;

/// A device on a network: one that is shown the page.
pub(super) type Device = (NetworkId, Mac);

/// Something that happened.
#[derive(Debug)]
pub(super) enum Event {
    /// The page with the button was shown.
    Page { ap: ApId, device: Device, at: UnixMs },
    /// A tap began a visit.
    Accepted { ap: ApId, device: Device, grant: GrantId, language: String, at: UnixMs },
    /// The access point has confirmed the visit's gate.
    GateOpen { grant: GrantId, at: UnixMs },
    /// An access point's agent counts so many redirects since its start.
    Redirects { ap: ApId, boot: Vec<u8>, n: u64, at: UnixMs },
}

/// The way to the counter. Cheap to clone.
#[derive(Clone)]
pub struct Tally {
    events: mpsc::Sender<Event>,
    lost: Arc<AtomicU64>,
}

impl Tally {
    pub(super) fn new() -> (Self, mpsc::Receiver<Event>) {
        let (events, heard) = mpsc::channel(MOST_WAITING);
        (Self { events, lost: Arc::default() }, heard)
    }

    /// A device was shown the page with the button.
    pub fn page(&self, ap: &str, network: &str, mac: [u8; 6]) {
        let device = (NetworkId::from(network), Mac(mac));
        self.say(Event::Page { ap: ApId::from(ap), device, at: now() });
    }

    /// A device's tap on a page in `language` began a visit.
    pub fn accepted(
        &self,
        ap: &str,
        network: &str,
        mac: [u8; 6],
        grant: GrantId,
        language: &str,
        at: UnixMs,
    ) {
        let device = (NetworkId::from(network), Mac(mac));
        let language = language.to_owned();
        self.say(Event::Accepted { ap: ApId::from(ap), device, grant, language, at });
    }

    /// The access point of a visit has confirmed that its gate is open. Again for the same visit changes nothing.
    pub fn gate_open(&self, grant: GrantId) {
        self.say(Event::GateOpen { grant, at: now() });
    }

    /// An access point's agent, started as `boot`, says how many devices it has redirected to the portal since.
    pub fn redirects(&self, ap: &str, boot: &[u8], n: u64) {
        self.say(Event::Redirects { ap: ApId::from(ap), boot: boot.to_vec(), n, at: now() });
    }

    /// What could not be counted because too much waited.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn say(&self, event: Event) {
        if self.events.try_send(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn now() -> UnixMs {
    UnixMs(clock::unix_ms())
}
