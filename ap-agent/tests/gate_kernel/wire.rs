//! An interface of a namespace by a packet socket: sends frames as they are, and keeps what arrives.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pnet::datalink::{self, Channel, Config, DataLinkSender};

use super::site::within;

/// Nothing in these namespaces takes longer.
pub const LIMIT: Duration = Duration::from_secs(10);

/// Waits until `done`, or stops the test.
pub fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < LIMIT, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// Random bytes that no other packet has; a number behind them tells one tagged packet from another.
#[derive(Debug, Clone, Copy)]
pub struct Tag([u8; 12]);

impl Tag {
    /// A new one.
    pub fn new() -> Self {
        let mut random = [0; 12];
        getrandom::fill(&mut random).unwrap();
        Self(random)
    }

    /// The payload of packet `number`.
    pub fn payload(&self, number: u32) -> Vec<u8> {
        [&self.0[..], &number.to_be_bytes()].concat()
    }

    /// Which packet it is, if it is one of these.
    pub fn number(&self, frame: &[u8]) -> Option<u32> {
        let at = frame.windows(12).position(|window| window == self.0)?;
        Some(u32::from_be_bytes(*frame.get(at + 12..)?.first_chunk()?))
    }
}

/// An interface.
pub struct Wire {
    sender: Mutex<Box<dyn DataLinkSender>>,
    arrived: Arc<Mutex<Vec<Vec<u8>>>>,
    over: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Wire {
    /// Opens the interface `name` of the namespace `netns` and keeps every frame that others send there.
    pub fn open(netns: &str, name: &str) -> Self {
        let (sender, mut receiver, own) = within(netns, || {
            let interface = datalink::interfaces().into_iter().find(|one| one.name == name).unwrap();
            let config = Config { read_timeout: Some(Duration::from_millis(20)), ..Config::default() };
            match datalink::channel(&interface, config).unwrap() {
                Channel::Ethernet(sender, receiver) => (sender, receiver, interface.mac.unwrap().octets()),
                _ => panic!("{name} is not an Ethernet interface"),
            }
        });
        let (arrived, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (keep, stop) = (arrived.clone(), over.clone());
        let reader = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                if let Ok(frame) = receiver.next()
                    && frame.get(6..12) != Some(&own[..])
                {
                    keep.lock().unwrap().push(frame.to_vec());
                }
            }
        });
        Self { sender: Mutex::new(sender), arrived, over, reader: Some(reader) }
    }

    /// Sends a frame.
    pub fn send(&self, frame: &[u8]) {
        self.sender.lock().unwrap().send_to(frame, None).unwrap().unwrap();
    }

    /// How many frames that arrived are such.
    pub fn count(&self, such: impl Fn(&[u8]) -> bool) -> usize {
        self.arrived.lock().unwrap().iter().filter(|frame| such(frame)).count()
    }

    /// Source addresses of the packets with this tag that arrived.
    pub fn sources(&self, tag: &Tag) -> Vec<IpAddr> {
        let arrived = self.arrived.lock().unwrap();
        let tagged = arrived.iter().filter(|frame| tag.number(frame).is_some());
        tagged
            .filter_map(|frame| match frame[12..14] {
                [0x08, 0x00] => Some(IpAddr::V4(Ipv4Addr::from(*frame[26..].first_chunk::<4>()?))),
                [0x86, 0xdd] => Some(IpAddr::V6(Ipv6Addr::from(*frame[22..].first_chunk::<16>()?))),
                _ => None,
            })
            .collect()
    }

    /// Numbers of the packets with this tag that arrived, in order.
    pub fn arrived(&self, tag: &Tag) -> Vec<u32> {
        self.arrived.lock().unwrap().iter().filter_map(|frame| tag.number(frame)).collect()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
