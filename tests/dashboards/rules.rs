//! Recording and alert rules: what promtool says of them, and that each alert is proven and explained.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use hotspot_tests::lab::command::output;

use crate::room;

fn promtool(words: &[&str]) -> Result<String> {
    output(Command::new("promtool").current_dir(room().join("prometheus")).args(words))
}

fn tests() -> Result<Vec<(String, String)>> {
    let mut tests = Vec::new();
    for entry in fs::read_dir(room().join("prometheus/tests"))? {
        let path = entry?.path();
        let name = format!("tests/{}", path.file_name().unwrap_or_default().to_string_lossy());
        tests.push((name, fs::read_to_string(&path)?));
    }
    tests.sort();
    Ok(tests)
}

/// The values of all lines `- KEY: VALUE` or `KEY: VALUE`.
fn values(text: &str, key: &str) -> Vec<String> {
    let begin = format!("{key}: ");
    let trimmed = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    trimmed.filter_map(|line| line.strip_prefix(&begin)).map(str::to_owned).collect()
}

#[test]
fn promtool_finds_rules_and_sample_configuration_sound() -> Result<()> {
    let said = promtool(&["check", "rules", "alerts.yml", "recording.yml"])?;
    ensure!(said.matches("SUCCESS").count() == 2, "{said}");
    promtool(&["check", "config", "prometheus.yml"])?;
    Ok(())
}

#[test]
fn every_alert_fires_when_it_should_and_none_on_a_quiet_day() -> Result<()> {
    let tests = tests()?;
    ensure!(tests.len() >= 5, "only {} files of tests", tests.len());
    for (name, _) in &tests {
        let said = promtool(&["test", "rules", name])?;
        ensure!(said.contains("SUCCESS"), "{name}: {said}");
    }
    Ok(())
}

#[test]
fn every_alert_is_named_in_a_test_and_says_what_it_means_and_what_to_do() -> Result<()> {
    let rules = fs::read_to_string(room().join("prometheus/alerts.yml"))?;
    let alerts = values(&rules, "alert");
    let tests: String = tests()?.into_iter().map(|(_, text)| text).collect();
    ensure!(alerts.len() >= 15, "only {} alerts were found", alerts.len());
    let distinct: BTreeSet<&String> = alerts.iter().collect();
    assert_eq!(distinct.len(), alerts.len(), "two alerts have one name");
    for alert in &alerts {
        let fires = [format!("alertname=\"{alert}\""), format!("alertname: {alert}")];
        assert!(fires.iter().any(|named| tests.contains(named)), "no test makes {alert} fire");
        let (_, rest) = rules.split_once(&format!("alert: {alert}\n")).unwrap_or_default();
        let own = rest.split("- alert:").next().unwrap_or_default();
        for part in ["expr:", "severity:", "summary:", "runbook:"] {
            assert!(own.contains(part), "{alert} has no {part}");
        }
        let runbook = own.split("runbook: >-").nth(1).unwrap_or_default();
        assert!(runbook.split_whitespace().count() >= 10, "{alert} does not say what to do");
    }
    for severity in values(&rules, "severity") {
        assert!(["critical", "warning", "info"].contains(&severity.as_str()), "severity {severity}");
    }
    Ok(())
}

#[test]
fn every_recorded_figure_is_proven_by_a_test() -> Result<()> {
    let recorded = values(&fs::read_to_string(room().join("prometheus/recording.yml"))?, "record");
    let tests: String = tests()?.into_iter().map(|(_, text)| text).collect();
    ensure!(recorded.len() >= 8, "only {} recorded figures", recorded.len());
    for name in recorded {
        assert!(tests.contains(&name), "no test asks for {name}");
    }
    Ok(())
}
