//! What Grafana asks of a dashboard's file, and what a reader asks of a dashboard.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use crate::boards::{self, Board, text};

/// Grafana's grid.
const COLUMNS: u64 = 24;
/// The oldest schema that Grafana 10 and later read without rewriting.
const OLDEST_SCHEMA: u64 = 38;

#[test]
fn every_dashboard_can_be_imported_and_found() -> Result<()> {
    let mut uids = BTreeSet::new();
    for Board { file, json } in boards::all()? {
        let uid = text(&json["uid"]);
        assert!((4..=40).contains(&uid.len()), "{file}: uid {uid:?}");
        assert!(uids.insert(uid), "{file}: another dashboard has this uid");
        assert!(
            !text(&json["title"]).is_empty() && !text(&json["description"]).is_empty(),
            "{file}: no title"
        );
        assert!(json["schemaVersion"].as_u64() >= Some(OLDEST_SCHEMA), "{file}: schemaVersion");
        assert!(json["tags"].as_array().is_some_and(|tags| tags.contains(&"hotspot".into())), "{file}: tags");
        assert!(json.get("id").is_none_or(Value::is_null), "{file}: an id belongs to one Grafana only");
        let variables = json["templating"]["list"].as_array().cloned().unwrap_or_default();
        let source = variables.iter().find(|variable| variable["name"] == "datasource");
        assert_eq!(
            source.map(|variable| &variable["type"]),
            Some(&"datasource".into()),
            "{file}: data source"
        );
    }
    Ok(())
}

#[test]
fn no_panel_overlaps_another_or_leaves_the_grid() -> Result<()> {
    for board in boards::all()? {
        let mut taken = BTreeSet::new();
        for panel in board.panels() {
            let side = |name: &str| panel["gridPos"][name].as_u64().unwrap_or_default();
            let (x, y, w, h) = (side("x"), side("y"), side("w"), side("h"));
            let title = text(&panel["title"]);
            assert!(w > 0 && h > 0 && x + w <= COLUMNS, "{}: {title} is {w} wide at {x}", board.file);
            for cell in (y..y + h).flat_map(|y| (x..x + w).map(move |x| (x, y))) {
                assert!(taken.insert(cell), "{}: {title} lies over another panel at {cell:?}", board.file);
            }
        }
    }
    Ok(())
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit_and_from_the_chosen_source() -> Result<()> {
    let mut panels = 0;
    for board in boards::all()? {
        let mut ids = BTreeSet::new();
        let mut titles = BTreeSet::new();
        for panel in board.panels() {
            assert!(ids.insert(panel["id"].as_u64()), "{}: an id is used twice", board.file);
        }
        for panel in board.shows() {
            panels += 1;
            let title = text(&panel["title"]);
            let place = format!("{}, {title:?}", board.file);
            assert!(titles.insert(title), "{place}: two panels have this title");
            assert!(text(&panel["description"]).len() > 15, "{place} has no description");
            assert!(!text(&panel["fieldConfig"]["defaults"]["unit"]).is_empty(), "{place} has no unit");
            let targets = panel["targets"].as_array().cloned().unwrap_or_default();
            assert!(!targets.is_empty(), "{place} asks for nothing");
            let mut names = BTreeSet::new();
            for part in targets.iter().chain([panel]) {
                assert_eq!(part["datasource"]["uid"], "${datasource}", "{place}: another data source");
            }
            for target in &targets {
                assert!(names.insert(text(&target["refId"])), "{place}: a refId is used twice");
                let expr = text(&target["expr"]);
                assert!(!expr.contains("[5m]"), "{place}: let Grafana choose the interval of a rate");
            }
        }
    }
    assert!(panels > 30, "only {panels} panels were found");
    Ok(())
}
