//! The RADIUS server (UDP): who may come in, and what access points of other makes count.
//!
//! One task per socket. What needs no waiting is answered in that task at once: a password that has proved right
//! before costs one digest. What is slow by design (Argon2id) or must be on disk first (the first use of a voucher,
//! every accounting record) is done elsewhere, in bounded numbers, and answered when it is done. What cannot be done is
//! not answered at all: the access point asks again, or asks the next server.

mod accounting;
mod authentication;
mod client;
mod complaints;
mod datagrams;
mod directory;
mod drops;
mod record;
mod socket;
mod terms;
mod verifier;

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use store::{Store, StoreError};
use tokio::net::UdpSocket;
use tokio::sync::watch;

use crate::listen::Lifetime;
use crate::metrics::Metrics;
use crate::policy::Policy;
use crate::seal::{NodeKey, SealError};
use crate::sessions::Sessions;

use complaints::Complaints;
use directory::Directory;

/// Pause before entries that could not be read are read again.
const RETRY: Duration = Duration::from_secs(1);

/// Why the RADIUS server cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum RadiusError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// What both sockets use.
pub struct Radius {
    directory: Directory,
    store: Store,
    sessions: Sessions,
    policy: Arc<Policy>,
    interim_secs: u32,
    metrics: Metrics,
    complaints: Complaints,
}

impl Radius {
    /// Reads who may ask, and who may come in.
    ///
    /// # Errors
    /// [`RadiusError`].
    pub async fn load(
        store: Store,
        sessions: Sessions,
        policy: Arc<Policy>,
        node: NodeKey,
        interim_secs: u32,
        metrics: Metrics,
    ) -> Result<Self, RadiusError> {
        let directory = Directory::new(node)?;
        directory.renew(&store).await?;
        for (name, network) in directory.exempt() {
            warn_exempt(&name, network);
        }
        Ok(Self { directory, store, sessions, policy, interim_secs, metrics, complaints: Complaints::new() })
    }

    /// Takes over NAS clients, accounts and vouchers as they are now.
    ///
    /// # Errors
    /// [`RadiusError`]; everything stays as it was then.
    pub async fn renew(&self) -> Result<(), RadiusError> {
        self.directory.renew(&self.store).await
    }
}

/// Serves both sockets until the lifetime stops.
pub async fn serve(radius: Arc<Radius>, auth: UdpSocket, acct: UdpSocket, lifetime: Lifetime) {
    let ports =
        [&auth, &acct].into_iter().filter_map(|socket| Some(socket.local_addr().ok()?.port())).collect();
    let counter = radius.metrics.radius.kernel_drops.clone();
    tokio::join!(
        drops::follow(ports, counter, lifetime.stop.clone()),
        authentication::serve(Arc::clone(&radius), auth, lifetime.clone()),
        accounting::serve(radius, acct, lifetime),
    );
}

/// Takes over what commands change, until the lifetime stops.
pub async fn follow(radius: Arc<Radius>, mut changes: watch::Receiver<u64>, lifetime: Lifetime) {
    loop {
        tokio::select! {
            () = lifetime.stop.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        while let Err(error) = radius.renew().await {
            tracing::error!(%error, "NAS clients and accounts stay as they were; trying again");
            if tokio::time::timeout(RETRY, lifetime.stop.cancelled()).await.is_ok() {
                return;
            }
        }
    }
}

fn warn_exempt(name: &str, network: IpNet) {
    tracing::warn!(
        nas.name = name,
        "requests without Message-Authenticator are answered for this NAS: anybody on the way can forge them; change its \
         configuration, then add it again without --allow-missing-message-authenticator"
    );
    tracing::debug!(nas.name = name, %network, "the exempt NAS's address");
}
