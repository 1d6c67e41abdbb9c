//! A server under measurement: where it listens, and how much of the processor it has used.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::lab::netns::Netns;

/// One RADIUS server.
pub struct Server {
    /// As it stands in the table.
    pub name: &'static str,
    /// Its process.
    pub pid: Pid,
    /// A socket to its authentication port.
    pub auth: UdpSocket,
    /// A socket to its accounting port.
    pub acct: UdpSocket,
}

impl Server {
    /// The server with these ports on the loopback of `netns`.
    ///
    /// # Errors
    /// When no socket can be made.
    pub fn new(name: &'static str, pid: Pid, netns: &Netns, auth: u16, acct: u16) -> Result<Self> {
        let open = |port: u16| -> Result<UdpSocket> {
            let socket = netns.run(|| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)))??;
            socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
            Ok(socket)
        };
        Ok(Self { name, pid, auth: open(auth)?, acct: open(acct)? })
    }

    /// Processor time of all its threads so far, the ended ones included.
    ///
    /// # Errors
    /// When it is gone.
    pub fn cpu(&self) -> Result<Duration> {
        let path = Path::new("/proc").join(self.pid.to_string()).join("stat");
        let text = fs::read_to_string(&path).with_context(|| format!("{} is gone", self.name))?;
        // Behind the name, which may hold anything, the 12th and 13th field are user and system time in ticks.
        let fields = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default().split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        let per_second =
            sysconf(SysconfVar::CLK_TCK)?.context("the kernel does not say how long a tick is")?;
        Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
    }
}
