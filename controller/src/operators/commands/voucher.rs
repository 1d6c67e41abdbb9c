//! `voucher …`: names and secrets made by the machine, shown once.

use clap::Args;
use serde_json::{Value, json};
use session_core::UnixMs;
use store::Voucher;

use super::{Form, with_store};
use crate::clock;
use crate::config::Config;
use crate::policy::credential;
use crate::seal::NodeKey;

/// What vouchers are wanted.
#[derive(Debug, Args)]
pub struct VoucherCreate {
    /// Plan they give; its time runs from the first use
    #[arg(long)]
    plan: String,
    /// How many
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
}

/// Makes vouchers and writes them as CSV: it is the only time their secrets are seen.
///
/// # Errors
/// One sentence that says what to do.
pub async fn create(config: &Config, wanted: VoucherCreate, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        let key = credential::voucher_key(&NodeKey::load_or_make(&config.data_dir)?);
        let created = UnixMs(clock::unix_ms());
        let (mut vouchers, mut shown) = (Vec::new(), Vec::new());
        for _ in 0..wanted.count {
            let (name, secret) = credential::make_voucher()?;
            let secret_hmac = credential::voucher_digest(&key, &name, secret.as_bytes());
            vouchers.push(Voucher {
                name: name.clone(),
                secret_hmac,
                plan: wanted.plan.clone(),
                created,
                first_used: None,
            });
            shown.push((name, secret));
        }
        store.add_vouchers(vouchers).await?;
        Ok(match form {
            Form::Json => {
                let one = |(name, secret)| json!({"name": name, "password": secret, "plan": wanted.plan});
                Value::Array(shown.into_iter().map(one).collect()).to_string()
            }
            Form::Text => {
                let mut lines = vec!["name,password,plan".to_owned()];
                lines.extend(
                    shown.into_iter().map(|(name, secret)| format!("{name},{secret},{}", wanted.plan)),
                );
                lines.join("\n")
            }
        })
    })
    .await
}

/// Lists the vouchers, without their secrets.
///
/// # Errors
/// What the store says.
pub async fn list(config: &Config, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        let all = store.vouchers().await?;
        let as_json = |voucher: &Voucher| {
            let first_used_ms = voucher.first_used.map(|at| at.0);
            json!({"name": voucher.name, "plan": voucher.plan, "created_ms": voucher.created.0, "first_used_ms": first_used_ms})
        };
        let used = |voucher: &Voucher| if voucher.first_used.is_some() { "used" } else { "new" };
        Ok(match form {
            Form::Json => Value::Array(all.iter().map(as_json).collect()).to_string(),
            Form::Text if all.is_empty() => {
                "there is no voucher; make some with: hotspot-controller voucher create --plan PLAN --count N".to_owned()
            }
            Form::Text => all
                .iter()
                .map(|voucher| format!("{}  {}  {}", voucher.name, voucher.plan, used(voucher)))
                .collect::<Vec<_>>()
                .join("\n"),
        })
    })
    .await
}
