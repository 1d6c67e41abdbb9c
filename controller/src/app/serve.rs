//! `serve`: from the configuration to a ready line, and from SIGTERM to a clean end within five seconds.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use captive_portal::{PublicUrl, Settings};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use store::Store;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::ready::{DataDirLock, ReadyFile};
use super::renewal::Renewal;
use super::sockets::Sockets;
use crate::agents::{self, Door};
use crate::clock;
use crate::config::Config;
use crate::fleet::{AgentsKey, DOMAIN, Fleet, LogImage, Template};
use crate::geo::Countries;
use crate::listen::Lifetime;
use crate::listen::certificate::Certificate;
use crate::metrics::Metrics;
use crate::operators::web::{Parts, Web};
use crate::operators::{self, Health, Monitor, commands};
use crate::policy::Policy;
use crate::portal::{Controller, Pages, PortalCertificate, Unconfirmed};
use crate::pseudonyms::Pseudonyms;
use crate::radius::{self, Radius};
use crate::seal::NodeKey;
use crate::sessions::{Announcement, LogState, Owner, OwnerEnd, Sessions};
use crate::stats::{Counter, Stats};

/// Connections get this long to finish what they are at. With twice the next limit it stays below five seconds.
const CONNECTIONS_LIMIT: Duration = Duration::from_millis(2000);
/// Then first the visits, then the store get this long to write what they hold.
const STORE_LIMIT: Duration = Duration::from_millis(1200);
/// The portal's name must be found by then.
const LOOKUP_LIMIT: Duration = Duration::from_secs(3);
/// Announcements, relayed connections and wishes to renew that may wait.
const MOST_WAITING: usize = 1024;

/// Runs the controller until SIGTERM or SIGINT.
///
/// # Errors
/// One sentence that says why it does not start, or why it cannot go on.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    // Signals count from here on: one that comes while starting must not kill a half-made data directory.
    let mut signals = Signals::new()?;
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    allow_many_connections();
    let sockets = Sockets::bind(&config).await?;
    commands::make_data_dir(&config.data_dir)?;
    let lock = DataDirLock::take(&config.data_dir)?;
    let store = Store::open(&config.store.url).await?;
    let ended = run(config, sockets, store.clone(), &mut signals).await;
    if tokio::time::timeout(STORE_LIMIT, store.close()).await.is_err() {
        tracing::warn!("the database was not closed in time; it recovers by itself at the next start");
    }
    drop(lock);
    ended
}

async fn run(config: Config, sockets: Sockets, store: Store, signals: &mut Signals) -> anyhow::Result<()> {
    let newest = store.newest().await?.map(|newest| newest.0);
    if let Some(problem) = clock::check(clock::unix_ms(), newest)? {
        tracing::warn!("{problem}");
    }
    let metrics = Metrics::new()?;
    let lifetime = Lifetime::new();
    let finish = CancellationToken::new();
    let policy = Policy::load(&store, config.stats.timezone.clone(), config.portal.plan.clone()).await?;
    if policy.portal_plan().is_none() {
        anyhow::bail!(
            "portal.plan = {:?} is not there; add it with: hotspot-controller plan add {}",
            config.portal.plan,
            config.portal.plan
        );
    }
    let policy = Arc::new(policy);
    let key = AgentsKey::load_or_make(&config.data_dir)?;
    let (certificate, private) = key.certificate()?;
    let agents_tls = agents::server_config(certificate, private)?;
    let portal_certificate = open_certificate(&config)?;
    let admin_certificate = match config.admin.tls.clone() {
        Some(files) => Some(Arc::new(Certificate::load("admin", files)?)),
        None => None,
    };
    let admin_tls = admin_certificate.clone().map(operators::tls).transpose()?;
    let ready_line = sockets.ready_line()?;

    let (announce, announcements) = mpsc::channel(MOST_WAITING);
    let (stats, roll_up) = Stats::open(store.clone(), &config.store.url, &config.stats).await?;
    let (counter, tally) = Counter::new(store.clone(), DOMAIN);
    let pseudonyms = Pseudonyms::new(&config.data_dir, stats.days().clone());
    let (owner, sessions, log) =
        Owner::load(store.clone(), DOMAIN, announce, finish.clone(), pseudonyms.clone(), metrics.clone())
            .await?;
    let fleet = Fleet::new(image(log), metrics.clone());
    let changes = store.changes();
    let template =
        Template::new(&config.network, &config.portal, &config.timers, &portal_addresses(&config).await);
    let renewal =
        Renewal { store: store.clone(), fleet: fleet.clone(), policy: Arc::clone(&policy), template };
    renewal.renew().await?;

    let radius = Radius::load(
        store.clone(),
        sessions.clone(),
        Arc::clone(&policy),
        NodeKey::load_or_make(&config.data_dir)?,
        config.radius.interim_secs,
        metrics.clone(),
    );
    let radius = Arc::new(radius.await?);
    let (renew, asked) = mpsc::channel(MOST_WAITING);
    let (to_portal, relayed) = mpsc::channel(MOST_WAITING);
    let controller = Controller {
        fleet: fleet.clone(),
        sessions: sessions.clone(),
        policy,
        confirm_limit: Duration::from_secs(u64::from(config.portal.confirm_secs)),
        metrics: metrics.clone(),
        tally: tally.clone(),
        unconfirmed: Unconfirmed::default(),
    };
    let settings = Settings::new(PublicUrl::parse(&config.portal.public_url)?, clock::unix_ms);
    let router = captive_portal::router(Arc::new(controller), settings);
    let pages = Pages::new(router, &portal_certificate, metrics.clone(), lifetime.clone())?;
    let door = Door {
        fleet: fleet.clone(),
        sessions: sessions.clone(),
        store: store.clone(),
        relayed: to_portal,
        renew,
        tally,
        network: config.network.id.clone(),
        away_ms: config.timers.away_ms,
        metrics: metrics.clone(),
        lifetime: lifetime.clone(),
    };
    let monitor = Monitor::new(metrics.clone(), fleet.clone(), sessions.clone(), store.clone());
    let countries = Countries::open(config.geo.country_db.as_deref());
    if let Some(problem) = countries.problem() {
        tracing::warn!("{problem}");
    }
    let web = Arc::new(Web::new(Parts {
        store: store.clone(),
        fleet: fleet.clone(),
        stats: stats.clone(),
        countries,
        zone: config.stats.timezone.clone(),
        https: config.admin.is_https(),
        stop: lifetime.stop.clone(),
    }));
    let health = Health { store, stop: lifetime.stop.clone() };

    let mut owner = tokio::spawn(owner.run());
    let publisher = tokio::spawn(publish(announcements, fleet.clone(), sessions));
    let tasks = &lifetime.tasks;
    tasks.spawn(radius::follow(Arc::clone(&radius), changes.clone(), lifetime.clone()));
    tasks.spawn(radius::serve(radius, sockets.radius_auth, sockets.radius_acct, lifetime.clone()));
    tasks.spawn(counter.run(lifetime.stop.clone()));
    tasks.spawn(roll_up.run(pseudonyms, lifetime.stop.clone()));
    tasks.spawn(renewal.run(changes, asked, lifetime.stop.clone()));
    tasks.spawn(pages.clone().serve_relayed(relayed));
    tasks.spawn(pages.serve_public(sockets.portal));
    tasks.spawn(agents::serve(sockets.agents, agents_tls, door));
    tasks.spawn(operators::serve_admin(
        sockets.admin,
        admin_tls,
        web,
        health.clone(),
        metrics,
        lifetime.clone(),
    ));
    tasks.spawn(operators::serve_metrics(sockets.metrics, health, monitor, lifetime.clone()));
    let ready = ReadyFile::announce(&config.data_dir, &ready_line)?;

    let ended = loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Asked::Stop => break Ok(()),
                Asked::Reload => reload(&portal_certificate, admin_certificate.as_deref()),
            },
            end = &mut owner => break Err(owner_failed(end)),
        }
    };
    drop(ready);
    tracing::info!("the controller is stopping");
    lifetime.stop.cancel();
    lifetime.tasks.close();
    fleet.close_all();
    if tokio::time::timeout(CONNECTIONS_LIMIT, lifetime.tasks.wait()).await.is_err() {
        tracing::info!("connections that were not finished in time are cut");
    }
    finish.cancel();
    if ended.is_ok() && tokio::time::timeout(STORE_LIMIT, &mut owner).await.is_err() {
        tracing::warn!("not everything was written in time; access points send it again");
    }
    owner.abort();
    publisher.abort();
    stats.close().await;
    ended
}

fn open_certificate(config: &Config) -> anyhow::Result<PortalCertificate> {
    let today = jiff::ZonedDateTime::now().date();
    let certificate =
        PortalCertificate::open(config.portal.tls.as_ref(), &config.data_dir, &config.portal.host, today)?;
    if certificate.is_self_made() {
        tracing::warn!(
            "the portal uses a self-made certificate: phones will refuse the page; set portal.tls to a certificate \
             that phones trust"
        );
    }
    Ok(certificate)
}

fn reload(portal: &PortalCertificate, admin: Option<&Certificate>) {
    for (listener, read) in [("portal", Some(portal.reload())), ("admin", admin.map(Certificate::reload))] {
        match read {
            Some(Ok(())) => tracing::info!(listener, "the certificate was read again"),
            Some(Err(error)) => tracing::error!(listener, %error, "the listener keeps its certificate"),
            None => {}
        }
    }
}

/// The addresses access points redirect to the relay: as configured, or those of the portal's name.
async fn portal_addresses(config: &Config) -> Vec<IpAddr> {
    if !config.portal.addresses.is_empty() {
        return config.portal.addresses.clone();
    }
    let lookup = tokio::net::lookup_host((config.portal.host.as_str(), 443));
    let found = match tokio::time::timeout(LOOKUP_LIMIT, lookup).await {
        Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    if found.is_empty() {
        tracing::warn!(
            "portal.addresses is not set and the portal's name has no address: access points cannot bring visitors \
             to the portal; set portal.addresses"
        );
    }
    found
}

/// Tells the fleet what was committed, in order.
async fn publish(mut announcements: mpsc::Receiver<Announcement>, fleet: Fleet, sessions: Sessions) {
    while let Some(announcement) = announcements.recv().await {
        match announcement {
            Announcement::Entries(entries) => {
                if !fleet.publish(&entries, clock::unix_ms()) {
                    tracing::error!("the mirror of the grant log has a hole; it is made anew");
                    sessions.announce_again().await;
                }
            }
            Announcement::Reset(log) => fleet.reset(image(log), clock::unix_ms()),
        }
    }
}

fn image(log: LogState) -> LogImage {
    let LogState { epoch, sequence, live, tail } = log;
    LogImage { epoch, sequence, live, tail }
}

fn owner_failed(end: Result<OwnerEnd, tokio::task::JoinError>) -> anyhow::Error {
    match end {
        Ok(OwnerEnd::Failed(error)) => error.into(),
        Ok(OwnerEnd::Finished) | Err(_) => {
            anyhow::anyhow!("the visits' task ended by itself; start the controller again")
        }
    }
}

/// Each relayed connection is a file; the usual bound of 1,024 would be a few dozen phones.
fn allow_many_connections() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, most)| setrlimit(Resource::RLIMIT_NOFILE, most.min(65_536), most));
    if let Err(error) = raised {
        tracing::warn!(%error, "the number of open files could not be raised; many phones at once may be turned away");
    }
}

enum Asked {
    Stop,
    Reload,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}
