//! A machine that boots: an image with its own systemd and sshd, in a network namespace of the lab.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotspot_tests::lab::addresses::{RESOLVER, uplink};
use hotspot_tests::lab::command::output;
use hotspot_tests::lab::instance::Instance;
use hotspot_tests::lab::internet::Internet;
use hotspot_tests::lab::netns::Netns;
use hotspot_tests::lab::process::Process;
use hotspot_tests::lab::wait::wait_for;

use super::tree::{Kind, unpack};

/// An account that becomes root by sudo; root himself comes in too.
pub const ENGINEER: &str = "engineer";
const BOOT_LIMIT: Duration = Duration::from_secs(60);

/// The engineer's key and what he knows of the machines' own keys.
pub struct Keys {
    /// The private key.
    pub key: PathBuf,
    /// The machines' host keys.
    pub known_hosts: PathBuf,
}

impl Keys {
    /// Makes a key in `folder`.
    ///
    /// # Errors
    /// When ssh-keygen complains.
    pub fn make(folder: &Path) -> Result<Self> {
        let keys = Self { key: folder.join("key"), known_hosts: folder.join("known_hosts") };
        output(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&keys.key))?;
        fs::write(&keys.known_hosts, "").context("cannot write known_hosts")?;
        Ok(keys)
    }

    /// What ssh has to be told for every connection.
    pub fn options(&self) -> [String; 3] {
        [
            "-oBatchMode=yes".to_owned(),
            "-oConnectTimeout=5".to_owned(),
            format!("-oUserKnownHostsFile={}", self.known_hosts.display()),
        ]
    }
}

/// A machine: its disk, and while the power is on its namespace and the process that holds it.
pub struct Machine {
    name: String,
    uplink: u8,
    root: PathBuf,
    instance: Arc<Instance>,
    keys: Arc<Keys>,
    running: Option<Process>,
    netns: Option<Netns>,
}

impl Machine {
    /// A new machine with a fresh disk, on uplink `uplink` of the internet; the power is off.
    ///
    /// # Errors
    /// When the image cannot be unpacked.
    pub fn new(
        instance: &Arc<Instance>,
        keys: &Arc<Keys>,
        name: &str,
        kind: Kind,
        uplink: u8,
    ) -> Result<Self> {
        let root = instance.state("machines")?.join(name);
        unpack(kind, &root)?;
        let machine = Self {
            name: name.to_owned(),
            uplink,
            root,
            instance: instance.clone(),
            keys: keys.clone(),
            running: None,
            netns: None,
        };
        machine.install()?;
        Ok(machine)
    }

    /// Its namespace.
    ///
    /// # Errors
    /// When the power is off.
    pub fn netns(&self) -> Result<&Netns> {
        self.netns.as_ref().with_context(|| format!("{} is powered off", self.name))
    }

    /// A path of its disk.
    #[must_use]
    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside.trim_start_matches('/'))
    }

    /// The IPv4 address of its uplink.
    #[must_use]
    pub fn address(&self) -> String {
        uplink(self.uplink).customer4.to_string()
    }

    /// Gives it power, with `extra` addresses of its own, and waits until the engineer can come in.
    ///
    /// # Errors
    /// When it does not boot.
    pub fn power_on(&mut self, internet: &Internet, extra: &[std::net::IpAddr]) -> Result<()> {
        let netns = Netns::create(&self.instance.namespace(&self.name))?;
        internet.connect(&netns, self.uplink, extra)?;
        // As an installer sets it: systemd 252's networkd takes no address over that lacks the broadcast address.
        let ends = uplink(self.uplink);
        netns.ip(&format!("addr del {}/30 dev uplink", ends.customer4))?;
        netns.ip(&format!("addr add {}/30 brd + dev uplink", ends.customer4))?;
        netns.ip(&format!("route add default via {}", ends.router4))?;
        let mut command = Command::new("systemd-nspawn");
        // Its namespace's own switches are its to set, as on a machine of metal.
        command.env("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "network");
        command.args([
            "--quiet",
            "--boot",
            "--register=no",
            "--resolv-conf=off",
            "--capability=CAP_NET_ADMIN",
        ]);
        if !Path::new("/run/systemd/system").exists() {
            // Nobody here hands out units.
            command.arg("--keep-unit");
        }
        command.arg(format!("--machine={}", netns.name())).arg("--directory").arg(&self.root);
        command.arg(format!("--network-namespace-path=/run/netns/{}", netns.name()));
        let mut running = Process::start(&self.name, &mut command, &self.instance.log(&self.name))?;
        self.netns = Some(netns);
        let booted = wait_for(&format!("{} to boot", self.name), BOOT_LIMIT, || match running.ended() {
            Ok(None) => self.ssh(internet, "true").ok().map(|_| Ok(())),
            Ok(Some(status)) => Some(Err(anyhow::anyhow!("{} ended with {status}", self.name))),
            Err(why) => Some(Err(why)),
        });
        self.running = Some(running);
        booted?.with_context(|| format!("see {}", self.instance.log(&self.name).display()))
    }

    /// Takes the power away: what is in memory and in the kernel is gone, the disk stays.
    pub fn power_off(&mut self) {
        self.running = None;
        self.netns = None;
    }

    /// Runs `line` on it as the engineer does, and returns what it prints.
    ///
    /// # Errors
    /// When it does not end with 0.
    pub fn ssh(&self, internet: &Internet, line: &str) -> Result<String> {
        let mut command = internet.netns().command("ssh");
        command.args(["-q", "-i"]).arg(&self.keys.key).args(self.keys.options());
        output(command.arg(format!("root@{}", self.address())).arg(line))
    }

    /// What Debian's installer asks for: the machine's name, its resolver, an account with sudo.
    fn install(&self) -> Result<()> {
        fs::write(self.path("etc/hostname"), format!("{}\n", self.name))?;
        fs::write(self.path("etc/hosts"), format!("127.0.0.1 localhost\n127.0.1.1 {}\n", self.name))?;
        fs::write(self.path("etc/resolv.conf"), format!("nameserver {RESOLVER}\n"))?;
        self.let_the_engineer_in()
    }

    fn let_the_engineer_in(&self) -> Result<()> {
        let read =
            |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
        let inside = |line: &str| {
            output(Command::new("chroot").arg(&self.root).args(line.split_whitespace())).map(drop)
        };
        inside(&format!("useradd --create-home --shell /bin/sh {ENGINEER}"))?;
        for home in ["root".to_owned(), format!("home/{ENGINEER}")] {
            let folder = self.path(&home).join(".ssh");
            fs::create_dir_all(&folder).context("cannot make the folder of the engineer's key")?;
            fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
            fs::write(folder.join("authorized_keys"), read(&self.keys.key.with_extension("pub"))?)?;
        }
        inside(&format!("chown -R {ENGINEER}:{ENGINEER} /home/{ENGINEER}/.ssh"))?;
        fs::write(self.path("etc/sudoers.d/engineer"), format!("{ENGINEER} ALL=(ALL) NOPASSWD: ALL\n"))?;
        let host = read(&self.path("etc/ssh/ssh_host_ed25519_key.pub"))?;
        let known = format!("{}{} {host}", read(&self.keys.known_hosts)?, self.address());
        fs::write(&self.keys.known_hosts, known).context("cannot write known_hosts")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.power_off();
    }
}
