//! RADIUS clients, accounts, sign-ins and the audit log.

use session_core::DomainId;
use store::{OperatorSession, StoreError};

use crate::fleet::DOMAIN;
use crate::geo::Country;
use crate::operators::console::desk::Desk;
use crate::operators::console::view::{
    AccountRow, Accounts, Audit, AuditRow, Countries, MySignIns, NasClients, NasRow, SignInRow, Untrusted,
};
use crate::operators::web::{session_name, sessions};

/// Entries on one page.
const PAGE: usize = 100;

/// The list of NAS clients.
///
/// # Errors
/// What the store says.
pub async fn nas_clients(desk: &Desk) -> Result<NasClients, StoreError> {
    let open = desk.store.open_sessions(&DomainId::from(DOMAIN)).await?;
    let zones = desk.store.zones().await?;
    let row = |nas: store::NasClient| {
        let id = format!("nas:{}", nas.name);
        NasRow {
            zone: nas
                .zone
                .and_then(|id| zones.iter().find(|zone| zone.id == id))
                .map(|zone| zone.name.clone()),
            sessions: open.iter().find(|(ap, _)| ap.0 == id).map_or(0, |(_, count)| *count),
            name: nas.name,
            address: nas.address,
            make: nas.kind,
            added_ms: nas.added.0,
            exempt: !nas.require_message_authenticator,
        }
    };
    Ok(NasClients { rows: desk.store.nas_clients().await?.into_iter().map(row).collect() })
}

/// A page of accounts and vouchers, after the one of this name.
///
/// # Errors
/// What the store says.
pub async fn accounts(desk: &Desk, after: Option<&str>) -> Result<Accounts, StoreError> {
    let accounts = desk
        .store
        .accounts()
        .await?
        .into_iter()
        .map(|account| (false, account.name, account.plan, account.added.0, None));
    let vouchers = desk.store.vouchers().await?.into_iter().map(|voucher| {
        (true, voucher.name, voucher.plan, voucher.created.0, voucher.first_used.map(|at| at.0))
    });
    let mut all: Vec<_> = accounts.chain(vouchers).collect();
    all.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let total = all.len();
    let begin = after.map_or(0, |after| {
        all.iter().position(|row| place(row.0, &row.1) == after).map_or(total, |at| at + 1)
    });
    let rows: Vec<_> = all.into_iter().skip(begin).take(PAGE).collect();
    let next = if begin + rows.len() < total { rows.last().map(|row| place(row.0, &row.1)) } else { None };
    let row = |(voucher, name, plan, added_ms, first_used_ms): (bool, String, String, u64, Option<u64>)| {
        AccountRow { name: Untrusted(name.into_bytes()), plan, voucher, added_ms, first_used_ms }
    };
    Ok(Accounts { rows: rows.into_iter().map(row).collect(), total, next })
}

/// What names a row in the list: an account and a voucher may have one name.
fn place(voucher: bool, name: &str) -> String {
    format!("{}:{name}", if voucher { "voucher" } else { "account" })
}

/// Where the operator is signed in.
///
/// # Errors
/// What the store says.
pub async fn sign_ins(desk: &Desk) -> Result<MySignIns, StoreError> {
    let mut rows: Vec<SignInRow> =
        sessions(&desk.web, &desk.operator).await?.into_iter().map(|session| row(desk, session)).collect();
    rows.sort_by_key(|row| (!row.current, std::cmp::Reverse(row.used_ms)));
    Ok(MySignIns {
        countries: match desk.web.countries.problem() {
            Some(problem) => Countries::Broken(problem.to_owned()),
            None if desk.web.countries.has_database() => Countries::Known,
            None => Countries::NotConfigured,
        },
        rows,
    })
}

fn row(desk: &Desk, session: OperatorSession) -> SignInRow {
    SignInRow {
        id: session_name(&session),
        began_ms: session.created.0,
        used_ms: session.last_seen.0,
        ends_ms: session.expires.0,
        country: Country::from_stored(session.country.as_deref()),
        browser: Untrusted(session.user_agent.into_bytes()),
        current: desk.operator.session == Some(session.id_sha256),
        address: session.address,
    }
}

/// A page of the audit log, before the row of this number.
///
/// # Errors
/// What the store says.
pub async fn audit(desk: &Desk, before: Option<u64>) -> Result<Audit, StoreError> {
    let mut rows = desk.store.audit(before, u32::try_from(PAGE + 1).unwrap_or(u32::MAX)).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = if more { rows.last().map(|row| row.id.to_string()) } else { None };
    let shown = |row: store::AuditRow| AuditRow {
        at_ms: row.at.0,
        operator: Untrusted(row.actor.into_bytes()),
        action: row.action,
        subject: Untrusted(row.subject.into_bytes()),
        detail: Untrusted(if row.detail == "{}" { Vec::new() } else { row.detail.into_bytes() }),
    };
    Ok(Audit { rows: rows.into_iter().map(shown).collect(), next })
}
