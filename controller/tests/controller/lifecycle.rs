//! Start and end: ready line, restart, drain, signals.

use std::time::Duration;

use agent_protocol::ALPN_CONTROL;
use agent_protocol::v1::down;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{Agent, Controller, Files, LIMIT, Phone, wait_until};

#[tokio::test]
async fn the_ready_line_names_every_listener_and_stands_in_ready_json() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let stored: Value =
        serde_json::from_str(&std::fs::read_to_string(files.data().join("ready.json")).unwrap()).unwrap();
    assert_eq!(stored, controller.ready);
    assert_eq!(stored["ready"], true);
    for listener in ["portal", "agents", "admin", "metrics"] {
        assert_ne!(controller.address(listener).port(), 0);
        tokio::net::TcpStream::connect(controller.address(listener)).await.unwrap();
    }
    for port in ["radius_auth", "radius_acct"] {
        assert_ne!(controller.address(port).port(), 0);
    }
    assert!(!files.data().join("ready.json.new").exists());
    for listener in ["admin", "metrics"] {
        assert_eq!(controller.get(listener, "/healthz").await, (200, "ok\n".to_owned()));
        let (status, body) = controller.get(listener, "/readyz").await;
        assert_eq!((status, body.as_str()), (200, r#"{"ready":true}"#));
    }
}

#[tokio::test]
async fn a_term_signal_drains_within_five_seconds_whoever_is_connected() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut link = agent.control().await;
    link.hello().await;
    let serving = link.serve();
    let phone = Phone::new(&controller, &agent, 1);
    assert_eq!(phone.post("/connect").await.status, 303);
    let _held = (
        phone.connect().await,
        agent.relay().await,
        agent.connect(ALPN_CONTROL).await.unwrap(),
        tokio::net::TcpStream::connect(controller.address("agents")).await.unwrap(),
        tokio::net::TcpStream::connect(controller.address("portal")).await.unwrap(),
        tokio::net::TcpStream::connect(controller.address("admin")).await.unwrap(),
    );
    let (code, took) = controller.stop().await;
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    assert!(!files.data().join("ready.json").exists());
    serving.await.unwrap();
}

#[tokio::test]
async fn an_interrupt_ends_it_too() {
    let files = Files::new();
    let mut controller = Controller::start(&files).await;
    controller.signal(Signal::SIGINT);
    assert_eq!(controller.ended().await, Some(0));
}

#[tokio::test]
async fn a_restart_keeps_grants_keys_and_certificate() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut link = agent.control().await;
    link.hello().await;
    let serving = link.serve();
    let phone = Phone::new(&controller, &agent, 1);
    assert_eq!(phone.post("/connect").await.status, 303);
    let visits = files.visits();
    controller.kill().await;
    let before = serving.await.unwrap();
    let controller = Controller::start(&files).await;
    let agent = agent.at(&controller);
    assert_eq!(files.visits(), visits);
    let mut link = agent.control().await;
    (link.have, link.grants) = (before.have, before.grants.clone());
    link.hello().await;
    link.until("the welcome", |body| matches!(body, down::Body::Welcome(_)).then_some(())).await;
    let serving = link.serve();
    let phone = phone.walks_to(&agent);
    wait_until("still on line", LIMIT, || async { (!phone.captive().await).then_some(()) }).await;
    controller.stop().await;
    let after = serving.await.unwrap();
    assert_eq!(after.have, before.have, "the log was sent again");
    assert_eq!(after.grants, before.grants);
}

#[tokio::test]
async fn a_hangup_reads_the_portals_certificate_again_and_a_broken_one_keeps_the_old() {
    let files = Files::with("portal.tls = { cert = \"portal.crt\", key = \"portal.key\" }");
    write_certificate(&files);
    let controller = Controller::start(&files).await;
    assert!(!controller.log().contains("self-made"));
    let first = std::fs::read(files.path("portal.crt")).unwrap();
    assert!(serves(&controller, &files).await);
    write_certificate(&files);
    assert!(!serves(&controller, &files).await, "a new certificate is served without a signal");
    controller.signal(Signal::SIGHUP);
    wait_until("the new certificate", LIMIT, || async { serves(&controller, &files).await.then_some(()) })
        .await;
    let second = std::fs::read(files.path("portal.crt")).unwrap();
    std::fs::write(files.path("portal.crt"), "nothing").unwrap();
    controller.signal(Signal::SIGHUP);
    wait_until("a word about it", LIMIT, || async {
        controller.log().contains("keeps its certificate").then_some(())
    })
    .await;
    std::fs::write(files.path("portal.crt"), second).unwrap();
    assert!(serves(&controller, &files).await);
    std::fs::write(files.path("portal.crt"), first).unwrap();
    assert!(!serves(&controller, &files).await);
}

#[tokio::test]
async fn without_a_certificate_it_says_that_phones_will_refuse_the_page() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    assert!(controller.log().contains("phones will refuse the page"), "{}", controller.log());
}

fn write_certificate(files: &Files) {
    let pair = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["wifi.example".to_owned()]).unwrap();
    std::fs::write(files.path("portal.crt"), params.self_signed(&pair).unwrap().pem()).unwrap();
    std::fs::write(files.path("portal.key"), pair.serialize_pem()).unwrap();
}

/// Whether the portal serves the certificate that lies in the file.
async fn serves(controller: &Controller, files: &Files) -> bool {
    let stream = tokio::net::TcpStream::connect(controller.address("portal")).await.unwrap();
    crate::support::phone::tls(stream, &crate::support::phone::trust(&files.path("portal.crt"))).await.is_ok()
}
