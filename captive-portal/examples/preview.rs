//! Serves every state of the portal on loopback, so that a designer can look at them: `cargo run -p captive-portal
//! --example preview`, then open the printed address.
//!
//! Each state is a site of its own under its name, such as `http://online.localhost:8080/`; the list of states is at
//! the printed address itself.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use captive_portal::{
    Asker, Away, Backend, Busy, Connect, End, Identity, Offer, Online, Place, Position, PublicUrl, Refusal,
    Settings, Visitor, Words, router,
};
use tower::ServiceExt as _;

const HOUR_MS: u64 = 3_600_000;
const STATES: [(&str, &str); 15] = [
    ("new", "at a spot, may tap: the splash"),
    ("used", "part of today's time and data is used"),
    ("unlimited", "a plan without limits"),
    ("south", "at a spot south of the lake with a long name"),
    ("online", "online, time limited"),
    ("quota", "online, time and data limited"),
    ("endless", "online without limits"),
    ("pending", "tapped, the access point has not confirmed"),
    ("full", "the access point is full (503)"),
    ("crowd", "the centre is full (503)"),
    ("away", "the centre cannot answer (503)"),
    ("time-up", "today's time is used up"),
    ("data-up", "today's data is used up"),
    ("blocked", "the device is blocked"),
    ("public", "from another network"),
];

/// A backend that is always in one state.
struct Still {
    state: &'static str,
    now_ms: u64,
}

impl Still {
    fn away(&self) -> Away {
        let ago_ms = 9 * 60_000;
        Away { since_ms: Some(self.now_ms - ago_ms), support_code: Some("HK-16 · 9M2T".to_owned()) }
    }

    fn full(&self) -> Busy {
        let near = |name: (&str, &str), lat, lon| place("hk-00", name, None, lat, lon);
        Busy::AccessPointFull {
            devices: 64,
            nearby: vec![
                near(("Nhà 3 tầng đầu phố Lò Sũ", "Three-storey house, head of Lo Su"), 21.0313, 105.8538),
                near(("Cầu Gỗ", "Cau Go"), 21.0322, 105.8531),
                near(("Sở Văn hóa và Thể thao", "Department of Culture and Sports"), 21.0309, 105.854),
            ],
            support_code: "HK-16 · 7K3D".to_owned(),
        }
    }
}

impl Backend for Still {
    async fn place(&self, _asker: &Asker) -> Option<Place> {
        let south = ("Bờ nam – Hàng Khay, Tràng Tiền", "South shore - Hang Khay, Trang Tien");
        let east = ("Bờ đông – Đinh Tiên Hoàng", "East shore - Dinh Tien Hoang");
        match self.state {
            "public" => None,
            "south" => Some(place(
                "hk-24",
                ("Tràng Tiền (kem Tràng Tiền)", "Trang Tien Street"),
                Some(south),
                21.025,
                105.8546,
            )),
            _ => Some(place(
                "hk-16",
                ("Nhà hát Múa rối Thăng Long", "Thang Long Water Puppet Theatre"),
                Some(east),
                21.0316,
                105.8534,
            )),
        }
    }

    async fn visitor(&self, _asker: &Asker) -> Visitor {
        let day_ms = 24 * HOUR_MS;
        let again_ms = (self.now_ms + 7 * HOUR_MS) / day_ms * day_ms + day_ms - 7 * HOUR_MS;
        let online = Online {
            began_ms: self.now_ms - 2 * 60_000,
            ends_ms: Some(self.now_ms + 12 * HOUR_MS - 2 * 60_000),
            remaining_bytes: None,
            daily_bytes: None,
            can_extend: false,
            support_code: "HK-16 · 4F2Q".to_owned(),
        };
        match self.state {
            "used" => Visitor::New(Offer {
                daily_secs: Some(43_200),
                remaining_secs: Some(11_400),
                daily_bytes: Some(2_000_000_000),
                remaining_bytes: Some(640_000_000),
            }),
            "unlimited" => Visitor::New(Offer::default()),
            "online" => Visitor::Online(online),
            "quota" => Visitor::Online(Online {
                remaining_bytes: Some(1_240_000_000),
                daily_bytes: Some(2_000_000_000),
                ..online
            }),
            "endless" => Visitor::Online(Online { ends_ms: None, ..online }),
            "pending" => Visitor::Pending,
            "full" => Visitor::Busy(self.full()),
            "crowd" => Visitor::Busy(Busy::CentreFull { support_code: "HK-16 · 7K3D".to_owned() }),
            "away" => Visitor::Away(self.away()),
            "time-up" => Visitor::Refused(Refusal::TimeUsedUp { again_ms }),
            "data-up" => Visitor::Refused(Refusal::DataUsedUp { again_ms }),
            "blocked" => Visitor::Refused(Refusal::Blocked),
            "public" => Visitor::Public,
            _ => Visitor::New(Offer {
                daily_secs: Some(43_200),
                remaining_secs: Some(43_200),
                ..Offer::default()
            }),
        }
    }

    async fn access_points(&self) -> Vec<Position> {
        // Some of the spots of the sample inventory.
        [
            (21.0288, 105.8549),
            (21.0272, 105.8537),
            (21.0262, 105.8536),
            (21.0312, 105.8541),
            (21.0313, 105.8538),
            (21.0316, 105.8511),
            (21.0266, 105.8507),
            (21.029, 105.854),
            (21.0309, 105.854),
            (21.0316, 105.8534),
            (21.03, 105.8511),
            (21.0322, 105.8531),
            (21.025, 105.8546),
            (21.0348, 105.8502),
            (21.0348, 105.8521),
        ]
        .into_iter()
        .map(|(lat, lon)| Position { lat, lon })
        .collect()
    }

    async fn connect(&self, _asker: &Asker, _language: &str) -> Connect {
        match self.state {
            "pending" => Connect::Pending,
            "full" => Connect::Busy(self.full()),
            "away" => Connect::Away(self.away()),
            "blocked" => Connect::Refused(Refusal::Blocked),
            "public" => Connect::NotHere,
            _ => Connect::Connected,
        }
    }

    async fn end_session(&self, _asker: &Asker) -> End {
        End::Ended
    }
}

fn place(ap_id: &str, name: (&str, &str), zone: Option<(&str, &str)>, lat: f64, lon: f64) -> Place {
    let words = |(vi, en): (&str, &str)| Words { vi: vi.to_owned(), en: en.to_owned() };
    Place { ap_id: ap_id.to_owned(), name: words(name), zone: zone.map(words), lat, lon }
}

/// Now, or the minute in `PREVIEW_NOW_MS` so that two pictures of a page can be compared.
fn now_ms() -> u64 {
    let fixed = std::env::var("PREVIEW_NOW_MS").ok().and_then(|text| text.parse().ok());
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    fixed.unwrap_or_else(clock)
}

/// One portal per state, chosen by the first label of the Host.
async fn by_host(State(portals): State<Arc<Vec<(&'static str, Router)>>>, mut request: Request) -> Response {
    let host =
        request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let label = host.split('.').next().unwrap_or_default();
    let Some((_, portal)) = portals.iter().find(|(state, _)| *state == label) else { return list(&host) };
    let identity = Identity {
        ap_id: "hk-16".to_owned(),
        network: "hoankiem".to_owned(),
        mac: [2, 0, 0, 0, 0, 1],
        address: Ipv4Addr::new(10, 50, 1, 1).into(),
    };
    let asker = if label == "public" { Asker::Public } else { Asker::Relay(identity) };
    request.extensions_mut().insert(asker);
    match portal.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn list(host: &str) -> Response {
    let port = host.rsplit(':').next().unwrap_or_default();
    let mut items = String::new();
    for (state, says) in STATES {
        items.push_str(&format!("<li><a href=\"http://{state}.localhost:{port}/\">{state}</a> {says}</li>"));
    }
    Html(format!("<!doctype html><meta charset=utf-8><title>States</title><h1>States of the portal</h1><ul>{items}</ul>"))
        .into_response()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(8080), |text| text.parse())?;
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let public_url = PublicUrl::parse("https://wifi.hoankiem.example")?;
    let portals: Vec<(&'static str, Router)> = STATES
        .into_iter()
        .map(|(state, _)| {
            let still = Still { state, now_ms: now_ms() };
            (state, router(Arc::new(still), Settings::new(public_url.clone(), now_ms)))
        })
        .collect();
    writeln!(std::io::stdout(), "http://localhost:{}/", listener.local_addr()?.port())?;
    axum::serve(listener, Router::new().fallback(by_host).with_state(Arc::new(portals))).await?;
    Ok(())
}
