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
    added: Html,
    used: Html,
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
    Row {
        name: visible(&row.name),
        kind: frame.say(if row.voucher { "kind-voucher" } else { "kind-account" }),
        plan: row.plan.clone(),
        added: frame.moment(row.added_ms),
        used: match (row.voucher, row.first_used_ms) {
            (false, _) => Html::text("–"),
            (true, None) => frame.say("not-yet"),
            (true, Some(at)) => frame.moment(at),
        },
    }
}
