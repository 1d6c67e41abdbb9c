//! A page that cannot be shown: what failed, what still works, what to do.

use super::prelude::*;
use crate::operators::console::view::{Failure, Frame};

#[derive(Template)]
#[template(path = "console/failure.html")]
struct Page<'a> {
    shell: Shell<'a>,
    says: Html,
    what_now: Html,
}

/// The page for what went wrong.
#[must_use]
pub fn failure(frame: &Frame, failure: &Failure) -> Response {
    let (key, status) = match failure {
        Failure::NotFound => ("not-found", StatusCode::NOT_FOUND),
        Failure::NotAllowed => ("not-allowed", StatusCode::FORBIDDEN),
        Failure::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
        Failure::BadRequest => ("bad-request", StatusCode::BAD_REQUEST),
    };
    let page = Page {
        shell: Shell::new(frame, Room::Outside, frame.say(&format!("failure-{key}"))),
        says: frame.say(&format!("failure-{key}-line")),
        what_now: frame.say(&format!("failure-{key}-do")),
    };
    answer(frame, status, &page)
}
