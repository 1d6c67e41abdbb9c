//! Wishes to end a visit: a command writes them, the owner of the log does them.

use session_core::{DomainId, GrantId, UnixMs};
use sqlx::SqliteConnection;

use super::Database;
use super::rows::{self, int};
use crate::StoreError;

/// Removes wishes in the transaction that fulfils them.
pub(super) const KICKED: &str = "DELETE FROM kick WHERE grant_id IN (SELECT unhex(value) FROM json_each(?1))";

impl Database {
    pub(crate) async fn kicks(&self, domain: &DomainId) -> Result<Vec<GrantId>, StoreError> {
        let sql = "SELECT k.grant_id FROM kick k JOIN device_grant g ON g.id = k.grant_id WHERE g.domain = ?1
            ORDER BY k.asked_ms, k.grant_id";
        let read = async |c: &mut SqliteConnection| {
            let found = sqlx::query(sql).bind(&domain.0).fetch_all(c).await?;
            found.iter().map(|row| rows::bytes(row, "grant_id").map(GrantId)).collect::<Result<_, _>>()
        };
        self.read(read).await
    }
}

/// Writes a wish; one for a grant that is not there is refused by the schema.
pub(super) async fn kick(
    connection: &mut SqliteConnection,
    grant: GrantId,
    now: UnixMs,
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO kick (grant_id, asked_ms) VALUES (?1, ?2) ON CONFLICT (grant_id) DO NOTHING";
    sqlx::query(sql).bind(grant.0.as_slice()).bind(int(now.0)).execute(connection).await.map(|_| ())
}
