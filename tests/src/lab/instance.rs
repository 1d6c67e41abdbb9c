//! One lab among others on this machine: its number, its folders, and what a dead lab left behind.
//!
//! A number belongs to whoever holds the lock on its file; the kernel lets go of it when that process ends, however
//! it ends. So a lab whose lock can be had is dead, and only then are its namespaces removed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::command::output;

const BASE: &str = "/var/tmp/hotspot-lab";
const SLOTS: u32 = 64;

/// A lab's place on this machine. Removes its folders when dropped, unless `HOTSPOT_LAB_KEEP` is set.
pub struct Instance {
    id: String,
    state: PathBuf,
    logs: PathBuf,
    _slot: File,
}

impl Instance {
    /// Takes a free number for a lab called `name`, after removing what dead labs left.
    ///
    /// # Errors
    /// When this process is not root, or all numbers are taken.
    pub fn take(name: &str) -> Result<Self> {
        if !nix::unistd::geteuid().is_root() {
            bail!("the lab makes network namespaces: run it as root, or through sudo");
        }
        fs::create_dir_all(BASE).with_context(|| format!("cannot make {BASE}"))?;
        let mut taken = None;
        for number in 0..SLOTS {
            let Some(slot) = lock(&Path::new(BASE).join(format!("slot-{number}")))? else { continue };
            let id = format!("hk{number}");
            remove_namespaces(&format!("{id}-"))?;
            taken.get_or_insert((id, slot));
        }
        let Some((id, slot)) = taken else { bail!("all {SLOTS} places for labs are in use on this machine") };
        let state = Path::new(BASE).join(&id);
        let logs = target_dir().join("lab").join(name);
        for folder in [&state, &logs] {
            if folder.exists() {
                fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
            }
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(Self { id, state, logs, _slot: slot })
    }

    /// What the names of its namespaces begin with: `hk0`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of a namespace of this lab: `hk0-ap1`.
    #[must_use]
    pub fn namespace(&self, room: &str) -> String {
        format!("{}-{room}", self.id)
    }

    /// A folder for the state of one room of the lab, made when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn state(&self, room: &str) -> Result<PathBuf> {
        let folder = self.state.join(room);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// Where a program called `name` writes its log: `target/lab/LAB/NAME.log`.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// The folder of all logs and captures of this lab.
    #[must_use]
    pub fn logs(&self) -> &Path {
        &self.logs
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if std::env::var_os("HOTSPOT_LAB_KEEP").is_none() {
            let _ = fs::remove_dir_all(&self.state);
        }
        give_back(&target_dir().join("lab"));
    }
}

/// The lock that keeps labs of tests from running side by side: their figures would disturb each other.
///
/// # Errors
/// When the lock's file cannot be made.
pub fn alone() -> Result<File> {
    fs::create_dir_all(BASE).with_context(|| format!("cannot make {BASE}"))?;
    let file = open(&Path::new(BASE).join("alone"))?;
    file.lock().context("cannot take the lock of the lab's tests")?;
    Ok(file)
}

/// The repository this build comes from.
#[must_use]
pub fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_path_buf()
}

/// The build's `target` folder.
#[must_use]
pub fn target_dir() -> PathBuf {
    repository().join("target")
}

/// A program of this repository, as the one profile builds it, or of the folder `HOTSPOT_LAB_PROGRAMS`.
///
/// # Errors
/// When it is not built.
pub fn program(name: &str) -> Result<PathBuf> {
    let built = || target_dir().join("release");
    let path = std::env::var_os("HOTSPOT_LAB_PROGRAMS").map_or_else(built, PathBuf::from).join(name);
    if !path.is_file() {
        bail!("{} is not there: build it with: make build", path.display());
    }
    Ok(path)
}

fn open(path: &Path) -> Result<File> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))
}

fn lock(path: &Path) -> Result<Option<File>> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(why)) => {
            Err(why).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

fn remove_namespaces(prefix: &str) -> Result<()> {
    let Ok(names) = fs::read_dir("/run/netns") else { return Ok(()) };
    for entry in names.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(prefix) {
            remove_namespace(&name)?;
        }
    }
    Ok(())
}

/// Ends every process inside the namespace `name` and removes it, with its resolver file.
///
/// # Errors
/// When `ip` cannot be run.
pub fn remove_namespace(name: &str) -> Result<()> {
    let pids = output(Command::new("ip").args(["netns", "pids", name])).unwrap_or_default();
    for pid in pids.split_whitespace().filter_map(|pid| pid.parse().ok()) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
    }
    output(Command::new("ip").args(["netns", "del", name]))?;
    let _ = fs::remove_dir_all(Path::new("/etc/netns").join(name));
    Ok(())
}

/// What sudo made under the caller's folders belongs to the caller.
fn give_back(folder: &Path) {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
    let (Some(uid), Some(gid)) = (number("SUDO_UID"), number("SUDO_GID")) else { return };
    let mut folders = vec![folder.to_path_buf()];
    while let Some(path) = folders.pop() {
        let _ = std::os::unix::fs::lchown(&path, Some(uid), Some(gid));
        if path.is_dir() && !path.is_symlink() {
            folders.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        }
    }
}
