//! The operators' console in a real Chromium: axe on every page in every look, the keyboard, no script, live figures.

mod preview;
mod uses;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::instance::{repository, target_dir};
use preview::Preview;
use serde_json::{Value, json};

/// Looks of each page: phones and a desk, by day and by night.
const LOOKS: usize = 5;

/// Runs one of the scripts of `tests/browser` and returns the JSON line it ends with.
fn run(script: &str, argument: &Value) -> Result<Value> {
    let folder = repository().join("tests/browser");
    ensure!(folder.join("node_modules").is_dir(), "the browser's driver is not installed: run make test");
    let home = tempfile::tempdir()?;
    let mut command = Command::new("node");
    command.current_dir(&folder).env("HOME", home.path()).env("TMPDIR", home.path());
    let done = command.arg(script).arg(argument.to_string()).output().context("cannot start node")?;
    let said = String::from_utf8_lossy(&done.stdout);
    let last = said.lines().last().with_context(|| String::from_utf8_lossy(&done.stderr).into_owned())?;
    serde_json::from_str(last).with_context(|| format!("{script} ended with: {last}"))
}

fn shots() -> PathBuf {
    target_dir().join("screens/console")
}

fn accessible(language: &str) -> Result<()> {
    let preview = Preview::start()?;
    let pages = preview.states()?;
    ensure!(pages.len() > 30, "the preview lists only {} pages", pages.len());
    let argument = json!({ "base": preview.base(), "pages": pages, "lang": language, "shots": shots() });
    let result = run("console.mjs", &argument)?;
    ensure!(result.get("ok") == Some(&Value::Bool(true)), "{language}: {result:#}");
    let checked =
        result.get("checked").and_then(Value::as_u64).context("the script does not say how many")?;
    println!("axe found nothing on {checked} renderings of {} pages ({language})", pages.len());
    ensure!(checked == u64::try_from(pages.len() * LOOKS)?, "only {checked} renderings were checked");
    Ok(())
}

#[test]
fn every_page_is_accessible_in_vietnamese() -> Result<()> {
    accessible("vi")
}

#[test]
fn every_page_is_accessible_in_english() -> Result<()> {
    accessible("en")
}
