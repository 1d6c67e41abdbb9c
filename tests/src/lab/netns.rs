//! A network namespace: made and removed here, entered by threads of this process and by commands.

use std::fs::{self, File};
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, anyhow};
use nix::sched::{CloneFlags, setns};

use super::command::{ip, output};
use super::instance::remove_namespace;

/// A network namespace. Everything in it ends and goes when it is dropped.
pub struct Netns {
    name: String,
    handle: File,
    owned: bool,
}

impl Netns {
    /// Makes the namespace with its loopback up and an empty resolver file of its own.
    ///
    /// # Errors
    /// When it is there already or cannot be made.
    pub fn create(name: &str) -> Result<Self> {
        let folder = Path::new("/etc/netns").join(name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(folder.join("resolv.conf"), "").context("cannot write the namespace's resolv.conf")?;
        ip(&format!("netns add {name}"))?;
        let mut netns = Self::open(name)?;
        netns.owned = true;
        ip(&format!("-n {name} link set lo up"))?;
        // In a namespace of a kernel with br_netfilter built in, bridged frames would pass the forward hook.
        for key in ["net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables"] {
            let _ = netns.sysctl(key, "0");
        }
        // Link-local addresses would wait two seconds for somebody to object.
        netns.sysctl("net/ipv6/conf/default/accept_dad", "0")?;
        Ok(netns)
    }

    /// A second handle on a namespace that another value owns and will remove.
    ///
    /// # Errors
    /// When there is no such namespace.
    pub fn open(name: &str) -> Result<Self> {
        let path = Path::new("/run/netns").join(name);
        let handle = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self { name: name.to_owned(), handle, owned: false })
    }

    /// Its name, as `ip netns exec` wants it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `work` on a thread inside the namespace. Sockets made there stay inside and may be used anywhere.
    ///
    /// # Errors
    /// When the namespace cannot be entered or `work` panics.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        thread::scope(|scope| {
            let inside = scope.spawn(|| setns(&self.handle, CloneFlags::CLONE_NEWNET).map(|()| work()));
            match inside.join() {
                Ok(done) => done.with_context(|| format!("cannot enter the namespace {}", self.name)),
                Err(_) => Err(anyhow!("work inside the namespace {} panicked", self.name)),
            }
        })
    }

    /// A command that runs `program` inside the namespace; the process keeps the pid of the spawned child.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Runs the words of `line` inside the namespace and returns what was printed.
    ///
    /// # Errors
    /// When the command complains.
    pub fn exec(&self, line: &str) -> Result<String> {
        let mut words = line.split_whitespace();
        output(self.command(words.next().unwrap_or_default()).args(words))
    }

    /// Runs `ip` with the words of `line` on this namespace.
    ///
    /// # Errors
    /// When it complains.
    pub fn ip(&self, line: &str) -> Result<String> {
        ip(&format!("-n {} {line}", self.name))
    }

    /// Sets a sysctl, written as its path below `/proc/sys`.
    ///
    /// # Errors
    /// When the kernel has no such key.
    pub fn sysctl(&self, key: &str, value: &str) -> Result<()> {
        self.run(|| fs::write(Path::new("/proc/sys").join(key), value))?
            .with_context(|| format!("cannot set {key} in {}", self.name))
    }

    /// Makes `server` the resolver of the programs inside.
    ///
    /// # Errors
    /// When the namespace's resolver file cannot be written.
    pub fn set_resolver(&self, server: IpAddr) -> Result<()> {
        let path = Path::new("/etc/netns").join(&self.name).join("resolv.conf");
        fs::write(&path, format!("nameserver {server}\n"))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Switches every off-load of `interface` off: with them on, counters lie by up to 4 %.
    ///
    /// # Errors
    /// When `ethtool` complains.
    pub fn offloads_off(&self, interface: &str) -> Result<()> {
        self.exec(&format!("ethtool -K {interface} tx off rx off tso off gso off gro off")).map(drop)
    }
}

impl Drop for Netns {
    fn drop(&mut self) {
        if self.owned
            && let Err(why) = remove_namespace(&self.name)
        {
            eprintln!("{why:#}");
        }
    }
}

/// Joins two namespaces by a virtual cable; both ends are up, without off-loads.
///
/// # Errors
/// When the names are in use.
pub fn cable(a: (&Netns, &str), b: (&Netns, &str)) -> Result<()> {
    let ((a, a_name), (b, b_name)) = (a, b);
    ip(&format!("link add name {a_name} netns {} type veth peer name {b_name} netns {}", a.name, b.name))?;
    for (netns, name) in [(a, a_name), (b, b_name)] {
        netns.offloads_off(name)?;
        netns.ip(&format!("link set {name} up"))?;
    }
    Ok(())
}
