//! A visitor's phone: a namespace with one interface `wlan0` that hangs on an access point's bridge and can be moved
//! to another one without losing its addresses, as a phone that walks does.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustls::ClientConfig;

use super::access_point::{AccessPoint, BRIDGE};
use super::command::{ip, output};
use super::http::Client;
use super::instance::Instance;
use super::netns::{Netns, cable};
use super::wait::wait_for;

const ADDRESS_LIMIT: Duration = Duration::from_secs(10);

/// What DHCP gave a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The phone's address.
    pub address: Ipv4Addr,
    /// The gateway.
    pub router: Ipv4Addr,
    /// The resolver.
    pub resolver: Ipv4Addr,
    /// The captive-portal API's address (option 114, RFC 8910), when the network offers one.
    pub captive_api: Option<String>,
}

/// A phone. Its namespace goes when it is dropped.
pub struct Phone {
    mac: [u8; 6],
    port: String,
    /// The namespace its cable's other end is in.
    at: Option<String>,
    lease: Option<Lease>,
    folder: PathBuf,
    authority: PathBuf,
    tls: Arc<ClientConfig>,
    netns: Arc<Netns>,
    _instance: Arc<Instance>,
}

impl Phone {
    /// Makes phone number `number` of a lab, not attached to anything.
    ///
    /// # Errors
    /// When its namespace cannot be made.
    pub fn create(
        instance: &Arc<Instance>,
        authority: &Path,
        tls: &Arc<ClientConfig>,
        number: u16,
    ) -> Result<Self> {
        let name = format!("phone{number}");
        let folder = instance.state(&name)?;
        let netns = Netns::create(&instance.namespace(&name))?;
        let [high, low] = number.to_be_bytes();
        for (key, value) in [
            ("use_tempaddr", "2"),
            ("dad_transmits", "0"),
            ("router_solicitation_delay", "0"),
            ("router_solicitation_interval", "1"),
        ] {
            netns.sysctl(&format!("net/ipv6/conf/default/{key}"), value)?;
        }
        Ok(Self {
            mac: [0x02, 0x11, 0x5a, 0x00, high, low],
            port: format!("wl{number}"),
            at: None,
            lease: None,
            folder,
            authority: authority.to_path_buf(),
            tls: tls.clone(),
            netns: Arc::new(netns),
            _instance: instance.clone(),
        })
    }

    /// Its namespace.
    #[must_use]
    pub fn netns(&self) -> &Arc<Netns> {
        &self.netns
    }

    /// Its MAC.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        self.mac
    }

    /// Its MAC as people and programs write it.
    #[must_use]
    pub fn mac_text(&self) -> String {
        mac_text(self.mac)
    }

    /// The interface it hangs on, at the access point.
    #[must_use]
    pub fn port(&self) -> &str {
        &self.port
    }

    /// A home folder for the programs on the phone.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.folder
    }

    /// Joins `ap` as a phone does: associates, asks for a lease, takes IPv6 addresses from the announcements.
    ///
    /// # Errors
    /// When the access point gives no address.
    pub fn join(&mut self, ap: &AccessPoint) -> Result<Lease> {
        self.join_in(ap.netns()?)
    }

    /// Joins the access point whose bridge is in the namespace `there`.
    ///
    /// # Errors
    /// When the access point gives no address.
    pub fn join_in(&mut self, there: &Netns) -> Result<Lease> {
        self.attach_in(there)?;
        let lease = self.ask_lease()?;
        self.wait_address6()?;
        Ok(lease)
    }

    /// Hangs the phone on `ap`; coming from another access point it keeps its addresses.
    ///
    /// # Errors
    /// When the access point is powered off.
    pub fn attach(&mut self, ap: &AccessPoint) -> Result<()> {
        self.attach_in(ap.netns()?)
    }

    /// Hangs the phone on the bridge in the namespace `there`.
    ///
    /// # Errors
    /// When there is no bridge.
    pub fn attach_in(&mut self, there: &Netns) -> Result<()> {
        match self.at.take() {
            None => {
                let _ = self.netns.ip("link del wlan0");
                cable((there, &self.port), (&self.netns, "wlan0"))?;
                self.netns.ip(&format!("link set wlan0 address {}", self.mac_text()))?;
            }
            Some(here) => {
                ip(&format!("-n {here} link set {} netns {}", self.port, there.name()))?;
            }
        }
        there.ip(&format!("link set {} master {BRIDGE}", self.port))?;
        there.exec(&format!("bridge link set dev {} isolated on", self.port))?;
        there.ip(&format!("link set {} up", self.port))?;
        self.at = Some(there.name().to_owned());
        Ok(())
    }

    /// Takes the phone out of the network (out of range, asleep, switched off); its addresses stay.
    ///
    /// # Errors
    /// When it is not attached.
    pub fn leave(&self) -> Result<()> {
        let here = self.at.as_ref().context("the phone is not attached to an access point")?;
        ip(&format!("-n {here} link set {} down", self.port)).map(drop)
    }

    /// Comes back to where it left from.
    ///
    /// # Errors
    /// When it is not attached.
    pub fn wake(&self) -> Result<()> {
        let here = self.at.as_ref().context("the phone is not attached to an access point")?;
        ip(&format!("-n {here} link set {} up", self.port)).map(drop)
    }

    /// To be called after the access point lost its power: the cable is gone with it.
    pub fn forget_access_point(&mut self) {
        self.at = None;
    }

    /// Asks for a lease by udhcpc, with option 114 among the wanted ones.
    ///
    /// # Errors
    /// When nobody offers one.
    pub fn ask_lease(&mut self) -> Result<Lease> {
        let script = self.folder.join("udhcpc.sh");
        let record = self.folder.join("lease");
        if !script.exists() {
            fs::write(&script, dhcp_script(&record)).context("cannot write udhcpc's script")?;
            fs::set_permissions(&script, fs::Permissions::from_mode(0o755))
                .context("cannot allow udhcpc's script")?;
        }
        let _ = fs::remove_file(&record);
        let mut command = self.netns.command("udhcpc");
        command
            .args(["-i", "wlan0", "-f", "-n", "-q", "-t", "10", "-T", "1", "-O", "114", "-s"])
            .arg(&script);
        output(&mut command).context("the phone gets no address")?;
        let text = fs::read_to_string(&record).context("udhcpc's script wrote no lease")?;
        let lease = read_lease(&text).with_context(|| format!("not a whole lease: {text}"))?;
        self.lease = Some(lease.clone());
        Ok(lease)
    }

    /// The lease it has.
    ///
    /// # Errors
    /// When it never got one.
    pub fn lease(&self) -> Result<&Lease> {
        self.lease.as_ref().context("the phone has no lease")
    }

    /// Its global IPv6 addresses; `temporary` chooses between privacy addresses (RFC 8981) and the stable one.
    ///
    /// # Errors
    /// When `ip` cannot be asked.
    pub fn addresses6(&self, temporary: bool) -> Result<Vec<Ipv6Addr>> {
        let kind = if temporary { "temporary" } else { "mngtmpaddr" };
        let text = self.netns.ip(&format!("-o -6 addr show dev wlan0 scope global {kind}"))?;
        let address = |line: &str| line.split_whitespace().nth(3)?.split('/').next()?.parse().ok();
        Ok(text.lines().filter_map(address).collect())
    }

    /// Waits for a stable and a privacy address and returns the stable one.
    ///
    /// # Errors
    /// When the announcements do not come.
    pub fn wait_address6(&self) -> Result<Ipv6Addr> {
        wait_for("the phone's IPv6 addresses", ADDRESS_LIMIT, || {
            let stable = self.addresses6(false).ok()?.first().copied();
            let private = self.addresses6(true).ok()?.first().copied();
            private.and(stable)
        })
    }

    /// An HTTP client on the phone that prefers pages in `language` (an Accept-Language value).
    ///
    /// # Errors
    /// When the phone has no lease, and so no resolver.
    pub fn client(&self, language: &str) -> Result<Client> {
        let resolver = IpAddr::V4(self.lease()?.resolver);
        Ok(Client::new(self.netns.clone(), resolver, self.tls.clone(), language))
    }

    /// A `curl` on the phone that trusts the lab's authority alone.
    #[must_use]
    pub fn curl(&self) -> Command {
        let mut command = self.netns.command("curl");
        command.args(["--silent", "--show-error", "--cacert"]).arg(&self.authority);
        command
    }

    /// Whether `address` answers one ping within a second.
    #[must_use]
    pub fn pings(&self, address: IpAddr) -> bool {
        self.netns.exec(&format!("ping -n -c 1 -W 1 {address}")).is_ok()
    }
}

/// A MAC as people and programs write it: `02:00:5e:10:00:01`.
#[must_use]
pub fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

fn dhcp_script(record: &Path) -> String {
    let record = record.display();
    format!(
        "#!/bin/sh\n\
         # Written by the lab: takes the lease over and records it.\n\
         case $1 in\n\
         bound|renew)\n\
         \tip -4 addr flush dev \"$interface\"\n\
         \tip addr add \"$ip/$mask\" dev \"$interface\"\n\
         \tip route replace default via \"$router\"\n\
         \tfor server in $dns; do echo \"nameserver $server\"; done > /etc/resolv.conf\n\
         \tprintf 'ip=%s\\nrouter=%s\\ndns=%s\\nopt114=%s\\n' \"$ip\" \"$router\" \"$dns\" \"$opt114\" > '{record}.new'\n\
         \tmv '{record}.new' '{record}'\n\
         esac\n"
    )
}

fn read_lease(text: &str) -> Result<Lease> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(|value| value.split_whitespace().next().unwrap_or_default())
            .with_context(|| format!("the lease has no {name}"))
    };
    let captive = field("opt114")?;
    Ok(Lease {
        address: field("ip")?.parse().context("ip")?,
        router: field("router")?.parse().context("router")?,
        resolver: field("dns")?.parse().context("dns")?,
        captive_api: if captive.is_empty() { None } else { Some(unhex(captive)?) },
    })
}

fn unhex(text: &str) -> Result<String> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        bail!("an odd number of digits in option 114: {text}");
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes =
        digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>().context("option 114 is not hexadecimal")?;
    String::from_utf8(bytes).context("option 114 is not text")
}
