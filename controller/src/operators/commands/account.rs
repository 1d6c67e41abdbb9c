//! `account …`: people who sign in with a name and a password of their own, one by one or from a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use session_core::UnixMs;
use store::{Account, Counted};

use super::{Form, secret_text, with_store};
use crate::clock;
use crate::config::Config;
use crate::policy::password;

/// Longest name, in bytes: User-Name of RADIUS carries no more.
const MOST_NAME: usize = 253;
/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// An account as it is given on the command line.
#[derive(Debug, Args)]
pub struct AccountAdd {
    /// Name to sign in with
    name: String,
    /// Password; - reads it from standard input
    #[arg(long)]
    password: String,
    /// Plan; the portal's plan without it
    #[arg(long)]
    plan: Option<String>,
}

/// A file of accounts.
#[derive(Debug, Args)]
pub struct AccountImport {
    /// CSV with the header name,password[,plan]; a password may be an Argon2id verifier ($argon2id$…)
    file: PathBuf,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// Adds an account, or changes the one of that name.
///
/// # Errors
/// One sentence that says what to do.
pub async fn add(config: &Config, wanted: AccountAdd, form: Form) -> anyhow::Result<String> {
    name_fault(&wanted.name).map_or(Ok(()), |fault| Err(anyhow::anyhow!("the name {fault}")))?;
    let secret = secret_text("--password", &wanted.password)?;
    password::fault(&secret).map_or(Ok(()), |fault| Err(anyhow::anyhow!("--password {fault}")))?;
    let account = Account {
        name: wanted.name.clone(),
        verifier: password::verifier(&secret)?,
        plan: wanted.plan.unwrap_or_else(|| config.portal.plan.clone()),
        added: UnixMs(clock::unix_ms()),
    };
    with_store(config, async |store| {
        let Counted { added, .. } = store.put_accounts(vec![account]).await?;
        let did = if added == 1 { "added" } else { "changed" };
        Ok(match form {
            Form::Text => format!("account {:?}: {did}", wanted.name),
            Form::Json => json!({"account": wanted.name, "result": did}).to_string(),
        })
    })
    .await
}

/// Takes over a file of accounts: all of it, or nothing when anything is wrong with it.
///
/// # Errors
/// Every bad line, one sentence each, or what the store says.
pub async fn import(config: &Config, wanted: AccountImport, form: Form) -> anyhow::Result<String> {
    let shown = wanted.file.display();
    let rows = read(&wanted.file, &config.portal.plan)?;
    let plans = with_store(config, async |store| Ok(store.plans().await?)).await?;
    let unknown = |row: &Row| !plans.iter().any(|plan| plan.name == row.plan);
    let faults: Vec<String> = rows
        .iter()
        .filter(|row| unknown(row))
        .map(|row| {
            format!("line {}: there is no plan {:?}; add it first or correct the name", row.line, row.plan)
        })
        .collect();
    refuse(&faults, &wanted.file)?;
    if wanted.dry_run {
        return Ok(match form {
            Form::Text => format!("{shown}: {} accounts could be imported, no line is wrong", rows.len()),
            Form::Json => json!({"valid": rows.len()}).to_string(),
        });
    }
    let accounts = tokio::task::spawn_blocking(move || hashed(rows)).await??;
    with_store(config, async |store| {
        let Counted { added, changed } = store.put_accounts(accounts).await?;
        Ok(match form {
            Form::Text => format!("accounts: {added} added, {changed} changed"),
            Form::Json => json!({"added": added, "changed": changed}).to_string(),
        })
    })
    .await
}

/// Lists the accounts, without their passwords.
///
/// # Errors
/// What the store says.
pub async fn list(config: &Config, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        let all = store.accounts().await?;
        let as_json = |account: &Account| {
            json!({"account": account.name, "plan": account.plan, "added_ms": account.added.0})
        };
        Ok(match form {
            Form::Json => Value::Array(all.iter().map(as_json).collect()).to_string(),
            Form::Text if all.is_empty() => {
                "there is no account; add one with: hotspot-controller account add NAME --password -".to_owned()
            }
            Form::Text => all
                .iter()
                .map(|account| format!("{:?}  {}", account.name, account.plan))
                .collect::<Vec<_>>()
                .join("\n"),
        })
    })
    .await
}

/// Removes an account; sessions that run go on until their end.
///
/// # Errors
/// One sentence that says what to do.
pub async fn remove(config: &Config, name: &str, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        store.remove_account(name).await?;
        Ok(match form {
            Form::Text => format!("account {name:?}: removed"),
            Form::Json => json!({"account": name, "result": "removed"}).to_string(),
        })
    })
    .await
}

struct Row {
    line: u64,
    name: String,
    password: String,
    plan: String,
}

fn read(file: &Path, plan: &str) -> anyhow::Result<Vec<Row>> {
    let shown = file.display();
    let unreadable =
        |error: std::io::Error| anyhow::anyhow!("{shown} cannot be read: {error}; check the path");
    if std::fs::metadata(file).map_err(unreadable)?.len() > MOST_BYTES {
        anyhow::bail!("{shown} is larger than {} MiB; split it", MOST_BYTES >> 20);
    }
    let text = std::fs::read(file).map_err(unreadable)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_slice());
    let header: Vec<String> =
        reader.byte_headers()?.iter().map(|name| lossy(name).trim().to_owned()).collect();
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    if !matches!(names.as_slice(), ["name", "password"] | ["name", "password", "plan"]) {
        anyhow::bail!("the first line of {shown} must be name,password or name,password,plan");
    }
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for record in reader.byte_records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                faults.push(format!("the file is no CSV: {error}"));
                break;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        match row(&record, names.len(), line, plan) {
            Ok(row) => {
                if let Some(first) = lines.insert(row.name.clone(), line) {
                    faults.push(format!("line {line}: the name is on line {first} already"));
                }
                rows.push(row);
            }
            Err(fault) => faults.push(format!("line {line}: {fault}")),
        }
    }
    refuse(&faults, file)?;
    Ok(rows)
}

fn row(record: &csv::ByteRecord, columns: usize, line: u64, plan: &str) -> Result<Row, String> {
    if record.len() != columns {
        return Err(format!("it has {} fields instead of {columns}", record.len()));
    }
    let field = |index: usize| {
        std::str::from_utf8(record.get(index).unwrap_or_default()).map_err(|_| "it is no UTF-8".to_owned())
    };
    let (name, password) = (field(0)?, field(1)?);
    if let Some(fault) = name_fault(name) {
        return Err(format!("the name {fault}"));
    }
    let fault = if password.starts_with("$argon2") {
        password::verifier_fault(password)
    } else {
        password::fault(password)
    };
    if let Some(fault) = fault {
        return Err(format!("the password {fault}"));
    }
    let named = if columns == 3 { field(2)?.trim() } else { "" };
    let plan = if named.is_empty() { plan } else { named };
    Ok(Row { line, name: name.to_owned(), password: password.to_owned(), plan: plan.to_owned() })
}

fn refuse(faults: &[String], file: &Path) -> anyhow::Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    anyhow::bail!(
        "{}\nnothing of {} was imported; correct it and import again",
        faults.join("\n"),
        file.display()
    )
}

/// Hashing is slow by design: all cores share it.
fn hashed(rows: Vec<Row>) -> anyhow::Result<Vec<Account>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let added = UnixMs(clock::unix_ms());
    let share = rows.len().div_ceil(cores).max(1);
    let account = |row: &Row| {
        let given = row.password.starts_with("$argon2");
        let verifier = if given { row.password.clone() } else { password::verifier(&row.password)? };
        Ok(Account { name: row.name.clone(), verifier, plan: row.plan.clone(), added })
    };
    std::thread::scope(|scope| {
        let shares: Vec<_> = rows
            .chunks(share)
            .map(|rows| scope.spawn(move || rows.iter().map(account).collect::<anyhow::Result<Vec<_>>>()))
            .collect();
        let mut accounts = Vec::with_capacity(rows.len());
        for share in shares {
            accounts.extend(share.join().map_err(|_| anyhow::anyhow!("a password could not be hashed"))??);
        }
        Ok(accounts)
    })
}

fn name_fault(name: &str) -> Option<String> {
    if name.is_empty() || name.len() > MOST_NAME {
        return Some(format!("has {} bytes: 1 to {MOST_NAME} are allowed", name.len()));
    }
    name.chars().any(char::is_control).then(|| "has control characters: leave them out".to_owned())
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}').to_owned()
}
