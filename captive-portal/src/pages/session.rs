//! Online: time left, data left, next step, support code, log out.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::spot_sentence;
use crate::Settings;
use crate::ask::Ask;
use crate::backend::{Online, Place};
use crate::civil;
use crate::shell::{Look, Shell};
use crate::text::Html;

#[derive(Template)]
#[template(path = "session.html")]
struct Session<'a> {
    shell: &'a Shell,
    title: Html,
    here: Option<Html>,
    time: Option<Time>,
    data: Option<Data>,
    tip_back: Html,
    support_code: &'a str,
    visit_kept: Html,
}

struct Time {
    left: Html,
    until: Html,
    percent: u64,
}

struct Data {
    left: Html,
    of_day: Option<Html>,
    percent: u64,
}

/// The success page, and the page a visitor comes back to while online.
pub(crate) fn page(ask: &Ask, settings: &Settings, place: Option<&Place>, online: &Online) -> Response {
    let shell = Shell::new(ask, "/session", Look::Session);
    let page = Session {
        title: shell.say("online-title"),
        here: place.map(|place| spot_sentence(&shell, place, "connected-at", "connected-at-zone")),
        time: online.ends_ms.map(|ends_ms| time(&shell, settings.now_ms(), online.began_ms, ends_ms)),
        data: online.remaining_bytes.map(|left| data(&shell, left, online.daily_bytes)),
        tip_back: shell.tell("tip-back-line", vec![("host", settings.public_url.host().into())]),
        support_code: &online.support_code,
        visit_kept: shell.tell("visit-kept", vec![("privacy", shell.link("/privacy").into())]),
        shell: &shell,
    };
    shell.respond(StatusCode::OK, &page)
}

fn time(shell: &Shell, now_ms: u64, began_ms: u64, ends_ms: u64) -> Time {
    let left_ms = ends_ms.saturating_sub(now_ms);
    let left = civil::duration(shell.text(), left_ms / 1000);
    Time {
        left: shell.tell("time-left-value", vec![("time", left.into())]),
        until: civil::until(shell.text(), now_ms, ends_ms),
        percent: percent(left_ms, ends_ms.saturating_sub(began_ms)),
    }
}

fn data(shell: &Shell, left: u64, daily: Option<u64>) -> Data {
    let amount = |bytes| civil::data(shell.text(), bytes);
    Data {
        left: shell.tell("data-left-value", vec![("data", amount(left).into())]),
        of_day: daily.map(|daily| shell.tell("data-of-day", vec![("data", amount(daily).into())])),
        percent: daily.map_or(100, |daily| percent(left, daily)),
    }
}

/// How much of `whole` is `part`, 0 to 100.
fn percent(part: u64, whole: u64) -> u64 {
    let hundredfold = u128::from(part) * 100;
    let percent = hundredfold.checked_div(u128::from(whole)).unwrap_or_default();
    u64::try_from(percent.min(100)).unwrap_or(100)
}
