//! axe on a list of pages: each is opened, posted to, or shown as another client on the same phone was answered.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::Lab;
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::http::Answer;
use hotspot_tests::lab::netns::Netns;
use serde_json::{Value, json};

use super::{run, shots};

pub const LANGUAGES: [&str; 2] = ["vi", "en"];
/// Light and dark, 320 and 1280 px.
const LOOKS: usize = 4;

/// A page of the portal and how a browser comes to it.
pub struct Page(Value);

impl Page {
    /// The page at `path` of the portal.
    pub fn at(path: &str) -> Self {
        Self::url(&(portal_url() + path))
    }

    /// The page at `url`.
    pub fn url(url: &str) -> Self {
        Self(json!({ "url": url, "status": 200 }))
    }

    /// What an empty form on the page `from` gets from `path` of the portal.
    pub fn posted(path: &str, from: &str) -> Self {
        Self(json!({ "url": portal_url() + path, "from": from, "status": 200 }))
    }

    /// What another client was answered, because no browser would send such a request or wait so long.
    pub fn answered(answer: &Answer) -> Self {
        let answered = json!({ "status": answer.status, "body": answer.text() });
        Self(json!({ "url": answer.url, "status": 200, "answered": answered }))
    }

    /// The same page under a name of its own among the screenshots.
    pub fn named(self, name: &str) -> Self {
        self.with("name", json!(name))
    }

    /// The same page, which must have been answered with `status` instead of 200.
    pub fn status(self, status: u16) -> Self {
        self.with("status", json!(status))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        if let Some(page) = self.0.as_object_mut() {
            page.insert(key.to_owned(), value);
        }
        self
    }
}

/// The first headings of pages, by the pages' names.
pub type Headings = BTreeMap<String, String>;

/// Runs axe on what `pages` lists for a language, in both languages; returns the headings in English.
pub fn axe(
    lab: &Lab,
    netns: &Netns,
    name: &str,
    pages: impl Fn(&str) -> Result<Vec<Page>>,
) -> Result<Headings> {
    let (mut checked, mut wanted, mut headings) = (0, 0, Headings::new());
    for language in LANGUAGES {
        let pages: Vec<Value> = pages(language)?.into_iter().map(|page| page.0).collect();
        wanted += u64::try_from(pages.len() * LOOKS)?;
        let argument = json!({ "pages": pages, "lang": language, "shots": shots().join(name) });
        let result = run(lab, netns, "accessible.mjs", &argument)?;
        ensure!(result.get("ok") == Some(&Value::Bool(true)), "{name} in {language}: {result:#}");
        checked += result.get("checked").and_then(Value::as_u64).unwrap_or(0);
        let said = result.get("headings").cloned().context("the script names no headings")?;
        headings = serde_json::from_value(said)?;
    }
    println!("axe found nothing on {checked} renderings of {} pages ({name}): {headings:#?}", headings.len());
    ensure!(checked == wanted, "only {checked} of {wanted} renderings were checked");
    Ok(headings)
}

/// Fails when two of these pages have the same heading: then one situation was not what it was meant to be.
pub fn ensure_different<'a>(headings: impl IntoIterator<Item = &'a Headings>) -> Result<()> {
    let mut seen = BTreeMap::new();
    for (name, heading) in headings.into_iter().flatten() {
        if let Some(other) = seen.insert(heading, name) {
            anyhow::bail!("{other} and {name} have the same heading: {heading}");
        }
    }
    Ok(())
}
