//! The web servers of the fake internet: probe pages, small sites, downloads of any size and pace, uploads.

use std::convert::Infallible;
use std::net::TcpListener as StdListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::{Interval, interval};
use tokio_rustls::TlsAcceptor;

const CHUNK: usize = 16 * 1024;
static ZEROES: [u8; CHUNK] = [0; CHUNK];
const DRIP_TICK: Duration = Duration::from_millis(10);

/// What the servers have counted.
#[derive(Default)]
pub struct Traffic {
    /// Requests answered.
    pub requests: AtomicU64,
    /// Bytes of request bodies read.
    pub uploaded: AtomicU64,
}

/// Serves plain HTTP on `listener` until the runtime ends.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve_http(listener: StdListener, traffic: Arc<Traffic>) -> Result<()> {
    let listener = adopt(listener)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, traffic.clone()));
        }
    });
    Ok(())
}

/// Serves HTTPS on `listener` until the runtime ends.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve_https(listener: StdListener, config: Arc<ServerConfig>, traffic: Arc<Traffic>) -> Result<()> {
    let listener = adopt(listener)?;
    let acceptor = TlsAcceptor::from(config);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, traffic) = (acceptor.clone(), traffic.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, traffic).await;
                }
            });
        }
    });
    Ok(())
}

/// Sends every datagram back to where it came from, until the runtime ends.
///
/// # Errors
/// When the socket cannot be used.
pub fn serve_echo(socket: std::net::UdpSocket) -> Result<()> {
    socket.set_nonblocking(true).context("cannot use the echo socket")?;
    let socket = UdpSocket::from_std(socket).context("cannot use the echo socket")?;
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        loop {
            if let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let _ = socket.send_to(buffer.get(..length).unwrap_or_default(), from).await;
            }
        }
    });
    Ok(())
}

fn adopt(listener: StdListener) -> Result<TcpListener> {
    listener.set_nonblocking(true).context("cannot use the listener")?;
    TcpListener::from_std(listener).context("cannot use the listener")
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, traffic: Arc<Traffic>) {
    let answers = service_fn(move |request| {
        let traffic = traffic.clone();
        async move { Ok::<_, Infallible>(answer(request, &traffic).await) }
    });
    // A phone that goes away in the middle is what the tests are about: nothing to report.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answers).await;
}

type Answer = Response<Either<Full<Bytes>, Zeroes>>;

async fn answer(request: Request<Incoming>, traffic: &Traffic) -> Answer {
    traffic.requests.fetch_add(1, Ordering::Relaxed);
    let host =
        request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let path = request.uri().path().to_owned();
    let number = |name| query_number(request.uri().query().unwrap_or_default(), name);
    match (request.method(), path.as_str()) {
        (&Method::POST, "/upload") => {
            let bytes = drain(request.into_body(), traffic).await;
            text(StatusCode::OK, "text/plain", format!("{bytes}\n"))
        }
        (&Method::GET, "/download") => {
            Response::new(Either::Right(Zeroes::new(number("bytes"), number("rate"))))
        }
        (&Method::GET, "/generate_204") => text(StatusCode::NO_CONTENT, "text/plain", String::new()),
        (&Method::GET, "/hotspot-detect.html") => text(
            StatusCode::OK,
            "text/html",
            "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>".into(),
        ),
        (&Method::GET, "/connecttest.txt") => {
            text(StatusCode::OK, "text/plain", "Microsoft Connect Test".into())
        }
        (&Method::GET, "/success.txt") => text(StatusCode::OK, "text/plain", "success\n".into()),
        (&Method::GET, "/check_network_status.txt") => {
            text(StatusCode::OK, "text/plain", "NetworkManager is online\n".into())
        }
        (&Method::GET, _) => text(
            StatusCode::OK,
            "text/html; charset=utf-8",
            format!(
                "<!doctype html><html lang=\"en\"><title>{host}</title><h1>Fake internet</h1><p>This is {host}{path}\n"
            ),
        ),
        _ => text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", String::new()),
    }
}

fn text(status: StatusCode, media: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *answer.status_mut() = status;
    answer.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static(media));
    answer
}

async fn drain(mut body: Incoming, traffic: &Traffic) -> u64 {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, |data| u64::try_from(data.len()).unwrap_or(0));
        traffic.uploaded.fetch_add(length, Ordering::Relaxed);
        bytes += length;
    }
    bytes
}

fn query_number(query: &str, name: &str) -> Option<u64> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// A body of zeroes: so many bytes (absent: without end), at a pace in bytes per second (absent: as fast as it goes).
struct Zeroes {
    left: Option<u64>,
    pace: Option<(Interval, usize)>,
}

impl Zeroes {
    fn new(bytes: Option<u64>, rate: Option<u64>) -> Self {
        let per_tick = |rate: u64| usize::try_from(rate / 100).unwrap_or(CHUNK).clamp(1, CHUNK);
        Self { left: bytes, pace: rate.map(|rate| (interval(DRIP_TICK), per_tick(rate))) }
    }
}

impl Body for Zeroes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        let mut size = CHUNK;
        if let Some((tick, per_tick)) = &mut self.pace {
            ready!(tick.poll_tick(context));
            size = *per_tick;
        }
        if let Some(left) = &mut self.left {
            size = usize::try_from(*left).unwrap_or(CHUNK).min(size);
            *left -= u64::try_from(size).unwrap_or(0);
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&ZEROES).slice(..size)))))
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// Opens a TCP connection to be used by the runtime from a socket made inside a namespace.
///
/// # Errors
/// When the socket cannot be used.
pub fn adopt_stream(stream: std::net::TcpStream) -> Result<TcpStream> {
    stream.set_nonblocking(true).context("cannot use the connection")?;
    TcpStream::from_std(stream).context("cannot use the connection")
}
