//! What only a real connection shows: that the answer arrives.

use std::io::Result;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Still, state};

const LIMIT: Duration = Duration::from_secs(10);

async fn served() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Still::new(state("new")).router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Sends a head and a body, all of it before it reads, as browsers do; returns what came before the connection's end.
async fn sent(address: SocketAddr, head: &str, body: &[u8]) -> Result<String> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let head =
            format!("POST /connect HTTP/1.1\r\nhost: wifi.example\r\nconnection: close\r\n{head}\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        // At the pace of a radio: the connection's end comes between two pieces when it comes too early.
        let mut pace = tokio::time::interval(Duration::from_millis(1));
        for piece in body.chunks(body.len().div_ceil(20).max(1)) {
            pace.tick().await;
            stream.write_all(piece).await?;
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    };
    tokio::time::timeout(LIMIT, exchange).await.expect("no answer came")
}

fn is_the_page(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("<h1>"), "{answer}");
    assert!(answer.trim_end().ends_with("</html>"), "{answer}");
}

#[tokio::test]
async fn the_page_for_too_large_a_body_arrives_whole_every_time() {
    let address = served().await;
    for bytes in [20_000, 900_000] {
        for _ in 0..20 {
            let answer = sent(address, &format!("content-length: {bytes}"), &vec![b'a'; bytes]).await;
            is_the_page(&answer.unwrap());
        }
    }
}

#[tokio::test]
async fn a_body_without_a_length_that_grows_too_large_gets_the_page_too() {
    let address = served().await;
    let mut body = Vec::new();
    for _ in 0..200 {
        body.extend_from_slice(b"1000\r\n");
        body.extend_from_slice(&[b'a'; 0x1000]);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    is_the_page(&sent(address, "transfer-encoding: chunked", &body).await.unwrap());
}

#[tokio::test]
async fn who_announces_too_large_a_body_and_sends_none_of_it_gets_the_page_all_the_same() {
    let address = served().await;
    is_the_page(&sent(address, "content-length: 20000", b"").await.unwrap());
    is_the_page(&sent(address, "content-length: 20000\r\nexpect: 100-continue", b"").await.unwrap());
}

#[tokio::test]
async fn a_body_without_end_is_not_read_for_ever() {
    let address = served().await;
    // What arrives of the answer is nobody's promise here; that the connection ends is.
    let _ = sent(address, "content-length: 900000000", &vec![b'a'; 8 * 1024 * 1024]).await;
}
