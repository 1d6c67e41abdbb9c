//! The fake internet: a router with public-looking addresses, a resolver, web servers, and behind it the city's own
//! network, which no visitor may reach.

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::runtime::Runtime;

use super::addresses::{
    AGENTS_NAME, AGENTS4, CITY4, CITY6, OTHER_RESOLVER4, OTHER_RESOLVER6, PORTAL_NAME, PORTAL4, PORTAL6,
    PROBE_NAMES, RESOLVER, SITE_NAMES, WEB4, WEB6, uplink,
};
use super::authority::Authority;
use super::instance::Instance;
use super::netns::{Netns, cable};
use super::process::Process;
use super::wait::wait_until;
use super::web::{Traffic, serve_echo, serve_http, serve_https};

/// The fake internet and the city's network behind it.
pub struct Internet {
    traffic: Arc<Traffic>,
    _resolver: Process,
    city: Netns,
    netns: Netns,
}

impl Internet {
    /// Builds it: namespaces `inet` and `city`, resolver, web servers on `runtime`.
    ///
    /// # Errors
    /// When a namespace, a listener or the resolver cannot be made.
    pub fn create(instance: &Instance, authority: &Authority, runtime: &Runtime) -> Result<Self> {
        let netns = Netns::create(&instance.namespace("inet"))?;
        let city = Netns::create(&instance.namespace("city"))?;
        netns.sysctl("net/ipv4/ip_forward", "1")?;
        netns.sysctl("net/ipv6/conf/all/forwarding", "1")?;
        lay_city(&netns, &city)?;
        let IpAddr::V4(resolver) = RESOLVER else { anyhow::bail!("the lab's resolver has an IPv4 address") };
        for address in [resolver, OTHER_RESOLVER4, WEB4] {
            netns.ip(&format!("addr add {address}/32 dev lo"))?;
        }
        for address in [OTHER_RESOLVER6, WEB6] {
            netns.ip(&format!("addr add {address}/128 dev lo nodad"))?;
        }
        netns.set_resolver(RESOLVER)?;
        let process = start_resolver(instance, &netns)?;
        let traffic = Arc::new(Traffic::default());
        start_web(&netns, authority, runtime, &traffic)?;
        Ok(Self { traffic, _resolver: process, city, netns })
    }

    /// The router's namespace; every packet that gets past an access point passes here.
    #[must_use]
    pub fn netns(&self) -> &Netns {
        &self.netns
    }

    /// The city's own network.
    #[must_use]
    pub fn city(&self) -> &Netns {
        &self.city
    }

    /// What the web servers have counted.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Gives `customer` its uplink: the interface `uplink` with addresses and default routes, and routes to
    /// `extra` addresses behind it.
    ///
    /// # Errors
    /// When the number `n` is in use.
    pub fn connect(&self, customer: &Netns, n: u8, extra: &[IpAddr]) -> Result<()> {
        let port = format!("up{n}");
        // The kernel takes its time to remove the other end with a namespace that is gone.
        let _ = self.netns.ip(&format!("link del {port}"));
        cable((&self.netns, &port), (customer, "uplink"))?;
        let ends = uplink(n);
        self.netns.ip(&format!("addr add {}/30 dev {port}", ends.router4))?;
        self.netns.ip(&format!("addr add {}/64 dev {port} nodad", ends.router6))?;
        customer.ip(&format!("addr add {}/30 dev uplink", ends.customer4))?;
        customer.ip(&format!("addr add {}/64 dev uplink nodad", ends.customer6))?;
        customer.ip(&format!("route add default via {}", ends.router4))?;
        customer.ip(&format!("-6 route add default via {}", ends.router6))?;
        for address in extra {
            match address {
                IpAddr::V4(address) => {
                    self.netns.ip(&format!("route add {address}/32 via {}", ends.customer4))?;
                    customer.ip(&format!("addr add {address}/32 dev lo"))?;
                }
                IpAddr::V6(address) => {
                    self.netns.ip(&format!("-6 route add {address}/128 via {}", ends.customer6))?;
                    customer.ip(&format!("addr add {address}/128 dev lo nodad"))?;
                }
            }
        }
        customer.set_resolver(RESOLVER)
    }

    /// Cuts the cable to customer `n`: what goes in at either end is lost without a word.
    ///
    /// # Errors
    /// When a cable is cut already.
    pub fn cut_cable(&self, n: u8) -> Result<()> {
        // Taking the link down would take addresses and routes along, which no cut cable does.
        for line in [
            "add table inet cut".to_owned(),
            "add chain inet cut in { type filter hook prerouting priority -400 ; }".to_owned(),
            "add chain inet cut out { type filter hook postrouting priority 400 ; }".to_owned(),
            format!("add rule inet cut in iifname up{n} drop"),
            format!("add rule inet cut out oifname up{n} drop"),
        ] {
            self.netns.exec(&format!("nft {line}"))?;
        }
        Ok(())
    }

    /// Mends the cable that was cut.
    ///
    /// # Errors
    /// When none is.
    pub fn mend_cable(&self) -> Result<()> {
        self.netns.exec("nft delete table inet cut").map(drop)
    }
}

fn lay_city(internet: &Netns, city: &Netns) -> Result<()> {
    cable((internet, "city"), (city, "uplink"))?;
    internet.ip("addr add 10.10.0.1/24 dev city")?;
    internet.ip("addr add fdcc:c117::1/64 dev city nodad")?;
    city.ip("addr add 10.10.0.2/24 dev uplink")?;
    city.ip(&format!("addr add {CITY6}/64 dev uplink nodad"))?;
    city.ip("route add default via 10.10.0.1")?;
    city.ip("-6 route add default via fdcc:c117::1")?;
    for address in CITY4 {
        city.ip(&format!("addr add {address}/32 dev lo"))?;
        internet.ip(&format!("route add {address}/32 via 10.10.0.2"))?;
    }
    Ok(())
}

fn start_resolver(instance: &Instance, netns: &Netns) -> Result<Process> {
    let folder = instance.state("inet")?;
    let mut config = format!(
        "keep-in-foreground\nno-resolv\nno-hosts\nuser=root\nbind-interfaces\nno-daemon\nlocal=/#/\nlocal-ttl=60\n\
         pid-file={}/dnsmasq.pid\nlisten-address={RESOLVER},{OTHER_RESOLVER4},{OTHER_RESOLVER6}\n",
        folder.display()
    );
    let mut record = |name: &str, v4: Ipv4Addr, v6: Option<Ipv6Addr>| {
        let v6 = v6.map(|v6| format!(",{v6}")).unwrap_or_default();
        let _ = writeln!(config, "host-record={name},{v4}{v6}");
    };
    record(PORTAL_NAME, PORTAL4, Some(PORTAL6));
    record(AGENTS_NAME, AGENTS4, None);
    for name in PROBE_NAMES.iter().chain(&SITE_NAMES) {
        record(name, WEB4, Some(WEB6));
    }
    let path = folder.join("dnsmasq.conf");
    fs::write(&path, config).with_context(|| format!("cannot write {}", path.display()))?;
    let mut command = netns.command("dnsmasq");
    command.arg(format!("--conf-file={}", path.display()));
    let process = Process::start("the internet's resolver", &mut command, &instance.log("inet-dnsmasq"))?;
    wait_until("the internet's resolver to listen", Duration::from_secs(5), || {
        netns.run(|| UdpSocket::bind(SocketAddr::new(RESOLVER, 53)).is_err()).unwrap_or(false)
    })?;
    Ok(process)
}

fn start_web(netns: &Netns, authority: &Authority, runtime: &Runtime, traffic: &Arc<Traffic>) -> Result<()> {
    let names: Vec<&str> = PROBE_NAMES.iter().chain(&SITE_NAMES).copied().collect();
    let tls = authority.server(&names)?;
    let _inside = runtime.enter();
    for address in [IpAddr::V4(WEB4), IpAddr::V6(WEB6)] {
        let listen = |port| netns.run(|| TcpListener::bind(SocketAddr::new(address, port)));
        serve_http(listen(80)?.context("cannot listen on port 80")?, traffic.clone())?;
        serve_https(listen(443)?.context("cannot listen on port 443")?, tls.clone(), traffic.clone())?;
        let echo = netns
            .run(|| UdpSocket::bind(SocketAddr::new(address, 7)))?
            .context("cannot bind the echo port")?;
        serve_echo(echo)?;
    }
    Ok(())
}
