//! `operator …`: who may use the console, their one-time sign-in links and their tokens for the API.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use session_core::UnixMs;
use sha2::{Digest as _, Sha256};
use store::{OperatorAccount, OperatorPut, Role, Store};

use super::{Form, with_store};
use crate::clock;
use crate::config::Config;
use crate::policy::units;

/// How long a sign-in link may be used, in milliseconds.
const LINK_MS: u64 = 30 * 60_000;
/// Longest address of an operator, in characters (RFC 5321, section 4.5.3.1).
const MOST_EMAIL: usize = 254;

/// A role on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleName {
    /// Everything, other operators included
    Admin,
    /// Everything about access points and visits
    Engineer,
    /// Reads figures
    Analyst,
    /// Reads figures and edits what visitors read
    Editor,
}

/// An operator as it is given on the command line.
#[derive(Debug, Args)]
pub struct OperatorAdd {
    /// E-mail address; it names the operator, nothing is sent to it
    email: String,
    /// What they may do
    #[arg(long)]
    role: RoleName,
}

/// How long a new token may be used.
#[derive(Debug, Args)]
pub struct OperatorToken {
    /// E-mail address of the operator
    email: String,
    /// The token works for this long, such as 90d
    #[arg(long, default_value = "90d", value_parser = units::seconds)]
    valid: u64,
    /// Revoke all tokens of the operator instead of making one
    #[arg(long)]
    revoke: bool,
}

/// Adds an operator, or gives an existing one another role, and makes a sign-in link.
///
/// # Errors
/// One sentence that says what to do.
pub async fn add(config: &Config, wanted: OperatorAdd, form: Form) -> anyhow::Result<String> {
    let email = email(&wanted.email)?;
    let role = wanted.role.role();
    let base = base(config)?;
    with_store(config, async |store| {
        let did = match store.put_operator(&email, role, UnixMs(clock::unix_ms())).await? {
            OperatorPut::Added => "added",
            OperatorPut::Changed => "changed",
            OperatorPut::Unchanged => "unchanged",
        };
        let (link, expires_ms) = new_link(store, &base, &email).await?;
        Ok(match form {
            Form::Text => link,
            Form::Json => json!({
                "operator": email, "role": role.word(), "result": did, "link": link, "expires_ms": expires_ms,
            })
            .to_string(),
        })
    })
    .await
}

/// Makes another sign-in link; an earlier one that was not used works no more.
///
/// # Errors
/// One sentence that says what to do.
pub async fn link(config: &Config, given: &str, form: Form) -> anyhow::Result<String> {
    let email = email(given)?;
    let base = base(config)?;
    with_store(config, async |store| {
        let (link, expires_ms) = new_link(store, &base, &email).await?;
        Ok(match form {
            Form::Text => link,
            Form::Json => json!({ "operator": email, "link": link, "expires_ms": expires_ms }).to_string(),
        })
    })
    .await
}

/// Disables an operator: links, sessions and tokens end at once.
///
/// # Errors
/// One sentence that says what to do.
pub async fn disable(config: &Config, given: &str, form: Form) -> anyhow::Result<String> {
    let email = email(given)?;
    with_store(config, async |store| {
        store.disable_operator(&email, UnixMs(clock::unix_ms())).await?;
        Ok(match form {
            Form::Text => format!("operator {email}: disabled"),
            Form::Json => json!({ "operator": email, "result": "disabled" }).to_string(),
        })
    })
    .await
}

/// Makes a token for the API, or revokes all of them.
///
/// # Errors
/// One sentence that says what to do.
pub async fn token(config: &Config, wanted: OperatorToken, form: Form) -> anyhow::Result<String> {
    let email = email(&wanted.email)?;
    let now = UnixMs(clock::unix_ms());
    with_store(config, async |store| {
        if wanted.revoke {
            let revoked = store.revoke_api_tokens(&email, now).await?;
            return Ok(match form {
                Form::Text => format!("operator {email}: {revoked} tokens revoked"),
                Form::Json => json!({ "operator": email, "revoked": revoked }).to_string(),
            });
        }
        let expires = now.plus_ms(wanted.valid.saturating_mul(1000));
        let (secret, sha256) = new_secret()?;
        store.add_api_token(&email, sha256, now, expires).await?;
        Ok(match form {
            Form::Text => secret,
            Form::Json => json!({ "operator": email, "token": secret, "expires_ms": expires.0 }).to_string(),
        })
    })
    .await
}

/// Lists the operators.
///
/// # Errors
/// What the store says.
pub async fn list(config: &Config, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        let operators = store.operators().await?;
        Ok(match form {
            Form::Json => Value::Array(operators.iter().map(as_json).collect()).to_string(),
            Form::Text if operators.is_empty() => {
                "there is no operator; add one with: hotspot-controller operator add EMAIL --role admin"
                    .to_owned()
            }
            Form::Text => operators.iter().map(as_line).collect::<Vec<_>>().join("\n"),
        })
    })
    .await
}

impl RoleName {
    fn role(self) -> Role {
        match self {
            Self::Admin => Role::Admin,
            Self::Engineer => Role::Engineer,
            Self::Analyst => Role::Analyst,
            Self::Editor => Role::Editor,
        }
    }
}

/// An address that can name an operator, in lower case.
fn email(given: &str) -> anyhow::Result<String> {
    let email = given.trim().to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_graphic() && !"\"'<>()[]\\,;:".contains(c);
    let parts = email.split_once('@').filter(|(user, host)| !user.is_empty() && !host.is_empty());
    let one_at = parts.is_some_and(|(_, host)| !host.contains('@'));
    if !one_at || email.len() > MOST_EMAIL || !email.chars().all(plain) {
        anyhow::bail!("{given:?} is no e-mail address: give one such as lan@hanoi.example");
    }
    Ok(email)
}

/// What links begin with.
fn base(config: &Config) -> anyhow::Result<String> {
    if let Some(url) = &config.admin.public_url {
        return Ok(url.clone());
    }
    let ready = std::fs::read_to_string(config.data_dir.join("ready.json")).ok();
    let ready: Option<Value> = ready.and_then(|text| serde_json::from_str(&text).ok());
    let running = ready.and_then(|ready| ready.get("admin")?.as_str()?.parse().ok());
    let configured = Some(config.admin.listen).filter(|address| address.port() != 0);
    let Some(mut address): Option<std::net::SocketAddr> = running.or(configured) else {
        anyhow::bail!(
            "where operators find the console is not known, so no link can be made: start the controller first, or \
             set admin.public_url"
        );
    };
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    let scheme = if config.admin.tls.is_some() { "https" } else { "http" };
    Ok(format!("{scheme}://{address}"))
}

async fn new_link(store: &Store, base: &str, email: &str) -> anyhow::Result<(String, u64)> {
    let (secret, sha256) = new_secret()?;
    let expires = UnixMs(clock::unix_ms()).plus_ms(LINK_MS);
    store.add_sign_in_link(email, sha256, expires).await?;
    Ok((format!("{base}/sign-in/{secret}"), expires.0))
}

/// A secret of 256 random bits as text, and the hash that is kept of it.
fn new_secret() -> anyhow::Result<(String, [u8; 32])> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
    let text = URL_SAFE_NO_PAD.encode(secret);
    let sha256 = Sha256::digest(&text).into();
    Ok((text, sha256))
}

fn as_line(operator: &OperatorAccount) -> String {
    let state = if operator.disabled.is_some() { "disabled" } else { "enabled" };
    format!("{:<9} {state:<9} {}", operator.role.word(), operator.email)
}

fn as_json(operator: &OperatorAccount) -> Value {
    json!({
        "email": operator.email,
        "role": operator.role.word(),
        "added_ms": operator.added.0,
        "disabled_ms": operator.disabled.map(|at| at.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_an_operator_in_lower_case_or_is_refused() {
        assert_eq!(email(" Lan@Hanoi.Example ").unwrap(), "lan@hanoi.example");
        for wrong in
            ["", "lan", "@hanoi", "lan@", "a@b@c", "a b@c", "a:b@c", "a@b\nc", "<a@b>", "lán@hanoi.vn"]
        {
            assert!(email(wrong).unwrap_err().to_string().contains("such as lan@hanoi.example"), "{wrong}");
        }
        assert!(email(&format!("{}@b", "a".repeat(253))).is_err());
    }
}
