//! `nas …`: access points of other makes, which authenticate and account by RADIUS.

use std::net::IpAddr;

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use serde_json::{Value, json};
use session_core::UnixMs;
use store::{NasClient, StoreError};

use super::{Form, secret_text, with_store};
use crate::clock;
use crate::config::Config;
use crate::fleet::sites;
use crate::seal::NodeKey;

/// A shared secret shorter than this can be found by trying (RFC 2865 3 asks for at least 16 octets).
const LEAST_SECRET: usize = 8;
/// Longest shared secret, in bytes.
const MOST_SECRET: usize = 128;

/// What kind of access point it is.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Generic,
    Coova,
    Mikrotik,
    Hostapd,
}

/// An access point as it is given on the command line.
#[derive(Debug, Args)]
pub struct NasAdd {
    /// Name: a-z, 0-9 and -
    name: String,
    /// Address it sends from, or a network of access points, such as 192.0.2.7 or 192.0.2.0/24
    #[arg(long, value_name = "CIDR")]
    address: String,
    /// Shared secret; - reads it from standard input
    #[arg(long)]
    secret: String,
    /// What it is
    #[arg(long, value_enum, default_value = "generic")]
    kind: Kind,
    /// Zone its figures count for
    #[arg(long)]
    zone: Option<String>,
    /// UDP port on which it takes dynamic authorization (RFC 5176)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    coa_port: Option<u16>,
    /// Answer Access-Requests without Message-Authenticator: open to forged answers, for devices that cannot send it
    #[arg(long)]
    allow_missing_message_authenticator: bool,
}

/// Adds an access point, or changes the one of that name.
///
/// # Errors
/// One sentence that says what to do.
pub async fn add(config: &Config, wanted: NasAdd, form: Form) -> anyhow::Result<String> {
    if !sites::is_id(&wanted.name) {
        anyhow::bail!("the name {:?} is not possible: at most 32 of a-z, 0-9 and - are allowed", wanted.name);
    }
    let address = network(&wanted.address)?;
    let secret = secret_text("--secret", &wanted.secret)?;
    if !(LEAST_SECRET..=MOST_SECRET).contains(&secret.len()) {
        anyhow::bail!(
            "--secret has {} bytes: give {LEAST_SECRET} to {MOST_SECRET}, better 16 or more",
            secret.len()
        );
    }
    let name = wanted.name.clone();
    with_store(config, async |store| {
        let sealed = NodeKey::load_or_make(&config.data_dir)?.seal(secret.as_bytes(), &name)?;
        let before = store.nas_clients().await?.into_iter().any(|nas| nas.name == name);
        let nas = NasClient {
            name: name.clone(),
            address: address.to_string(),
            secret: sealed,
            kind: kind_word(wanted.kind).to_owned(),
            coa_port: wanted.coa_port,
            require_message_authenticator: !wanted.allow_missing_message_authenticator,
            zone: wanted.zone.clone(),
            added: UnixMs(clock::unix_ms()),
        };
        match store.put_nas(nas).await {
            Err(StoreError::Refused { .. }) => anyhow::bail!(
                "{address} belongs to another NAS: see hotspot-controller nas list, and give each its own address"
            ),
            put => put?,
        }
        let did = if before { "changed" } else { "added" };
        let exempt = wanted.allow_missing_message_authenticator;
        Ok(match form {
            Form::Json => json!({"nas": name, "result": did, "message_authenticator_required": !exempt}).to_string(),
            Form::Text if exempt => format!(
                "NAS {name}: {did}; requests without Message-Authenticator are answered: anybody between it and here can forge them"
            ),
            Form::Text => format!("NAS {name}: {did}"),
        })
    })
    .await
}

/// Lists the access points that speak RADIUS, without their secrets.
///
/// # Errors
/// What the store says.
pub async fn list(config: &Config, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        let all = store.nas_clients().await?;
        Ok(match form {
            Form::Json => Value::Array(all.iter().map(as_json).collect()).to_string(),
            Form::Text if all.is_empty() => {
                "there is no NAS; add one with: hotspot-controller nas add NAME --address CIDR --secret -"
                    .to_owned()
            }
            Form::Text => all
                .iter()
                .map(|nas| {
                    let rule = if nas.require_message_authenticator {
                        ""
                    } else {
                        "  without Message-Authenticator"
                    };
                    format!("{}  {}  {}{rule}", nas.name, nas.address, nas.kind)
                })
                .collect::<Vec<_>>()
                .join("\n"),
        })
    })
    .await
}

/// Removes an access point; a controller that serves stops answering it within a second.
///
/// # Errors
/// One sentence that says what to do.
pub async fn remove(config: &Config, name: &str, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        store.remove_nas(name).await?;
        Ok(match form {
            Form::Text => format!("NAS {name}: removed"),
            Form::Json => json!({"nas": name, "result": "removed"}).to_string(),
        })
    })
    .await
}

fn network(text: &str) -> anyhow::Result<IpNet> {
    let alone = text.parse::<IpAddr>().map(IpNet::from);
    let network = alone.or_else(|_| text.parse::<IpNet>()).map_err(|_| {
        anyhow::anyhow!(
            "--address {text:?} is no address or network: write one such as 192.0.2.7 or 192.0.2.0/24"
        )
    })?;
    if network.trunc() != network {
        anyhow::bail!("--address {text} has bits beyond its prefix: write {}", network.trunc());
    }
    Ok(network)
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Generic => "generic",
        Kind::Coova => "coova",
        Kind::Mikrotik => "mikrotik",
        Kind::Hostapd => "hostapd",
    }
}

fn as_json(nas: &NasClient) -> Value {
    json!({
        "nas": nas.name, "address": nas.address, "kind": nas.kind, "coa_port": nas.coa_port, "zone": nas.zone,
        "message_authenticator_required": nas.require_message_authenticator, "added_ms": nas.added.0,
    })
}
