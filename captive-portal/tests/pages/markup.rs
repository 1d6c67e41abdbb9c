//! Every page as markup: well formed, no script, no style attribute, no foreign host, and the policy that says so.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::support::{LANGUAGES, PATHS, Still, attributes, get, post, states, with_language};

/// Every page there is, each with a name: by GET in every state and language, and what POST answers.
async fn every_page() -> Vec<(String, String, String)> {
    let mut pages = Vec::new();
    for (name, visitor) in states() {
        let router = Still::new(visitor).router();
        for language in LANGUAGES {
            for path in PATHS.iter().chain(&["/nowhere", "/connect", "/?wait=no"]) {
                let uri = with_language(path, language);
                let answer = get(&router, &uri).await;
                let policy = answer.header("content-security-policy").to_owned();
                pages.push((format!("{name} {uri}"), answer.html().to_owned(), policy));
            }
            for path in ["/connect", "/session/end"] {
                let answer = post(&router, &with_language(path, language)).await;
                if answer.status.as_u16() != 303 {
                    let policy = answer.header("content-security-policy").to_owned();
                    pages.push((format!("{name} POST {path} {language}"), answer.html().to_owned(), policy));
                }
            }
        }
    }
    assert!(pages.len() > 600, "{}", pages.len());
    pages
}

#[tokio::test]
async fn no_page_has_a_script_a_style_attribute_or_another_host() {
    for (name, html, _) in every_page().await {
        let lower = html.to_lowercase();
        for forbidden in [
            "<script",
            "javascript:",
            " style=",
            " onclick",
            " onload",
            " onerror",
            "<iframe",
            "<img",
            "@import",
        ] {
            // What a visitor typed stands there as text, with its "<" replaced.
            let typed = forbidden == "<script" && !lower.contains(forbidden);
            assert!(typed || !lower.contains(forbidden), "{name}: {forbidden}");
        }
        for attribute in ["href", "src", "action", "data", "poster", "srcset"] {
            for value in attributes(&html, attribute) {
                let ours = value.starts_with('#')
                    || value.starts_with("tel:11")
                    || value == "data:,"
                    || (value.starts_with('/') && !value.starts_with("//"));
                assert!(ours, "{name}: {attribute}={value}");
            }
        }
        assert!(!lower.contains("url("), "{name}");
    }
}

#[tokio::test]
async fn the_policy_allows_exactly_the_style_that_the_page_carries() {
    for (name, html, policy) in every_page().await {
        assert_eq!(html.matches("<style>").count(), 1, "{name}");
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let hash = STANDARD.encode(Sha256::digest(style));
        let expected = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        assert_eq!(policy, expected, "{name}");
    }
}

#[tokio::test]
async fn every_page_is_well_formed() {
    for (name, html, _) in every_page().await {
        well_formed(&name, &html);
    }
}

fn well_formed(name: &str, html: &str) {
    let language = if name.ends_with("vi") { "vi" } else { "en" };
    assert!(html.starts_with("<!doctype html>\n<html lang=\""), "{name}");
    assert!(html.contains(&format!("<html lang=\"{language}\">")), "{name}");
    let mut open: Vec<String> = Vec::new();
    let mut headings = Vec::new();
    let body_only = html.split_once("<style>").map_or(html.to_owned(), |(before, after)| {
        format!(
            "{before}<style>{}",
            after.split_once("</style>").map_or("", |(_, rest)| rest).replacen("", "</style>", 1)
        )
    });
    for piece in body_only.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').unwrap_or_else(|| panic!("{name}: a tag without end: {piece}"));
        if tag.starts_with('!') {
            continue;
        }
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed), "{name}: </{closed}>");
            continue;
        }
        let element = tag.split_whitespace().next().unwrap().trim_end_matches('/').to_owned();
        if let Some(level) = element.strip_prefix('h').and_then(|level| level.parse::<u8>().ok()) {
            headings.push(level);
        }
        if !(tag.ends_with('/') || ["meta", "link", "input", "br"].contains(&element.as_str())) {
            open.push(element);
        }
    }
    assert!(open.is_empty(), "{name}: not closed: {open:?}");
    assert_eq!(headings.iter().filter(|level| **level == 1).count(), 1, "{name}: {headings:?}");
    let skips = headings.iter().zip(headings.iter().skip(1)).any(|(a, b)| *b > a + 1);
    assert!(!skips, "{name}: headings skip a level: {headings:?}");
    references(name, html);
}

/// Ids are unlike each other and every reference to one has its target.
fn references(name: &str, html: &str) {
    let ids = attributes(html, "id");
    let unlike: HashSet<&String> = ids.iter().collect();
    assert_eq!(unlike.len(), ids.len(), "{name}: {ids:?}");
    let anchors =
        attributes(html, "href").into_iter().filter_map(|href| href.strip_prefix('#').map(str::to_owned));
    let described = attributes(html, "aria-labelledby").into_iter().chain(attributes(html, "for"));
    for target in anchors.chain(described) {
        assert!(ids.contains(&target), "{name}: nothing has the id {target}");
    }
}

#[tokio::test]
async fn every_page_is_complete_text() {
    for (name, html, _) in every_page().await {
        for wrong in ["{ $", "{{", "{%", "<title></title>", "()", "href=\"\"", "<b></b>", "<h1></h1>", "NaN"]
        {
            assert!(!html.contains(wrong), "{name}: {wrong}");
        }
        assert!(
            html.contains("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn wherever_there_is_a_map_its_source_is_named() {
    let mut maps = 0;
    for (name, html, _) in every_page().await {
        if html.contains("<svg class=\"map\"") {
            maps += 1;
            assert!(html.contains("© OpenStreetMap contributors"), "{name}");
        }
    }
    assert!(maps > 100);
}

#[tokio::test]
async fn a_link_on_a_page_leads_to_a_page() {
    let router = Still::new(crate::support::state("online")).router();
    let mut seen = HashSet::new();
    let mut next = vec!["/".to_owned()];
    while let Some(path) = next.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = get(&router, &path).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        let links = attributes(answer.html(), "href").into_iter().filter(|link| link.starts_with('/'));
        next.extend(links.map(|link| link.split('#').next().unwrap_or_default().to_owned()));
    }
    // Sixty places, three times: as they come, in Vietnamese, in English.
    assert!(seen.iter().filter(|path| path.starts_with("/guide/place/")).count() >= 180, "{}", seen.len());
}
