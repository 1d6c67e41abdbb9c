//! Captures: tcpdump on an interface, read back by a reader of our own, so that "nothing came" and "so many bytes"
//! are what was on the wire.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::Signal;

use super::addresses::{WEB4, WEB6};
use super::netns::Netns;
use super::packet::IpPacket;
use super::process::Process;
use super::wait::wait_until;

const LIMIT: Duration = Duration::from_secs(10);
const STEADY: u32 = 3;
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const LINK_ETHERNET: u32 = 1;
const LINK_COOKED2: u32 = 276;

/// A running capture.
pub struct Capture {
    process: Process,
    path: PathBuf,
}

/// One captured packet.
#[derive(Debug, Clone)]
pub struct Packet {
    /// When, since 1970.
    pub at: Duration,
    /// From the IP header on; not for other protocols.
    bytes: Vec<u8>,
}

impl Packet {
    /// The packet's IP header and what follows.
    #[must_use]
    pub fn ip(&self) -> Option<IpPacket<'_>> {
        IpPacket::read(&self.bytes)
    }

    /// Everything that was captured, from the IP header on.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Capture {
    /// Starts to capture IP on `interface` in `netns` into `FOLDER/NAME.pcap` and waits until it listens.
    ///
    /// # Errors
    /// When tcpdump does not listen.
    pub fn start(folder: &Path, name: &str, netns: &Netns, interface: &str) -> Result<Self> {
        let path = folder.join(format!("{name}.pcap"));
        let log = folder.join(format!("{name}.tcpdump.log"));
        let _ = fs::remove_file(&log);
        let mut command = netns.command("tcpdump");
        command.args([
            "-i",
            interface,
            "-n",
            "-s",
            "160",
            "-B",
            "32768",
            "-U",
            "--immediate-mode",
            "-Z",
            "root",
        ]);
        if interface == "any" {
            command.args(["-y", "LINUX_SLL2"]);
        }
        command.arg("-w").arg(&path).arg("ip or ip6");
        let process = Process::start("tcpdump", &mut command, &log)?;
        wait_until("tcpdump to listen", LIMIT, || {
            fs::read_to_string(&log).is_ok_and(|text| text.contains("listening on"))
        })?;
        Ok(Self { process, path })
    }

    /// What has been captured so far.
    ///
    /// # Errors
    /// When the file is no capture.
    pub fn so_far(&self) -> Result<Vec<Packet>> {
        read(&fs::read(&self.path).with_context(|| format!("cannot read {}", self.path.display()))?)
    }

    /// Ends the capture and returns all of it.
    ///
    /// # Errors
    /// When the kernel dropped a packet before tcpdump saw it: the capture is no proof then.
    pub fn stop(mut self) -> Result<Vec<Packet>> {
        self.catch_up()?;
        self.process.signal(Signal::SIGINT)?;
        self.process.wait(LIMIT)?;
        let said = self.said()?;
        if !said.lines().any(|line| line.starts_with("0 packets dropped by kernel")) {
            bail!("tcpdump did not see every packet: {said}");
        }
        self.so_far()
    }

    /// Waits until tcpdump has written what the kernel holds for it: on SIGINT it would leave that behind.
    fn catch_up(&self) -> Result<()> {
        let (mut last, mut steady) = (None, 0);
        wait_until("tcpdump to catch up (or its interface is gone)", LIMIT, || {
            let _ = self.process.signal(Signal::SIGUSR1);
            let now = self.said().ok().and_then(|said| counts(&said));
            steady = if now == last { steady + 1 } else { 0 };
            last = now;
            // On a loopback the kernel counts each packet twice: then the count merely stands still.
            steady >= STEADY && now.is_some_and(|(written, seen)| written == seen || steady >= 10 * STEADY)
        })
        .map(drop)
    }

    fn said(&self) -> Result<String> {
        fs::read_to_string(self.process.log()).context("cannot read tcpdump's log")
    }
}

/// How many packets tcpdump last said it had written, and how many had come to its filter.
fn counts(said: &str) -> Option<(u64, u64)> {
    let line = said.lines().rfind(|line| line.contains(" packets captured, "))?;
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    Some((*numbers.first()?, *numbers.get(1)?))
}

/// Bytes up and down between a phone and the web servers in what was captured on the phone, headers included.
///
/// # Errors
/// When a packet is larger than the wire takes: off-loads are on, and the figures lie.
pub fn web_bytes(packets: &[Packet]) -> Result<(u64, u64)> {
    let is_web = |address: IpAddr| address == IpAddr::V4(WEB4) || address == IpAddr::V6(WEB6);
    let (mut up, mut down) = (0, 0);
    for ip in packets.iter().filter_map(Packet::ip) {
        ensure!(ip.bytes <= 1500, "a packet of {} bytes was captured", ip.bytes);
        if is_web(ip.destination) {
            up += ip.bytes;
        } else if is_web(ip.source) {
            down += ip.bytes;
        }
    }
    Ok((up, down))
}

/// Reads a capture file; a record that is not whole yet ends it.
fn read(file: &[u8]) -> Result<Vec<Packet>> {
    if file.len() < FILE_HEADER {
        return Ok(Vec::new());
    }
    if word(file, 0) != Some(0xa1b2_c3d4) {
        bail!("not a capture file of this machine");
    }
    let link = word(file, 20).unwrap_or(0);
    let skip = match link {
        LINK_ETHERNET => 14,
        LINK_COOKED2 => 20,
        _ => bail!("a capture of link type {link} cannot be read"),
    };
    let mut packets = Vec::new();
    let mut at = FILE_HEADER;
    while let (Some(secs), Some(micros), Some(length)) =
        (word(file, at), word(file, at + 4), word(file, at + 8))
    {
        let begin = at + RECORD_HEADER;
        let end = begin + usize::try_from(length).context("a record is too long")?;
        let Some(data) = file.get(begin..end) else { break };
        let at_time = Duration::from_secs(secs.into()) + Duration::from_micros(micros.into());
        packets.push(Packet { at: at_time, bytes: data.get(skip..).unwrap_or_default().to_vec() });
        at = end;
    }
    Ok(packets)
}

fn word(file: &[u8], at: usize) -> Option<u32> {
    file.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_file_gives_its_whole_records_and_no_half_one() {
        let mut file = Vec::new();
        for word in [0xa1b2_c3d4_u32, 0, 0, 0, 160, LINK_ETHERNET] {
            file.extend_from_slice(&word.to_ne_bytes());
        }
        let mut record = vec![0; 14];
        record.extend_from_slice(&[0x45; 20]);
        for word in [7_u32, 500_000, 34, 34] {
            file.extend_from_slice(&word.to_ne_bytes());
        }
        file.extend_from_slice(&record);
        let whole = read(&file).unwrap();
        assert_eq!(whole.len(), 1);
        assert_eq!((whole[0].at, whole[0].bytes.len()), (Duration::from_millis(7_500), 20));
        assert_eq!(read(&file[..file.len() - 1]).unwrap().len(), 0);
    }

    #[test]
    fn a_file_that_is_no_capture_is_refused() {
        assert!(read(&[7; 64]).is_err());
    }
}
