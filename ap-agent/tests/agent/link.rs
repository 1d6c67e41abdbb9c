//! The control link: what is said first, signs of life, and controllers that are silent, strange or somebody else.

use std::time::{Duration, Instant};

use agent_protocol::v1::{Down, Ping, Refused, down, up};
use bytes::BytesMut;

use crate::support::{Centre, Point, document, wait_until};

#[tokio::test]
async fn the_hello_says_what_the_agent_has() {
    let centre = Centre::start();
    let point = Point::start(&centre);
    let mut first = centre.control().await;
    assert_eq!((first.hello.version, first.hello.config_version, first.hello.epoch), (1, 0, 0));
    assert_eq!((first.hello.boot_id.len(), first.hello.journal_id.len()), (16, 16));
    first.serve().await;
    first.snapshot(7, Vec::new()).await;
    let (boot_id, journal_id) = (first.hello.boot_id.clone(), first.hello.journal_id.clone());
    drop(first);
    let second = centre.control().await;
    assert_eq!((second.hello.config_version, second.hello.epoch, second.hello.sequence), (1, 1, 7));
    assert_eq!((&second.hello.boot_id, &second.hello.journal_id), (&boot_id, &journal_id));
    let point = point.restarted().await;
    let third = centre.control().await;
    assert_eq!((third.hello.config_version, third.hello.epoch, third.hello.sequence), (1, 1, 7));
    assert_eq!(third.hello.journal_id, journal_id);
    assert_ne!(third.hello.boot_id, boot_id, "another process says that it is another one");
    drop(point);
}

#[tokio::test]
async fn a_ping_is_answered_with_its_nonce() {
    let centre = Centre::start();
    let (_point, mut control) = Point::served(&centre).await;
    control.say(down::Body::Ping(Ping { nonce: 77 })).await;
    let health = control
        .until("the answer to a ping", |body| match body {
            up::Body::Health(health) if health.nonce != 0 => Some(health),
            _ => None,
        })
        .await;
    assert_eq!(health.nonce, 77);
}

#[tokio::test]
async fn what_a_newer_controller_says_is_passed_over() {
    let centre = Centre::start();
    let (_point, mut control) = Point::served(&centre).await;
    let mut frame = BytesMut::new();
    agent_protocol::frame::encode(&Down { unix_ms: control.now_ms(), body: None }, &mut frame).unwrap();
    control.raw(&frame).await;
    // An unknown field of an unknown message: number 200, two bytes.
    control.raw(&[0, 0, 0, 5, 0xc2, 0x0c, 2, 1, 2]).await;
    assert_eq!(control.configure(document(2)).await, "");
}

#[tokio::test]
async fn silence_is_noticed_although_the_agent_itself_has_much_to_say() {
    const AWAY_MS: u32 = 400;
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let mut quick = document(2);
    quick.timers.as_mut().unwrap().away_ms = AWAY_MS;
    assert_eq!(control.configure(quick).await, "");
    // Nothing is written any more, while reports of health keep coming.
    let silent_since = Instant::now();
    control.ended().await;
    let noticed = silent_since.elapsed();
    let away = Duration::from_millis(u64::from(AWAY_MS));
    assert!(noticed >= away - Duration::from_millis(100), "given up after {noticed:?}, too soon");
    assert!(noticed < away + Duration::from_secs(2), "noticed only after {noticed:?}");
    let status = point.status_when("the problem is told", |status| !status.connected).await;
    assert!(status.link_problem.contains("silent"), "{}", status.link_problem);
    let mut again = centre.control().await;
    again.welcome().await;
    point.status_when("the link is up again", |status| status.connected).await;
}

#[tokio::test]
async fn another_key_at_the_controllers_address_is_never_spoken_to() {
    let centre = Centre::start();
    let (point, control) = Point::served(&centre).await;
    let impostor = Centre::on(centre.stop());
    drop(control);
    let status = point
        .status_when("the wrong key is told", |status| status.link_problem.contains("another key"))
        .await;
    assert!(!status.connected);
    assert!(status.link_problem.contains("enrol"), "it does not say what to do: {}", status.link_problem);
    let tried = impostor.accepted();
    wait_until("it is tried again, in case the right one is back", || async {
        (impostor.accepted() > tried).then_some(())
    })
    .await;
    let spoken = tokio::time::timeout(Duration::from_millis(50), impostor.control()).await;
    assert!(spoken.is_err(), "the agent said hello to another key");
}

#[tokio::test]
async fn nonsense_ends_the_link_and_the_next_one_works() {
    let centre = Centre::start();
    let (point, control) = Point::served(&centre).await;
    let mut last = control;
    let much = u32::MAX.to_be_bytes();
    for nonsense in [&much[..], b"\0\0\0\x04\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n"] {
        last.raw(nonsense).await;
        last.ended().await;
        last = centre.control().await;
        last.welcome().await;
    }
    point.status_when("the link is up again", |status| status.connected).await;
    assert_eq!(last.configure(document(2)).await, "");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_controllers_words_and_its_pause_kept() {
    let centre = Centre::start();
    let point = Point::start(&centre);
    let mut control = centre.control().await;
    let reason = "this key was revoked; enrol this access point with a new token".to_owned();
    let refused = Instant::now();
    control.say(down::Body::Refused(Refused { reason: reason.clone(), retry_secs: 2 })).await;
    let status =
        point.status_when("the refusal is told", |status| status.link_problem.contains(&reason)).await;
    assert!(!status.connected);
    let _again = centre.control().await;
    assert!(refused.elapsed() >= Duration::from_secs(2), "it came again after {:?}", refused.elapsed());
}
