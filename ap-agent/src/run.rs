//! The one composition place of the agent: what `ap-agent run` is made of, and how it stops.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use agent_protocol::{ALPN_CONTROL, ALPN_RELAY};
use anyhow::anyhow;
use gate_core::Interface;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Reading;
use crate::config::AgentConfig;
use crate::dial::Dial;
use crate::gate::KernelGate;
use crate::guard::Guard;
use crate::journal::{Journal, Limits};
use crate::ledger::Ledger;
use crate::link::{Link, LinkHandle};
use crate::owners::Owners;
use crate::portal_probe::Prober;
use crate::reconcile::{Core, Inputs, KernelNetwork, Parts};
use crate::relay::{Relay, raise_descriptor_limit};
use crate::responder::{Responder, Situation};
use crate::settings::{Local, Settings};
use crate::tls::{Identity, read_pin};

/// Until a configuration says otherwise, the controller is away after this much silence.
const AWAY: Duration = Duration::from_secs(15);
/// Until a configuration says otherwise, the portal is probed this often.
const PROBE: Duration = Duration::from_secs(10);
/// How long everything may take to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// Logs to standard error; `HOTSPOT_LOG` chooses what (default: info).
pub fn logs() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HOTSPOT_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
}

/// A small runtime: one thread for the core and its disk, one for the phones.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .thread_stack_size(512 * 1024)
        .enable_all()
        .build()
}

/// An error as one sentence: what failed, and below it why, without saying anything twice.
#[must_use]
pub fn sentence(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !said.contains(&text) {
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(&text);
        }
    }
    said
}

/// Runs the agent until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start; the gate that is there stays as it is.
pub async fn run(config: AgentConfig) -> anyhow::Result<()> {
    let controller = config.controller_url()?.to_owned();
    let local = Local {
        bridge: Interface::new(&config.bridge)?,
        uplink: Interface::new(&config.uplink)?,
        responder: config.responder,
        relay: config.relay,
    };
    raise_descriptor_limit();
    let pin = read_pin(&config.data_dir)?;
    let identity = Identity::load_or_make(&config.data_dir)?;
    // A second agent stops here: the journal is locked.
    let journal = Journal::open(&config.data_dir.join("journal"), Limits::default())?;
    let mut ledger = Ledger::open(&config.data_dir)?;
    let loaded = ledger.load();
    let guard = Guard { bridge: local.bridge.clone(), clients4: None, clients6: None };
    guard.lay_at_least().await?;
    let gate = KernelGate::new(local.bridge.clone())?;

    let stop = CancellationToken::new();
    let dial = Dial::new(&controller)?;
    let owners = Owners::default();
    let time = Reading::default();
    let (heard_in, heard) = mpsc::channel(1024);
    let (questions_in, questions) = mpsc::channel(8);
    let (probes_in, probes) = mpsc::channel(4);
    let (events_in, link) = mpsc::channel(256);
    let (portal_in, portal) = watch::channel(None);

    let responder =
        Arc::new(Responder::new(Situation { portal_url: None, away: true, ap_name: String::new() }));
    let responder_listener = listen("responder", config.responder)?;
    let relay_config = Arc::new(identity.client_config(pin, ALPN_RELAY)?);
    let relay = Arc::new(Relay::new(dial.clone(), relay_config, owners.clone()));
    let relay_listener = listen("relay", config.relay)?;

    let (away_in, away) = watch::channel(AWAY);
    let (link_task, handle) =
        Link::new(dial, Arc::new(identity.client_config(pin, ALPN_CONTROL)?), away, events_in);
    let counters = {
        let (relay, responder) = (Arc::clone(&relay), Arc::clone(&responder));
        Box::new(move || {
            let mut counts = relay.counts.all();
            let answers = responder.counts();
            counts.push(("responder_answered", answers.answered));
            counts.push(("responder_redirected", answers.redirected));
            counts.push(("responder_refused", answers.refused));
            counts.push(("responder_dropped", answers.dropped));
            counts
        })
    };
    let core = Core::new(Parts {
        gate,
        network: KernelNetwork::new(config.dnsmasq_dir.clone(), heard_in, Arc::clone(&responder), portal_in),
        local,
        controller,
        leases: config.dnsmasq_dir.join("leases"),
        journal,
        ledger,
        kept: loaded.state,
        entries: loaded.entries,
        problems: loaded.problems,
        link: handle.clone(),
        owners,
        time: time.clone(),
        counters,
    });

    tokio::spawn(Arc::clone(&responder).serve(responder_listener, stop.clone()));
    tokio::spawn(Arc::clone(&relay).serve(relay_listener, stop.clone()));
    tokio::spawn(link_task.run(stop.clone()));
    tokio::spawn(keep_warm(Arc::clone(&relay), handle, stop.clone()));
    tokio::spawn(follow_portal(relay, (portal, time), probes_in, away_in, stop.clone()));
    tokio::spawn(crate::metrics::serve(config.metrics_listen, questions_in.clone(), stop.clone()));
    let data_dir = config.data_dir.clone();
    tokio::spawn(async move {
        if let Err(error) = crate::status::serve(&data_dir, questions_in).await {
            tracing::warn!(%error, "the status socket is closed");
        }
    });
    stop_on_signal(stop.clone())?;
    let inputs = Inputs { link, heard, questions, probes, stop: stop.clone() };
    let running = tokio::spawn(core.run(inputs));
    tokio::select! {
        ended = running => ended?,
        () = async { stop.cancelled().await; tokio::time::sleep(DRAIN).await } => {
            anyhow::bail!("the agent did not stop within 5 s; the kernel goes on with the gate as it is")
        }
    }
    stop.cancel();
    Ok(())
}

/// The listener of a key of the configuration.
fn listen(key: &str, port: u16) -> anyhow::Result<TcpListener> {
    bind(port).map_err(|error| {
        let elsewhere = format!("choose another port for {key} in the agent's configuration");
        if error.kind() == io::ErrorKind::AddrInUse {
            anyhow!(
                "{key} = {port} is in use by another program (ss -ltnp shows which); stop it, or {elsewhere}"
            )
        } else {
            anyhow!("{key} = {port} cannot be listened on ({error}); {elsewhere}")
        }
    })
}

/// One socket for both families; the gate decides who gets here.
fn bind(port: u16) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None)?;
    socket.set_only_v6(false)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port).into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}

fn stop_on_signal(stop: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}

async fn keep_warm(relay: Arc<Relay>, link: LinkHandle, stop: CancellationToken) {
    relay.warm().run(move || link.state().connected, stop).await;
}

/// Names the network to the relay and probes the portal as often as the settings say.
async fn follow_portal(
    relay: Arc<Relay>,
    (mut portal, time): (watch::Receiver<Option<Settings>>, Reading),
    outcomes: mpsc::Sender<Option<String>>,
    away: watch::Sender<Duration>,
    stop: CancellationToken,
) {
    let prober = match Prober::new(time) {
        Ok(prober) => prober,
        Err(error) => {
            tracing::warn!(%error, "the portal cannot be probed; phones are not told of it by DHCP");
            return;
        }
    };
    loop {
        let settings = portal.borrow_and_update().clone();
        let mut pause = PROBE;
        if let Some(settings) = settings {
            relay.set_network(&settings.network);
            away.send_replace(settings.timers.away);
            pause = settings.timers.portal_probe;
            let own = (settings.gateway.mac, IpAddr::V4(settings.gateway.v4));
            let outcome = tokio::select! {
                outcome = prober.probe(&relay, &settings.portal_url, own) => outcome,
                changed = portal.changed() => if changed.is_ok() { continue } else { return },
            };
            if outcomes.send(outcome.err().map(|error| error.to_string())).await.is_err() {
                return;
            }
        } else {
            // With the controller away phones are turned away at once, and no connection of before is trusted.
            relay.set_network("");
            relay.warm().clear();
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = portal.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}
