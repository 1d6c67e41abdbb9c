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
    }
}

/// The words for an action; one that has none yet is shown as the log has it.
fn action(frame: &Frame, action: &str) -> Html {
    let key = match action {
        "visit.kick" => "audit-visit-kick",
        "device.block" => "audit-device-block",
        "device.unblock" => "audit-device-unblock",
        "plan.put" => "audit-plan-put",
        "setting.put" => "audit-setting-put",
        "ap.import" => "audit-ap-import",
        "ap.token" => "audit-ap-token",
        "ap.enroll" => "audit-ap-enroll",
        "ap.enroll_refused" => "audit-ap-enroll-refused",
        "ap.revoke" => "audit-ap-revoke",
        "nas.put" => "audit-nas-put",
        "nas.remove" => "audit-nas-remove",
        "account.put" => "audit-account-put",
        "account.remove" => "audit-account-remove",
        "voucher.create" => "audit-voucher-create",
        "operator.add" => "audit-operator-add",
        "operator.link" => "audit-operator-link",
        "operator.sign_in" => "audit-operator-sign-in",
        "operator.sign_in_refused" => "audit-operator-sign-in-refused",
        "operator.end_session" => "audit-operator-end-session",
        "operator.disable" => "audit-operator-disable",
        "operator.token" => "audit-operator-token",
        "operator.revoke_tokens" => "audit-operator-revoke-tokens",
        other => return Html::ours(format!("<code>{}</code>", Html::text(other))),
    };
    frame.say(key)
}
