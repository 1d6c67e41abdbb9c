//! The ready line on stdout and in `ready.json`, and the lock that keeps two controllers off one data directory.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use serde_json::Value;

/// Held while the controller serves its data directory.
pub struct DataDirLock {
    _lock: Flock<File>,
}

impl DataDirLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// One sentence when another controller has it, or the directory is not writable.
    pub fn take(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join("serve.lock");
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|error| {
                anyhow::anyhow!(
                    "{} cannot be written: {error}; make the data directory writable",
                    path.display()
                )
            })?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Self { _lock: lock }),
            Err((_, _)) => anyhow::bail!(
                "another hotspot-controller serves the data directory {}; stop it first or give this one its own with --data-dir",
                data_dir.display()
            ),
        }
    }
}

/// `ready.json` as long as the controller is ready.
pub struct ReadyFile {
    path: PathBuf,
}

impl ReadyFile {
    /// Writes the file, whole or not at all, and prints the same line.
    ///
    /// # Errors
    /// One sentence when it cannot be written.
    pub fn announce(data_dir: &Path, line: &Value) -> anyhow::Result<Self> {
        let path = data_dir.join("ready.json");
        let beside = data_dir.join("ready.json.new");
        let written = File::create(&beside)
            .and_then(|mut file| writeln!(file, "{line}").and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&beside, &path));
        written.map_err(|error| {
            anyhow::anyhow!("{} cannot be written: {error}; make the data directory writable", path.display())
        })?;
        let mut out = std::io::stdout().lock();
        // Nobody may be reading; that is no reason not to serve.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        Ok(Self { path })
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "ready.json was gone already");
        }
    }
}
