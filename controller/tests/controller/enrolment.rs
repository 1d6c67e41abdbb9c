//! Enrolment: a token pins one key once; everything else is refused with a stable code and counted.

use agent_protocol::enroll::{EnrollToken, KeyPin};
use agent_protocol::{ALPN_CONTROL, ALPN_ENROLL};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Agent, Controller, Files, LIMIT};

#[tokio::test]
async fn a_token_pins_the_key_that_used_it_and_no_other() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let token = files.token("hk-16");
    let (first, second) = (Agent::new(&controller, &token), Agent::new(&controller, &token));
    let answer = first.enroll(&token).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("\"ap_id\":\"hk-16\""), "{}", answer.body);
    assert_eq!(second.refusal(&token).await, "used_token");
    // The answer may have been lost on its way: the same key may ask again.
    assert_eq!(first.enroll(&token).await.status, 200);
    assert_eq!(files.access_points()[0]["state"], "enrolled");
    assert_eq!(controller.metric("hotspot_enrolments_total{result=\"used_token\"}").await, 1.0);
    assert_eq!(controller.metric("hotspot_enrolments_total{result=\"done\"}").await, 2.0);
}

#[tokio::test]
async fn an_enrolled_key_may_connect_at_once() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut link = agent.control().await;
    link.hello().await;
    let welcome = link.until("welcome", |body| match body {
        agent_protocol::v1::down::Body::Welcome(welcome) => Some(welcome.clone()),
        _ => None,
    });
    assert_eq!(welcome.await.ap_id, "hk-16");
}

#[tokio::test]
async fn forged_replaced_and_expired_tokens_are_refused_and_counted() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let token = files.token("hk-16");
    let agent = Agent::new(&controller, &token);
    let pin = EnrollToken::from_text(&token).ok().unwrap().controller;
    let forged = EnrollToken { secret: [7; 32], controller: pin }.to_text();
    assert_eq!(agent.refusal(&forged).await, "unknown_token");
    let newer = files.done(&["ap", "token", "hk-16"]);
    assert_eq!(agent.refusal(&token).await, "unknown_token");
    files.sql("UPDATE enroll_token SET expires_ms = 1");
    assert_eq!(agent.refusal(&newer).await, "expired_token");
    assert_eq!(files.access_points()[0]["state"], "not enrolled");
    assert_eq!(controller.metric("hotspot_enrolments_total{result=\"unknown_token\"}").await, 2.0);
    assert_eq!(controller.metric("hotspot_enrolments_total{result=\"expired_token\"}").await, 1.0);
}

#[tokio::test]
async fn what_is_no_request_is_answered_and_harms_nobody() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let token = files.token("hk-16");
    let agent = Agent::new(&controller, &token);
    let mut tries = vec![String::new(), "{}".to_owned(), "[1".to_owned(), "\u{0}".to_owned()];
    tries.push(r#"{"secret":"AAAA","agent_version":"1"}"#.to_owned());
    for body in tries {
        let answer = agent.post(&body).await;
        assert_eq!(answer.status, 400, "{body:?}");
        assert!(answer.body.contains("\"code\":\"malformed\""), "{}", answer.body);
    }
    assert_eq!(agent.post(&"x".repeat(5_000)).await.status, 413);
    assert_eq!(agent.enroll(&token).await.status, 200);
}

#[tokio::test]
async fn bytes_that_are_no_http_and_heads_without_end_are_answered_or_closed() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let token = files.token("hk-16");
    let agent = Agent::new(&controller, &token);
    let huge = format!("POST /agent/v1/enroll HTTP/1.1\r\nhost: c\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    let attacks = [
        vec![0xff; 100],
        b"\r\n\r\n\r\n".to_vec(),
        b"POST /agent/v1/enroll HTTP/1.1\r\nhost: c\r\ncontent-length: 999999999999\r\n\r\nx".to_vec(),
        b"POST /agent/v1/enroll HTTP/1.1\r\nhost: c\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"
            .to_vec(),
        b"POST /agent/v1/enroll HTTP/1.1\r\nhost: c\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        huge.into_bytes(),
    ];
    for attack in attacks {
        let mut stream = agent.connect(ALPN_ENROLL).await.unwrap();
        let _ = stream.write_all(&attack).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("it was kept open");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let answer = agent.enroll(&token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let name = "hotspot_refused_connections_total{listener=\"agents\",reason=\"malformed_http\"}";
    controller.counted(name, 2.0).await;
}

#[tokio::test]
async fn a_source_that_guesses_is_slowed_down() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let token = files.token("hk-16");
    let agent = Agent::new(&controller, &token);
    let pin = EnrollToken::from_text(&token).ok().unwrap().controller;
    for guess in 0..10 {
        let forged = EnrollToken { secret: [guess; 32], controller: pin }.to_text();
        assert_eq!(agent.refusal(&forged).await, "unknown_token");
    }
    assert_eq!(agent.refusal(&token).await, "too_often");
    assert_eq!(controller.metric("hotspot_enrolments_total{result=\"too_often\"}").await, 1.0);
}

#[tokio::test]
async fn a_key_serves_one_access_point_only() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let other = files.token("hk-17");
    assert_eq!(agent.refusal(&other).await, "key_in_use");
    // The token was not used up by the refusal.
    assert_eq!(Agent::new(&controller, &other).enroll(&other).await.status, 200);
}

#[tokio::test]
async fn a_new_enrolment_replaces_the_key_and_ends_the_old_link() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let old = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut link = old.control().await;
    link.hello().await;
    let new = Agent::enrolled(&controller, &files, "hk-16").await;
    let reason = link.ended().await.unwrap();
    assert!(reason.contains("another key"), "{reason}");
    let mut again = old.control().await;
    again.hello().await;
    assert!(again.ended().await.unwrap().contains("not enrolled"));
    let mut link = new.control().await;
    link.hello().await;
    assert!(link.body().await.is_some());
}

#[tokio::test]
async fn an_agent_that_pins_another_controller_does_not_speak_to_this_one() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    assert!(agent.trusting(KeyPin([1; 32])).connect(ALPN_CONTROL).await.is_err());
    assert!(agent.connect(ALPN_CONTROL).await.is_ok());
    controller
        .counted("hotspot_refused_connections_total{listener=\"agents\",reason=\"handshake_failed\"}", 1.0)
        .await;
}
