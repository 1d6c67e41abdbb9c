//! Short pages that say how things are and what to do: not connected, logged out, elsewhere, refused.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use crate::ask::Ask;
use crate::backend::Refusal;
use crate::civil;
use crate::shell::{Look, Shell};
use crate::text::{Html, Value};

/// A page of a heading, a few sentences and what to do next.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct Notice<'a> {
    pub(super) shell: &'a Shell,
    pub(super) title: Html,
    pub(super) heading: Html,
    pub(super) lines: Vec<Html>,
    /// Whether there is a button that connects.
    pub(super) connect: bool,
    pub(super) terms_line: Html,
    pub(super) nexts: Vec<Next>,
}

/// A link in a card; both texts are keys.
pub(super) struct Next {
    pub(super) href: String,
    pub(super) heading: &'static str,
    pub(super) line: &'static str,
}

/// The keys of a notice.
pub(super) struct Keys {
    pub(super) title: &'static str,
    pub(super) heading: &'static str,
    pub(super) line: &'static str,
}

impl<'a> Notice<'a> {
    /// A notice with one sentence and no button.
    pub(super) fn new(shell: &'a Shell, keys: &Keys) -> Self {
        Self {
            title: shell.say(keys.title),
            heading: shell.say(keys.heading),
            lines: vec![shell.say(keys.line)],
            connect: false,
            terms_line: shell.tell("connect-terms", vec![("terms", shell.link("/terms").into())]),
            nexts: Vec::new(),
            shell,
        }
    }
}

/// The session page of a visitor who has no connection: never had one, or has just logged out.
pub(crate) fn offline(ask: &Ask) -> Response {
    let own_path = if ask.ended { "/session?ended=yes" } else { "/session" };
    let shell = Shell::new(ask, own_path, Look::Wait);
    let keys = if ask.ended {
        Keys { title: "ended-title", heading: "ended-heading", line: "ended-line" }
    } else {
        Keys { title: "offline-title", heading: "offline-heading", line: "offline-line" }
    };
    let mut page = Notice::new(&shell, &keys);
    page.connect = true;
    page.nexts.push(Next {
        href: shell.link("/guide"),
        heading: "refused-guide",
        line: "refused-guide-line",
    });
    shell.respond(StatusCode::OK, &page)
}

/// For somebody who asks from another network.
pub(crate) fn elsewhere(ask: &Ask, status: StatusCode) -> Response {
    let shell = Shell::new(ask, "/session", Look::Wait);
    let keys = Keys { title: "elsewhere-title", heading: "elsewhere-heading", line: "elsewhere-line" };
    let mut page = Notice::new(&shell, &keys);
    page.nexts.push(Next {
        href: shell.link("/guide"),
        heading: "elsewhere-guide",
        line: "elsewhere-guide-line",
    });
    shell.respond(status, &page)
}

/// For a visitor who may not connect at present.
pub(crate) fn refused(ask: &Ask, status: StatusCode, now_ms: u64, refusal: &Refusal) -> Response {
    let shell = Shell::new(ask, "/", Look::Wait);
    let (heading, line, again_ms) = match *refusal {
        Refusal::TimeUsedUp { again_ms } => ("refused-time-heading", "refused-time-line", Some(again_ms)),
        Refusal::DataUsedUp { again_ms } => ("refused-data-heading", "refused-data-line", Some(again_ms)),
        Refusal::Blocked => ("refused-blocked-heading", "refused-blocked-line", None),
    };
    let mut page = Notice::new(&shell, &Keys { title: "refused-title", heading, line });
    page.title = match refusal {
        Refusal::Blocked => shell.tell("error-title", vec![("heading", shell.say(heading).into())]),
        Refusal::TimeUsedUp { .. } | Refusal::DataUsedUp { .. } => page.title,
    };
    page.lines.extend(again_ms.map(|again_ms| again(&shell, now_ms, again_ms)));
    page.nexts.push(Next {
        href: shell.link("/guide"),
        heading: "refused-guide",
        line: "refused-guide-line",
    });
    shell.respond(status, &page)
}

fn again(shell: &Shell, now_ms: u64, again_ms: u64) -> Html {
    let (now, again) = (civil::hanoi(now_ms), civil::hanoi(again_ms));
    let time = ("time", Value::from(civil::clock(again)));
    if again.date() == now.date() {
        shell.tell("again-today", vec![time])
    } else if now.date().tomorrow().is_ok_and(|tomorrow| tomorrow == again.date()) {
        shell.tell("again-tomorrow", vec![time])
    } else {
        shell.tell("again-date", vec![time, ("date", civil::date(shell.text(), again).into())])
    }
}
