//! `make demo`: runs the whole system until interrupted; with `--check`, plays a script of visits and ends.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Parser;
use hotspot_tests::demo::{check, console, street};
use hotspot_tests::forwarder::publish;
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::{Lab, Settings};
use tokio::signal::unix::{SignalKind, signal};

/// Free WiFi around Hoan Kiem lake, in namespaces of this machine.
#[derive(Parser)]
struct Options {
    /// Plays a short script of visits, verifies every step, and ends with 0 or 1.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("demo: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let begin = Instant::now();
    let name = if options.check { "demo-check" } else { "demo" };
    println!("Setting up a fake internet, the controller and two access points …");
    let mut lab = Lab::start(&Settings::new(name))?;
    if options.check {
        let passed = check::play(&mut lab, begin)
            .with_context(|| format!("a step went otherwise (logs: {})", lab.logs().display()))?;
        println!("{passed} steps passed in {:.1} s", begin.elapsed().as_secs_f64());
        return Ok(());
    }
    let over = stop_on_signals(&lab)?;
    show_places(&lab)?;
    street::play(&mut lab, || over.load(Ordering::Relaxed))?;
    println!("\nInterrupted: everything is removed.");
    Ok(())
}

fn stop_on_signals(lab: &Lab) -> Result<Arc<AtomicBool>> {
    let over = Arc::new(AtomicBool::new(false));
    let _inside = lab.runtime()?.enter();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let (mut signals, over) = (signal(kind).context("cannot listen for signals")?, over.clone());
        tokio::spawn(async move {
            signals.recv().await;
            over.store(true, Ordering::Relaxed);
        });
    }
    Ok(over)
}

fn show_places(lab: &Lab) -> Result<()> {
    let handle = lab.runtime()?.handle();
    let controller = lab.controller.netns();
    let portal = publish(handle, controller, lab.controller.portal(), 8443)?;
    let admin = publish(handle, controller, lab.controller.admin(), 8445)?;
    let metrics = publish(handle, controller, lab.controller.metrics(), 9464)?;
    let host = portal_url().trim_start_matches("https://").to_owned();
    println!("\nWhere to look:");
    println!(
        "  guide    curl --cacert {} --resolve {host}:{}:127.0.0.1 https://{host}:{}/",
        lab.authority().display(),
        portal.port(),
        portal.port()
    );
    println!(
        "           or a browser at https://{portal}/ (its certificate is for {host}, by this lab's authority)"
    );
    let link = console::link(lab)?;
    let secret = link.rsplit('/').next().unwrap_or_default();
    println!("  console  http://{admin}/sign-in/{secret} (works once, for half an hour)");
    println!("  health   http://{admin}/readyz");
    println!("  metrics  http://{metrics}/metrics");
    println!("  logs     {}", lab.logs().display());
    println!("\nVisitors (Ctrl-C ends the demo):");
    Ok(())
}
