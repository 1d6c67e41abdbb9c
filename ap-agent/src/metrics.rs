//! The page for a monitor on the access point itself, in Prometheus' text format. The controller serves the same
//! figures of every access point, from what each one tells it.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agent_protocol::v1::Machine;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::machine;
use crate::status::{Answer, Asked, Question, Status};

/// A monitor or two, no crowd.
const MOST_CONNECTIONS: usize = 8;
/// From the first byte to the last of a connection.
const WHOLE_TIME: Duration = Duration::from_secs(5);
/// Most bytes of a request's head.
const LONGEST_HEAD: u64 = 4096;
/// Rest after the system refused a connection for want of descriptors.
const REST: Duration = Duration::from_millis(200);

/// Serves `/metrics` at `address` until `stop`. An address that is taken costs this page and nothing else.
pub async fn serve(address: SocketAddr, core: mpsc::Sender<Asked>, stop: CancellationToken) {
    match TcpListener::bind(address).await {
        Ok(listener) => serve_on(listener, core, stop).await,
        Err(error) => tracing::warn!(
            %address,
            %error,
            "no metrics for local use: choose another metrics.listen in the agent's configuration"
        ),
    }
}

async fn serve_on(listener: TcpListener, core: mpsc::Sender<Asked>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        // One more than there are places is closed at once.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let core = core.clone();
        tokio::spawn(async move {
            if let Ok(Err(error)) = tokio::time::timeout(WHOLE_TIME, answer(stream, core)).await {
                tracing::debug!(%error, "a question for metrics broke off");
            }
            drop(place);
        });
    }
}

async fn answer(mut stream: TcpStream, core: mpsc::Sender<Asked>) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut read = read.take(LONGEST_HEAD);
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if read.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let asked = String::from_utf8_lossy(&head);
    let (status, body) = match asked.split(' ').take(2).collect::<Vec<_>>().as_slice() {
        ["GET", "/metrics"] => match status_of(core).await {
            Some(status) => ("200 OK", text(&status, &machine::look())),
            None => ("503 Service Unavailable", "the agent is stopping\n".to_owned()),
        },
        _ => ("404 Not Found", "only GET /metrics is here\n".to_owned()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    write.write_all(head.as_bytes()).await?;
    write.write_all(body.as_bytes()).await?;
    write.shutdown().await
}

async fn status_of(core: mpsc::Sender<Asked>) -> Option<Status> {
    let (reply, replied) = oneshot::channel();
    core.send((Question::Status, reply)).await.ok()?;
    match replied.await.ok()? {
        Answer::Status(status) => Some(*status),
        Answer::Why(_) | Answer::Refused(_) => None,
    }
}

/// The figures as text, under the names the controller uses.
fn text(status: &Status, machine: &Machine) -> String {
    let mut out = String::new();
    // An id is lower-case letters, digits and dashes; before the first welcome it is empty.
    let ap = &status.ap_id;
    let mut one = |name: &str, kind: &str, help: &str, values: &[(&str, f64)]| {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "# HELP hotspot_ap_{name} {help}\n# TYPE hotspot_ap_{name} {kind}");
        for (label, value) in values {
            let _ = writeln!(out, "hotspot_ap_{name}{{ap=\"{ap}\"{label}}} {value}");
        }
    };
    let count = |value: usize| value as f64;
    one(
        "connected",
        "gauge",
        "Whether the link to the controller stands.",
        &[("", f64::from(u8::from(status.connected)))],
    );
    one("stations", "gauge", "Stations present.", &[("", count(status.stations))]);
    one("sessions", "gauge", "Sessions open.", &[("", count(status.sessions))]);
    one("grants", "gauge", "Grants in the gate.", &[("", count(status.grants))]);
    one(
        "journal_pending_records",
        "gauge",
        "Records of the journal that are not durable yet.",
        &[("", status.journal_pending as f64)],
    );
    one("problems", "gauge", "Problems the agent reports.", &[("", count(status.problems.len()))]);
    one(
        "bytes_total",
        "counter",
        "Bytes of sessions since the agent's start.",
        &[(",direction=\"up\"", status.bytes_up as f64), (",direction=\"down\"", status.bytes_down as f64)],
    );
    one("uptime_seconds", "gauge", "Since the machine started.", &[("", machine.uptime_secs as f64)]);
    one("load", "gauge", "Load average of the last minute.", &[("", f64::from(machine.load_milli) / 1000.0)]);
    one("memory_bytes", "gauge", "Memory of the machine.", &[("", machine.memory_bytes as f64)]);
    one(
        "memory_available_bytes",
        "gauge",
        "Memory that programs can still get.",
        &[("", machine.memory_available_bytes as f64)],
    );
    let events: Vec<(String, f64)> =
        status.counters.iter().map(|(name, n)| (format!(",event=\"{name}\""), *n as f64)).collect();
    let events: Vec<(&str, f64)> = events.iter().map(|(label, n)| (label.as_str(), *n)).collect();
    one("events_total", "counter", "Events counted since the agent's start.", &events);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Status {
        Status {
            ap_id: "hk-16".to_owned(),
            connected: true,
            stations: 31,
            sessions: 12,
            bytes_up: 5,
            bytes_down: 7_000_000_000,
            counters: [("mac_conflict".to_owned(), 3)].into(),
            ..Status::default()
        }
    }

    /// A page served to one request.
    async fn asked(request: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (core, mut questions) = mpsc::channel::<Asked>(1);
        let stop = CancellationToken::new();
        tokio::spawn(serve_on(listener, core, stop.clone()));
        tokio::spawn(async move {
            while let Some((_, reply)) = questions.recv().await {
                let _ = reply.send(Answer::Status(Box::new(status())));
            }
        });
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A request that is cut off has no answer but a reset.
        let _ = stream.read_to_end(&mut answer).await;
        stop.cancel();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn a_monitor_on_the_access_point_reads_the_figures() {
        let page = asked("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await;
        for line in [
            "HTTP/1.1 200 OK",
            "hotspot_ap_connected{ap=\"hk-16\"} 1",
            "hotspot_ap_stations{ap=\"hk-16\"} 31",
            "hotspot_ap_bytes_total{ap=\"hk-16\",direction=\"down\"} 7000000000",
            "hotspot_ap_events_total{ap=\"hk-16\",event=\"mac_conflict\"} 3",
        ] {
            assert!(page.lines().any(|found| found == line), "no {line} in {page}");
        }
    }

    #[tokio::test]
    async fn what_is_no_question_for_metrics_is_not_here() {
        for request in ["GET / HTTP/1.1\r\n\r\n", "POST /metrics HTTP/1.1\r\n\r\n", "\r\n\r\n"] {
            assert!(asked(request).await.starts_with("HTTP/1.1 404 "), "{request:?}");
        }
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(5000));
        assert!(!asked(&long).await.contains("hotspot_ap"));
    }
}
