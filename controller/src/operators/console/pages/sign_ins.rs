//! Where the operator is signed in.

use super::prelude::*;
use crate::operators::console::view::{Countries, Country, Frame, MySignIns, SignInRow};

#[derive(Template)]
#[template(path = "console/sign_ins.html")]
struct Page<'a> {
    shell: Shell<'a>,
    count: Html,
    rows: Vec<Row>,
    countries: Html,
}

struct Row {
    id: String,
    browser: Html,
    current: bool,
    country: Html,
    address: String,
    began: Html,
    used: Html,
    ends: Html,
    end_label: Html,
}

/// The list of the operator's own sign-ins.
#[must_use]
pub fn my_sign_ins(frame: &Frame, view: &MySignIns) -> Response {
    let countries = match &view.countries {
        Countries::Known => frame.say("countries-known"),
        Countries::NotConfigured => frame.say("countries-not-configured"),
        Countries::Broken(why) => frame.tell("countries-broken", vec![("why", why.as_str().into())]),
    };
    let page = Page {
        shell: Shell::new(frame, Room::SignIns, frame.say("nav-sign-ins")),
        count: frame.tell("sign-ins-count", vec![("n", u64::try_from(view.rows.len()).unwrap_or(0).into())]),
        rows: view.rows.iter().map(|row| shown(frame, row)).collect(),
        countries,
    };
    answer(frame, StatusCode::OK, &page)
}

fn shown(frame: &Frame, row: &SignInRow) -> Row {
    let country = match &row.country {
        Country::Known(code) => Html::text(code),
        Country::Private => frame.say("country-private"),
        Country::Unknown => frame.say("country-unknown"),
        Country::NoDatabase => frame.say("country-no-database"),
    };
    Row {
        id: row.id.clone(),
        browser: if row.browser.0.is_empty() { frame.say("browser-silent") } else { visible(&row.browser) },
        current: row.current,
        country,
        address: row.address.clone(),
        began: frame.moment(row.began_ms),
        used: frame.tell("ago", vec![("length", frame.duration(frame.ago_secs(row.used_ms)).into())]),
        ends: frame.moment(row.ends_ms),
        end_label: frame.tell("end-sign-in-of", vec![("moment", frame.moment(row.began_ms).into())]),
    }
}
