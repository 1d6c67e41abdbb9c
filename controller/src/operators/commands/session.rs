//! `session …`: who is on line, and ending a visit. A visit is named by the id of its grant.

use serde_json::{Value, json};
use session_core::{DomainId, Grant, GrantId, Session, UnixMs};

use super::{Form, with_store};
use crate::clock;
use crate::config::Config;
use crate::fleet::DOMAIN;

/// Lists the visits that are on line.
///
/// # Errors
/// What the store says.
pub async fn list(config: &Config, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        let now = UnixMs(clock::unix_ms());
        let stored = store.load_domain(&DomainId::from(DOMAIN), now).await?;
        let live: Vec<&Grant> = stored.grants.iter().filter(|grant| grant.is_live(now)).collect();
        let of = |grant: &Grant| -> Vec<&Session> {
            stored.sessions.iter().filter(|session| session.grant == grant.id).collect()
        };
        Ok(match form {
            Form::Json => {
                Value::Array(live.iter().map(|grant| as_json(grant, &of(grant))).collect()).to_string()
            }
            Form::Text if live.is_empty() => "nobody is on line".to_owned(),
            Form::Text => {
                live.iter().map(|grant| as_line(grant, &of(grant), now)).collect::<Vec<_>>().join("\n")
            }
        })
    })
    .await
}

/// Asks for the end of a visit; a running controller does it within a second, another when it starts.
///
/// # Errors
/// One sentence that says what to do.
pub async fn kick(config: &Config, id: &str, form: Form) -> anyhow::Result<String> {
    let grant = GrantId(parse(id)?);
    with_store(config, async |store| {
        let now = UnixMs(clock::unix_ms());
        match store.grant(grant).await? {
            Some(found) if found.is_live(now) => {
                store.kick(grant, now).await?;
            }
            Some(_) => anyhow::bail!(
                "visit {id} is over already; see who is on line with: hotspot-controller session list"
            ),
            None => anyhow::bail!(
                "there is no visit {id}; see who is on line with: hotspot-controller session list"
            ),
        }
        Ok(match form {
            Form::Text => format!("visit {id}: will end"),
            Form::Json => json!({"session": id, "result": "will_end"}).to_string(),
        })
    })
    .await
}

fn parse(id: &str) -> anyhow::Result<[u8; 16]> {
    let refusal = || {
        anyhow::anyhow!("{id:?} is no id of a visit: copy the 32 letters and digits that session list shows")
    };
    if id.len() != 32 || !id.is_ascii() {
        return Err(refusal());
    }
    Ok(u128::from_str_radix(id, 16).map_err(|_| refusal())?.to_be_bytes())
}

fn text(id: GrantId) -> String {
    format!("{:032x}", u128::from_be_bytes(id.0))
}

fn totals(sessions: &[&Session]) -> (u64, u64) {
    sessions.iter().fold((0, 0), |(up, down), session| {
        (up.saturating_add(session.bytes_up), down.saturating_add(session.bytes_down))
    })
}

fn last_spot(grant: &Grant, sessions: &[&Session]) -> String {
    let last = sessions.iter().max_by_key(|session| session.last_packet);
    last.map_or_else(|| grant.ap.0.clone(), |session| session.key.ap.0.clone())
}

fn as_line(grant: &Grant, sessions: &[&Session], now: UnixMs) -> String {
    let (up, down) = totals(sessions);
    format!(
        "{} {:<12} plan {} {} min left, {up} bytes up, {down} bytes down",
        text(grant.id),
        last_spot(grant, sessions),
        grant.plan,
        grant.ends.ms_since(now) / 60_000,
    )
}

fn as_json(grant: &Grant, sessions: &[&Session]) -> Value {
    let (up, down) = totals(sessions);
    json!({
        "id": text(grant.id),
        "mac": grant.mac.to_string(),
        "network": grant.network.0,
        "plan": grant.plan,
        "began_ap": grant.ap.0,
        "ap": last_spot(grant, sessions),
        "starts_ms": grant.starts.0,
        "ends_ms": grant.ends.0,
        "sessions": sessions.len(),
        "bytes_up": up,
        "bytes_down": down,
    })
}
