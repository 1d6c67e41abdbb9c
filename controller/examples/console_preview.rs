//! Serves every page of the console with sample data on loopback, so that a designer can look at them and a browser test
//! can measure them: `cargo run -p hotspot-controller --example console_preview`, then open the printed address.
//!
//! `/states` lists pages in the states they can have; `POST /change` makes `/events` say that something changed.

#[path = "console_preview/sample.rs"]
mod sample;
#[path = "console_preview/sample_figures.rs"]
mod sample_figures;
#[path = "console_preview/sample_people.rs"]
mod sample_people;

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use futures_util::StreamExt as _;
use hotspot_controller::operators::console::language::{COOKIE, Language};
use hotspot_controller::operators::console::view::{Failure, Frame, Overview, SignIn};
use hotspot_controller::operators::console::{assets, pages};
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use store::Role;
use tokio::sync::watch;

/// Counts changes: pages show it in their figures, `/events` announces it.
type Changes = watch::Sender<u32>;

/// Every state of every page: where it is and what it shows.
const STATES: [(&str, &str); 34] = [
    ("/", "overview, five things wrong"),
    ("/?state=well", "overview, all is well"),
    ("/?state=first", "overview, nothing installed yet"),
    ("/aps", "access points"),
    ("/aps?sort=devices", "access points, by devices"),
    ("/aps?state=first", "access points, none yet"),
    ("/aps/hk-16", "access point, full"),
    ("/aps/hk-23", "access point, down"),
    ("/aps/hk-02", "access point, well"),
    ("/aps/hk-07", "access point, retired"),
    ("/aps/nas:cafe-1", "access point, RADIUS"),
    ("/sessions", "live sessions, with names from the air"),
    ("/sessions?ap=hk-16", "live sessions of one access point"),
    ("/sessions?state=first", "live sessions, nobody"),
    ("/sessions?state=ended", "live sessions, one was ended"),
    ("/sessions/s1/end", "ending a visit: the question"),
    ("/sessions/s3/end", "ending a visit: not by RADIUS"),
    ("/sessions/gone/end", "ending a visit: over already"),
    ("/usage", "usage by day"),
    ("/usage?step=hour", "usage by hour"),
    ("/usage?from=2026-11-20&to=2026-11-01", "usage, impossible period"),
    ("/usage?state=first", "usage, nothing recorded"),
    ("/load", "planning"),
    ("/load?state=first", "planning, nothing recorded"),
    ("/nas", "RADIUS clients and the command"),
    ("/load?state=wrong", "planning, impossible weeks"),
    ("/nas?state=first", "RADIUS clients, none yet"),
    ("/accounts", "accounts"),
    ("/sign-ins", "my sign-ins"),
    ("/audit", "audit log"),
    ("/sign-in/2c7f", "sign-in by link"),
    ("/sign-in/used", "sign-in, used link"),
    ("/sign-in/old", "sign-in, link too old"),
    ("/nowhere", "no such page"),
];

/// What the pages of the preview understand of a query.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    state: String,
    ap: String,
    sort: String,
    step: String,
    from: String,
    to: String,
}

fn frame(headers: &HeaderMap, uri: &Uri, signed_in: bool) -> Frame {
    Frame {
        language: Language::of_request(headers),
        operator: signed_in.then(|| "Trần Thị Linh".to_owned()),
        now_ms: sample::NOW_MS,
        zone: jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or(jiff::tz::TimeZone::UTC),
        path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        problems: 5,
    }
}

/// The page at an address.
fn page(changes: u32, headers: &HeaderMap, uri: &Uri, asked: &Asked) -> Response {
    let mut frame = frame(headers, uri, true);
    let state = asked.state.as_str();
    match uri.path().split('/').skip(1).collect::<Vec<_>>().as_slice() {
        [""] => {
            frame.now_ms += u64::from(changes) * 1000;
            let view = match state {
                "well" => sample::all_well(),
                "first" => Overview::default(),
                _ => sample::overview(changes),
            };
            frame.problems = view.problems.len();
            pages::overview(&frame, &view)
        }
        ["aps"] => pages::access_points(&frame, &sample::access_points(state, &asked.sort)),
        ["aps", id] => match sample::access_point(id) {
            Some(view) => pages::access_point(&frame, &view),
            None => pages::failure(&frame, &Failure::NotFound),
        },
        ["sessions"] => pages::sessions(&frame, &sample::sessions(state, &asked.ap, changes)),
        ["sessions", id, "end"] => pages::kick(&frame, &sample::kick(id)),
        ["usage"] => {
            pages::usage(&frame, &sample_figures::usage(state, asked.step == "hour", &asked.from, &asked.to))
        }
        ["load"] => pages::load(&frame, &sample_figures::load(state)),
        ["nas"] => pages::nas_clients(&frame, &sample_people::nas(state)),
        ["accounts"] => pages::accounts(&frame, &sample_people::accounts()),
        ["sign-ins"] => pages::my_sign_ins(&frame, &sample_people::sign_ins()),
        ["audit"] => pages::audit(&frame, &sample_people::audit()),
        ["sign-in", token] => {
            frame.operator = None;
            pages::sign_in(&frame, &sign_in(token))
        }
        _ => pages::failure(&frame, &Failure::NotFound),
    }
}

fn sign_in(token: &str) -> SignIn {
    match token {
        "used" => SignIn::Used,
        "old" => SignIn::Expired,
        "disabled" => SignIn::Disabled,
        "unknown" => SignIn::Unknown,
        "out" => SignIn::SignedOut,
        "needed" => SignIn::Needed,
        _ => SignIn::Link {
            token: token.to_owned(),
            email: "linh@hanoi.example".to_owned(),
            role: Role::Engineer,
        },
    }
}

/// Remembers a language, as the controller does.
fn choose(tag: &str, to: &str) -> Response {
    let to = if to.starts_with('/') { to } else { "/" };
    ([(SET_COOKIE, format!("{COOKIE}={tag}; Path=/; SameSite=Lax"))], Redirect::to(to)).into_response()
}

/// Says "changed" after every change, as the controller does.
fn events(changes: &Changes) -> Response {
    let stream = futures_util::stream::unfold(changes.subscribe(), async |mut changes| {
        changes.changed().await.ok()?;
        let said =
            ["overview", "aps", "sessions"].map(|name| format!("event: {name}\ndata: changed\n\n")).concat();
        Some((Ok::<_, Infallible>(said), changes))
    });
    let hello = futures_util::stream::once(async { Ok(": here\n\n".to_owned()) });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(hello.chain(stream))).into_response()
}

fn states() -> Html<String> {
    let items: String =
        STATES.iter().map(|(path, says)| format!("<li><a href=\"{path}\">{path}</a> {says}</li>")).collect();
    Html(format!(
        "<!doctype html><meta charset=utf-8><title>States</title><h1>States of the console</h1><ul>{items}</ul>"
    ))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(8081), |text| text.parse())?;
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let shown =
        async |State(changes): State<Changes>, headers: HeaderMap, uri: Uri, Query(asked): Query<Asked>| {
            let changes = *changes.borrow();
            page(changes, &headers, &uri, &asked)
        };
    let change = async |State(changes): State<Changes>| {
        changes.send_modify(|count| *count += 1);
        StatusCode::NO_CONTENT
    };
    let router = Router::new()
        .route("/sessions/{id}/end", get(shown).post(async || Redirect::to("/sessions?state=ended")))
        .route("/sign-in/{token}", get(shown).post(async || Redirect::to("/")))
        .route("/sign-out", post(async || Redirect::to("/sign-in/out")))
        .route(
            "/language/{tag}",
            get(async |Path(tag): Path<String>, Query(asked): Query<Asked>| choose(&tag, &asked.to)),
        )
        .route(
            "/assets/console/{name}",
            get(async |Path(name): Path<String>, headers: HeaderMap| assets::serve(&name, &headers)),
        )
        .route("/events", get(async |State(changes): State<Changes>| events(&changes)))
        .route("/change", post(change))
        .route("/states", get(async || states()))
        .fallback(shown)
        .with_state(watch::Sender::new(0));
    writeln!(std::io::stdout(), "http://localhost:{}/states", listener.local_addr()?.port())?;
    axum::serve(listener, router).await?;
    Ok(())
}
