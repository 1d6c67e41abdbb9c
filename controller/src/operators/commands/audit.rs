//! `audit …`: who changed what, and whether the log is as it was written.

use clap::Args;
use serde_json::{Value, json};
use store::{AuditChain, AuditRow};

use super::{Form, with_store};
use crate::config::Config;

/// Which part of the log.
#[derive(Debug, Args)]
pub struct AuditList {
    /// Most rows, the newest first
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Only rows before this one, as the first column shows it
    #[arg(long)]
    before: Option<u64>,
}

/// Lists the newest rows.
///
/// # Errors
/// What the store says.
pub async fn list(config: &Config, wanted: AuditList, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        let rows = store.audit(wanted.before, wanted.limit).await?;
        Ok(match form {
            Form::Json => Value::Array(rows.iter().map(as_json).collect()).to_string(),
            Form::Text if rows.is_empty() => "nothing was changed yet".to_owned(),
            Form::Text => rows.iter().map(as_line).collect::<Vec<_>>().join("\n"),
        })
    })
    .await
}

/// Checks the whole log.
///
/// # Errors
/// A sentence when a row is not what was written in its place.
pub async fn check(config: &Config, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| match (store.check_audit().await?, form) {
        (AuditChain::Broken { at }, _) => anyhow::bail!(
            "row {at} of the audit log was edited, removed or moved; compare the database with a backup"
        ),
        (AuditChain::Whole { rows }, Form::Text) => Ok(format!("the audit log is whole: {rows} rows")),
        (AuditChain::Whole { rows }, Form::Json) => Ok(json!({ "whole": true, "rows": rows }).to_string()),
    })
    .await
}

fn as_line(row: &AuditRow) -> String {
    let at = i64::try_from(row.at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let at = at.map_or_else(|| row.at.0.to_string(), |at| at.to_string());
    // Names may hold anything: one row stays one line.
    let (actor, subject) = (row.actor.escape_debug(), row.subject.escape_debug());
    format!("{:>6} {at} {actor} {} {subject} {}", row.id, row.action, row.detail.escape_debug())
}

fn as_json(row: &AuditRow) -> Value {
    json!({
        "id": row.id,
        "at_ms": row.at.0,
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "detail": serde_json::from_str::<Value>(&row.detail).unwrap_or_default(),
    })
}
