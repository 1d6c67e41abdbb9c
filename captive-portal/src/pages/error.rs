//! What went wrong, in words: never a bare status number.

use axum::response::Response;
use http::StatusCode;

use super::notice::{Keys, Next, Notice};
use crate::ask::Ask;
use crate::shell::{Look, Shell};

/// The page for a status that is an error.
pub(crate) fn page(ask: &Ask, status: StatusCode) -> Response {
    let shell = Shell::new(ask, "/", Look::Wait);
    let (heading, line) = match status {
        StatusCode::NOT_FOUND => ("error-not-found-heading", "error-not-found-line"),
        StatusCode::METHOD_NOT_ALLOWED => ("error-method-heading", "error-method-line"),
        StatusCode::FORBIDDEN => ("error-origin-heading", "error-origin-line"),
        StatusCode::PAYLOAD_TOO_LARGE => ("error-large-heading", "error-large-line"),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => {
            ("error-slow-heading", "error-slow-line")
        }
        other if other.is_client_error() => ("error-request-heading", "error-request-line"),
        _ => ("error-server-heading", "error-server-line"),
    };
    let mut page = Notice::new(&shell, &Keys { title: "error-title", heading, line });
    page.title = shell.tell("error-title", vec![("heading", shell.say(heading).into())]);
    page.nexts.push(Next { href: shell.link("/"), heading: "error-start", line: "error-start-line" });
    page.nexts.push(Next {
        href: shell.link("/guide"),
        heading: "elsewhere-guide",
        line: "elsewhere-guide-line",
    });
    shell.respond(status, &page)
}
