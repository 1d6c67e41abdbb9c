//! dnsmasq's unit as the street has it: waits for the file the agent writes, starts dnsmasq, starts it again when it
//! ends.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::netns::Netns;
use super::process::Process;

const LOOK: Duration = Duration::from_millis(20);

/// A supervised dnsmasq. Ends with its owner.
pub struct Dnsmasq {
    over: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl Dnsmasq {
    /// Begins to supervise the dnsmasq of the configuration in `folder`, inside `netns`.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn supervise(netns: &Netns, folder: &Path, log: &Path) -> Result<Self> {
        let config = folder.join("dnsmasq.conf");
        let mut command = netns.command("dnsmasq");
        command.arg(format!("--conf-file={}", config.display())).arg("--keep-in-foreground");
        let over = Arc::new(AtomicBool::new(false));
        let (stop, log) = (over.clone(), log.to_path_buf());
        let watcher = thread::Builder::new()
            .name("dnsmasq".to_owned())
            .spawn(move || supervise(&mut command, &config, &log, &stop))
            .context("cannot start a thread")?;
        Ok(Self { over, watcher: Some(watcher) })
    }
}

impl Drop for Dnsmasq {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}

fn supervise(command: &mut Command, config: &Path, log: &Path, stop: &AtomicBool) {
    let mut running: Option<Process> = None;
    while !stop.load(Ordering::Relaxed) {
        let gone =
            running.as_mut().is_none_or(|process| process.ended().is_ok_and(|status| status.is_some()));
        if gone && config.exists() {
            running = Process::start("dnsmasq", command, log).ok();
        }
        thread::sleep(LOOK);
    }
}
