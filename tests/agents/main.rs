//! The agents' listener, spoken to by hand: enrolment, keys, frames no agent sends, and what `durable` promises.

mod durability;

use agent_protocol::ALPN_CONTROL;
use agent_protocol::v1::{down, up};
use anyhow::{Context as _, Result, bail};
use hotspot_tests::lab::hand_agent::HandAgent;
use hotspot_tests::lab::netns::Netns;
use hotspot_tests::lab::{Lab, SITES, Settings};

const JOURNAL: [u8; 16] = [7; 16];

/// Controller and internet, and a place on the internet to dial from.
pub struct Scene {
    /// Where the hand-driven agents are.
    pub outside: Netns,
    /// The lab.
    pub lab: Lab,
}

/// A lab without access points.
pub fn scene(name: &str) -> Result<Scene> {
    let lab = Lab::for_test(&Settings { access_points: 0, ..Settings::new(name) })?;
    let outside = Netns::create(&lab.instance().namespace("outside"))?;
    lab.internet.connect(&outside, 20, &[])?;
    Ok(Scene { outside, lab })
}

fn alive(scene: &Scene) -> Result<()> {
    let client = scene.lab.controller_client("en")?;
    let answer = client.get(&format!("http://{}/readyz", scene.lab.controller.metrics()))?;
    if answer.status == 200 {
        Ok(())
    } else {
        bail!("the controller is not ready any more: {}", answer.text())
    }
}

#[test]
fn a_token_enrols_one_key_once() -> Result<()> {
    let scene = scene("agents-token")?;
    let token = scene.lab.controller.token(SITES[0])?;
    let first = HandAgent::new(&scene.outside)?;
    let (status, body) = first.enroll(&token)?;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains(SITES[0]), "{body}");
    let (status, body) = HandAgent::new(&scene.outside)?.enroll(&token)?;
    assert!(status == 403 && body.contains("used_token"), "{status} {body}");
    // The first one's key is known from then on.
    let mut control = first.control(JOURNAL)?;
    control.receive_until(|frame| matches!(frame, down::Body::Welcome(_)).then_some(()))
}

#[test]
fn forged_and_stale_tokens_are_refused_with_a_word_for_each() -> Result<()> {
    let scene = scene("agents-forged")?;
    let stale = scene.lab.controller.token(SITES[0])?;
    let fresh = scene.lab.controller.token(SITES[0])?;
    let mut forged = fresh.clone().into_bytes();
    // Another secret of the same form.
    forged[10] = if forged[10] == b'A' { b'B' } else { b'A' };
    let agent = HandAgent::new(&scene.outside)?;
    for token in [stale, String::from_utf8(forged)?] {
        let (status, body) = agent.enroll(&token)?;
        assert!(status == 403 && body.contains("unknown_token"), "{status} {body}");
    }
    for body in [&b""[..], b"{", b"{\"secret\":7}", &[0xff; 100]] {
        assert_eq!(agent.post_enroll(body)?.0, 400);
    }
    alive(&scene)
}

#[test]
fn a_key_that_is_not_enrolled_is_told_so() -> Result<()> {
    let scene = scene("agents-unknown")?;
    let mut control = HandAgent::new(&scene.outside)?.control(JOURNAL)?;
    let down::Body::Refused(refused) = control.receive()? else { bail!("an unknown key is served") };
    assert!(refused.reason.contains("enrol"), "{}", refused.reason);
    assert!(control.receive().is_err(), "the link goes on");
    Ok(())
}

#[test]
fn a_second_agent_with_the_same_key_takes_the_place_of_the_first() -> Result<()> {
    let scene = scene("agents-twice")?;
    let agent = HandAgent::new(&scene.outside)?;
    agent.enroll(&scene.lab.controller.token(SITES[0])?)?;
    let welcome = |frame: &down::Body| matches!(frame, down::Body::Welcome(_)).then_some(());
    let mut first = agent.control(JOURNAL)?;
    first.receive_until(welcome)?;
    let mut second = agent.control([8; 16])?;
    second.receive_until(welcome)?;
    // The first link ends; there are never two that say they are one access point.
    let ended = (0..100).find_map(|_| first.receive().err());
    ended.context("the first link goes on")?;
    second.send(up::Body::Health(Default::default()))?;
    alive(&scene)
}

#[test]
fn bytes_that_are_no_frames_end_the_link_and_nothing_else() -> Result<()> {
    let scene = scene("agents-malformed")?;
    let agent = HandAgent::new(&scene.outside)?;
    agent.enroll(&scene.lab.controller.token(SITES[0])?)?;
    let too_long = 0x7fff_ffff_u32.to_be_bytes();
    let no_message = [0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0xff];
    for bytes in [&too_long[..], &no_message, b"GET / HTTP/1.1\r\n\r\n"] {
        let mut control = agent.control(JOURNAL)?;
        control.receive_until(|frame| matches!(frame, down::Body::Welcome(_)).then_some(()))?;
        control.send_bytes(bytes)?;
        let ended = (0..100).find_map(|_| control.receive().err());
        ended.context("the link goes on after what is no frame")?;
        // And as the very first thing on a link.
        let mut link = agent.dial(ALPN_CONTROL)?;
        std::io::Write::write_all(&mut link, bytes)?;
    }
    alive(&scene)
}
