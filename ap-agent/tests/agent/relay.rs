//! The relay: phones' bytes untouched, who asks said first, and no phone in another's way.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent_protocol::ALPN_RELAY;
use agent_protocol::frame::{MAX_RELAY_HEADER_BYTES, decode};
use agent_protocol::v1::RelayHeader;
use ap_agent::dial::Dial;
use ap_agent::owners::Owners;
use ap_agent::relay::Relay;
use ap_agent::tls::Identity;
use bytes::BytesMut;
use gate_core::Mac;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::centre::Stream;
use crate::support::{Centre, LIMIT, NETWORK, wait_until};

/// A relay on a loopback address; phones come from 127.0.X.Y and are known as 02:..:X:Y.
struct Fixture {
    relay: Arc<Relay>,
    address: SocketAddr,
    stop: CancellationToken,
}

fn mac_of(x: u8, y: u8) -> Mac {
    Mac([2, 0, 0, 0, x, y])
}

impl Fixture {
    async fn start(centre: &Centre) -> Self {
        let owners = Owners::default();
        let known = (1..=2).flat_map(|x| (1..=254).map(move |y| (x, y)));
        owners.replace(known.map(|(x, y)| (Ipv4Addr::new(127, 0, x, y).into(), mac_of(x, y))).collect());
        let config = Identity::in_memory().unwrap().client_config(centre.pin, ALPN_RELAY).unwrap();
        let relay = Arc::new(Relay::new(Dial::new(&centre.url).unwrap(), Arc::new(config), owners));
        relay.set_network(NETWORK);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(Arc::clone(&relay).serve(listener, stop.clone()));
        Self { relay, address, stop }
    }

    async fn phone(&self, x: u8, y: u8) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, x, y)), 0))?;
        socket.connect(self.address).await
    }

    fn count(&self, name: &str) -> u64 {
        self.relay.counts.all().into_iter().find(|(held, _)| *held == name).unwrap().1
    }

    async fn counted(&self, name: &str, at_least: u64) {
        wait_until(name, || async { (self.count(name) >= at_least).then_some(()) }).await;
    }

    /// Keeps connections warm and waits until they are.
    async fn warmed(&self) {
        let (relay, stop) = (Arc::clone(&self.relay), self.stop.clone());
        tokio::spawn(async move { relay.warm().run(|| true, stop).await });
        wait_until("four warm connections", || async { (self.relay.warm().ready() == 4).then_some(()) })
            .await;
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Reads the header of a relayed connection; what is behind it stays in the buffer.
async fn header(stream: &mut Stream) -> (RelayHeader, BytesMut) {
    let mut inbox = BytesMut::new();
    let read = async {
        loop {
            if let Some(header) = decode(&mut inbox, MAX_RELAY_HEADER_BYTES).unwrap() {
                return header;
            }
            assert_ne!(
                stream.read_buf(&mut inbox).await.unwrap(),
                0,
                "the connection ended before its header"
            );
        }
    };
    let header = tokio::time::timeout(LIMIT, read).await.expect("no header came");
    (header, inbox)
}

/// Gives back what comes until the phone has finished, then finishes.
async fn echo(mut stream: Stream, mut inbox: BytesMut) {
    loop {
        if stream.write_all(&inbox).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        inbox.clear();
        match stream.read_buf(&mut inbox).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(_) => return,
        }
    }
    let _ = stream.shutdown().await;
}

/// Sends `bytes` and reads them back to the end.
async fn exchange(mut phone: TcpStream, bytes: usize) -> io::Result<Duration> {
    let begun = Instant::now();
    let sent: Vec<u8> = (0..bytes).map(|nth| (nth % 251) as u8).collect();
    let (mut read, mut write) = phone.split();
    let expected = sent.clone();
    let mut back = Vec::with_capacity(bytes);
    let (written, heard) = tokio::join!(
        async {
            write.write_all(&sent).await?;
            write.shutdown().await
        },
        read.read_to_end(&mut back)
    );
    written?;
    heard?;
    if back == expected { Ok(begun.elapsed()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Whether the phone's connection is over, by end or reset.
async fn is_over(phone: &mut TcpStream) -> bool {
    let mut byte = [0; 1];
    matches!(tokio::time::timeout(LIMIT, phone.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
}

#[tokio::test]
async fn the_header_says_who_asks_and_bytes_pass_untouched_to_the_last_one() {
    let centre = Centre::start();
    let fixture = Fixture::start(&centre).await;
    let phone = fixture.phone(1, 7).await.unwrap();
    let carried = tokio::spawn(exchange(phone, 300_000));
    let mut stream = centre.relay().await;
    let (header, rest) = header(&mut stream).await;
    assert_eq!((header.version, header.network.as_str()), (1, NETWORK));
    assert_eq!((header.mac, header.address), (mac_of(1, 7).0.to_vec(), vec![127, 0, 1, 7]));
    echo(stream, rest).await;
    carried.await.unwrap().expect("every byte comes back, and then the end");
    assert_eq!(fixture.count("relay_opened"), 1);
}

#[tokio::test]
async fn half_a_connection_stays_open_for_the_answer() {
    let centre = Centre::start();
    let fixture = Fixture::start(&centre).await;
    let mut phone = fixture.phone(1, 1).await.unwrap();
    phone.write_all(b"question").await.unwrap();
    phone.shutdown().await.unwrap();
    let mut stream = centre.relay().await;
    let (_, mut asked) = header(&mut stream).await;
    while stream.read_buf(&mut asked).await.unwrap() > 0 {}
    assert_eq!(&asked[..], b"question", "the end of the question arrives");
    stream.write_all(b"a long answer").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(LIMIT, phone.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, "a long answer");
}

#[tokio::test]
async fn an_address_nobody_owns_is_turned_away_and_the_controller_never_asked() {
    let centre = Centre::start();
    let fixture = Fixture::start(&centre).await;
    let mut stranger = fixture.phone(9, 9).await.unwrap();
    stranger.write_all(b"02:00:00:00:01:01 says hello").await.unwrap();
    assert!(is_over(&mut stranger).await);
    assert_eq!((fixture.count("relay_refused_unknown"), centre.accepted()), (1, 0));
}

#[tokio::test]
async fn the_seventeenth_connection_of_a_phone_is_refused_until_another_ends_and_others_are_served() {
    let centre = Arc::new(Centre::start());
    let fixture = Fixture::start(&centre).await;
    serve_everybody(Arc::clone(&centre));
    let mut held = Vec::new();
    for nth in 0..16 {
        held.push(fixture.phone(1, 1).await.unwrap());
        fixture.counted("relay_opened", nth + 1).await;
    }
    let mut one_more = fixture.phone(1, 1).await.unwrap();
    assert!(is_over(&mut one_more).await);
    assert_eq!(fixture.count("relay_refused_phone_limit"), 1);
    exchange(fixture.phone(1, 2).await.unwrap(), 1000).await.expect("another phone is served");
    exchange(held.pop().unwrap(), 1000).await.expect("a connection that is open is served");
    wait_until("its place is free", || async {
        exchange(fixture.phone(1, 1).await.unwrap(), 1000).await.ok()
    })
    .await;
}

#[tokio::test]
async fn with_the_controller_away_phones_are_turned_away_at_once() {
    let centre = Centre::start();
    let fixture = Fixture::start(&centre).await;
    fixture.relay.set_network("");
    let begun = Instant::now();
    let mut phone = fixture.phone(1, 1).await.unwrap();
    assert!(is_over(&mut phone).await);
    assert!(begun.elapsed() < Duration::from_secs(1), "only after {:?}", begun.elapsed());
    assert_eq!((fixture.count("relay_failed"), centre.accepted()), (1, 0));
}

#[tokio::test]
async fn a_warm_connection_carries_a_phone_without_another_handshake() {
    let centre = Centre::start();
    let fixture = Fixture::start(&centre).await;
    fixture.warmed().await;
    let mut warm = Vec::new();
    for _ in 0..4 {
        warm.push(centre.relay().await);
    }
    let mut phone = fixture.phone(1, 1).await.unwrap();
    phone.write_all(b"!").await.unwrap();
    let waiting = warm.iter_mut().map(|stream| Box::pin(header(stream)));
    let ((held, _), ..) = futures_util::future::select_all(waiting).await;
    assert_eq!(held.mac, mac_of(1, 1).0.to_vec());
}

#[tokio::test]
async fn a_warm_connection_that_died_carries_nobody() {
    let centre = Arc::new(Centre::start());
    let fixture = Fixture::start(&centre).await;
    fixture.warmed().await;
    for _ in 0..4 {
        drop(centre.relay().await);
    }
    serve_everybody(Arc::clone(&centre));
    for y in 1..=8 {
        let phone = fixture.phone(1, y).await.unwrap();
        exchange(phone, 1000).await.expect("a dead connection was used");
    }
}

/// Echoes for everybody; phones of 127.0.2.* are taken in and then nothing of theirs is read.
fn serve_everybody(centre: Arc<Centre>) {
    tokio::spawn(async move {
        loop {
            let mut stream = centre.relay().await;
            tokio::spawn(async move {
                let (header, rest) = header(&mut stream).await;
                if header.mac[4] == 2 {
                    std::future::pending::<()>().await;
                }
                echo(stream, rest).await;
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_phones_one_resets_three_thousand_and_twenty_stall_and_no_other_suffers() {
    const PHONES: u8 = 179;
    const STALLED: u8 = 20;
    const RESETS: usize = 3000;
    let centre = Arc::new(Centre::start());
    let fixture = Arc::new(Fixture::start(&centre).await);
    serve_everybody(Arc::clone(&centre));
    // Twenty phones send until nothing more is taken, and hold on.
    let mut stalled = Vec::new();
    for y in 1..=STALLED {
        let phone = fixture.phone(2, y).await.unwrap();
        stalled.push(tokio::spawn(async move {
            let mut phone = phone;
            let piece = [0; 65_536];
            while phone.write_all(&piece).await.is_ok() {}
        }));
    }
    fixture.counted("relay_opened", u64::from(STALLED)).await;
    // One phone opens and resets as fast as it can.
    let resetting = Arc::clone(&fixture);
    let resets = tokio::spawn(async move {
        for _ in 0..RESETS {
            let mut phone = resetting.phone(1, 254).await.unwrap();
            let _ = phone.write_all(b"x").await;
            phone.set_zero_linger().unwrap();
        }
    });
    // The others each fetch pages meanwhile.
    let mut others = JoinSet::new();
    for y in 1..=PHONES {
        let fixture = Arc::clone(&fixture);
        others.spawn(async move {
            let mut slowest = Duration::ZERO;
            for _ in 0..3 {
                let phone = fixture.phone(1, y).await.unwrap();
                slowest =
                    slowest.max(exchange(phone, 20_000).await.expect("a well-behaved phone was disturbed"));
            }
            slowest
        });
    }
    let mut slowest = Duration::ZERO;
    while let Some(took) = others.join_next().await {
        slowest = slowest.max(took.unwrap());
    }
    resets.await.unwrap();
    // After the storm the relay is as quick as ever, and those that stall still hold nobody up.
    let phone = fixture.phone(1, 100).await.unwrap();
    let after = exchange(phone, 20_000).await.unwrap();
    assert!(after < Duration::from_secs(2), "a page took {after:?} after the storm");
    assert!(slowest < LIMIT, "a page took {slowest:?} during the storm");
    assert!(stalled.iter().any(|phone| !phone.is_finished()), "nobody stalled");
    for phone in stalled {
        phone.abort();
    }
}
