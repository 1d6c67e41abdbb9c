//! The pages around the sign-in, plain: what is wrong or asked for, in a sentence or two.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use http::StatusCode;
use store::{OperatorSession, Role, SignIn, StoreError};

use super::{Operator, sign_in};
use crate::geo::Country;

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }} – Hoan Kiem WiFi</title></head>
<body><main><h1>{{ title }}</h1>
{% for sentence in sentences %}<p>{{ sentence }}</p>
{% endfor %}{% if let Some(button) = button %}<form method="post"><button>{{ button }}</button></form>
{% endif %}</main></body></html>
"#
)]
struct Page<'a> {
    title: &'a str,
    sentences: &'a [&'a str],
    button: Option<&'a str>,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Your sign-ins – Hoan Kiem WiFi</title></head>
<body><main><h1>Your sign-ins</h1>
<p>You are {{ operator.email }} ({{ operator.role.word() }}).</p>
{% if let Some(problem) = problem %}<p>{{ problem }}</p>
{% endif %}<table><tr><th>Address</th><th>Country</th><th>Browser</th><th></th></tr>
{% for row in rows %}<tr><td>{{ row.address }}</td><td>{{ row.country }}</td><td>{{ row.browser }}</td>
<td><form method="post" action="/sign-ins/{{ row.id }}/end"><button>{% if row.current %}End this sign-in{% else %}End{% endif %}</button></form></td></tr>
{% endfor %}</table>
<form method="post" action="/sign-out"><button>Sign out</button></form>
</main></body></html>
"#
)]
struct SignIns<'a> {
    operator: &'a Operator,
    problem: Option<&'a str>,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    id: String,
    address: &'a str,
    country: String,
    browser: &'a str,
    current: bool,
}

fn page(status: StatusCode, title: &str, sentences: &[&str], button: Option<&str>) -> Response {
    shown(status, &Page { title, sentences, button })
}

fn shown(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A good link: one button signs in.
pub fn link(email: &str, role: Role) -> Response {
    let who = format!("This link signs in {email} ({}), once.", role.word());
    page(StatusCode::OK, "Sign in", &[&who], Some("Sign in"))
}

/// A link that signs nobody in.
pub fn refused(sign_in: &SignIn) -> Response {
    let another = "Ask for another one: it is made with hotspot-controller operator link EMAIL.";
    let (status, sentence) = match sign_in {
        SignIn::Used => (StatusCode::GONE, "This link was used before, and it works once."),
        SignIn::Expired => (StatusCode::GONE, "This link is too old."),
        SignIn::Disabled => (StatusCode::FORBIDDEN, "This operator may not sign in any more."),
        SignIn::Unknown | SignIn::Operator(_) => {
            (StatusCode::NOT_FOUND, "This link is not known, or a newer one replaced it.")
        }
    };
    page(status, "This link does not sign in", &[sentence, another], None)
}

/// A page was asked for that needs a sign-in.
pub fn needed() -> Response {
    let how = "Open your sign-in link; another one is made with hotspot-controller operator link EMAIL.";
    page(StatusCode::UNAUTHORIZED, "Sign in first", &[how], None)
}

/// The operator has signed out.
pub fn signed_out() -> Response {
    page(StatusCode::OK, "Signed out", &["You are signed out of this browser."], None)
}

/// The role is not enough.
pub fn forbidden(sentence: &str) -> Response {
    page(StatusCode::FORBIDDEN, "Not with this role", &[sentence], None)
}

/// Nothing is there.
pub fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, "Not found", &["There is nothing at this address."], None)
}

/// The store does not answer.
pub fn unavailable(error: &StoreError) -> Response {
    tracing::error!(%error, "a page could not be shown");
    let sentence = "The database does not answer. See the controller's log, and try again.";
    page(StatusCode::SERVICE_UNAVAILABLE, "Not now", &[sentence], None)
}

/// Where the operator is signed in.
pub fn sessions(operator: &Operator, sessions: &[OperatorSession], problem: Option<&str>) -> Response {
    let rows = sessions.iter().map(|session| row(operator, session)).collect();
    shown(StatusCode::OK, &SignIns { operator, problem, rows })
}

fn row<'a>(operator: &Operator, session: &'a OperatorSession) -> Row<'a> {
    let country = match Country::from_stored(session.country.as_deref()) {
        Country::Known(code) => code,
        other @ (Country::Private | Country::Unknown | Country::NoDatabase) => {
            other.reason().unwrap_or_default().to_owned()
        }
    };
    Row {
        id: sign_in::name(session),
        address: &session.address,
        country,
        browser: &session.user_agent,
        current: operator.session == Some(session.id_sha256),
    }
}
