//! Asks whether a visit is really to be ended: a page of its own, so that it works without a script.

use super::prelude::*;
use super::session_row::{Row, row};
use crate::operators::console::view::{Frame, KickPage};

#[derive(Template)]
#[template(path = "console/kick.html")]
struct Page<'a> {
    shell: Shell<'a>,
    session: Option<Row>,
    at: String,
    back: String,
}

/// The question.
#[must_use]
pub fn kick(frame: &Frame, view: &KickPage) -> Response {
    let at = view.at.as_deref();
    let status = if view.session.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let page = Page {
        shell: Shell::new(frame, Room::Sessions, frame.say("kick-title")),
        session: view.session.as_ref().map(|session| row(frame, session, at)),
        at: at.unwrap_or_default().to_owned(),
        back: at.map_or_else(|| "/sessions".to_owned(), |at| format!("/sessions?ap={}", encode(at))),
    };
    answer(frame, status, &page)
}
