//! Phones share no fate: what one does with its connections to the portal, the others do not notice.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use hotspot_tests::lab::addresses::{PORTAL4, WEB4};
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::http::{Client, Request, Stream, Url};
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor;
use socket2::{Domain, Socket, Type};

const PHONES: usize = 20;
const CONNECTIONS_EACH: usize = 10;
const STALLED_PHONES: usize = 2;
const RESETS: usize = 3_000;
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Opens a connection to the portal and leaves it in the middle of a request.
fn stall(client: &Client) -> Result<Box<dyn Stream>> {
    let mut stream = client.connect(&Url::parse(&portal_url())?)?;
    stream.write_all(b"GET /guide HTTP/1.1\r\nHost: wifi.hoank").context("cannot begin a request")?;
    stream.flush()?;
    Ok(stream)
}

/// Opens connections to the portal and resets each at once.
fn reset_many(client: &Client) -> Result<usize> {
    let url = Url::parse(&format!("https://{PORTAL4}/"))?;
    let mut reset = 0;
    for _ in 0..RESETS {
        let stream: TcpStream = client.connect_tcp(&url)?;
        // A linger of nothing turns close into a reset.
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
        reset += 1;
    }
    Ok(reset)
}

#[test]
fn two_hundred_connections_live_beside_resets_and_stalls() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("relay") })?;
    let phones = (0..PHONES).map(|_| lab.joined_phone(0)).collect::<Result<Vec<Phone>>>()?;
    let vandal = lab.joined_phone(0)?.client("en")?;
    let clients = phones.iter().map(|phone| phone.client("en")).collect::<Result<Vec<Client>>>()?;
    let (stalled, others) = clients.split_at(STALLED_PHONES);

    let mut held = Vec::new();
    for client in stalled {
        for _ in 0..CONNECTIONS_EACH {
            held.push(stall(client)?);
        }
    }
    let url = Url::parse(&portal_url())?;
    let mut open = Vec::new();
    for client in others {
        for _ in 0..CONNECTIONS_EACH {
            open.push((client, client.connect(&url)?));
        }
    }
    assert_eq!(held.len() + open.len(), PHONES * CONNECTIONS_EACH);

    let times = Mutex::new(Vec::new());
    let begin = Instant::now();
    let request = Request::get("https://wifi.hoankiem.lab/");
    thread::scope(|scope| -> Result<()> {
        let resetting = scope.spawn(|| reset_many(&vandal));
        let share = open.len().div_ceil(8);
        let mut asking = Vec::new();
        while !open.is_empty() {
            let part: Vec<_> = open.drain(..share.min(open.len())).collect();
            asking.push(scope.spawn(|| -> Result<()> {
                for (client, stream) in part {
                    let asked = Instant::now();
                    let mut exchange = client.begin_on(stream, &request)?;
                    exchange.drain()?;
                    ensure!(exchange.status == 200, "the splash was answered with {}", exchange.status);
                    times.lock().map_err(|_| anyhow!("a thread panicked"))?.push(asked.elapsed());
                }
                Ok(())
            }));
        }
        for thread in asking {
            thread.join().map_err(|_| anyhow!("a thread panicked"))??;
        }
        let reset = resetting.join().map_err(|_| anyhow!("the resetting phone panicked"))??;
        assert_eq!(reset, RESETS);
        Ok(())
    })?;
    let mut times = times.into_inner()?;
    times.sort();
    println!(
        "{} answers beside {RESETS} resets in {:?}, longest {:?}",
        times.len(),
        begin.elapsed(),
        times.last()
    );
    assert_eq!(times.len(), (PHONES - STALLED_PHONES) * CONNECTIONS_EACH);
    ensure!(
        times.last().is_some_and(|longest| *longest <= ANSWER_LIMIT),
        "an answer took {:?}",
        times.last()
    );
    // And a visit goes through as ever, also on a phone that has stalled connections open.
    for client in [&others[0], &stalled[0]] {
        visitor::get_online(client)?;
    }
    drop(held);
    Ok(())
}

#[test]
fn a_phone_that_opens_hundreds_of_connections_harms_nobody_else() -> Result<()> {
    const WANTED: usize = 400;
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("relay-greedy") })?;
    let greedy = lab.joined_phone(0)?;
    let other = lab.joined_phone(0)?.client("en")?;
    let begin = Instant::now();
    visitor::get_online(&other)?;
    visitor::log_out(&other)?;
    let alone = begin.elapsed();

    let sockets = [PORTAL4, WEB4].map(|host| {
        let port = if host == PORTAL4 { 443 } else { 80 };
        let to = SocketAddr::new(host.into(), port);
        greedy.netns().run(|| (0..WANTED).filter_map(|_| open_nonblocking(to).ok()).collect::<Vec<Socket>>())
    });
    let begin = Instant::now();
    visitor::get_online(&other)?;
    visitor::log_out(&other)?;
    println!("a visit took {alone:?} alone and {:?} beside {} connections", begin.elapsed(), 2 * WANTED);
    ensure!(begin.elapsed() < ANSWER_LIMIT, "the other phone's visit took {:?}", begin.elapsed());
    drop(sockets);
    Ok(())
}

/// Begins to connect and does not wait: what the access point refuses stays half open.
fn open_nonblocking(to: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&to.into()) {
        Err(why) if why.raw_os_error() != Some(libc::EINPROGRESS) => Err(why),
        Ok(()) | Err(_) => Ok(socket),
    }
}
