//! `ap …`: the access points, one by one or from an inventory file, and their enrolment tokens.

use std::path::{Path, PathBuf};

use agent_protocol::enroll::EnrollToken;
use clap::Args;
use serde_json::{Value, json};
use session_core::{ApId, DomainId, UnixMs};
use sha2::{Digest as _, Sha256};
use store::{AccessPoint, Import, Imported, Name, NewAccessPoint, Zone};

use super::{Form, make_data_dir, unknown, with_store};
use crate::clock;
use crate::config::Config;
use crate::fleet::{AgentsKey, DOMAIN, sites};
use crate::policy::units;

/// The largest inventory file that is read, in bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// An access point as it is given on the command line.
#[derive(Debug, Args)]
pub struct ApAdd {
    /// Id: a-z, 0-9 and -, such as hk-16
    id: String,
    /// Name for people
    #[arg(long)]
    name: String,
    /// Id of its zone; a new zone gets its id as name
    #[arg(long)]
    zone: String,
    /// Latitude in degrees
    #[arg(long, allow_negative_numbers = true)]
    lat: f64,
    /// Longitude in degrees
    #[arg(long, allow_negative_numbers = true)]
    lon: f64,
    /// Roaming domain
    #[arg(long, default_value = DOMAIN)]
    domain: String,
}

/// How long a new token may be used.
#[derive(Debug, Args)]
pub struct ApToken {
    /// Id of the access point
    id: String,
    /// The token works for this long, such as 24h
    #[arg(long, default_value = "24h", value_parser = units::seconds)]
    valid: u64,
}

/// Adds an access point, or describes it anew; its key and enrolment stay.
///
/// # Errors
/// One sentence that says what to do.
pub async fn add(config: &Config, wanted: ApAdd, form: Form) -> anyhow::Result<String> {
    let id = wanted.id.clone();
    let import = Import { zones: Vec::new(), access_points: vec![wanted.access_point()?] };
    with_store(config, async |store| {
        let did = did(store.import(import).await?);
        Ok(match form {
            Form::Text => format!("access point {id}: {did}"),
            Form::Json => json!({"ap": id, "result": did}).to_string(),
        })
    })
    .await
}

/// Takes over an inventory file: all of it, or nothing when anything is wrong with it.
///
/// # Errors
/// All faults of the file, one sentence each, or what the store says.
pub async fn import(config: &Config, file: &Path, form: Form) -> anyhow::Result<String> {
    let sites::Sites { zones, sites } = sites::parse(&read(file)?).map_err(|faults| {
        anyhow::anyhow!(
            "{}\nnothing of {} was imported; correct it and import again",
            faults.join("\n"),
            file.display()
        )
    })?;
    let name = |names: sites::Names| Name { vi: names.vi, en: names.en };
    let import = Import {
        zones: zones.into_iter().map(|zone| Zone { id: zone.id, name: name(zone.name) }).collect(),
        access_points: sites
            .into_iter()
            .map(|site| NewAccessPoint {
                id: ApId(site.id),
                name: name(site.name),
                zone: site.zone,
                lat: site.lat,
                lon: site.lon,
                domain: DomainId::from(DOMAIN),
            })
            .collect(),
    };
    with_store(config, async |store| {
        let Imported { added, changed, unchanged } = store.import(import).await?;
        Ok(match form {
            Form::Text => format!("access points: {added} added, {changed} changed, {unchanged} unchanged"),
            Form::Json => json!({"added": added, "changed": changed, "unchanged": unchanged}).to_string(),
        })
    })
    .await
}

/// Makes a one-time enrolment token; an earlier one of the access point stops working.
///
/// # Errors
/// One sentence that says what to do.
pub async fn token(config: &Config, wanted: ApToken, form: Form) -> anyhow::Result<String> {
    make_data_dir(&config.data_dir)?;
    let controller = AgentsKey::load_or_make(&config.data_dir)?.pin();
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
    let expires_ms = clock::unix_ms().saturating_add(wanted.valid.saturating_mul(1000));
    let ap = ApId(wanted.id);
    with_store(config, async |store| {
        store.add_token(&ap, Sha256::digest(secret).into(), UnixMs(expires_ms)).await?;
        let token = EnrollToken { secret, controller }.to_text();
        Ok(match form {
            Form::Text => token,
            Form::Json => json!({
                "ap": ap.0, "token": token, "expires_ms": expires_ms, "controller": config.agents.public_url,
            })
            .to_string(),
        })
    })
    .await
}

/// Lists the access points.
///
/// # Errors
/// What the store says.
pub async fn list(config: &Config, form: Form) -> anyhow::Result<String> {
    with_store(config, async |store| {
        let points = store.access_points().await?;
        Ok(match form {
            Form::Json => Value::Array(points.iter().map(as_json).collect()).to_string(),
            Form::Text if points.is_empty() => {
                "there is no access point; add some with: hotspot-controller ap import FILE.json".to_owned()
            }
            Form::Text => points.iter().map(as_line).collect::<Vec<_>>().join("\n"),
        })
    })
    .await
}

/// Refuses the key of an access point from now on; its link ends within a second.
///
/// # Errors
/// One sentence that says what to do.
pub async fn revoke(config: &Config, id: &str, form: Form) -> anyhow::Result<String> {
    let ap = ApId::from(id);
    with_store(config, async |store| {
        let point = store.access_point(&ap).await?.ok_or_else(|| unknown("access point", id))?;
        let did = match (point.agent_key, point.revoked) {
            (None, _) => anyhow::bail!("access point {id} is not enrolled, so there is no key to revoke"),
            (Some(_), Some(_)) => "unchanged",
            (Some(_), None) => {
                store.revoke(&ap, UnixMs(clock::unix_ms())).await?;
                "revoked"
            }
        };
        Ok(match form {
            Form::Text => format!("access point {id}: {did}"),
            Form::Json => json!({"ap": id, "result": did}).to_string(),
        })
    })
    .await
}

impl ApAdd {
    fn access_point(self) -> anyhow::Result<NewAccessPoint> {
        for (what, id) in [("id", &self.id), ("zone", &self.zone)] {
            if !sites::is_id(id) {
                anyhow::bail!("the {what} {id:?} is not possible: at most 32 of a-z, 0-9 and - are allowed");
            }
        }
        if !sites::is_name(&self.name) {
            anyhow::bail!("--name is not possible: 1 to 120 printable characters are allowed");
        }
        for (option, degrees, most) in [("lat", self.lat, 90.0), ("lon", self.lon, 180.0)] {
            if !degrees.is_finite() || degrees.abs() > most {
                anyhow::bail!(
                    "--{option} {degrees} is not possible: a number from -{most} to {most} is allowed"
                );
            }
        }
        if self.domain != DOMAIN {
            anyhow::bail!("there is no domain {:?}: this version has one, {DOMAIN}", self.domain);
        }
        Ok(NewAccessPoint {
            id: ApId(self.id),
            name: Name::same(&self.name),
            zone: self.zone,
            lat: self.lat,
            lon: self.lon,
            domain: DomainId(self.domain),
        })
    }
}

/// The path of an inventory file.
#[derive(Debug, Args)]
pub struct ApImport {
    /// The file, in the shape of controller/sites/hoan-kiem.json
    pub file: PathBuf,
}

fn read(file: &Path) -> anyhow::Result<String> {
    let fault = |reason: String| anyhow::anyhow!("{} cannot be read: {reason}", file.display());
    let unreadable = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::InvalidData {
            fault("it is not UTF-8; save it as UTF-8 and import again".to_owned())
        } else {
            fault(format!("{error}; name an inventory file"))
        }
    };
    let size = std::fs::metadata(file).map_err(unreadable)?.len();
    if size > MOST_BYTES {
        return Err(fault(format!(
            "it has {size} bytes and at most {MOST_BYTES} are allowed; name an inventory file"
        )));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

fn did(imported: Imported) -> &'static str {
    match imported {
        Imported { added: 1.., .. } => "added",
        Imported { changed: 1.., .. } => "changed",
        Imported { .. } => "unchanged",
    }
}

fn state(point: &AccessPoint) -> &'static str {
    match (point.agent_key, point.revoked) {
        (None, _) => "not enrolled",
        (Some(_), Some(_)) => "revoked",
        (Some(_), None) => "enrolled",
    }
}

fn as_line(point: &AccessPoint) -> String {
    format!("{:<12} {:<12} {:<14} {}", point.id.0, state(point), point.zone, point.name.vi)
}

fn as_json(point: &AccessPoint) -> Value {
    json!({
        "id": point.id.0,
        "name": {"vi": point.name.vi, "en": point.name.en},
        "zone": point.zone,
        "lat": point.lat,
        "lon": point.lon,
        "domain": point.domain.0,
        "state": state(point),
        "enrolled_ms": point.enrolled.map(|at| at.0),
        "revoked_ms": point.revoked.map(|at| at.0),
    })
}
