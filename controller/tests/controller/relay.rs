//! The relay: who asks comes from the header, once, and no phone can take another's place.

use std::time::Duration;

use agent_protocol::frame::encode;
use agent_protocol::v1::RelayHeader;
use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::support::{Agent, Controller, Files, LIMIT, Phone};

const REFUSED: &str = "hotspot_refused_connections_total{listener=\"agents\",reason=";

/// Waits until the controller has closed the connection.
async fn closed(mut stream: TlsStream<TcpStream>) -> bool {
    let mut byte = [0; 1];
    matches!(tokio::time::timeout(LIMIT, stream.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
}

fn header(change: impl Fn(&mut RelayHeader)) -> Vec<u8> {
    let mut header = RelayHeader {
        version: 1,
        network: "hoankiem".to_owned(),
        mac: vec![2, 0, 0, 0, 0, 1],
        address: vec![10, 50, 1, 1],
    };
    change(&mut header);
    let mut wire = BytesMut::new();
    encode(&header, &mut wire).unwrap();
    wire.to_vec()
}

#[tokio::test]
async fn headers_that_are_none_close_the_connection_and_are_counted() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let attacks = [
        vec![0xff; 64],
        vec![0, 0, 1, 1],
        vec![0, 0, 0, 2, 0x12, 0x7f],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        header(|header| header.version = 0),
        header(|header| header.network = "elsewhere".to_owned()),
        header(|header| header.mac = vec![1; 5]),
        header(|header| header.address = vec![10; 5]),
    ];
    let count = attacks.len();
    for attack in attacks {
        let mut stream = agent.relay().await;
        stream.write_all(&attack).await.unwrap();
        assert!(closed(stream).await, "{attack:?} was taken for a header");
    }
    controller.counted(&format!("{REFUSED}\"relay_header\"}}"), count as f64).await;
}

#[tokio::test]
async fn a_header_that_comes_byte_by_byte_is_a_header_and_one_that_stops_is_not() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut stream = agent.relay().await;
    let whole = header(|_| {});
    for byte in &whole {
        stream.write_all(&[*byte]).await.unwrap();
        stream.flush().await.unwrap();
    }
    let roots = crate::support::phone::trust(&controller.data().join("portal-self-made.crt"));
    let page = crate::support::phone::tls(stream, &roots).await.unwrap();
    assert_eq!(crate::support::phone::request(page, "GET", "wifi.example", "/healthz", "").await.status, 200);
    let mut half = agent.relay().await;
    half.write_all(&whole[..7]).await.unwrap();
    assert!(closed(half).await, "half a header is waited for without end");
}

#[tokio::test]
async fn a_key_that_is_not_enrolled_relays_nothing() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let stranger = Agent::new(&controller, &files.token("hk-16"));
    assert!(closed(stranger.relay().await).await);
    controller.counted(&format!("{REFUSED}\"unknown_key\"}}"), 1.0).await;
}

#[tokio::test]
async fn a_connection_kept_warm_serves_a_phone_later() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut warm = agent.relay().await;
    // Longer than a header may take once it has begun.
    tokio::time::timeout(Duration::from_millis(5_500), warm.read_u8())
        .await
        .expect_err("a warm connection was closed");
    warm.write_all(&header(|_| {})).await.unwrap();
    let roots = crate::support::phone::trust(&controller.data().join("portal-self-made.crt"));
    let page = crate::support::phone::tls(warm, &roots).await.unwrap();
    assert_eq!(crate::support::phone::request(page, "GET", "wifi.example", "/", "").await.status, 200);
}

#[tokio::test]
async fn one_phone_gets_sixteen_connections_and_the_next_phone_is_served_all_the_same() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let greedy = Phone::new(&controller, &agent, 1);
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(greedy.connect().await);
    }
    assert!(closed(agent.relay_for(greedy.mac()).await).await, "a seventeenth connection was served");
    controller.counted(&format!("{REFUSED}\"relay_full\"}}"), 1.0).await;
    assert_eq!(Phone::new(&controller, &agent, 2).get("/").await.status, 200);
    drop(held);
    controller.counted("hotspot_relayed_connections", 0.0).await;
    let again = crate::support::wait_until("room for that phone again", LIMIT, || async {
        (controller.metric("hotspot_relayed_connections").await == 0.0).then_some(())
    });
    again.await;
    assert_eq!(greedy.get("/").await.status, 200);
}

#[tokio::test]
async fn phones_that_stall_or_reset_do_not_disturb_the_others() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut stalled = Vec::new();
    for last in 0..20 {
        stalled.push(Phone::new(&controller, &agent, last).connect().await);
    }
    for _ in 0..300 {
        drop(agent.relay_for([2, 0x11, 0x22, 0x33, 0x44, 99]).await);
    }
    let mut served = Vec::new();
    for last in 50..250 {
        let phone = Phone::new(&controller, &agent, last);
        served.push(tokio::spawn(async move { phone.get("/").await.status }));
    }
    for answer in served {
        assert_eq!(answer.await.unwrap(), 200);
    }
}
