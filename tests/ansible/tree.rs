//! The image of a machine: Debian's packages in a tar, made once by mmdebstrap and kept in `target/lab-trees`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use hotspot_tests::lab::command::output;
use hotspot_tests::lab::instance::target_dir;

/// What every machine has that an engineer can reach and Ansible can work on.
const BASE: &str = "systemd,systemd-sysv,dbus,openssh-server,python3,python3-apt,sudo,ca-certificates";
const LIMIT_SECS: &str = "400";

/// What a machine is for: its image has what the play would install, so that the play needs no net.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Controller and monitoring.
    Controller,
    /// An access point.
    AccessPoint,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::AccessPoint => "access-point",
        }
    }

    fn packages(self) -> String {
        let own = match self {
            Self::Controller => "prometheus",
            Self::AccessPoint => "iproute2,nftables,dnsmasq-base",
        };
        format!("{BASE},{own}")
    }
}

/// Makes the images that are not there yet, both at a time.
///
/// # Errors
/// When mmdebstrap fails or takes too long.
pub fn make_missing() -> Result<()> {
    let folder = folder();
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = File::create(folder.join("lock")).context("cannot make the images' lock")?;
    lock.lock().context("cannot take the images' lock")?;
    let suite = &suite()?;
    std::thread::scope(|scope| {
        let makers = [Kind::Controller, Kind::AccessPoint].map(|kind| scope.spawn(move || make(kind, suite)));
        for maker in makers {
            match maker.join() {
                Ok(made) => made?,
                Err(_) => bail!("making an image panicked"),
            }
        }
        Ok(())
    })
}

/// Unpacks the image of `kind` into the new folder `root`.
///
/// # Errors
/// When there is no image or no room.
pub fn unpack(kind: Kind, root: &Path) -> Result<()> {
    fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
    let tar = tar(kind, &suite()?);
    output(Command::new("tar").args(["--numeric-owner", "-xpf"]).arg(tar).arg("-C").arg(root)).map(drop)
}

fn make(kind: Kind, suite: &str) -> Result<()> {
    let (tar, packages) = (tar(kind, suite), kind.packages());
    let label = tar.with_extension("label");
    let wanted = format!("{suite} {packages}\n");
    if tar.is_file() && fs::read_to_string(&label).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    let beside = tar.with_extension("new.tar");
    let mut command = Command::new("timeout");
    command.args([LIMIT_SECS, "mmdebstrap", "--variant=minbase", "--quiet"]);
    command.arg(format!("--include={packages}")).arg(suite).arg(&beside);
    output(&mut command).with_context(|| format!("the image of the {} cannot be made", kind.name()))?;
    fs::rename(&beside, &tar).context("cannot put the image in its place")?;
    fs::write(&label, wanted).context("cannot write the image's label")
}

fn folder() -> PathBuf {
    target_dir().join("lab-trees")
}

fn tar(kind: Kind, suite: &str) -> PathBuf {
    folder().join(format!("{}-{suite}.tar", kind.name()))
}

/// The suite of this machine: programs that were built here run there. A later one is named by `HOTSPOT_LAB_SUITE`.
fn suite() -> Result<String> {
    if let Ok(name) = std::env::var("HOTSPOT_LAB_SUITE") {
        return Ok(name);
    }
    let text = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    name.map(|name| name.trim_matches('"').to_owned()).context("/etc/os-release names no VERSION_CODENAME")
}
