//! `plan add`: what a visitor may have.

use clap::Args;
use serde_json::json;
use session_core::Plan;

use super::{Form, with_store};
use crate::config::Config;
use crate::policy::units;

/// Longest name of a plan, in characters.
const MOST_NAME: usize = 64;

/// A plan as it is given on the command line.
#[derive(Debug, Args)]
pub struct PlanAdd {
    /// Name of the plan: a-z, 0-9 and -
    name: String,
    /// Time on line per device and day, such as 12h
    #[arg(long, default_value = "12h", value_parser = units::seconds)]
    session: u64,
    /// A session closes after this long without traffic; the visitor stays on line
    #[arg(long, default_value = "15m", value_parser = units::seconds)]
    idle: u64,
    /// Rate to the device in bits per second, such as 10M; no bound without it
    #[arg(long, value_parser = units::bits_per_second)]
    down: Option<u64>,
    /// Rate from the device in bits per second, such as 5M; no bound without it
    #[arg(long, value_parser = units::bits_per_second)]
    up: Option<u64>,
    /// Data per device and day, both directions, such as 2G; no bound without it
    #[arg(long, value_parser = units::bytes)]
    quota: Option<u64>,
    /// Devices on line at a time per visitor
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    devices: u32,
}

/// Adds the plan, or changes the one of that name; running visits keep the terms they were given.
///
/// # Errors
/// One sentence that says what to do.
pub async fn add(config: &Config, wanted: PlanAdd, form: Form) -> anyhow::Result<String> {
    let plan = wanted.plan()?;
    with_store(config, async |store| {
        let before = store.plan(&plan.name).await?;
        let did = match &before {
            None => "added",
            Some(same) if *same == plan => "unchanged",
            Some(_) => "changed",
        };
        if did != "unchanged" {
            store.put_plan(plan.clone()).await?;
        }
        Ok(match form {
            Form::Text => format!("plan {}: {did}", plan.name),
            Form::Json => json!({"plan": plan.name, "result": did}).to_string(),
        })
    })
    .await
}

impl PlanAdd {
    fn plan(self) -> anyhow::Result<Plan> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > MOST_NAME || !self.name.chars().all(allowed) {
            anyhow::bail!(
                "the plan's name {:?} is not possible: at most 64 of a-z, 0-9 and - are allowed",
                self.name
            );
        }
        let seconds = |option: &str, seconds: u64| {
            u32::try_from(seconds)
                .map_err(|_| anyhow::anyhow!("--{option} is longer than a plan can be: give at most 49000d"))
        };
        Ok(Plan {
            session_secs: seconds("session", self.session)?,
            idle_secs: seconds("idle", self.idle)?,
            quota_bytes: self.quota,
            devices: self.devices,
            down_bps: self.down.unwrap_or(0),
            up_bps: self.up.unwrap_or(0),
            name: self.name,
        })
    }
}
