//! `stats rebuild`: figures made anew from the ledger.

use serde_json::json;

use super::{Form, with_store};
use crate::config::Config;
use crate::stats::Stats;

/// Throws hours and days away and makes them anew. May run beside a controller that serves.
///
/// # Errors
/// What the store says.
pub async fn rebuild(config: &Config, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        let (stats, mut roll_up) = Stats::open(store.clone(), &config.store.url, &config.stats).await?;
        let rebuilt = roll_up.rebuild().await;
        stats.close().await;
        let rebuilt = rebuilt?;
        Ok(match form {
            Form::Text => {
                format!("figures of {} hours on {} days were made anew", rebuilt.hours, rebuilt.days)
            }
            Form::Json => json!({"hours": rebuilt.hours, "days": rebuilt.days}).to_string(),
        })
    })
    .await
}
