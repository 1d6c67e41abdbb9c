//! Access points of other makes, accounts and vouchers as rows.

use std::path::Path;

use session_core::UnixMs;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Database;
use super::errors::translate;
use super::rows::{Hex, bytes, int, moment};
use crate::StoreError;
use crate::change::Changed;
use crate::radius::{Account, Counted, NasClient, Voucher};

impl Database {
    pub(crate) async fn nas_clients(&self) -> Result<Vec<NasClient>, StoreError> {
        self.read(async |c| {
            let found = sqlx::query("SELECT * FROM nas ORDER BY name").fetch_all(c).await?;
            found.iter().map(nas_client).collect()
        })
        .await
    }

    pub(crate) async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.read(async |c| {
            let found = sqlx::query("SELECT * FROM account ORDER BY name").fetch_all(c).await?;
            found.iter().map(account).collect()
        })
        .await
    }

    pub(crate) async fn vouchers(&self) -> Result<Vec<Voucher>, StoreError> {
        self.read(async |c| {
            let found = sqlx::query("SELECT * FROM voucher ORDER BY name").fetch_all(c).await?;
            found.iter().map(voucher).collect()
        })
        .await
    }
}

fn nas_client(row: &SqliteRow) -> Result<NasClient, sqlx::Error> {
    Ok(NasClient {
        name: row.try_get("name")?,
        address: row.try_get("address")?,
        secret: row.try_get("secret")?,
        kind: row.try_get("kind")?,
        coa_port: row.try_get::<Option<i64>, _>("coa_port")?.and_then(|port| u16::try_from(port).ok()),
        require_message_authenticator: row.try_get("require_message_authenticator")?,
        zone: row.try_get("zone")?,
        added: moment(row, "added_ms")?,
    })
}

fn account(row: &SqliteRow) -> Result<Account, sqlx::Error> {
    Ok(Account {
        name: row.try_get("name")?,
        verifier: row.try_get("verifier")?,
        plan: row.try_get("plan")?,
        added: moment(row, "added_ms")?,
    })
}

fn voucher(row: &SqliteRow) -> Result<Voucher, sqlx::Error> {
    let first_used = match row.try_get::<Option<i64>, _>("first_used_ms")? {
        Some(_) => Some(moment(row, "first_used_ms")?),
        None => None,
    };
    Ok(Voucher {
        name: row.try_get("name")?,
        secret_hmac: bytes(row, "secret_hmac")?,
        plan: row.try_get("plan")?,
        created: moment(row, "created_ms")?,
        first_used,
    })
}

pub(super) async fn put_nas(
    connection: &mut SqliteConnection,
    file: &Path,
    nas: &NasClient,
) -> Result<Changed, StoreError> {
    if let Some(zone) = &nas.zone {
        known(connection, file, "zone", "SELECT count(*) FROM zone WHERE id = ?1", zone).await?;
    }
    let query = sqlx::query(PUT_NAS)
        .bind(&nas.name)
        .bind(&nas.address)
        .bind(&nas.secret)
        .bind(&nas.kind)
        .bind(nas.coa_port.map(i64::from))
        .bind(nas.require_message_authenticator)
        .bind(&nas.zone)
        .bind(int(nas.added.0));
    query.execute(connection).await.map(|_| Changed::Done).map_err(|error| translate(file, error))
}

pub(super) async fn remove(
    connection: &mut SqliteConnection,
    file: &Path,
    kind: &'static str,
    sql: &'static str,
    name: &str,
) -> Result<Changed, StoreError> {
    let removed = sqlx::query(sql).bind(name).execute(connection).await;
    match removed.map_err(|error| translate(file, error))?.rows_affected() {
        0 => Err(StoreError::Unknown { kind, id: name.to_owned() }),
        _ => Ok(Changed::Done),
    }
}

pub(super) async fn put_accounts(
    connection: &mut SqliteConnection,
    file: &Path,
    accounts: &[Account],
) -> Result<Changed, StoreError> {
    known_plans(connection, file, accounts.iter().map(|account| account.plan.as_str())).await?;
    let failed = |error| translate(file, error);
    let rows: Vec<_> = accounts.iter().map(|a| (&a.name, &a.verifier, &a.plan, int(a.added.0))).collect();
    let json = serde_json::to_string(&rows).unwrap_or_default();
    let there = sqlx::query_scalar::<_, i64>(ACCOUNTS_THERE).bind(&json).fetch_one(&mut *connection).await;
    let there = usize::try_from(there.map_err(failed)?).unwrap_or(0);
    sqlx::query(PUT_ACCOUNTS).bind(&json).execute(connection).await.map_err(failed)?;
    Ok(Changed::Counted(Counted { added: accounts.len().saturating_sub(there), changed: there }))
}

pub(super) async fn add_vouchers(
    connection: &mut SqliteConnection,
    file: &Path,
    vouchers: &[Voucher],
) -> Result<Changed, StoreError> {
    known_plans(connection, file, vouchers.iter().map(|voucher| voucher.plan.as_str())).await?;
    let row =
        |v: &Voucher| (v.name.clone(), Hex(&v.secret_hmac).to_string(), v.plan.clone(), int(v.created.0));
    let rows: Vec<_> = vouchers.iter().map(row).collect();
    let json = serde_json::to_string(&rows).unwrap_or_default();
    let written = sqlx::query(ADD_VOUCHERS).bind(json).execute(connection).await;
    written.map(|_| Changed::Done).map_err(|error| translate(file, error))
}

pub(super) async fn use_voucher(
    connection: &mut SqliteConnection,
    file: &Path,
    name: &str,
    now: UnixMs,
) -> Result<Changed, StoreError> {
    let sql = "UPDATE voucher SET first_used_ms = coalesce(first_used_ms, ?2) WHERE name = ?1 RETURNING first_used_ms";
    let found = sqlx::query(sql).bind(name).bind(int(now.0)).fetch_optional(connection).await;
    let unknown = || StoreError::Unknown { kind: "voucher", id: name.to_owned() };
    let row = found.map_err(|error| translate(file, error))?.ok_or_else(unknown)?;
    moment(&row, "first_used_ms").map(Changed::Moment).map_err(|error| translate(file, error))
}

async fn known_plans<'a>(
    connection: &mut SqliteConnection,
    file: &Path,
    plans: impl Iterator<Item = &'a str>,
) -> Result<(), StoreError> {
    let different: std::collections::BTreeSet<&str> = plans.collect();
    for plan in different {
        known(connection, file, "plan", "SELECT count(*) FROM plan WHERE name = ?1", plan).await?;
    }
    Ok(())
}

async fn known(
    connection: &mut SqliteConnection,
    file: &Path,
    kind: &'static str,
    sql: &'static str,
    id: &str,
) -> Result<(), StoreError> {
    let found = sqlx::query_scalar::<_, i64>(sql).bind(id).fetch_one(connection).await;
    match found.map_err(|error| translate(file, error))? {
        0 => Err(StoreError::Unknown { kind, id: id.to_owned() }),
        _ => Ok(()),
    }
}

const PUT_NAS: &str = "
INSERT INTO nas (name, address, secret, kind, coa_port, require_message_authenticator, zone, added_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (name) DO UPDATE SET
    address = excluded.address, secret = excluded.secret, kind = excluded.kind, coa_port = excluded.coa_port,
    require_message_authenticator = excluded.require_message_authenticator, zone = excluded.zone";

const ACCOUNTS_THERE: &str = "
SELECT count(*) FROM account WHERE name IN (SELECT value ->> 0 FROM json_each(?1))";

const PUT_ACCOUNTS: &str = "
INSERT INTO account (name, verifier, plan, added_ms)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true
ON CONFLICT (name) DO UPDATE SET verifier = excluded.verifier, plan = excluded.plan";

const ADD_VOUCHERS: &str = "
INSERT INTO voucher (name, secret_hmac, plan, created_ms)
SELECT value ->> 0, unhex(value ->> 1), value ->> 2, value ->> 3 FROM json_each(?1)";
