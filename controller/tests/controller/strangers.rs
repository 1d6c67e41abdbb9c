//! Strangers who speak no HTTP: answered or closed, counted, and nobody else's trouble.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::phone::{tls, trust};
use crate::support::{Agent, Controller, Files, LIMIT, Phone};

/// Bytes that are no HTTP, and a head without end.
fn attacks() -> [Vec<u8>; 3] {
    let huge = format!("GET / HTTP/1.1\r\nhost: wifi.example\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    [vec![0xff; 100], b"GET / HTTP/1.1\r\nno colon here\r\n\r\n".to_vec(), huge.into_bytes()]
}

/// Sends bytes and waits until the connection is closed, with a refusal or without a word.
async fn refused<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, attack: &[u8]) {
    let _ = stream.write_all(attack).await;
    let _ = stream.flush().await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("it was kept open");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
}

async fn counted(controller: &Controller, listener: &str, times: usize) {
    let name =
        format!("hotspot_refused_connections_total{{listener=\"{listener}\",reason=\"malformed_http\"}}");
    controller.counted(&name, times as f64).await;
    assert_eq!(controller.metric(&name).await, times as f64);
}

#[tokio::test]
async fn what_is_no_http_on_the_public_portal_is_refused_and_counted() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let roots = trust(&controller.data().join("portal-self-made.crt"));
    let connect = async || {
        let stream = TcpStream::connect(controller.address("portal")).await.unwrap();
        tls(stream, &roots).await.unwrap()
    };
    for attack in attacks() {
        refused(connect().await, &attack).await;
    }
    counted(&controller, "portal", attacks().len()).await;
    // Who leaves without a word, or in the middle of one, has broken no rule.
    drop(connect().await);
    let answer = crate::support::phone::request(connect().await, "GET", "wifi.example", "/", "").await;
    assert_eq!(answer.status, 200);
    counted(&controller, "portal", attacks().len()).await;
}

#[tokio::test]
async fn what_is_no_http_from_a_phone_is_refused_and_counted() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    for attack in attacks() {
        refused(phone.connect().await, &attack).await;
    }
    counted(&controller, "portal", attacks().len()).await;
    assert_eq!(phone.get("/").await.status, 200);
}

#[tokio::test]
async fn what_is_no_http_on_the_operators_listeners_is_refused_and_counted() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    for listener in ["admin", "metrics"] {
        for attack in attacks() {
            refused(TcpStream::connect(controller.address(listener)).await.unwrap(), &attack).await;
        }
        counted(&controller, listener, attacks().len()).await;
    }
}
