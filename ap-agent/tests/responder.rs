//! The responder by raw sockets: probes as devices send them, and everything that is no request.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ap_agent::responder::{Counts, Responder, Situation};
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

const PROBE: &[u8] =
    b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\nConnection: close\r\n\r\n";
const LIMIT: Duration = Duration::from_secs(15);

struct Site {
    responder: Arc<Responder>,
    address: SocketAddr,
    stop: CancellationToken,
    _runtime: Runtime,
}

impl Site {
    fn start(situation: Situation) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let responder = Arc::new(Responder::new(situation));
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("bound");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        runtime.spawn(Arc::clone(&responder).serve(listener, stop.clone()));
        Self { responder, address, stop, _runtime: runtime }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("connected");
        stream.set_read_timeout(Some(LIMIT)).expect("set");
        stream
    }

    /// A connection from one of loopback's other addresses.
    fn connect_from(&self, last: u8) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let source = SocketAddr::from(([127, 0, 9, last], 0));
        socket.bind(&source.into()).expect("bound");
        socket.connect(&self.address.into()).expect("connected");
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(LIMIT)).expect("set");
        stream
    }

    fn ask(&self, request: &[u8]) -> Reply {
        let mut stream = self.connect();
        stream.write_all(request).expect("sent");
        Reply::read(stream)
    }
}

struct Reply {
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        match stream.read_to_end(&mut bytes) {
            Ok(_) => {}
            // What was sent after the answer may be met by a reset.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error}"),
        }
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
        let body = bytes.split_off(end);
        Self { head: String::from_utf8(bytes).expect("ASCII"), body }
    }

    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn length(&self) -> usize {
        self.field("content-length").expect("a length").parse().expect("a number")
    }
}

fn reachable() -> Situation {
    Situation {
        portal_url: Some("https://wifi.example".to_owned()),
        away: false,
        ap_name: "Tháp Bút".to_owned(),
    }
}

fn away() -> Situation {
    Situation { away: true, ..reachable() }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        thread::yield_now();
    }
}

#[test]
fn every_name_and_path_is_sent_to_the_portal() {
    let site = Site::start(reachable());
    for request in [
        PROBE,
        b"GET /hotspot-detect.html HTTP/1.0\r\n\r\n",
        b"GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\n\r\n",
        b"GET http://www.msftconnecttest.com/connecttest.txt HTTP/1.1\r\nHost: www.msftconnecttest.com\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\nhost:a\r\nX-Empty:\r\n\r\n",
        b"GET /?still HTTP/1.1\nHost: a\n\n",
        b"GET /\xe1\xbb\x93 HTTP/1.1\r\nHost: a\r\nCookie: a=\xff\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    ] {
        let reply = site.ask(request);
        assert!(reply.head.starts_with("HTTP/1.1 302 Found\r\n"), "{}", reply.head);
        assert_eq!(reply.field("location"), Some("https://wifi.example/"));
        assert_eq!(reply.field("cache-control"), Some("no-store"));
        assert_eq!(reply.field("connection"), Some("close"));
        assert_eq!(reply.field("set-cookie"), None);
        assert_eq!(reply.length(), reply.body.len());
        assert!((100..=600).contains(&reply.body.len()), "{}", reply.body.len());
        assert!(String::from_utf8_lossy(&reply.body).contains("href=\"https://wifi.example/\""));
    }
    assert_eq!(site.responder.counts(), Counts { answered: 8, redirected: 8, refused: 0, dropped: 0 });
}

#[test]
fn nothing_of_the_request_comes_back() {
    for situation in [reachable(), away()] {
        let site = Site::start(situation);
        let plain = site.ask(PROBE);
        let request = b"GET /xss<script>%0d%0aLocation:%20http://evil.example/?q=evil HTTP/1.1\r\n\
                        Host: evil.example\r\nX-Evil: evil\r\n\r\n";
        let reply = site.ask(request);
        assert_eq!((reply.head, reply.body), (plain.head, plain.body));
    }
}

#[test]
fn head_has_the_length_and_no_body() {
    for (situation, status) in [(reachable(), 302), (away(), 200)] {
        let site = Site::start(situation);
        let whole = site.ask(PROBE);
        let reply = site.ask(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!((reply.status(), reply.body.len()), (status, 0));
        assert_eq!(reply.head, whole.head);
        assert_eq!(reply.length(), whole.body.len());
    }
}

#[test]
fn other_methods_are_told_to_log_in() {
    let site = Site::start(reachable());
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", "PROPFIND", "X-NEW"] {
        let reply =
            site.ask(format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").as_bytes());
        assert_eq!(reply.status(), 511, "{method}");
        assert_eq!(reply.field("location"), None);
        assert_eq!(reply.field("cache-control"), Some("no-store"));
        assert_eq!(reply.length(), reply.body.len());
        assert!(String::from_utf8_lossy(&reply.body).contains("https://wifi.example/"));
    }
}

#[test]
fn what_is_no_request_is_refused() {
    let site = Site::start(reachable());
    let refused: [&[u8]; 27] = [
        b"GET /\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        b" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"G\0T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nN\xc3\xa4me: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / http/1.1\r\nHost: a\r\n\r\n",
    ];
    for request in refused {
        let reply = site.ask(request);
        assert_eq!(reply.status(), 400, "{}", String::from_utf8_lossy(request));
        assert_eq!(reply.length(), reply.body.len());
        assert_eq!(reply.field("location"), None);
    }
    assert_eq!(site.responder.counts(), Counts { refused: 27, ..Counts::default() });
}

#[test]
fn a_second_request_on_the_connection_gets_no_answer() {
    let site = Site::start(reachable());
    let reply = site.ask(&[PROBE, PROBE].concat());
    assert_eq!(reply.status(), 302);
    assert_eq!(reply.body.len(), reply.length());
}

#[test]
fn a_head_beyond_the_cap_is_refused_and_the_answer_arrives() {
    let site = Site::start(reachable());
    for size in [8 << 10, 64 << 10] {
        let mut request = b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec();
        request.resize(request.len() + size, b'x');
        request.extend_from_slice(b"\r\n\r\n");
        assert_eq!(site.ask(&request).status(), 431);
    }
    let mut fits = b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec();
    fits.resize(8_000, b'x');
    fits.extend_from_slice(b"\r\n\r\n");
    assert_eq!(site.ask(&fits).status(), 302);
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "A:b\r\n".repeat(200));
    assert_eq!(site.ask(many.as_bytes()).status(), 400);
}

#[test]
fn a_request_in_single_bytes_is_answered() {
    let site = Site::start(reachable());
    let mut stream = site.connect();
    stream.set_nodelay(true).expect("set");
    for byte in PROBE {
        stream.write_all(&[*byte]).expect("sent");
    }
    assert_eq!(Reply::read(stream).status(), 302);
}

#[test]
fn a_trickle_ends_after_five_seconds_and_holds_nobody() {
    let site = Site::start(reachable());
    let mut slow = site.connect();
    let start = Instant::now();
    slow.set_read_timeout(Some(Duration::from_millis(100))).expect("set");
    slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").expect("sent");
    let mut bytes = [0; 16];
    let ended = loop {
        assert!(start.elapsed() < LIMIT, "it goes on for ever");
        match slow.read(&mut bytes) {
            Ok(0) => break start.elapsed(),
            Ok(read) => panic!("{read} bytes of an answer"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break start.elapsed(),
        }
        if slow.write_all(b"X: y\r\n").is_err() {
            break start.elapsed();
        }
        let other = Instant::now();
        assert_eq!(site.ask(PROBE).status(), 302);
        assert!(other.elapsed() < Duration::from_secs(1), "{:?}", other.elapsed());
    };
    assert!(ended > Duration::from_secs(4) && ended < Duration::from_secs(7), "{ended:?}");
}

#[test]
fn one_address_holds_at_most_sixty_four_connections() {
    let site = Site::start(reachable());
    let stalled: Vec<TcpStream> = (0..64).map(|_| site.connect_from(1)).collect();
    let mut one_more = site.connect_from(1);
    let closed = match one_more.read(&mut [0; 1]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    };
    assert!(closed);
    assert_eq!(site.ask(PROBE).status(), 302, "another address has its own share");
    drop(stalled);
    until("the places are free again", || {
        let mut stream = site.connect_from(1);
        stream.write_all(PROBE).is_ok() && stream.read(&mut [0; 12]).is_ok_and(|read| read == 12)
    });
}

#[test]
fn a_crowd_of_stalled_connections_keeps_no_phone_out() {
    let site = Site::start(reachable());
    let stalled: Vec<TcpStream> =
        (0..640).map(|n| site.connect_from(u8::try_from(n / 60 + 10).expect("small"))).collect();
    let start = Instant::now();
    assert_eq!(site.ask(PROBE).status(), 302);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(site.responder.counts().dropped > 100, "the oldest ended");
    drop(stalled);
}

#[test]
fn five_hundred_at_once_are_all_answered() {
    let site = Site::start(reachable());
    let mut streams: Vec<TcpStream> =
        (0..500).map(|n| site.connect_from(u8::try_from(n / 50 + 100).expect("small"))).collect();
    let start = Instant::now();
    for stream in &mut streams {
        stream.write_all(PROBE).expect("sent");
    }
    for stream in streams {
        stream.shutdown(Shutdown::Write).expect("shut");
        assert_eq!(Reply::read(stream).status(), 302);
    }
    println!("500 answered in {:?}", start.elapsed());
    assert_eq!(site.responder.counts(), Counts { answered: 500, redirected: 500, refused: 0, dropped: 0 });
}

#[test]
fn with_the_centre_away_a_page_of_its_own_says_so() {
    let site = Site::start(away());
    let reply = site.ask(PROBE);
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.field("refresh"), Some("20"));
    assert_eq!(reply.field("cache-control"), Some("no-store"));
    assert_eq!(reply.length(), reply.body.len());
    assert!(reply.body.len() < 14_336, "{}", reply.body.len());
    let page = String::from_utf8(reply.body).expect("UTF-8");
    for expected in ["Tạm dừng mở kết nối mới", "New connections are paused", "Tháp Bút", "href=\"/?still\""]
    {
        assert!(page.contains(expected), "{expected}");
    }
    for unwanted in ["@WAITING@", "@NAME@", "@SECS@", "<script"] {
        assert!(!page.contains(unwanted), "{unwanted}");
    }
    assert!(!page.contains("http://") && !page.contains("https://"), "it loads nothing from elsewhere");
    let still = site.ask(b"GET /generate_204?still HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((still.status(), still.field("refresh")), (200, None));
    assert!(String::from_utf8(still.body).expect("UTF-8").contains("Try now"));
    assert_eq!(site.ask(b"POST / HTTP/1.1\r\nHost: a\r\n\r\n").status(), 511);
}

#[test]
fn a_change_holds_from_the_next_request_on() {
    let unconfigured = Situation { portal_url: None, away: false, ap_name: String::new() };
    let site = Site::start(unconfigured.clone());
    assert_eq!(site.ask(PROBE).status(), 200, "without a portal the centre counts as away");
    assert_eq!(site.ask(b"POST / HTTP/1.1\r\nHost: a\r\n\r\n").status(), 511);
    site.responder.set(reachable());
    assert_eq!(site.ask(PROBE).status(), 302);
    site.responder.set(away());
    assert_eq!(site.ask(PROBE).status(), 200);
    for url in ["http://wifi.example", "https://", "https://a\r\nX: y", "https://a\"><script>"] {
        site.responder.set(Situation { portal_url: Some(url.to_owned()), ..reachable() });
        assert_eq!(site.ask(PROBE).status(), 200, "{url}");
    }
    site.responder.set(Situation { ap_name: "<b>&@WAITING@".to_owned(), ..away() });
    let page = String::from_utf8(site.ask(PROBE).body).expect("UTF-8");
    assert!(page.contains("&lt;b&gt;&amp;@WAITING@"));
}

#[test]
fn a_stop_closes_the_listener() {
    let site = Site::start(reachable());
    assert_eq!(site.ask(PROBE).status(), 302);
    site.stop.cancel();
    until("nobody listens", || {
        TcpStream::connect_timeout(
            &SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), site.address.port()),
            LIMIT,
        )
        .is_err()
    });
}
