//! Accounts and vouchers that RADIUS access points ask for.

use super::prelude::*;
use crate::operators::console::view::{AccountRow, Accounts, Frame};

#[derive(Template)]
#[template(path = "console/accounts.html")]
struct Page<'a> {
    shell: Shell<'a>,
    count: Html,
    rows: Vec<Row>,
    shown: Option<Html>,
    next: Option<String>,
}

struct Row {
    name: Html,
    kind: Html,
    plan: String,
    ends: Html,
    pill: Html,
}

/// The list of accounts.
#[must_use]
pub fn accounts(frame: &Frame, view: &Accounts) -> Response {
    let total = u64::try_from(view.total).unwrap_or(u64::MAX);
    let page = Page {
        shell: Shell::new(frame, Room::Accounts, frame.say("nav-accounts")),
        count: frame.tell("accounts-count", vec![("n", total.into()), ("shown", frame.whole(total).into())]),
        rows: view.rows.iter().map(|row| shown(frame, row)).collect(),
        shown: (view.rows.len() < view.total).then(|| {
            let values =
                vec![("shown", view.rows.len().to_string().into()), ("total", frame.whole(total).into())];
            frame.tell("rows-shown", values)
        }),
        next: view.next.as_ref().map(|next| format!("/accounts?after={}", encode(next))),
    };
    answer(frame, StatusCode::OK, &page)
}

fn shown(frame: &Frame, row: &AccountRow) -> Row {
    let over = row.ends_ms.is_some_and(|ends| ends <= frame.now_ms);
    Row {
        name: visible(&row.name),
        kind: frame.say(if row.voucher { "kind-voucher" } else { "kind-account" }),
        plan: row.plan.clone(),
        ends: row.ends_ms.map_or_else(|| frame.say("no-end"), |ends| frame.moment(ends)),
        pill: match (row.disabled, over) {
            (true, _) => frame.pill("b", "stop", "account-disabled"),
            (false, true) => frame.pill("q", "off", "account-over"),
            (false, false) => frame.pill("", "tick", "account-good"),
        },
    }
}
