//! A visitor in a chosen state, and requests to the router as a phone makes them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use captive_portal::{
    Asker, Away, Backend, Busy, Connect, End, Identity, Offer, Online, Place, Position, PublicUrl, Refusal,
    Settings, Visitor, Words, router,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// Friday 20 November 2026, 20:12:40 in Hanoi.
pub const NOW_MS: u64 = 1_795_180_360_000;
pub const HOUR_MS: u64 = 3_600_000;
pub const SUPPORT_CODE: &str = "HK-16 · 4F2Q";
pub const LANGUAGES: [&str; 2] = ["vi", "en"];

/// What the backend answers; it never changes during a test.
#[derive(Clone)]
pub struct Still {
    pub place: Option<Place>,
    pub visitor: Visitor,
    pub connect: Connect,
    pub end: End,
    pub trouble: Trouble,
}

/// What may go wrong behind the border.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// Never answers.
    Silent,
    /// Panics.
    Panics,
}

impl Still {
    pub fn new(visitor: Visitor) -> Self {
        let connect = match &visitor {
            Visitor::Public => Connect::NotHere,
            Visitor::New(_) | Visitor::Online(_) => Connect::Connected,
            Visitor::Pending => Connect::Pending,
            Visitor::Busy(busy) => Connect::Busy(busy.clone()),
            Visitor::Refused(refusal) => Connect::Refused(*refusal),
            Visitor::Away(away) => Connect::Away(away.clone()),
        };
        let place = (visitor != Visitor::Public).then(puppet_theatre);
        Self { place, visitor, connect, end: End::Ended, trouble: Trouble::None }
    }

    pub fn router(self) -> Router {
        self.router_with(Duration::from_secs(10), NOW_MS)
    }

    pub fn router_at(self, now_ms: u64) -> Router {
        self.router_with(Duration::from_secs(10), now_ms)
    }

    pub fn router_with(self, request_limit: Duration, now_ms: u64) -> Router {
        let public_url = PublicUrl::parse("https://wifi.hoankiem.example").unwrap();
        let settings = Settings { request_limit, ..Settings::new(public_url, move || now_ms) };
        router(Arc::new(self), settings)
    }
}

impl Backend for Still {
    async fn place(&self, asker: &Asker) -> Option<Place> {
        asker.identity().and(self.place.clone())
    }

    async fn visitor(&self, asker: &Asker) -> Visitor {
        match self.trouble {
            Trouble::Silent => std::future::pending().await,
            Trouble::Panics => panic!("a fault behind the border"),
            Trouble::None if asker.identity().is_none() => Visitor::Public,
            Trouble::None => self.visitor.clone(),
        }
    }

    async fn access_points(&self) -> Vec<Position> {
        // As many as the city has, all over the map.
        (0..34_u32)
            .map(|i| Position {
                lat: 21.025 + f64::from(i / 6) * 0.0021,
                lon: 105.849 + f64::from(i % 6) * 0.0013,
            })
            .collect()
    }

    async fn connect(&self, asker: &Asker, language: &str) -> Connect {
        assert!(LANGUAGES.contains(&language), "{language}");
        if asker.identity().is_none() { Connect::NotHere } else { self.connect.clone() }
    }

    async fn end_session(&self, _asker: &Asker) -> End {
        self.end.clone()
    }
}

pub fn words(vi: &str, en: &str) -> Words {
    Words { vi: vi.to_owned(), en: en.to_owned() }
}

pub fn puppet_theatre() -> Place {
    Place {
        ap_id: "hk-16".to_owned(),
        name: words("Nhà hát Múa rối Thăng Long", "Thang Long Water Puppet Theatre"),
        zone: Some(words("Bờ đông – Đinh Tiên Hoàng", "East shore - Dinh Tien Hoang")),
        lat: 21.0316,
        lon: 105.8534,
    }
}

pub fn online() -> Online {
    Online {
        began_ms: NOW_MS - 120_000,
        ends_ms: Some(NOW_MS + 12 * HOUR_MS - 120_000),
        remaining_bytes: None,
        daily_bytes: None,
        can_extend: false,
        support_code: SUPPORT_CODE.to_owned(),
    }
}

/// Every state a visitor can be in, each with a name.
pub fn states() -> Vec<(&'static str, Visitor)> {
    let daily = Offer { daily_secs: Some(43_200), remaining_secs: Some(43_200), ..Offer::default() };
    let used = Offer {
        remaining_secs: Some(600),
        daily_bytes: Some(2_000_000_000),
        remaining_bytes: Some(640_000_000),
        ..daily
    };
    let nearby = |name, lat, lon| Place { name, lat, lon, ..puppet_theatre() };
    let full = Busy::AccessPointFull {
        devices: 64,
        nearby: vec![
            nearby(words("Cầu Gỗ", "Cau Go"), 21.0322, 105.8531),
            nearby(words("Nhà 3 tầng đầu phố Lò Sũ", "Head of Lo Su"), 21.0313, 105.8538),
        ],
        support_code: SUPPORT_CODE.to_owned(),
    };
    let full_alone =
        Busy::AccessPointFull { devices: 1, nearby: Vec::new(), support_code: SUPPORT_CODE.to_owned() };
    let uncounted =
        Busy::AccessPointFull { devices: 0, nearby: Vec::new(), support_code: SUPPORT_CODE.to_owned() };
    let crowd = Busy::CentreFull { support_code: SUPPORT_CODE.to_owned() };
    let away = Away { since_ms: Some(NOW_MS - 600_000), support_code: Some(SUPPORT_CODE.to_owned()) };
    let limited =
        Online { remaining_bytes: Some(1_240_000_000), daily_bytes: Some(2_000_000_000), ..online() };
    vec![
        ("public", Visitor::Public),
        ("new", Visitor::New(daily)),
        ("new, part used", Visitor::New(used)),
        ("new, no limits", Visitor::New(Offer::default())),
        ("pending", Visitor::Pending),
        ("online", Visitor::Online(online())),
        ("online, data limited", Visitor::Online(limited)),
        ("online, no limits", Visitor::Online(Online { ends_ms: None, ..online() })),
        ("full", Visitor::Busy(full)),
        ("full, nothing near", Visitor::Busy(full_alone)),
        ("full, not counted", Visitor::Busy(uncounted)),
        ("crowd", Visitor::Busy(crowd)),
        ("time up", Visitor::Refused(Refusal::TimeUsedUp { again_ms: NOW_MS + 4 * HOUR_MS })),
        ("data up", Visitor::Refused(Refusal::DataUsedUp { again_ms: NOW_MS + 48 * HOUR_MS })),
        ("blocked", Visitor::Refused(Refusal::Blocked)),
        ("away", Visitor::Away(away)),
        ("away, nothing known", Visitor::Away(Away { since_ms: None, support_code: None })),
    ]
}

pub fn state(name: &str) -> Visitor {
    let (_, visitor) = states().into_iter().find(|(known, _)| *known == name).expect("a state of the list");
    visitor
}

/// Every page a visitor can open by GET.
pub const PATHS: [&str; 17] = [
    "/",
    "/session",
    "/session?ended=yes",
    "/guide",
    "/guide/",
    "/guide/sights",
    "/guide/temples",
    "/guide/culture",
    "/guide/food",
    "/guide/help",
    "/guide/place/den-ngoc-son",
    "/guide/place/ga-ha-noi",
    "/guide/place/cho-dem-pho-co",
    "/guide?q=museum",
    "/guide?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/terms",
    "/privacy",
];

pub const MAC: [u8; 6] = [0x9e, 0x41, 0x07, 0xc3, 0x5a, 0xd8];
pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 50, 77, 201));

pub fn relay() -> Asker {
    Asker::Relay(Identity {
        ap_id: "hk-16".to_owned(),
        network: "hoankiem".to_owned(),
        mac: MAC,
        address: ADDRESS,
    })
}

/// A request of a phone behind the access point, with the headers given.
pub fn request(method: Method, uri: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(uri).extension(relay());
    builder = builder.header("host", "wifi.hoankiem.example");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::empty()).unwrap()
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn html(&self) -> &str {
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8");
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response: Response<Body> = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub async fn get(router: &Router, uri: &str) -> Answer {
    ask(router, request(Method::GET, uri, &[])).await
}

pub async fn post(router: &Router, uri: &str) -> Answer {
    ask(router, request(Method::POST, uri, &[("sec-fetch-site", "same-origin")])).await
}

/// `uri` with `?lang=`.
pub fn with_language(uri: &str, language: &str) -> String {
    let mark = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{mark}lang={language}")
}

/// The values of an attribute in a page, entities undone.
pub fn attributes(html: &str, name: &str) -> Vec<String> {
    let mark = format!(" {name}=\"");
    html.match_indices(&mark)
        .filter_map(|(at, _)| html.get(at + mark.len()..)?.split_once('"'))
        .map(|(value, _)| value.replace("&#38;", "&").replace("&amp;", "&"))
        .collect()
}
