//! Who changed what.

use super::prelude::*;
use crate::operators::console::view::{Audit, AuditRow, Frame};

#[derive(Template)]
#[template(path = "console/audit.html")]
struct Page<'a> {
    shell: Shell<'a>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    at: Html,
    operator: Html,
    action: Html,
    subject: Html,
    detail: Html,
    address: String,
}

/// The audit log.
#[must_use]
pub fn audit(frame: &Frame, view: &Audit) -> Response {
    let page = Page {
        shell: Shell::new(frame, Room::Audit, frame.say("nav-audit")),
        rows: view.rows.iter().map(|row| shown(frame, row)).collect(),
        next: view.next.as_ref().map(|next| format!("/audit?after={}", encode(next))),
    };
    answer(frame, StatusCode::OK, &page)
}

fn shown(frame: &Frame, row: &AuditRow) -> Row {
    Row {
        at: frame.tell(
            "date-clock",
            vec![
                ("date", frame.short_date(frame.civil(row.at_ms).date()).into()),
                ("clock", frame.clock_with_seconds(row.at_ms).into()),
            ],
        ),
        operator: visible(&row.operator),
        action: action(frame, &row.action),
        subject: visible(&row.subject),
        detail: visible(&row.detail),
        address: row.address.clone().unwrap_or_default(),
    }
}

/// The words for an action; one that has none yet is shown as the log has it.
fn action(frame: &Frame, action: &str) -> Html {
    let key = match action {
        "session.kick" => "audit-session-kick",
        "sign_in" => "audit-sign-in",
        "sign_out" => "audit-sign-out",
        "sign_in.revoke" => "audit-sign-in-revoke",
        "operator.add" => "audit-operator-add",
        "operator.link" => "audit-operator-link",
        "operator.remove" => "audit-operator-remove",
        "nas.add" => "audit-nas-add",
        "nas.remove" => "audit-nas-remove",
        "account.add" => "audit-account-add",
        "account.import" => "audit-account-import",
        "voucher.create" => "audit-voucher-create",
        "device.block" => "audit-device-block",
        "plan.set" => "audit-plan-set",
        other => return Html::ours(format!("<code>{}</code>", Html::text(other))),
    };
    frame.say(key)
}
