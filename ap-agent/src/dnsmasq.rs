//! dnsmasq's files on this access point: written whole from the configuration, and the signal that makes it read them.
//!
//! dnsmasq is not the agent's child. Its unit starts it again after the SIGTERM that a new `dnsmasq.conf` needs; for
//! `options` and `hosts` a SIGHUP is enough.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

mod leases;
mod render;
#[cfg(test)]
mod tests;

pub use leases::{Lease, parse_leases};
pub use render::RenderError;

/// The three files, rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Folder they belong in.
    pub folder: PathBuf,
    /// `dnsmasq.conf`.
    pub conf: String,
    /// `options`: DHCP option 114 while the portal can be reached.
    pub options: String,
    /// `hosts`: the portal's name with its addresses.
    pub hosts: String,
}

/// Which files were different and are new now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// `dnsmasq.conf`.
    pub conf: bool,
    /// `options`.
    pub options: bool,
    /// `hosts`.
    pub hosts: bool,
}

/// What was done about the running dnsmasq.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signalled {
    /// No file had changed.
    Nothing,
    /// SIGHUP: it reads `options` and `hosts` again.
    Reread,
    /// SIGTERM: its unit starts it with the new `dnsmasq.conf`.
    Restart,
    /// It does not run; it will read the files when it starts.
    NotRunning,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; check the folder's owner and free space", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl Files {
    /// Writes what differs, each file beside its place and then into it.
    ///
    /// # Errors
    /// [`WriteError`]; the former file then stays.
    pub fn write(&self) -> Result<Written, WriteError> {
        let fault = |source| WriteError { path: self.folder.clone(), source };
        if !self.folder.is_dir() {
            fs::create_dir_all(&self.folder).map_err(fault)?;
            // dnsmasq reads `options` and `hosts` again as its own user.
            fs::set_permissions(&self.folder, Permissions::from_mode(0o755)).map_err(fault)?;
        }
        Ok(Written {
            conf: self.replace("dnsmasq.conf", &self.conf)?,
            options: self.replace("options", &self.options)?,
            hosts: self.replace("hosts", &self.hosts)?,
        })
    }

    fn replace(&self, name: &str, text: &str) -> Result<bool, WriteError> {
        let path = self.folder.join(name);
        if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(false);
        }
        let beside = self.folder.join(format!("{name}.new"));
        let written = || -> io::Result<()> {
            let mut file = File::create(&beside)?;
            file.set_permissions(Permissions::from_mode(0o644))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &path)
        };
        match written() {
            Ok(()) => Ok(true),
            Err(source) => {
                drop(fs::remove_file(&beside));
                Err(WriteError { path, source })
            }
        }
    }
}

impl Written {
    /// Tells the dnsmasq whose pid stands in `folder/dnsmasq.pid`, after a look that the pid is a dnsmasq's.
    #[must_use]
    pub fn signal(self, folder: &Path) -> Signalled {
        let (signal, done) = match self {
            Self { conf: true, .. } => (Signal::SIGTERM, Signalled::Restart),
            Self { options: false, hosts: false, .. } => return Signalled::Nothing,
            Self { .. } => (Signal::SIGHUP, Signalled::Reread),
        };
        match running(folder) {
            Some(pid) if kill(pid, signal).is_ok() => done,
            Some(_) | None => Signalled::NotRunning,
        }
    }
}

/// The pid in `folder/dnsmasq.pid` when a dnsmasq has it.
#[must_use]
pub fn running(folder: &Path) -> Option<Pid> {
    let pid: i32 = fs::read_to_string(folder.join("dnsmasq.pid")).ok()?.trim().parse().ok()?;
    // 0 and below name groups of processes, 1 is never dnsmasq.
    let comm = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    (pid > 1 && comm.trim_end() == "dnsmasq").then(|| Pid::from_raw(pid))
}
