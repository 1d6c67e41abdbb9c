//! Management changes as statements.

use std::collections::BTreeMap;
use std::path::Path;

use session_core::{ApId, DomainId, Plan, Position, UnixMs};
use sqlx::{Row, SqliteConnection};

use super::errors::translate;
use super::rows::{int, position};
use super::{audit, kicks, ledger_reads, operators, radius, reads};
use crate::audit::entry;
use crate::change::{Change, Changed};
use crate::{AccessPoint, Actor, Enrollment, Import, Imported, NewAccessPoint, StoreError};

/// After a restore, positions and numbers handed out since the backup are left alone for this many entries.
const EPOCH_LEAP: i64 = 1 << 20;

/// Writes one change and its row of the audit log inside the transaction that is open.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    file: &Path,
    actor: &Actor,
    change: &Change,
) -> Result<Changed, StoreError> {
    let changed = make(connection, file, change).await?;
    if let Some(entry) = entry(actor, change, &changed) {
        audit::write(connection, actor, entry).await.map_err(|error| translate(file, error))?;
    }
    Ok(changed)
}

async fn make(
    connection: &mut SqliteConnection,
    file: &Path,
    change: &Change,
) -> Result<Changed, StoreError> {
    let failed = |error| translate(file, error);
    match change {
        Change::Plan(plan) => put_plan(connection, plan).await.map_err(failed).map(|()| Changed::Done),
        Change::Import(import) => import_all(connection, file, import).await.map(Changed::Imported),
        Change::Token { ap, secret_sha256, expires } => {
            known_ap(connection, file, ap).await?;
            let sql = "INSERT INTO enroll_token (secret_sha256, ap, expires_ms) VALUES (?1, ?2, ?3)
                ON CONFLICT (ap) DO UPDATE SET
                    secret_sha256 = excluded.secret_sha256, expires_ms = excluded.expires_ms, used_ms = NULL";
            let query = sqlx::query(sql).bind(secret_sha256.as_slice()).bind(&ap.0).bind(int(expires.0));
            query.execute(connection).await.map_err(failed).map(|_| Changed::Done)
        }
        Change::Enroll { secret_sha256, key, now } => {
            enroll(connection, secret_sha256, key, *now).await.map_err(failed).map(Changed::Enrollment)
        }
        Change::Revoke { ap, now } => {
            known_ap(connection, file, ap).await?;
            let sql = "UPDATE access_point SET revoked_ms = coalesce(revoked_ms, ?2) WHERE id = ?1";
            let query = sqlx::query(sql).bind(&ap.0).bind(int(now.0));
            query.execute(connection).await.map_err(failed).map(|_| Changed::Done)
        }
        Change::PutNas(nas) => radius::put_nas(connection, file, nas).await,
        Change::RemoveNas(name) => {
            radius::remove(connection, file, "NAS", "DELETE FROM nas WHERE name = ?1", name).await
        }
        Change::PutAccounts(accounts) => radius::put_accounts(connection, file, accounts).await,
        Change::RemoveAccount(name) => {
            radius::remove(connection, file, "account", "DELETE FROM account WHERE name = ?1", name).await
        }
        Change::AddVouchers(vouchers) => radius::add_vouchers(connection, file, vouchers).await,
        Change::UseVoucher { name, now } => radius::use_voucher(connection, file, name, *now).await,
        Change::Block { mac, blocked, now } => {
            let query = if *blocked {
                sqlx::query(
                    "INSERT INTO blocked_device (mac, since_ms) VALUES (?1, ?2) ON CONFLICT (mac) DO NOTHING",
                )
                .bind(mac.0.as_slice())
                .bind(int(now.0))
            } else {
                sqlx::query("DELETE FROM blocked_device WHERE mac = ?1").bind(mac.0.as_slice())
            };
            query.execute(connection).await.map_err(failed).map(|_| Changed::Done)
        }
        Change::Setting { key, value } => {
            let sql = "INSERT INTO setting (key, value) VALUES (?1, ?2)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value";
            let query = sqlx::query(sql).bind(key).bind(value);
            query.execute(connection).await.map_err(failed).map(|_| Changed::Done)
        }
        Change::Kick { grant, now } => {
            kicks::kick(connection, *grant, *now).await.map_err(failed).map(|()| Changed::Done)
        }
        Change::RaiseEpoch(domain) => raise_epoch(connection, file, domain).await.map(Changed::Position),
        Change::PruneLedger { before } => {
            ledger_reads::prune(connection, *before).await.map_err(failed).map(|()| Changed::Done)
        }
        Change::Operator(change) => operators::apply(connection, file, change).await.map(Changed::Operator),
    }
}

async fn put_plan(connection: &mut SqliteConnection, plan: &Plan) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO plan (name, session_secs, idle_secs, quota_bytes, devices, down_bps, up_bps)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (name) DO UPDATE SET
            session_secs = excluded.session_secs, idle_secs = excluded.idle_secs, quota_bytes = excluded.quota_bytes,
            devices = excluded.devices, down_bps = excluded.down_bps, up_bps = excluded.up_bps";
    sqlx::query(sql)
        .bind(&plan.name)
        .bind(plan.session_secs)
        .bind(plan.idle_secs)
        .bind(plan.quota_bytes.map(int))
        .bind(plan.devices)
        .bind(int(plan.down_bps))
        .bind(int(plan.up_bps))
        .execute(connection)
        .await
        .map(|_| ())
}

async fn import_all(
    connection: &mut SqliteConnection,
    file: &Path,
    import: &Import,
) -> Result<Imported, StoreError> {
    let failed = |error| translate(file, error);
    let before: BTreeMap<ApId, AccessPoint> = reads::access_points(&mut *connection)
        .await
        .map_err(failed)?
        .into_iter()
        .map(|ap| (ap.id.clone(), ap))
        .collect();
    for ap in &import.access_points {
        known_domain(connection, file, &ap.domain).await?;
    }
    let zones: Vec<_> = import.zones.iter().map(|zone| (&zone.id, &zone.name.vi, &zone.name.en)).collect();
    let named: Vec<_> = import.access_points.iter().map(|ap| &ap.zone).collect();
    let aps: Vec<_> = import.access_points.iter().map(columns).collect();
    for (sql, rows) in [
        (ZONES, serde_json::to_string(&zones)),
        (ZONES_NAMED, serde_json::to_string(&named)),
        (ACCESS_POINTS, serde_json::to_string(&aps)),
    ] {
        let rows = rows.map_err(|error| failed(sqlx::Error::Encode(error.into())))?;
        sqlx::query(sql).bind(rows).execute(&mut *connection).await.map_err(failed)?;
    }
    let mut imported = Imported::default();
    let described: BTreeMap<&ApId, &NewAccessPoint> =
        import.access_points.iter().map(|ap| (&ap.id, ap)).collect();
    for ap in described.values() {
        match before.get(&ap.id) {
            None => imported.added += 1,
            Some(old) if same(old, ap) => imported.unchanged += 1,
            Some(_) => imported.changed += 1,
        }
    }
    Ok(imported)
}

fn columns(ap: &NewAccessPoint) -> (&str, &str, &str, &str, f64, f64, &str) {
    (ap.id.as_str(), &ap.name.vi, &ap.name.en, &ap.zone, ap.lat, ap.lon, ap.domain.as_str())
}

fn same(old: &AccessPoint, new: &NewAccessPoint) -> bool {
    let AccessPoint { id, name, zone, lat, lon, domain, .. } = old.clone();
    NewAccessPoint { id, name, zone, lat, lon, domain } == *new
}

const ZONES: &str = "
INSERT INTO zone (id, name_vi, name_en) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true
ON CONFLICT (id) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en";

const ZONES_NAMED: &str = "
INSERT INTO zone (id, name_vi, name_en) SELECT value, value, value FROM json_each(?1) WHERE true
ON CONFLICT (id) DO NOTHING";

const ACCESS_POINTS: &str = "
INSERT INTO access_point (id, name_vi, name_en, zone, lat, lon, domain)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
FROM json_each(?1) WHERE true
ON CONFLICT (id) DO UPDATE SET
    name_vi = excluded.name_vi, name_en = excluded.name_en, zone = excluded.zone, lat = excluded.lat,
    lon = excluded.lon, domain = excluded.domain";

/// Decides and pins in one transaction, so that of two agents with one token only one gets in.
async fn enroll(
    connection: &mut SqliteConnection,
    secret_sha256: &[u8; 32],
    key: &[u8; 32],
    now: UnixMs,
) -> Result<Enrollment, sqlx::Error> {
    let token = sqlx::query("SELECT ap, expires_ms, used_ms FROM enroll_token WHERE secret_sha256 = ?1")
        .bind(secret_sha256.as_slice())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(token) = token else { return Ok(Enrollment::UnknownToken) };
    let id = ApId(token.try_get("ap")?);
    if token.try_get::<Option<i64>, _>("used_ms")?.is_some() {
        // The agent may ask again because our answer was lost on its way.
        let pinned = reads::access_point(connection, &id).await?;
        let again = pinned.filter(|ap| ap.agent_key == Some(*key) && ap.revoked.is_none());
        return Ok(again.map_or(Enrollment::UsedToken, |ap| Enrollment::Enrolled(Box::new(ap))));
    }
    if token.try_get::<i64, _>("expires_ms")? <= int(now.0) {
        return Ok(Enrollment::ExpiredToken);
    }
    let elsewhere: i64 =
        sqlx::query_scalar("SELECT count(*) FROM access_point WHERE agent_key = ?1 AND id <> ?2")
            .bind(key.as_slice())
            .bind(&id.0)
            .fetch_one(&mut *connection)
            .await?;
    if elsewhere > 0 {
        return Ok(Enrollment::KeyInUse);
    }
    sqlx::query("UPDATE access_point SET agent_key = ?2, enrolled_ms = ?3, revoked_ms = NULL WHERE id = ?1")
        .bind(&id.0)
        .bind(key.as_slice())
        .bind(int(now.0))
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE enroll_token SET used_ms = ?2 WHERE secret_sha256 = ?1")
        .bind(secret_sha256.as_slice())
        .bind(int(now.0))
        .execute(&mut *connection)
        .await?;
    let pinned = reads::access_point(connection, &id).await?;
    Ok(pinned.map_or(Enrollment::UnknownToken, |ap| Enrollment::Enrolled(Box::new(ap))))
}

/// The epoch is at least the second it was raised in, so that it also differs from that of a database made anew.
async fn raise_epoch(
    connection: &mut SqliteConnection,
    file: &Path,
    domain: &DomainId,
) -> Result<Position, StoreError> {
    known_domain(connection, file, domain).await?;
    let sql = "UPDATE domain SET epoch = max(epoch + 1, unixepoch()), sequence = sequence + ?2 WHERE id = ?1
        RETURNING epoch, sequence";
    let row = sqlx::query(sql).bind(&domain.0).bind(EPOCH_LEAP).fetch_one(connection).await;
    row.and_then(|row| position(&row)).map_err(|error| translate(file, error))
}

async fn known_ap(connection: &mut SqliteConnection, file: &Path, id: &ApId) -> Result<(), StoreError> {
    let found = reads::access_point(connection, id).await.map_err(|error| translate(file, error))?;
    found.map(|_| ()).ok_or_else(|| StoreError::Unknown { kind: "access point", id: id.0.clone() })
}

async fn known_domain(
    connection: &mut SqliteConnection,
    file: &Path,
    id: &DomainId,
) -> Result<(), StoreError> {
    let found = reads::position(connection, id).await.map_err(|error| translate(file, error))?;
    found.map(|_| ()).ok_or_else(|| StoreError::Unknown { kind: "domain", id: id.0.clone() })
}
