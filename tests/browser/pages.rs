//! Every page that a visitor can ask for, on the phone before and after the tap and from anywhere else.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::http::{Answer, Client, Request, Url, read_answer};
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};

use super::axe::{Page, axe, ensure_different};

const AWAY_LIMIT: Duration = Duration::from_secs(20);
/// Any site of the internet: a captive phone is answered by its access point there.
const SITE: &str = "http://news.example/";

/// Every kind of page before the tap; a place of each heading is as good as any.
const BEFORE: [&str; 14] = [
    "/",
    "/session",
    "/session?ended=yes",
    "/terms",
    "/privacy",
    "/guide",
    "/guide/sights",
    "/guide/temples",
    "/guide/culture",
    "/guide/food",
    "/guide/help",
    "/guide/place/thap-rua",
    "/guide?q=ho",
    "/guide?q=zzzz",
];
/// What differs for somebody on line.
const AFTER: [&str; 5] = ["/", "/session", "/guide", "/guide/help", "/guide/place/thap-rua"];
/// What differs for somebody elsewhere.
const ELSEWHERE: [&str; 7] =
    ["/", "/session", "/guide", "/guide/food", "/guide/place/thap-rua", "/guide?q=ho", "/terms"];

fn at(paths: &[&str]) -> Vec<Page> {
    paths.iter().map(|path| Page::at(path)).collect()
}

/// The answer to a tap that announces so many bytes and sends none of them.
fn announced(client: &Client, bytes: usize) -> Result<Answer> {
    let url = Url::parse(&(portal_url() + "/connect"))?;
    let mut stream = client.connect(&url)?;
    let head = format!("POST /connect HTTP/1.1\r\nHost: {}\r\nContent-Length: {bytes}\r\n", url.host);
    let language = client.language();
    write!(stream, "{head}Connection: close\r\nAccept-Language: {language}\r\n\r\n")
        .context("cannot send a head")?;
    stream.flush()?;
    read_answer(stream, &url)
}

/// Every way to be told that a request was wrong.
fn errors(client: &Client) -> Result<Vec<Page>> {
    Ok(vec![
        Page::at("/no-such-page").status(404),
        Page::at("/guide/place/%ff").status(400),
        Page::at("/connect").status(405).named("405"),
        Page::posted("/connect", "about:blank").status(403).named("403"),
        Page::answered(&announced(client, 20_000)?).status(413).named("413"),
        Page::answered(&announced(client, 9)?).status(503).named("503"),
    ])
}

#[test]
fn every_page_on_the_phone_is_accessible_in_light_and_dark_narrow_and_wide() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("browser-axe") })?;
    let stranger = lab.joined_phone(0)?;
    let online = lab.joined_phone(0)?;
    visitor::get_online(&online.client("en")?)?;
    axe(&lab, stranger.netns(), "before", |_| Ok(at(&BEFORE)))?;
    let errors = axe(&lab, stranger.netns(), "errors", |language| errors(&stranger.client(language)?))?;
    ensure_different([&errors])?;
    axe(&lab, online.netns(), "after", |_| Ok(at(&AFTER)))?;
    Ok(())
}

#[test]
fn every_page_of_the_access_point_is_accessible_in_light_and_dark_narrow_and_wide() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("browser-away") })?;
    let stranger = lab.joined_phone(0)?;
    lab.controller.kill()?;
    let client = stranger.client("vi")?;
    wait_until("the access point's local page", AWAY_LIMIT, || {
        visitor::probe(&client).is_ok_and(|standing| standing == Standing::Local)
    })?;
    axe(&lab, stranger.netns(), "away", |_| {
        Ok(vec![Page::url(SITE), Page::url(&format!("{SITE}?still")).named("still")])
    })?;
    Ok(())
}

#[test]
fn the_access_points_short_answers_are_accessible_in_light_and_dark_narrow_and_wide() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("browser-short") })?;
    let stranger = lab.joined_phone(0)?;
    let twice = [("Host", "news.example")];
    axe(&lab, stranger.netns(), "short", |language| {
        let client = stranger.client(language)?;
        let malformed = client.send(&Request { headers: &twice, ..Request::get(SITE) })?;
        let asked = client.send(&Request { method: "POST", ..Request::get(SITE) })?;
        let long = client.get(&format!("{SITE}?{}", "a".repeat(9_000)))?;
        Ok(vec![
            Page::answered(&asked).status(511).named("511"),
            Page::answered(&malformed).status(400).named("400"),
            Page::answered(&long).status(431).named("431"),
        ])
    })?;
    Ok(())
}

#[test]
fn every_page_of_the_public_guide_is_accessible_in_light_and_dark_narrow_and_wide() -> Result<()> {
    let lab = Lab::for_test(&Settings { access_points: 0, ..Settings::new("browser-public") })?;
    let home = portal_url() + "/";
    axe(&lab, lab.internet.netns(), "public", |_| {
        let mut pages = at(&ELSEWHERE);
        pages.push(Page::posted("/connect", &home).status(403).named("tap"));
        Ok(pages)
    })?;
    Ok(())
}
