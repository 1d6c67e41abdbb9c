//! The pages around the sign-in: one heading, one sentence, at most one button.

use store::Role;

use super::prelude::*;
use crate::operators::console::view::{Frame, SignIn};

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct Page<'a> {
    shell: Shell<'a>,
    icon: Html,
    level: &'static str,
    says: Html,
    /// Where the button posts to.
    action: Option<String>,
    /// Whether the command that makes a link is shown.
    command: bool,
}

/// A page around the sign-in.
#[must_use]
pub fn sign_in(frame: &Frame, view: &SignIn) -> Response {
    let (key, level, shape, status) = match view {
        SignIn::Link { .. } => ("link", "", "shield", StatusCode::OK),
        SignIn::Used => ("used", "w", "warn", StatusCode::GONE),
        SignIn::Expired => ("expired", "w", "warn", StatusCode::GONE),
        SignIn::Disabled => ("disabled", "w", "warn", StatusCode::FORBIDDEN),
        SignIn::Unknown => ("unknown", "w", "warn", StatusCode::NOT_FOUND),
        SignIn::SignedOut => ("out", "", "tick", StatusCode::OK),
        SignIn::Needed => ("needed", "n", "info", StatusCode::UNAUTHORIZED),
    };
    let action = match view {
        SignIn::Link { token, .. } => Some(format!("/sign-in/{}", encode(token))),
        SignIn::Used
        | SignIn::Expired
        | SignIn::Disabled
        | SignIn::Unknown
        | SignIn::SignedOut
        | SignIn::Needed => None,
    };
    let page = Page {
        shell: Shell::new(frame, Room::Outside, frame.say(&format!("sign-in-{key}"))),
        icon: icon(shape),
        level,
        says: match view {
            SignIn::Link { email, role, .. } => frame.tell(
                "sign-in-link-line",
                vec![("email", email.as_str().into()), ("role", frame.say(role_key(*role)).into())],
            ),
            SignIn::Used
            | SignIn::Expired
            | SignIn::Disabled
            | SignIn::Unknown
            | SignIn::SignedOut
            | SignIn::Needed => frame.say(&format!("sign-in-{key}-line")),
        },
        command: action.is_none(),
        action,
    };
    answer(frame, status, &page)
}

/// The word for a role.
fn role_key(role: Role) -> &'static str {
    match role {
        Role::Admin => "role-admin",
        Role::Engineer => "role-engineer",
        Role::Analyst => "role-analyst",
        Role::Editor => "role-editor",
    }
}
