//! One live session in a table.

use super::prelude::*;
use crate::operators::console::view::{Frame, Kick, SessionRow};

/// What the table prints.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) ap: Html,
    /// Network and account, as strangers named them.
    pub(super) names: Vec<Html>,
    pub(super) since: Html,
    pub(super) length: Html,
    pub(super) idle: Html,
    pub(super) left: Html,
    pub(super) down: String,
    pub(super) up: String,
    /// Address of the page that asks whether to end it; `None` with the reason in `not_here`.
    pub(super) end: Option<String>,
    pub(super) end_label: Html,
    pub(super) not_here: Html,
}

/// `at` is the filter that ending a visit comes back to.
pub(super) fn row(frame: &Frame, session: &SessionRow, at: Option<&str>) -> Row {
    let back = at.map_or_else(String::new, |at| format!("?ap={}", encode(at)));
    let names = [("network", &session.network), ("account", &session.user)]
        .into_iter()
        .filter_map(|(key, name)| {
            Some(frame.tell(&format!("session-{key}"), vec![("name", visible(name.as_ref()?).into())]))
        })
        .collect();
    Row {
        id: session.id.clone(),
        code: session.code.clone(),
        ap: frame.ap_link(&session.ap),
        names,
        since: frame.moment(session.opened_ms),
        length: frame.duration(frame.ago_secs(session.opened_ms)),
        idle: frame.tell("ago", vec![("length", frame.duration(frame.ago_secs(session.active_ms)).into())]),
        left: session.ends_ms.map_or_else(
            || frame.say("no-end"),
            |ends| frame.duration(ends.saturating_sub(frame.now_ms) / 1000),
        ),
        down: frame.data(session.down_bytes),
        up: frame.data(session.up_bytes),
        end: (session.kick == Kick::Possible).then(|| format!("/sessions/{}/end{back}", encode(&session.id))),
        end_label: frame.tell("end-visit-of", vec![("code", session.code.as_str().into())]),
        not_here: frame.say(match session.kick {
            Kick::NotAllowed => "end-not-allowed",
            Kick::Possible | Kick::NotByRadius => "end-not-radius",
        }),
    }
}
