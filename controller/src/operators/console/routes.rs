//! Every address of the console, and what a request to it does.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::HeaderMap;
use http::header::{HeaderValue, SET_COOKIE};
use serde::Deserialize;

use super::data::{access_point, load, now, people, sessions, usage};
use super::desk::Desk;
use super::language::{COOKIE, Language};
use super::shell::encode;
use super::view::{AccessPoints, ApOrder, Failure, KickDone};
use super::{assets, pages};
use crate::operators::api::sessions::key;
use crate::operators::kick::{self, Kicked};
use crate::operators::web::Web;

/// A year in seconds: how long the choice of language is remembered.
const YEAR_SECS: u32 = 31_536_000;

/// The console's addresses; those around the sign-in belong to `web`.
pub fn router() -> Router<Arc<Web>> {
    Router::new()
        .route("/", get(overview))
        .route("/aps", get(aps))
        .route("/aps/{id}", get(ap))
        .route("/sessions", get(live))
        .route("/sessions/{id}/end", get(ask_to_end).post(end))
        .route("/usage", get(figures))
        .route("/load", get(planning))
        .route("/nas", get(nas))
        .route("/accounts", get(accounts))
        .route("/sign-ins", get(sign_ins))
        .route("/audit", get(audit))
        .route(
            "/language/{tag}",
            get(async |Path(tag): Path<String>, Query(back): Query<Back>| choose_language(&tag, &back.to)),
        )
        .route(
            "/assets/console/{name}",
            get(async |Path(name): Path<String>, headers: HeaderMap| assets::serve(&name, &headers)),
        )
}

/// What pages understand of a query. What they do not know they do not look at: a link from a mail may carry more.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    ap: String,
    after: String,
    sort: String,
    ended: String,
    from: String,
    to: String,
    step: String,
    weeks: String,
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

async fn overview(desk: Desk) -> Response {
    let view = now::overview(&desk).await;
    desk.show(pages::overview, view)
}

async fn aps(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let rows = now::rows(&desk).await;
    let order = ApOrder::from_word(&asked.sort);
    desk.show(pages::access_points, rows.map(|rows| AccessPoints { rows, order }))
}

async fn ap(desk: Desk, Path(id): Path<String>) -> Response {
    match access_point::access_point(&desk, &id).await {
        Ok(None) => desk.fail(&Failure::NotFound),
        Ok(Some(view)) => pages::access_point(&desk.frame, &view),
        Err(error) => desk.unavailable(&error),
    }
}

async fn live(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let view = sessions::sessions(&desk, some(&asked.ap), some(&asked.after), done(&asked.ended)).await;
    desk.show(pages::sessions, view)
}

async fn ask_to_end(desk: Desk, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let view = sessions::kick(&desk, &id, some(&asked.ap)).await;
    desk.show(pages::kick, view)
}

/// The words of `?ended=`, by which the list says how ending a visit went.
const ENDED: [(&str, KickDone); 4] = [
    ("closed", KickDone::Ended),
    ("later", KickDone::Later),
    ("gone", KickDone::Gone),
    ("radius", KickDone::NotByRadius),
];

fn done(word: &str) -> Option<KickDone> {
    ENDED.into_iter().find(|(known, _)| *known == word).map(|(_, done)| done)
}

async fn end(desk: Desk, Path(id): Path<String>, Form(asked): Form<Asked>) -> Response {
    if !desk.operator.role.may_change() {
        return desk.fail(&Failure::NotAllowed);
    }
    let kicked = match key(&id) {
        Some(key) => kick::session(&desk.web, &desk.operator, &key).await,
        None => Ok(Kicked::Gone),
    };
    let word = match kicked {
        Ok(Kicked::Closed(_)) => "closed",
        Ok(Kicked::Later(_)) => "later",
        Ok(Kicked::Gone) => "gone",
        Ok(Kicked::ByRadius) => "radius",
        Err(error) => return desk.unavailable(&error),
    };
    let filter = some(&asked.ap).map_or_else(String::new, |ap| format!("&ap={}", encode(ap)));
    Redirect::to(&format!("/sessions?ended={word}{filter}")).into_response()
}

async fn figures(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let asked = usage::Asked { from: &asked.from, to: &asked.to, by_hour: asked.step == "hour" };
    let view = usage::usage(&desk, &asked).await;
    desk.show(pages::usage, view)
}

async fn planning(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let view = load::load(&desk, &asked.weeks).await;
    desk.show(pages::load, view)
}

async fn nas(desk: Desk) -> Response {
    let view = people::nas_clients(&desk).await;
    desk.show(pages::nas_clients, view)
}

/// A name may be a person's: not every role sees it.
async fn accounts(desk: Desk, Query(asked): Query<Asked>) -> Response {
    if !desk.operator.sees_devices() {
        return desk.fail(&Failure::NotAllowed);
    }
    let view = people::accounts(&desk, some(&asked.after)).await;
    desk.show(pages::accounts, view)
}

async fn sign_ins(desk: Desk) -> Response {
    let view = people::sign_ins(&desk).await;
    desk.show(pages::my_sign_ins, view)
}

async fn audit(desk: Desk, Query(asked): Query<Asked>) -> Response {
    if !desk.operator.sees_devices() {
        return desk.fail(&Failure::NotAllowed);
    }
    let before = match some(&asked.after).map(str::parse) {
        None => None,
        Some(Ok(before)) => Some(before),
        Some(Err(_)) => return desk.fail(&Failure::BadRequest),
    };
    let view = people::audit(&desk, before).await;
    desk.show(pages::audit, view)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Back {
    to: String,
}

/// Remembers a language and goes back; only to an address of this server.
fn choose_language(tag: &str, to: &str) -> Response {
    let here = to.starts_with('/') && !to.starts_with("//") && !to.contains('\\');
    let mut answer = Redirect::to(if here { to } else { "/" }).into_response();
    if let Some(language) = Language::from_tag(tag) {
        let cookie =
            format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={YEAR_SECS}", language.tag());
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    answer
}
