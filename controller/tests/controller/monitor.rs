//! What Prometheus reads: a visit in figures, an access point that goes away, and names that stay few.

use std::collections::BTreeSet;

use agent_protocol::v1::{Counter, Health};

use crate::support::link::report;
use crate::support::{Agent, Controller, Files, LIMIT, Phone, fresh_id, wait_until};

/// Series of a controller without access points; with dashboards/README.md, where the bound is promised.
const FIXED_SERIES: usize = 240;
/// Series of one access point.
const SERIES_PER_AP: usize = 42;

fn redirected(value: u64) -> Health {
    let counters = vec![Counter { name: "responder_redirected".to_owned(), value }];
    Health { counters, sessions: 1, bytes_up: 500, ..Health::default() }
}

#[tokio::test]
async fn a_visit_counts_once_at_every_step_and_its_bytes_are_those_of_its_sessions() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    link.health = redirected(7);
    link.answer_ping(0).await;
    link.health = redirected(9);
    link.answer_ping(0).await;
    let phone = Phone::new(&controller, &agent, 7);
    assert_eq!(phone.get("/").await.status, 200);
    let tap = tokio::spawn(async move { phone.post("/connect").await });
    let grant = link.apply().await.grant.unwrap();
    assert_eq!(tap.await.unwrap().status, 303);
    let session = fresh_id();
    for (sequence, bytes) in [(1, 400), (2, 500)] {
        link.journal(sequence, vec![report(session, &grant, bytes)]).await;
        link.durable(sequence).await;
    }
    controller.counted("hotspot_bytes_total{direction=\"up\"}", 500.0).await;
    for (name, value) in [
        ("hotspot_bytes_total{direction=\"up\"}", 500.0),
        ("hotspot_bytes_total{direction=\"down\"}", 5000.0),
        ("hotspot_funnel_total{step=\"redirect\"}", 2.0),
        ("hotspot_funnel_total{step=\"page\"}", 1.0),
        ("hotspot_funnel_total{step=\"accept\"}", 1.0),
        ("hotspot_funnel_total{step=\"gate_open\"}", 1.0),
        ("hotspot_funnel_total{step=\"first_byte\"}", 1.0),
        ("hotspot_visits_total", 1.0),
        ("hotspot_live_grants", 1.0),
        ("hotspot_open_sessions{kind=\"agent\"}", 1.0),
        ("hotspot_open_sessions{kind=\"radius\"}", 0.0),
        ("hotspot_portal_confirm_seconds_count", 1.0),
        ("hotspot_ap_sessions{ap=\"hk-16\"}", 1.0),
        ("hotspot_ap_unconfirmed_entries{ap=\"hk-16\"}", 0.0),
        ("hotspot_ap_events_total{ap=\"hk-16\",event=\"responder_redirected\"}", 9.0),
    ] {
        assert_eq!(controller.metric(name).await, value, "{name}");
    }
    assert!(controller.metric("hotspot_store_commit_seconds_count").await >= 3.0);
    assert!(controller.metric("hotspot_store_commits_total").await >= 3.0);
    assert!(controller.metric("process_resident_memory_bytes").await > 1e6);
}

#[tokio::test]
async fn a_gate_that_opens_after_the_tap_was_answered_is_counted_when_the_page_comes_again() {
    let files = Files::with("portal.confirm_secs = 1");
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    assert_ne!(phone.post("/connect").await.status, 303);
    assert_eq!(controller.metric("hotspot_funnel_total{step=\"gate_open\"}").await, 0.0);
    let entry = link.entry().await;
    link.answer_ping(0).await;
    controller.counted("hotspot_ap_unconfirmed_entries{ap=\"hk-16\"}", 1.0).await;
    link.acknowledge(&entry, "").await;
    wait_until("on line", LIMIT, || async { (!phone.captive().await).then_some(()) }).await;
    phone.get("/").await;
    assert_eq!(controller.metric("hotspot_funnel_total{step=\"gate_open\"}").await, 1.0);
}

#[tokio::test]
async fn an_access_point_that_is_away_stays_visible_as_not_connected() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (_, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    link.answer_ping(0).await;
    controller.counted("hotspot_ap_connected{ap=\"hk-16\"}", 1.0).await;
    wait_until("its word", LIMIT, || async {
        controller
            .get("metrics", "/metrics")
            .await
            .1
            .contains("hotspot_ap_stations{ap=\"hk-16\"} 0")
            .then_some(())
    })
    .await;
    assert_eq!(controller.metric("hotspot_enrolled_access_points").await, 1.0);
    assert_eq!(controller.metric("hotspot_access_points").await, 1.0);
    drop(link);
    wait_until("away", LIMIT, || async {
        (controller.metric("hotspot_ap_connected{ap=\"hk-16\"}").await == 0.0).then_some(())
    })
    .await;
    let text = controller.get("metrics", "/metrics").await.1;
    assert!(text.contains("hotspot_ap_connected{ap=\"hk-16\"} 0"), "it is not there any more");
    assert!(text.contains("hotspot_ap_silent_seconds{ap=\"hk-16\"}"), "nobody says since when");
    assert!(!text.contains("hotspot_ap_stations"), "an old figure stayed");
}

#[tokio::test]
async fn the_number_of_series_is_bounded_whatever_is_counted() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (_, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let invented = (0..500).map(|n| Counter { name: format!("invented_{n}"), value: 1 });
    let known = hotspot_controller::metrics::EVENTS.map(|name| Counter { name: name.to_owned(), value: 1 });
    let machine = Some(agent_protocol::v1::Machine { memory_bytes: 1, ..Default::default() });
    link.health = Health { counters: invented.chain(known).collect(), machine, ..Health::default() };
    link.answer_ping(0).await;
    controller.counted("hotspot_ap_events_total{ap=\"hk-16\",event=\"other\"}", 500.0).await;
    let (_, text) = controller.get("metrics", "/metrics").await;
    let series: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let of_ap = series.iter().filter(|line| line.contains("ap=\"hk-16\"")).count();
    println!("{} series, {of_ap} of the access point", series.len());
    assert_eq!(of_ap, SERIES_PER_AP);
    assert!(series.len() - of_ap <= FIXED_SERIES, "{} series", series.len() - of_ap);
    let named: BTreeSet<&str> = series.iter().filter_map(|line| line.split(['{', ' ']).next()).collect();
    for name in &named {
        assert!(name.starts_with("hotspot_") || name.starts_with("process_"), "{name}");
    }
    let helped = text.lines().filter(|line| line.starts_with("# HELP ")).count();
    let typed = text.lines().filter(|line| line.starts_with("# TYPE ")).count();
    assert_eq!(helped, typed);
}
