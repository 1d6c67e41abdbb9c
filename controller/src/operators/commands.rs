//! The management commands: each acts on the store and tells in one line what it did.

pub mod account;
pub mod ap;
pub mod audit;
pub mod nas;
pub mod operator;
pub mod plan;
pub mod session;
pub mod stats;
pub mod voucher;

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use serde_json::json;
use store::{Actor, Store, StoreError};

use crate::config::Config;

/// How a command's result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line for people.
    Text,
    /// One JSON value for scripts.
    Json,
}

/// Opens the store in the name of who runs the command, and makes the data directory and the database when they are
/// not there.
///
/// # Errors
/// One sentence that says what to do.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    make_data_dir(&config.data_dir)?;
    Ok(Store::open(&config.store.url).await?.acting_as(Actor::Command(unix_user())))
}

fn unix_user() -> String {
    let uid = nix::unistd::getuid();
    match nix::unistd::User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => uid.to_string(),
    }
}

/// Makes the data directory.
///
/// # Errors
/// One sentence that says what to do.
pub fn make_data_dir(data_dir: &Path) -> anyhow::Result<()> {
    // Keys and the visitors' devices are in it: its owner's business alone.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(|error| {
        anyhow::anyhow!(
            "the data directory {} cannot be made: {error}; choose another with --data-dir or data_dir",
            data_dir.display()
        )
    })
}

/// Runs a command on the store and closes it, so that everything is written before the process ends.
///
/// # Errors
/// What the command says.
pub async fn with_store<T, F>(config: &Config, command: F) -> anyhow::Result<T>
where
    F: AsyncFnOnce(&Store) -> anyhow::Result<T>,
{
    let store = open_store(config).await?;
    let done = command(&store).await;
    store.close().await;
    done
}

/// Brings the database up to this version's schema.
///
/// # Errors
/// What the store says.
pub async fn migrate(config: &Config, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        store.check().await?;
        let database = &config.store.url;
        Ok(match form {
            Form::Text => format!("the database {database} is up to date"),
            Form::Json => json!({"database": database, "result": "up to date"}).to_string(),
        })
    })
    .await
}

/// What is said when a command fails. The store's word for a full disk is for a controller that runs and tries again;
/// a command has ended.
#[must_use]
pub fn sentence(error: &anyhow::Error) -> String {
    match error.downcast_ref() {
        Some(StoreError::Full { file }) => format!(
            "there is no room for the database {}; free space on its disk, then run it again",
            file.display()
        ),
        _ => error.to_string(),
    }
}

/// A secret as given, or the first line of standard input for `-`, so that it stands in no list of processes.
fn secret_text(option: &str, given: &str) -> anyhow::Result<String> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|error| anyhow::anyhow!("{option} - could not be read from standard input: {error}"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn unknown(kind: &'static str, id: &str) -> anyhow::Error {
    StoreError::Unknown { kind, id: id.to_owned() }.into()
}
