//! Who is on line.

use super::prelude::*;
use super::session_row::{Row, row};
use crate::operators::console::view::{Frame, KickDone, Sessions};

#[derive(Template)]
#[template(path = "console/sessions.html")]
struct Page<'a> {
    shell: Shell<'a>,
    choices: Vec<Choice>,
    chosen: bool,
    count: Html,
    rows: Vec<Row>,
    with_ap: bool,
    empty: Html,
    shown: Option<Html>,
    next: Option<String>,
    done: Option<Done>,
}

struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

/// How ending a visit went.
struct Done {
    level: &'static str,
    icon: Html,
    says: Html,
}

/// The list of live sessions.
#[must_use]
pub fn sessions(frame: &Frame, view: &Sessions) -> Response {
    let at = view.at.as_deref();
    let total = u64::try_from(view.total).unwrap_or(u64::MAX);
    let choice = |ap: &crate::operators::console::view::ApRef| Choice {
        id: ap.id.clone(),
        name: format!("{} {}", short_id(&ap.id), frame.name(&ap.name)),
        chosen: at == Some(ap.id.as_str()),
    };
    let shown = (view.rows.len() < view.total).then(|| {
        let values =
            vec![("shown", view.rows.len().to_string().into()), ("total", frame.whole(total).into())];
        frame.tell("sessions-shown", values)
    });
    let page = Page {
        shell: Shell::new(frame, Room::Sessions, frame.say("nav-sessions")).live("sessions"),
        choices: view.choices.iter().map(choice).collect(),
        chosen: at.is_some(),
        count: frame.tell("sessions-count", vec![("n", total.into()), ("shown", frame.whole(total).into())]),
        rows: view.rows.iter().map(|session| row(frame, session, at)).collect(),
        with_ap: true,
        empty: frame.say(if at.is_some() { "sessions-empty-here" } else { "sessions-empty" }),
        shown,
        next: view.next.as_ref().map(|next| {
            let filter = at.map_or_else(String::new, |at| format!("&ap={}", encode(at)));
            format!("/sessions?after={}{filter}", encode(next))
        }),
        done: view.done.as_ref().map(|done| self::done(frame, done)),
    };
    answer(frame, StatusCode::OK, &page)
}

fn done(frame: &Frame, done: &KickDone) -> Done {
    let (level, shape, key) = match done {
        KickDone::Ended => ("", "tick", "kick-ended"),
        KickDone::Later => ("w", "warn", "kick-later"),
        KickDone::Gone => ("n", "info", "kick-gone"),
        KickDone::NotByRadius => ("w", "warn", "kick-not-radius"),
    };
    Done { level, icon: icon(shape), says: frame.say(key) }
}
