//! The inventory file of sites: read whole, every fault named with its row, nothing taken when there is one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Longest id and longest name, in characters.
const MOST_ID: usize = 32;
const MOST_NAME: usize = 120;
/// Rows one file may have.
const MOST_ROWS: usize = 10_000;

/// A name in the two languages operators write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// An area for people and statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Names,
}

/// A spot with an access point.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Id of the access point.
    pub id: String,
    /// Name of the spot.
    pub name: Names,
    /// Id of its zone.
    pub zone: String,
    /// Latitude, WGS 84 degrees.
    pub lat: f64,
    /// Longitude, WGS 84 degrees.
    pub lon: f64,
}

/// A file without a fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Sites {
    /// The zones, in the file's order.
    pub zones: Vec<Zone>,
    /// The sites, in the file's order.
    pub sites: Vec<Site>,
}

/// Reads `{"zones": [{"id", "name": {"vi", "en"}}], "sites": [{"id", "name", "zone", "lat", "lon"}]}`; other members
/// are for people and are not looked at.
///
/// # Errors
/// Every fault as one sentence, each with its row.
pub fn parse(text: &str) -> Result<Sites, Vec<String>> {
    let file: Value =
        serde_json::from_str(text).map_err(|error| vec![format!("the file is no JSON ({error})")])?;
    let mut faults = Vec::new();
    let mut zones: BTreeMap<String, Zone> = BTreeMap::new();
    let mut order = Vec::new();
    for (row, value) in rows(&file, "zones", &mut faults) {
        let row = Row::new("zones", row, value);
        let (id, name) = (row.id(&mut faults), row.names(&mut faults));
        if let (Some(id), Some(name)) = (id, name) {
            if zones.insert(id.clone(), Zone { id: id.clone(), name }).is_some() {
                row.fault(&mut faults, "its id stands in an earlier row too: give every zone one row");
            }
            order.push(id);
        }
    }
    let mut sites = Vec::new();
    let mut seen = BTreeSet::new();
    for (row, value) in rows(&file, "sites", &mut faults) {
        let row = Row::new("sites", row, value);
        let (id, name, zone) = (row.id(&mut faults), row.names(&mut faults), row.zone(&zones, &mut faults));
        let lat = row.degrees("lat", 90.0, &mut faults);
        let lon = row.degrees("lon", 180.0, &mut faults);
        if let Some(id) = &id
            && !seen.insert(id.clone())
        {
            row.fault(&mut faults, "its id stands in an earlier row too: give every access point one row");
        }
        if let (Some(id), Some(name), Some(zone), Some(lat), Some(lon)) = (id, name, zone, lat, lon) {
            sites.push(Site { id, name, zone, lat, lon });
        }
    }
    if faults.is_empty() {
        let zones = order.iter().filter_map(|id| zones.remove(id)).collect();
        Ok(Sites { zones, sites })
    } else {
        Err(faults)
    }
}

/// Whether `id` may name an access point or a zone: it stands in file names, labels and on signs.
#[must_use]
pub fn is_id(id: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !id.is_empty() && id.len() <= MOST_ID && id.chars().all(allowed) && !id.starts_with('-')
}

/// Whether `name` may be shown to people.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= MOST_NAME && !name.chars().any(char::is_control)
}

fn rows<'a>(file: &'a Value, member: &'static str, faults: &mut Vec<String>) -> Vec<(usize, &'a Value)> {
    match file.get(member).and_then(Value::as_array) {
        Some(rows) if rows.len() > MOST_ROWS => {
            faults.push(format!("{member} has {} rows, {MOST_ROWS} are allowed: split the file", rows.len()));
            Vec::new()
        }
        Some(rows) => rows.iter().enumerate().map(|(index, value)| (index + 1, value)).collect(),
        None => {
            faults.push(format!("the file has no list {member}: it needs zones and sites"));
            Vec::new()
        }
    }
}

struct Row<'a> {
    place: String,
    value: &'a Value,
}

impl<'a> Row<'a> {
    fn new(member: &str, row: usize, value: &'a Value) -> Self {
        let id = value.get("id").and_then(Value::as_str).map_or(String::new(), |id| format!(" ({id})"));
        Self { place: format!("{member} row {row}{id}"), value }
    }

    fn fault(&self, faults: &mut Vec<String>, sentence: &str) {
        faults.push(format!("{}: {sentence}", self.place));
    }

    fn id(&self, faults: &mut Vec<String>) -> Option<String> {
        let id = self.value.get("id").and_then(Value::as_str).filter(|id| is_id(id));
        if id.is_none() {
            self.fault(faults, "id is missing or impossible: at most 32 of a-z, 0-9 and - are allowed");
        }
        id.map(str::to_owned)
    }

    fn names(&self, faults: &mut Vec<String>) -> Option<Names> {
        let name = |language: &str| {
            let name = self.value.get("name")?.get(language)?.as_str()?;
            is_name(name).then(|| name.to_owned())
        };
        let names = name("vi").zip(name("en")).map(|(vi, en)| Names { vi, en });
        if names.is_none() {
            self.fault(faults, "name.vi and name.en are needed, each at most 120 characters");
        }
        names
    }

    fn zone(&self, zones: &BTreeMap<String, Zone>, faults: &mut Vec<String>) -> Option<String> {
        let zone = self.value.get("zone").and_then(Value::as_str);
        let known = zone.filter(|zone| zones.contains_key(*zone));
        if known.is_none() {
            let named = zone.map_or_else(
                || "zone is missing".to_owned(),
                |zone| format!("zone {zone:?} is not among zones"),
            );
            self.fault(faults, &format!("{named}: name one of the file's zones"));
        }
        known.map(str::to_owned)
    }

    fn degrees(&self, member: &str, most: f64, faults: &mut Vec<String>) -> Option<f64> {
        let degrees = self.value.get(member).and_then(Value::as_f64).filter(|value| value.abs() <= most);
        if degrees.is_none() {
            self.fault(
                faults,
                &format!("{member} is missing or impossible: a number from -{most} to {most} is allowed"),
            );
        }
        degrees
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sites_of_hoan_kiem_have_no_fault() {
        let sites = parse(include_str!("../../sites/hoan-kiem.json")).unwrap();
        assert_eq!((sites.sites.len(), sites.zones.len()), (34, 8));
        let theatre = sites.sites.iter().find(|site| site.id == "hk-16").unwrap();
        assert_eq!(theatre.zone, "lake-east");
    }

    #[test]
    fn every_fault_is_named_with_its_row() {
        let text = r#"{
            "zones": [{"id": "a", "name": {"vi": "A", "en": "A"}}, {"id": "a", "name": {"vi": "A", "en": "A"}},
                      {"id": "B!", "name": {"vi": "B"}}],
            "sites": [
                {"id": "x-1", "name": {"vi": "X", "en": "X"}, "zone": "a", "lat": 21, "lon": 105},
                {"id": "x-1", "name": {"vi": "X", "en": ""}, "zone": "nowhere", "lat": 91, "lon": "east"},
                {"name": {"vi": "X", "en": "X"}, "zone": "a", "lat": 21, "lon": 105},
                7
            ]
        }"#;
        let faults = parse(text).unwrap_err().join("\n");
        for expected in [
            "zones row 2 (a): its id stands in an earlier row",
            "zones row 3 (B!): id is missing or impossible",
            "zones row 3 (B!): name.vi and name.en",
            "sites row 2 (x-1): its id stands in an earlier row",
            "sites row 2 (x-1): name.vi and name.en",
            "sites row 2 (x-1): zone \"nowhere\" is not among zones",
            "sites row 2 (x-1): lat is missing or impossible: a number from -90 to 90",
            "sites row 2 (x-1): lon is missing or impossible: a number from -180 to 180",
            "sites row 3: id is missing",
            "sites row 4: id is missing",
        ] {
            assert!(faults.contains(expected), "no sentence {expected:?} in\n{faults}");
        }
    }

    #[test]
    fn a_file_of_another_shape_is_answered_and_never_panics() {
        for text in ["", "[]", "null", "{\"zones\": 1}", "{\"zones\": [], \"sites\": {}}", "\u{0}"] {
            assert!(!parse(text).unwrap_err().is_empty(), "{text:?}");
        }
    }
}
