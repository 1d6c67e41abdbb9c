//! A real browser on a phone: the visit with and without JavaScript in both languages, and axe on every page.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::authority::trust_in_browser;
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::instance::{repository, target_dir};
use hotspot_tests::lab::netns::Netns;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};
use serde_json::{Value, json};

const AWAY_LIMIT: std::time::Duration = std::time::Duration::from_secs(20);

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

/// Every kind of page, before and after the tap; a place of each heading is as good as any.
const BEFORE: [&str; 13] = [
    "/",
    "/session",
    "/terms",
    "/privacy",
    "/guide",
    "/guide/sights",
    "/guide/temples",
    "/guide/culture",
    "/guide/food",
    "/guide/help",
    "/guide/place/thap-rua",
    "/session?ended=yes",
    "/no-such-page",
];
const AFTER: [&str; 2] = ["/", "/session"];
/// What differs for somebody elsewhere.
const ELSEWHERE: [&str; 4] = ["/", "/session", "/guide", "/guide/place/thap-rua"];

/// Runs axe on `paths` of the portal in both languages, and returns how many pages that were.
fn axe(lab: &Lab, netns: &Netns, name: &str, pages: &[String]) -> Result<u64> {
    let mut checked = 0;
    for language in ["vi", "en"] {
        let argument = json!({ "pages": pages, "lang": language, "shots": shots().join(name) });
        let result = run(lab, netns, "accessible.mjs", &argument)?;
        ensure!(result.get("ok") == Some(&Value::Bool(true)), "{name} in {language}: {result:#}");
        checked += result.get("checked").and_then(Value::as_u64).unwrap_or(0);
    }
    println!("axe found nothing on {checked} pages ({name})");
    ensure!(checked == u64::try_from(pages.len() * 8)?, "only {checked} pages were checked");
    Ok(checked)
}

fn urls(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| portal_url() + path).collect()
}

#[test]
fn every_page_on_the_phone_is_accessible_in_light_and_dark_narrow_and_wide() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("browser-axe") })?;
    let stranger = lab.joined_phone(0)?;
    let online = lab.joined_phone(0)?;
    visitor::get_online(&online.client("en")?)?;
    axe(&lab, stranger.netns(), "before", &urls(&BEFORE))?;
    axe(&lab, online.netns(), "after", &urls(&AFTER))?;
    lab.controller.kill()?;
    let client = stranger.client("vi")?;
    wait_until("the access point's local page", AWAY_LIMIT, || {
        visitor::probe(&client).is_ok_and(|standing| standing == Standing::Local)
    })?;
    axe(&lab, stranger.netns(), "away", &["http://news.example/".to_owned()])?;
    Ok(())
}

#[test]
fn every_page_of_the_public_guide_is_accessible_in_light_and_dark_narrow_and_wide() -> Result<()> {
    let lab = Lab::for_test(&Settings { access_points: 0, ..Settings::new("browser-public") })?;
    axe(&lab, lab.internet.netns(), "public", &urls(&ELSEWHERE))?;
    Ok(())
}
