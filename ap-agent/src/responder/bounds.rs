//! How many connections there may be: few for one address, and in all no more than small devices can hold.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

/// Connections of one address.
pub(super) const PER_SOURCE: usize = 64;
/// Connections in all, well below the usual limit of 1,024 descriptors. When one more comes, the oldest ends: a crowd
/// of stalled ones does not keep a new phone out.
pub(super) const IN_ALL: usize = 512;

/// The connections under way.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    sources: HashMap<IpAddr, usize>,
    /// By age; the handle is missing for the moment between place and start.
    running: BTreeMap<u64, Option<AbortHandle>>,
}

/// One connection's place, free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    bounds: Arc<Bounds>,
    source: IpAddr,
    serial: u64,
    /// True when the oldest connection had to end for it.
    pub(super) ended_another: bool,
}

impl Bounds {
    /// A place for a connection from `source`; nothing when it has its share.
    pub(super) fn place(self: &Arc<Self>, source: IpAddr) -> Option<Place> {
        let source = source.to_canonical();
        let mut table = self.table();
        let held = table.sources.entry(source).or_insert(0);
        if *held >= PER_SOURCE {
            return None;
        }
        *held += 1;
        let ended_another = table.running.len() >= IN_ALL;
        if ended_another {
            table.end_oldest();
        }
        let serial = table.next;
        table.next += 1;
        table.running.insert(serial, None);
        Some(Place { bounds: Arc::clone(self), source, serial, ended_another })
    }

    /// Tells how the connection with this `serial` can be ended, unless it has ended by itself.
    pub(super) fn started(&self, serial: u64, handle: AbortHandle) {
        if let Some(slot) = self.table().running.get_mut(&serial) {
            *slot = Some(handle);
        }
    }

    pub(super) fn end_oldest(&self) {
        self.table().end_oldest();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn end_oldest(&mut self) {
        if let Some((_, Some(handle))) = self.running.pop_first() {
            // Its place is dropped by its own worker, never under this lock.
            handle.abort();
        }
    }
}

impl Place {
    pub(super) fn serial(&self) -> u64 {
        self.serial
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.bounds.table();
        table.running.remove(&self.serial);
        if let Some(held) = table.sources.get_mut(&self.source) {
            *held -= 1;
            if *held == 0 {
                table.sources.remove(&self.source);
            }
        }
    }
}
