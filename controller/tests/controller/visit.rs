//! A visit: one tap, the gate, another access point, and every way it ends.

use std::time::{Duration, Instant};

use agent_protocol::v1::Health;

use crate::support::link::report;
use crate::support::{Agent, Controller, Files, LIMIT, Phone, fresh_id, wait_until};

#[tokio::test]
async fn one_tap_is_answered_303_only_after_this_access_point_has_acknowledged() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    let splash = phone.get("/").await;
    assert_eq!(splash.status, 200);
    assert!(splash.body.contains("/connect"), "the splash has no button");
    assert!(phone.captive().await);
    let mac = phone.mac();
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    let entry = link.entry().await;
    let grant = entry.grant.clone().unwrap();
    assert_eq!((grant.mac.as_slice(), grant.network.as_str(), grant.revoked), (&mac[..], "hoankiem", false));
    assert_eq!((grant.idle_secs, grant.revision), (900, 1));
    let other = Phone::new(&controller, &agent, 7);
    assert!(other.captive().await, "the API says on line before the gate is open");
    assert!(!tap.is_finished(), "the tap was answered before the gate was open");
    link.acknowledge(&entry, "").await;
    let (answer, phone) = tap.await.unwrap();
    assert_eq!((answer.status, answer.location.as_str()), (303, "/session"), "{}", answer.body);
    assert!(!phone.captive().await);
    let session = phone.get("/session").await;
    assert_eq!(session.status, 200);
    assert!(session.body.contains("HK-16 · "), "the page has no support code");
    assert_eq!(controller.metric("hotspot_taps_total{result=\"connected\"}").await, 1.0);
}

#[tokio::test]
async fn a_tap_that_is_not_acknowledged_in_time_gets_a_page_that_comes_again() {
    let files = Files::with("portal.confirm_secs = 1");
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    let since = Instant::now();
    let answer = phone.post("/connect").await;
    assert!(since.elapsed() >= Duration::from_secs(1) && since.elapsed() < Duration::from_secs(3));
    assert_ne!(answer.status, 303, "{}", answer.body);
    assert!(phone.captive().await);
    let entry = link.entry().await;
    link.acknowledge(&entry, "").await;
    wait_until("on line", LIMIT, || async { (!phone.captive().await).then_some(()) }).await;
    // A second tap changes nothing and is answered at once.
    assert_eq!(phone.post("/connect").await.status, 303);
    assert_eq!(files.visits().len(), 1);
}

#[tokio::test]
async fn an_access_point_that_refuses_a_grant_makes_the_page_say_that_it_is_full_and_how_many_it_serves() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    link.health = Health { stations: 40, sessions: 3, grants: 900, ..Health::default() };
    link.answer_ping(0).await;
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    let entry = link.entry().await;
    link.acknowledge(&entry, "the gate holds 65536 devices and is full").await;
    let (answer, phone) = tap.await.unwrap();
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains("HK-16 · "), "the page has no support code");
    assert!(answer.body.contains("serves 3 devices"), "{}", answer.body);
    assert!(phone.captive().await);
    assert_eq!(controller.metric("hotspot_refused_grants_total").await, 1.0);
}

#[tokio::test]
async fn the_grant_is_on_the_next_access_point_before_the_phone() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (here, link) = Agent::linked(&controller, &files, "hk-16").await;
    let (there, mut other) = Agent::linked(&controller, &files, "hk-17").await;
    let serving = link.serve();
    let phone = Phone::new(&controller, &here, 7);
    assert_eq!(phone.post("/connect").await.status, 303);
    let entry = other.entry().await;
    let walked = phone.walks_to(&there);
    assert!(walked.captive().await, "on line at an access point that has not said so");
    other.acknowledge(&entry, "").await;
    wait_until("on line there too", LIMIT, || async { (!walked.captive().await).then_some(()) }).await;
    serving.abort();
}

#[tokio::test]
async fn a_log_out_reaches_every_access_point_and_its_page_arrives() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    let made = link.apply().await.grant.unwrap();
    let (_, phone) = tap.await.unwrap();
    let answer = phone.post("/session/end").await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let tombstone = link.apply().await.grant.unwrap();
    assert!(tombstone.revoked && tombstone.grant_id == made.grant_id && tombstone.revision > made.revision);
    assert!(phone.captive().await);
    assert!(files.visits().is_empty());
}

#[tokio::test]
async fn a_kick_by_command_is_a_tombstone_within_a_second() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    link.apply().await;
    let (_, phone) = tap.await.unwrap();
    let visit = files.visits()[0]["id"].as_str().unwrap().to_owned();
    files.done(&["session", "kick", &visit]);
    let since = Instant::now();
    assert!(link.apply().await.grant.unwrap().revoked);
    assert!(since.elapsed() < Duration::from_secs(1), "it took {:?}", since.elapsed());
    assert!(files.fails(1, &["session", "kick", &visit]).contains("is over already"));
    assert_eq!(files.sql("SELECT count(*) FROM kick"), "0");
    // Kicked is not blocked: the visitor may tap again.
    let tap = tokio::spawn(async move { phone.post("/connect").await });
    link.apply().await;
    assert_eq!(tap.await.unwrap().status, 303);
}

#[tokio::test]
async fn a_kick_while_the_controller_is_down_is_done_when_it_starts() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, link) = Agent::linked(&controller, &files, "hk-16").await;
    let serving = link.serve();
    assert_eq!(Phone::new(&controller, &agent, 7).post("/connect").await.status, 303);
    let visit = files.visits()[0]["id"].as_str().unwrap().to_owned();
    controller.stop().await;
    files.done(&["session", "kick", &visit]);
    let controller = Controller::start(&files).await;
    let mut link = agent.at(&controller).control().await;
    link.have = serving.await.unwrap().have;
    link.hello().await;
    assert!(link.apply().await.grant.unwrap().revoked);
    assert!(files.visits().is_empty());
}

#[tokio::test]
async fn a_used_up_quota_ends_the_grant_and_the_page_says_when_there_is_more() {
    let files = Files::with("portal.plan = \"small\"");
    files.done(&["plan", "add", "small", "--quota", "1M", "--session", "1h"]);
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    let grant = link.apply().await.grant.unwrap();
    let (_, phone) = tap.await.unwrap();
    link.journal(1, vec![report(fresh_id(), &grant, 100_000)]).await;
    let tombstone = link.apply().await.grant.unwrap();
    assert!(tombstone.revoked);
    assert!(phone.captive().await);
    let again = phone.post("/connect").await;
    assert_ne!(again.status, 303, "{}", again.body);
    assert_eq!(controller.metric("hotspot_taps_total{result=\"refused\"}").await, 1.0);
}

#[tokio::test]
async fn the_same_url_from_elsewhere_is_public_and_opens_nothing() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (_, _link) = Agent::linked(&controller, &files, "hk-16").await;
    let roots = crate::support::phone::trust(&controller.data().join("portal-self-made.crt"));
    let ask = async |method: &str, path: &str| {
        let stream = tokio::net::TcpStream::connect(controller.address("portal")).await.unwrap();
        let stream = crate::support::phone::tls(stream, &roots).await.unwrap();
        crate::support::phone::request(stream, method, "wifi.example", path, "").await
    };
    assert_eq!(ask("GET", "/").await.status, 200);
    ask("POST", "/connect").await;
    assert!(files.visits().is_empty());
    assert_eq!(controller.metric("hotspot_taps_total{result=\"connected\"}").await, 0.0);
}
