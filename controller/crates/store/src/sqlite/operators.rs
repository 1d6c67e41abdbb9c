//! Operators, their links, sessions and tokens as statements.

use std::path::Path;

use session_core::UnixMs;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::Database;
use super::errors::translate;
use super::rows::{self, int};
use crate::operators::{OperatorChange, OperatorChanged, SESSION_IDLE_MS};
use crate::{NewOperatorSession, OperatorAccount, OperatorPut, OperatorSession, Role, SignIn, StoreError};

/// Links, sessions and tokens that ended longer ago than this are forgotten, in milliseconds.
const KEPT_MS: u64 = 90 * 86_400_000;

type Written<T> = Result<T, sqlx::Error>;

/// Writes one change inside the transaction that is open.
pub(super) async fn apply(
    c: &mut SqliteConnection,
    file: &Path,
    change: &OperatorChange,
) -> Result<OperatorChanged, StoreError> {
    let failed = |error| translate(file, error);
    if let OperatorChange::Link { email, .. } | OperatorChange::Token { email, .. } = change {
        known(c, file, email, false).await?;
    }
    if let OperatorChange::Disable { email, .. } | OperatorChange::RevokeTokens { email, .. } = change {
        known(c, file, email, true).await?;
    }
    match change {
        OperatorChange::Put { email, role, now } => put(c, email, *role, *now).await.map(OperatorChanged::Put),
        OperatorChange::Link { email, secret_sha256, expires } => {
            link(c, email, secret_sha256, *expires).await.map(|()| OperatorChanged::Done)
        }
        OperatorChange::Disable { email, now } => disable(c, email, *now).await.map(|()| OperatorChanged::Done),
        OperatorChange::Token { email, secret_sha256, now, expires } => {
            let sql = "INSERT INTO api_token (secret_sha256, email, created_ms, expires_ms) VALUES (?1, ?2, ?3, ?4)";
            let query = sqlx::query(sql).bind(secret_sha256.as_slice()).bind(email).bind(int(now.0));
            query.bind(int(expires.0)).execute(c).await.map(|_| OperatorChanged::Done)
        }
        OperatorChange::RevokeTokens { email, now } => {
            revoke_tokens(c, email, *now).await.map(OperatorChanged::Count)
        }
        OperatorChange::SignIn { link_sha256, session } => sign_in(c, link_sha256, session).await,
        OperatorChange::EndSession { email, id_sha256, now } => {
            let sql = "UPDATE operator_session SET revoked_ms = ?3
                WHERE email = ?1 AND id_sha256 = ?2 AND revoked_ms IS NULL";
            let query = sqlx::query(sql).bind(email).bind(id_sha256.as_slice()).bind(int(now.0));
            query.execute(c).await.map(|done| OperatorChanged::Count(done.rows_affected()))
        }
        OperatorChange::Seen { id_sha256, now } => {
            let sql = "UPDATE operator_session SET last_seen_ms = max(last_seen_ms, ?2) WHERE id_sha256 = ?1";
            let query = sqlx::query(sql).bind(id_sha256.as_slice()).bind(int(now.0));
            query.execute(c).await.map(|_| OperatorChanged::Done)
        }
    }
    .map_err(failed)
}

async fn known(c: &mut SqliteConnection, file: &Path, email: &str, disabled: bool) -> Result<(), StoreError> {
    let found = operator(c, email).await.map_err(|error| translate(file, error))?;
    found
        .filter(|found| disabled || found.disabled.is_none())
        .map(|_| ())
        .ok_or_else(|| StoreError::Unknown { kind: "operator", id: email.to_owned() })
}

async fn put(c: &mut SqliteConnection, email: &str, role: Role, now: UnixMs) -> Written<OperatorPut> {
    let before = operator(c, email).await?;
    let sql = "INSERT INTO operator (email, role, added_ms) VALUES (?1, ?2, ?3)
        ON CONFLICT (email) DO UPDATE SET role = excluded.role, disabled_ms = NULL";
    sqlx::query(sql).bind(email).bind(role.word()).bind(int(now.0)).execute(c).await?;
    Ok(match before {
        None => OperatorPut::Added,
        Some(same) if same.role == role && same.disabled.is_none() => OperatorPut::Unchanged,
        Some(_) => OperatorPut::Changed,
    })
}

async fn link(c: &mut SqliteConnection, email: &str, secret: &[u8; 32], expires: UnixMs) -> Written<()> {
    sqlx::query("DELETE FROM sign_in_link WHERE email = ?1 AND used_ms IS NULL")
        .bind(email)
        .execute(&mut *c)
        .await?;
    let sql = "INSERT INTO sign_in_link (secret_sha256, email, expires_ms) VALUES (?1, ?2, ?3)";
    let query = sqlx::query(sql).bind(secret.as_slice()).bind(email).bind(int(expires.0));
    query.execute(c).await.map(|_| ())
}

async fn disable(c: &mut SqliteConnection, email: &str, now: UnixMs) -> Written<()> {
    for sql in [
        "UPDATE operator SET disabled_ms = coalesce(disabled_ms, ?2) WHERE email = ?1",
        "UPDATE operator_session SET revoked_ms = ?2 WHERE email = ?1 AND revoked_ms IS NULL",
        "DELETE FROM sign_in_link WHERE email = ?1 AND used_ms IS NULL AND ?2 = ?2",
    ] {
        sqlx::query(sql).bind(email).bind(int(now.0)).execute(&mut *c).await?;
    }
    revoke_tokens(c, email, now).await.map(|_| ())
}

async fn revoke_tokens(c: &mut SqliteConnection, email: &str, now: UnixMs) -> Written<u64> {
    let sql =
        "UPDATE api_token SET revoked_ms = ?2 WHERE email = ?1 AND revoked_ms IS NULL AND expires_ms > ?2";
    sqlx::query(sql).bind(email).bind(int(now.0)).execute(c).await.map(|done| done.rows_affected())
}

/// Decides and takes the link in one transaction, so that of two who use it together only one gets in.
async fn sign_in(
    c: &mut SqliteConnection,
    link: &[u8; 32],
    session: &NewOperatorSession,
) -> Written<OperatorChanged> {
    let now = session.created;
    let (email, sign_in) = link_state(c, link, now).await?;
    let (Some(email), SignIn::Operator(_)) = (&email, &sign_in) else {
        return Ok(OperatorChanged::SignIn(email, sign_in));
    };
    forget(c, now).await?;
    sqlx::query("UPDATE sign_in_link SET used_ms = ?2 WHERE secret_sha256 = ?1")
        .bind(link.as_slice())
        .bind(int(now.0))
        .execute(&mut *c)
        .await?;
    if let Some(replaced) = session.replaces {
        sqlx::query("UPDATE operator_session SET revoked_ms = coalesce(revoked_ms, ?2) WHERE id_sha256 = ?1")
            .bind(replaced.as_slice())
            .bind(int(now.0))
            .execute(&mut *c)
            .await?;
    }
    let sql = "INSERT INTO operator_session
        (id_sha256, email, created_ms, last_seen_ms, expires_ms, address, country, user_agent)
        VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)";
    sqlx::query(sql)
        .bind(session.id_sha256.as_slice())
        .bind(email)
        .bind(int(now.0))
        .bind(int(session.expires.0))
        .bind(&session.address)
        .bind(&session.country)
        .bind(&session.user_agent)
        .execute(c)
        .await?;
    Ok(OperatorChanged::SignIn(Some(email.clone()), sign_in))
}

async fn forget(c: &mut SqliteConnection, now: UnixMs) -> Written<()> {
    for sql in [
        "DELETE FROM sign_in_link WHERE expires_ms < ?1",
        "DELETE FROM operator_session WHERE expires_ms < ?1",
        "DELETE FROM api_token WHERE expires_ms < ?1",
    ] {
        sqlx::query(sql).bind(int(now.minus_ms(KEPT_MS).0)).execute(&mut *c).await?;
    }
    Ok(())
}

/// What a link is good for, and whose it is.
async fn link_state(
    c: &mut SqliteConnection,
    secret: &[u8; 32],
    now: UnixMs,
) -> Written<(Option<String>, SignIn)> {
    let sql = "SELECT l.expires_ms, l.used_ms, o.* FROM sign_in_link l JOIN operator o ON o.email = l.email
        WHERE l.secret_sha256 = ?1";
    let Some(row) = sqlx::query(sql).bind(secret.as_slice()).fetch_optional(c).await? else {
        return Ok((None, SignIn::Unknown));
    };
    let account = account(&row)?;
    let email = Some(account.email.clone());
    Ok((
        email,
        if row.try_get::<Option<i64>, _>("used_ms")?.is_some() {
            SignIn::Used
        } else if rows::number(&row, "expires_ms")? <= now.0 {
            SignIn::Expired
        } else if account.disabled.is_some() {
            SignIn::Disabled
        } else {
            SignIn::Operator(account)
        },
    ))
}

async fn operator(c: &mut SqliteConnection, email: &str) -> Written<Option<OperatorAccount>> {
    let query = sqlx::query("SELECT * FROM operator WHERE email = ?1").bind(email);
    query.fetch_optional(c).await?.map(|row| account(&row)).transpose()
}

fn account(row: &SqliteRow) -> Written<OperatorAccount> {
    let disabled = row.try_get::<Option<i64>, _>("disabled_ms")?;
    Ok(OperatorAccount {
        email: row.try_get("email")?,
        role: rows::word(row, "role", Role::of)?,
        added: UnixMs(rows::number(row, "added_ms")?),
        disabled: disabled.map(|ms| UnixMs(ms.unsigned_abs())),
    })
}

fn session(row: &SqliteRow) -> Written<OperatorSession> {
    Ok(OperatorSession {
        id_sha256: rows::bytes(row, "id_sha256")?,
        email: row.try_get("email")?,
        created: UnixMs(rows::number(row, "created_ms")?),
        last_seen: UnixMs(rows::number(row, "last_seen_ms")?),
        expires: UnixMs(rows::number(row, "expires_ms")?),
        address: row.try_get("address")?,
        country: row.try_get("country")?,
        user_agent: row.try_get("user_agent")?,
    })
}

impl Database {
    pub(crate) async fn operators(&self) -> Result<Vec<OperatorAccount>, StoreError> {
        self.read(async |c: &mut SqliteConnection| {
            sqlx::query("SELECT * FROM operator ORDER BY email")
                .fetch_all(c)
                .await?
                .iter()
                .map(account)
                .collect()
        })
        .await
    }

    pub(crate) async fn sign_in_link(&self, secret: [u8; 32], now: UnixMs) -> Result<SignIn, StoreError> {
        self.read(async |c: &mut SqliteConnection| link_state(c, &secret, now).await.map(|(_, state)| state))
            .await
    }

    pub(crate) async fn operator_session(
        &self,
        id_sha256: [u8; 32],
        now: UnixMs,
    ) -> Result<Option<(OperatorSession, OperatorAccount)>, StoreError> {
        let sql = "SELECT s.*, o.role, o.added_ms, o.disabled_ms
            FROM operator_session s JOIN operator o ON o.email = s.email
            WHERE s.id_sha256 = ?1 AND s.revoked_ms IS NULL AND o.disabled_ms IS NULL AND s.expires_ms > ?2
                AND s.last_seen_ms > ?3";
        self.read(async |c: &mut SqliteConnection| {
            let query = sqlx::query(sql).bind(id_sha256.as_slice()).bind(int(now.0));
            let found = query.bind(int(now.minus_ms(SESSION_IDLE_MS).0)).fetch_optional(c).await?;
            found.map(|row| Ok((session(&row)?, account(&row)?))).transpose()
        })
        .await
    }

    pub(crate) async fn operator_sessions(
        &self,
        email: &str,
        now: UnixMs,
    ) -> Result<Vec<OperatorSession>, StoreError> {
        let sql = "SELECT * FROM operator_session
            WHERE email = ?1 AND revoked_ms IS NULL AND expires_ms > ?2 AND last_seen_ms > ?3
            ORDER BY created_ms DESC, id_sha256";
        self.read(async |c: &mut SqliteConnection| {
            let query = sqlx::query(sql).bind(email).bind(int(now.0));
            let found = query.bind(int(now.minus_ms(SESSION_IDLE_MS).0)).fetch_all(c).await?;
            found.iter().map(session).collect()
        })
        .await
    }

    pub(crate) async fn api_token(
        &self,
        secret: [u8; 32],
        now: UnixMs,
    ) -> Result<Option<OperatorAccount>, StoreError> {
        let sql = "SELECT o.* FROM api_token t JOIN operator o ON o.email = t.email
            WHERE t.secret_sha256 = ?1 AND t.revoked_ms IS NULL AND t.expires_ms > ?2 AND o.disabled_ms IS NULL";
        self.read(async |c: &mut SqliteConnection| {
            let query = sqlx::query(sql).bind(secret.as_slice()).bind(int(now.0));
            query.fetch_optional(c).await?.map(|row| account(&row)).transpose()
        })
        .await
    }
}
