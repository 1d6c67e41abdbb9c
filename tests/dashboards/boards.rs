//! The dashboards as read from their files.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::room;

/// One dashboard.
pub struct Board {
    /// Its file.
    pub file: String,
    /// All of it.
    pub json: Value,
}

/// A query of a panel.
pub struct Query {
    /// The panel's place, for messages: file and title.
    pub panel: String,
    /// The expression as Grafana has it.
    pub expr: String,
    /// How its series are called.
    pub legend: String,
}

/// All dashboards, by name of file.
pub fn all() -> Result<Vec<Board>> {
    let mut boards = Vec::new();
    for entry in fs::read_dir(room().join("grafana"))? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path)?;
        let json = serde_json::from_str(&text).with_context(|| format!("{file} is no JSON"))?;
        boards.push(Board { file, json });
    }
    boards.sort_by(|a, b| a.file.cmp(&b.file));
    ensure!(boards.len() >= 3, "only {} dashboards were found", boards.len());
    Ok(boards)
}

impl Board {
    /// The panels, rows included.
    pub fn panels(&self) -> &[Value] {
        self.json["panels"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The panels that show something.
    pub fn shows(&self) -> impl Iterator<Item = &Value> {
        self.panels().iter().filter(|panel| panel["type"] != "row")
    }

    /// The queries of all panels.
    pub fn queries(&self) -> Vec<Query> {
        let of_panel = |panel: &Value| {
            let place = format!("{}, \"{}\"", self.file, text(&panel["title"]));
            let targets = panel["targets"].as_array().cloned().unwrap_or_default();
            targets
                .into_iter()
                .map(|target| Query {
                    panel: place.clone(),
                    expr: text(&target["expr"]),
                    legend: text(&target["legendFormat"]),
                })
                .collect::<Vec<_>>()
        };
        self.shows().flat_map(of_panel).collect()
    }
}

/// A value as text; nothing when it is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
