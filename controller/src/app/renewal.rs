//! Keeps memory in step with the store: what commands change is in force within a second.

use std::sync::Arc;
use std::time::Duration;

use store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::fleet::{Fleet, Inventory, Template};
use crate::policy::Policy;

/// A wait after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Reads inventory, documents and plans again when the store says that something changed, or when asked.
pub struct Renewal {
    /// The store.
    pub store: Store,
    /// Where inventory and documents go.
    pub fleet: Fleet,
    /// Where plans go.
    pub policy: Arc<Policy>,
    /// What the documents have in common.
    pub template: Template,
}

impl Renewal {
    /// Does it once.
    ///
    /// # Errors
    /// What the store says; memory stays as it was then.
    pub async fn renew(&self) -> Result<(), StoreError> {
        let inventory = Inventory::load(&self.store).await?;
        let documents = self.template.fill(&inventory, &self.store, clock::unix_ms()).await?;
        self.policy.renew(&self.store).await?;
        self.fleet.renew(inventory, documents);
        Ok(())
    }

    /// Does it whenever there is reason to, until `stop`. Who asks is answered when it is done.
    pub async fn run(
        self,
        mut changes: watch::Receiver<u64>,
        mut asked: mpsc::Receiver<oneshot::Sender<()>>,
        stop: CancellationToken,
    ) {
        loop {
            let reply = tokio::select! {
                changed = changes.changed() => match changed {
                    Ok(()) => None,
                    Err(_) => return,
                },
                reply = asked.recv() => reply,
                () = stop.cancelled() => return,
            };
            while let Err(error) = self.renew().await {
                tracing::warn!(%error, "changes of the store could not be read; trying again");
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = stop.cancelled() => return,
                }
            }
            if let Some(reply) = reply {
                let _ = reply.send(());
            }
        }
    }
}
