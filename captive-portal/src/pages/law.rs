//! Terms and privacy: what holds, and what is kept, in plain words.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};

use crate::ask::Ask;
use crate::shell::{Look, Shell};
use crate::text::Html;

#[derive(Template)]
#[template(path = "law.html")]
struct Law<'a> {
    shell: &'a Shell,
    title: Html,
    heading: Html,
    intro: Html,
    sections: Vec<Section>,
    see_also: Html,
}

struct Section {
    heading: Html,
    lines: Vec<Html>,
}

/// Key of a heading and keys of the lines under it.
type Keys = (&'static str, &'static [&'static str]);

const TERMS: [Keys; 3] = [
    ("terms-use-heading", &["terms-use-1", "terms-use-2", "terms-use-3", "terms-use-4"]),
    ("terms-open-heading", &["terms-open-1", "terms-open-2", "terms-open-3"]),
    ("terms-promise-heading", &["terms-promise-1", "terms-promise-2", "terms-promise-3"]),
];

const PRIVACY: [Keys; 6] = [
    (
        "privacy-kept-heading",
        &["privacy-kept-1", "privacy-kept-2", "privacy-kept-3", "privacy-kept-4", "privacy-kept-5"],
    ),
    ("privacy-never-heading", &["privacy-never-1", "privacy-never-2", "privacy-never-3", "privacy-never-4"]),
    ("privacy-why-heading", &["privacy-why-1", "privacy-why-2", "privacy-why-3"]),
    ("privacy-who-heading", &["privacy-who-1", "privacy-who-2"]),
    ("privacy-you-heading", &["privacy-you-1", "privacy-you-2", "privacy-you-3"]),
    ("privacy-page-heading", &["privacy-page-1"]),
];

/// Terms of use.
pub(crate) fn terms(ask: &Ask) -> Response {
    let shell = Shell::new(ask, "/terms", Look::Law);
    let page = Law {
        title: shell.say("terms-title"),
        heading: shell.say("terms-heading"),
        intro: shell.say("terms-intro"),
        sections: sections(&shell, &TERMS),
        see_also: shell.tell("terms-see-privacy", vec![("privacy", shell.link("/privacy").into())]),
        shell: &shell,
    };
    the_same_for_all(shell.respond(StatusCode::OK, &page))
}

/// What is kept about a visit.
pub(crate) fn privacy(ask: &Ask) -> Response {
    let shell = Shell::new(ask, "/privacy", Look::Law);
    let page = Law {
        title: shell.say("privacy-title"),
        heading: shell.say("privacy-heading"),
        intro: shell.say("privacy-intro"),
        sections: sections(&shell, &PRIVACY),
        see_also: shell.tell("privacy-see-terms", vec![("terms", shell.link("/terms").into())]),
        shell: &shell,
    };
    the_same_for_all(shell.respond(StatusCode::OK, &page))
}

fn sections(shell: &Shell, keys: &[Keys]) -> Vec<Section> {
    let line = |key: &&str| shell.tell(key, vec![("session", shell.link("/session").into())]);
    keys.iter()
        .map(|(heading, lines)| Section {
            heading: shell.say(heading),
            lines: lines.iter().map(line).collect(),
        })
        .collect()
}

/// These two pages do not depend on who asks, so a browser may keep them for five minutes.
fn the_same_for_all(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
