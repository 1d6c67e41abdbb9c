//! A real browser on a phone: the visit with and without JavaScript in both languages, and axe on every page.

mod axe;
mod pages;
mod refusals;
mod unconfirmed;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::authority::trust_in_browser;
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::instance::{repository, target_dir};
use hotspot_tests::lab::netns::Netns;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};
use serde_json::{Value, json};

/// Runs one of the scripts beside this file in `netns` and returns the JSON line it ends with.
fn run(lab: &Lab, netns: &Netns, script: &str, argument: &Value) -> Result<Value> {
    let folder = repository().join("tests/browser");
    ensure!(folder.join("node_modules").is_dir(), "the browser's driver is not installed: run make test");
    let home = lab.instance().state(&format!("home-{}", netns.name()))?;
    trust_in_browser(&home, lab.authority())?;
    let mut command = netns.command("node");
    command.current_dir(&folder).env("HOME", &home).env("TMPDIR", &home);
    let done = command.arg(script).arg(argument.to_string()).output().context("cannot start node")?;
    let said = String::from_utf8_lossy(&done.stdout);
    let last = said.lines().last().with_context(|| String::from_utf8_lossy(&done.stderr).into_owned())?;
    serde_json::from_str(last).with_context(|| format!("{script} ended with: {last}"))
}

fn shots() -> PathBuf {
    target_dir().join("screens")
}

fn visit(language: &str, js: bool) -> Result<()> {
    let name = format!("browser-{language}-{}", if js { "js" } else { "nojs" });
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new(&name) })?;
    let phone = lab.joined_phone(0)?;
    let result = run(
        &lab,
        phone.netns(),
        "visit.mjs",
        &json!({
            "probe": visitor::PROBE, "portal": portal_url(), "lang": language, "js": js, "shots": shots(),
            "site": "https://news.example/today", "siteText": "This is news.example/today",
        }),
    )?;
    println!("{result:#}");
    ensure!(result.get("ok") == Some(&Value::Bool(true)), "the visit went otherwise: {result:#}");
    assert_eq!(visitor::probe(&phone.client("en")?)?, Standing::Online);
    Ok(())
}

#[test]
fn a_visit_in_vietnamese_with_javascript() -> Result<()> {
    visit("vi", true)
}

#[test]
fn a_visit_in_english_with_javascript() -> Result<()> {
    visit("en", true)
}

#[test]
fn a_visit_in_vietnamese_without_javascript() -> Result<()> {
    visit("vi", false)
}

#[test]
fn a_visit_in_english_without_javascript() -> Result<()> {
    visit("en", false)
}
