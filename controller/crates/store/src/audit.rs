//! Who changed what: every change of the store leaves one row, in the same transaction.
//!
//! A [`Store`] always acts for somebody ([`Store::acting_as`]), and the row is made from the change itself by a match
//! over all changes: a new kind of change does not compile before it says what its row is.

use std::fmt;

use serde_json::{Value, json};
use session_core::UnixMs;

use crate::change::{Change, Changed};
use crate::{Enrollment, Store, StoreError};

/// Who makes changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The controller by itself, an agent's enrolment for instance.
    Controller,
    /// A command, by the name of the Unix user who ran it.
    Command(String),
    /// An operator, by the address that names them.
    Operator(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controller => f.write_str("controller"),
            Self::Command(user) => write!(f, "command:{user}"),
            Self::Operator(email) => f.write_str(email),
        }
    }
}

/// One row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place, from 1 without a gap.
    pub id: u64,
    /// When.
    pub at: UnixMs,
    /// Who, as [`Actor`] is written.
    pub actor: String,
    /// What was done, such as `ap.revoke`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More about it, a JSON object.
    pub detail: String,
}

/// What [`Store::check_audit`] finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditChain {
    /// Every row is as it was written, and none before the last is missing.
    Whole {
        /// Rows.
        rows: u64,
    },
    /// The first row that is not what was written in its place.
    Broken {
        /// Its place.
        at: u64,
    },
}

/// A row before it has its place.
pub(crate) struct Entry {
    /// Set when the change itself knows better who acts: a sign-in is the operator's own.
    pub(crate) actor: Option<Actor>,
    pub(crate) action: &'static str,
    pub(crate) subject: String,
    pub(crate) detail: Value,
}

impl Entry {
    pub(crate) fn new(action: &'static str, subject: impl fmt::Display, detail: Value) -> Self {
        Self { actor: None, action, subject: subject.to_string(), detail }
    }
}

/// The row of a change that was made; `None` for what is no management change.
pub(crate) fn entry(actor: &Actor, change: &Change, outcome: &Changed) -> Option<Entry> {
    Some(match change {
        Change::Plan(plan) => Entry::new(
            "plan.put",
            &plan.name,
            json!({
                "session_secs": plan.session_secs, "idle_secs": plan.idle_secs, "quota_bytes": plan.quota_bytes,
                "devices": plan.devices, "down_bps": plan.down_bps, "up_bps": plan.up_bps,
            }),
        ),
        Change::Import(import) => {
            let ids: Vec<&str> = import.access_points.iter().map(|ap| ap.id.as_str()).collect();
            let subject = if let [one] = ids.as_slice() {
                (*one).to_owned()
            } else {
                format!("{} access points", ids.len())
            };
            Entry::new("ap.import", subject, json!({ "access_points": ids }))
        }
        Change::Token { ap, expires, .. } => Entry::new("ap.token", ap, json!({ "expires_ms": expires.0 })),
        Change::Enroll { .. } => enrolled(outcome)?,
        Change::Revoke { ap, .. } => Entry::new("ap.revoke", ap, json!({})),
        Change::Block { mac, blocked, .. } => {
            Entry::new(if *blocked { "device.block" } else { "device.unblock" }, mac, json!({}))
        }
        // What the controller notes for itself, a version of a configuration for instance, is nobody's change.
        Change::Setting { .. } if *actor == Actor::Controller => return None,
        // Only the key: a value may be anything.
        Change::Setting { key, .. } => Entry::new("setting.put", key, json!({})),
        Change::Kick { grant, .. } => {
            Entry::new("visit.kick", format_args!("{:032x}", u128::from_be_bytes(grant.0)), json!({}))
        }
        Change::RaiseEpoch(domain) => Entry::new("log.raise_epoch", domain, json!({})),
        Change::PutNas(nas) => Entry::new(
            "nas.put",
            &nas.name,
            json!({
                "address": nas.address, "kind": nas.kind, "coa_port": nas.coa_port, "zone": nas.zone,
                "require_message_authenticator": nas.require_message_authenticator,
            }),
        ),
        Change::RemoveNas(name) => Entry::new("nas.remove", name, json!({})),
        Change::PutAccounts(accounts) => {
            let names: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
            Entry::new("account.put", one_or_many(&names, "accounts"), json!({ "accounts": names }))
        }
        Change::RemoveAccount(name) => Entry::new("account.remove", name, json!({})),
        Change::AddVouchers(vouchers) => {
            let plan = vouchers.first().map(|voucher| &voucher.plan);
            Entry::new("voucher.create", format_args!("{} vouchers", vouchers.len()), json!({ "plan": plan }))
        }
        // A visitor's own doing, as a tap is.
        Change::UseVoucher { .. } => return None,
        // What the configuration says, every day.
        Change::PruneLedger { .. } => return None,
        Change::Operator(change) => return change.entry(outcome),
    })
}

fn one_or_many(names: &[&str], kind: &str) -> String {
    if let [one] = names { (*one).to_owned() } else { format!("{} {kind}", names.len()) }
}

/// A secret that nobody gave out changes nothing and leaves no row: strangers would fill the log.
fn enrolled(outcome: &Changed) -> Option<Entry> {
    let Changed::Enrollment(enrollment) = outcome else { return None };
    let refused = |why: &str| Some(Entry::new("ap.enroll_refused", "", json!({ "reason": why })));
    match enrollment {
        Enrollment::Enrolled(ap) => Some(Entry::new("ap.enroll", &ap.id, json!({}))),
        Enrollment::UnknownToken => None,
        Enrollment::UsedToken => refused("the token was used before"),
        Enrollment::ExpiredToken => refused("the token has expired"),
        Enrollment::KeyInUse => refused("the key is another access point's"),
    }
}

impl Store {
    /// A page of the audit log, the newest row first: those before `before`, at most `limit`.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn audit(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.database().audit(before, limit).await
    }

    /// Reads the whole audit log and says whether it is as it was written. Rows removed at its very end are not
    /// found: compare the number of rows with a copy kept elsewhere.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn check_audit(&self) -> Result<AuditChain, StoreError> {
        self.database().check_audit().await
    }
}
