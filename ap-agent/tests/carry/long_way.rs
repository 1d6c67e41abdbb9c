//! A controller far away: what follows a handshake comes late, and a warm connection is a good one all the same.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::LIMIT;
use crate::centre::{Centre, header};

/// One way from the controller to the access point.
const WAY: Duration = Duration::from_millis(120);

/// A line to `to` on which every byte from there takes [`WAY`].
async fn line(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let far = TcpStream::connect(to).await.unwrap();
                let ((mut near_read, mut near_write), (mut far_read, mut far_write)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(async move { tokio::io::copy(&mut near_read, &mut far_write).await });
                let (pieces_in, mut pieces) = tokio::sync::mpsc::channel::<(Instant, Vec<u8>)>(64);
                tokio::spawn(async move {
                    let mut piece = vec![0; 16_384];
                    while let Ok(read @ 1..) = far_read.read(&mut piece).await {
                        let _ = pieces_in.send((Instant::now() + WAY, piece[..read].to_vec())).await;
                    }
                });
                while let Some((due, piece)) = pieces.recv().await {
                    tokio::time::sleep_until(due).await;
                    if near_write.write_all(&piece).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn tickets_that_come_late_do_not_make_warm_connections_look_dead() {
    const PAGES: usize = 12;
    let centre = Arc::new(Centre::start().await);
    let relay = centre.relay(line(centre.address).await);
    let stop = CancellationToken::new();
    let (warming, ended) = (Arc::clone(&relay), stop.clone());
    tokio::spawn(async move { warming.warm().run(|| true, ended).await });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Arc::clone(&relay).serve(listener, stop.clone()));

    let served = Arc::new(AtomicUsize::new(0));
    let (serving, count) = (Arc::clone(&centre), Arc::clone(&served));
    tokio::spawn(async move {
        loop {
            let mut stream = serving.next().await;
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                if header(&mut stream).await.is_none() {
                    return;
                }
                let mut question = [0; 4];
                stream.read_exact(&mut question).await.unwrap();
                stream.write_all(&question).await.unwrap();
                stream.shutdown().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    for _ in 0..PAGES {
        let mut phone = TcpStream::connect(address).await.unwrap();
        phone.write_all(b"page").await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(LIMIT, phone.read_to_end(&mut answer)).await.unwrap().unwrap();
        assert_eq!(answer, b"page");
    }
    assert_eq!(served.load(Ordering::SeqCst), PAGES);
    // Each page uses one connection up, and four wait; nothing else was opened in all that time.
    let accepted = centre.accepted();
    assert!(accepted <= PAGES + 4 + 1, "{accepted} connections were made for {PAGES} pages");
    stop.cancel();
}
