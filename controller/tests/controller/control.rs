//! The control link: what it begins with, what it refuses, who it belongs to.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use agent_protocol::v1::{Hello, down, up};
use agent_protocol::{ALPN_CONTROL, ALPN_ENROLL};

use crate::support::{Agent, Controller, Files, LIMIT, Phone, wait_until};

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[tokio::test]
async fn a_new_agent_gets_welcome_configuration_snapshot_and_the_time_with_each_of_them() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut link = agent.control().await;
    link.hello().await;
    let mut kinds = Vec::new();
    while kinds.len() < 4 {
        let frame = link.next().await.unwrap();
        assert!(frame.unix_ms.abs_diff(now_ms()) < 5_000, "the controller's time is {}", frame.unix_ms);
        kinds.push(match frame.body.unwrap() {
            down::Body::Welcome(welcome) => {
                assert_eq!((welcome.version, welcome.domain.as_str()), (1, "hoankiem"));
                "welcome"
            }
            down::Body::Config(document) => {
                assert!((1..=now_ms() / 1000).contains(&document.version), "{}", document.version);
                assert_eq!(document.ap_name, "hk-16");
                assert_eq!(document.network.unwrap().gateway4, "10.50.0.1/16");
                let portal = document.portal.unwrap();
                assert_eq!(portal.url, "https://wifi.example");
                assert_eq!(portal.addresses, ["192.0.2.10"]);
                assert_eq!(document.timers.unwrap().away_ms, 3_000);
                "config"
            }
            down::Body::Snapshot(part) => {
                assert!(part.last && part.grants.is_empty() && part.epoch > 0);
                "snapshot"
            }
            down::Body::Ping(_) => "ping",
            other => panic!("{other:?} was not expected"),
        });
    }
    assert_eq!(kinds, ["welcome", "config", "snapshot", "ping"]);
}

#[tokio::test]
async fn an_agent_that_missed_a_few_entries_gets_just_those() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (first, link) = Agent::linked(&controller, &files, "hk-16").await;
    let (second, absent) = Agent::linked(&controller, &files, "hk-17").await;
    let (have, journal) = (absent.have, absent.journal);
    drop(absent);
    let serving = link.serve();
    let phone = Phone::new(&controller, &first, 1);
    assert_eq!(phone.post("/connect").await.status, 303);
    assert_eq!(phone.post("/session/end").await.status, 303);
    let mut back = second.control().await;
    (back.have, back.journal) = (have, journal);
    back.hello().await;
    let (made, ended) = (back.entry().await, back.entry().await);
    assert_eq!((made.sequence, ended.sequence), (have.1 + 1, have.1 + 2));
    assert!(ended.grant.unwrap().revoked);
    serving.abort();
}

#[tokio::test]
async fn an_agent_with_a_position_of_another_log_gets_a_snapshot() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, link) = Agent::linked(&controller, &files, "hk-16").await;
    let epoch = link.have.0;
    let serving = link.serve();
    assert_eq!(Phone::new(&controller, &agent, 1).post("/connect").await.status, 303);
    serving.abort();
    let mut other = agent.control().await;
    other.have = (epoch - 1, 40);
    other.hello().await;
    other.snapshot().await;
    assert_eq!(other.grants.len(), 1);
    assert_eq!(other.have.0, epoch);
}

#[tokio::test]
async fn an_agent_that_knows_more_than_the_database_shows_that_a_backup_was_restored() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, link) = Agent::linked(&controller, &files, "hk-16").await;
    let before = link.have;
    drop(link);
    let mut ahead = agent.control().await;
    ahead.have = (before.0, before.1 + 500);
    ahead.hello().await;
    let epoch = ahead.until("a new epoch", |body| match body {
        down::Body::Snapshot(part) if part.last && part.epoch > before.0 => Some(part.epoch),
        _ => None,
    });
    assert!(epoch.await > before.0);
    assert!(ahead.have.1 > before.1 + 500, "sequences that were given away come again");
}

#[tokio::test]
async fn an_agent_with_a_newer_configuration_than_the_database_gets_one_that_is_newer_still() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut link = agent.control().await;
    let theirs = now_ms();
    let hello = Hello {
        version: 1,
        boot_id: vec![1; 16],
        journal_id: vec![2; 16],
        config_version: theirs,
        ..Hello::default()
    };
    link.send(up::Body::Hello(hello)).await;
    let version = link.until("the configuration", |body| match body {
        down::Body::Config(document) => Some(document.version),
        _ => None,
    });
    assert_eq!(version.await, theirs + 1);
}

#[tokio::test]
async fn an_agent_of_an_unknown_version_is_told_what_to_do() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut link = agent.control().await;
    let hello = Hello { version: 0, boot_id: vec![1; 16], journal_id: vec![2; 16], ..Hello::default() };
    link.send(up::Body::Hello(hello)).await;
    let reason = link.ended().await.unwrap();
    assert!(reason.contains("version 0") && reason.contains("newer agent"), "{reason}");
    let mut link = agent.control().await;
    let hello = Hello { version: 9, boot_id: vec![1; 16], journal_id: vec![2; 16], ..Hello::default() };
    link.send(up::Body::Hello(hello)).await;
    let version = link.until("welcome", |body| match body {
        down::Body::Welcome(welcome) => Some(welcome.version),
        _ => None,
    });
    assert_eq!(version.await, 1, "a link speaks the lower of both versions");
}

#[tokio::test]
async fn a_key_that_is_not_enrolled_is_told_what_to_do() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let stranger = Agent::new(&controller, &files.token("hk-16"));
    let mut link = stranger.control().await;
    link.hello().await;
    let reason = link.ended().await.unwrap();
    assert!(reason.contains("enrol this access point with a new token"), "{reason}");
    controller.counted("hotspot_closed_links_total{reason=\"unknown_key\"}", 1.0).await;
}

#[tokio::test]
async fn frames_that_are_none_end_their_link_only_and_are_counted() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (_, mut sound) = Agent::linked(&controller, &files, "hk-16").await;
    let attacks: [&[u8]; 4] =
        [&[0xff; 64], &[0, 0, 0, 4, 1, 2, 3, 4], &[0, 0, 0, 2, 0x0a, 0x7f], &[0, 0, 0, 0]];
    let agent = Agent::enrolled(&controller, &files, "hk-17").await;
    for attack in attacks {
        let mut link = agent.control().await;
        link.raw(attack).await;
        assert!(link.ended().await.is_some(), "{attack:?} before the hello");
    }
    for attack in &attacks[..3] {
        let mut link = agent.control().await;
        link.hello().await;
        link.body().await.unwrap();
        link.raw(attack).await;
        link.ended().await;
    }
    let mut link = agent.control().await;
    link.hello().await;
    link.hello().await;
    link.ended().await;
    assert!(controller.metric("hotspot_closed_links_total{reason=\"malformed\"}").await >= 8.0);
    sound.answer_ping(2).await;
    let alive = wait_until("the other link is alive", LIMIT, || async {
        (controller.metric("hotspot_links").await >= 1.0).then_some(())
    });
    alive.await;
    assert!(sound.next().await.is_some());
}

#[tokio::test]
async fn the_newest_link_of_an_access_point_wins_and_the_old_one_is_told_why() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut old) = Agent::linked(&controller, &files, "hk-16").await;
    let mut new = agent.control().await;
    new.hello().await;
    assert!(new.body().await.is_some());
    let reason = old.ended().await.unwrap();
    assert!(reason.contains("another device connected with this access point's key"), "{reason}");
    assert_eq!(controller.metric("hotspot_links").await, 1.0);
    let serving = new.serve();
    assert_eq!(Phone::new(&controller, &agent, 1).post("/connect").await.status, 303);
    serving.abort();
}

#[tokio::test]
async fn a_revoked_access_point_is_out_within_a_second() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    files.done(&["ap", "revoke", "hk-16"]);
    let since = Instant::now();
    let reason = link.ended().await.unwrap();
    assert!(since.elapsed() < Duration::from_secs(1), "it took {:?}", since.elapsed());
    assert!(reason.contains("revoked"), "{reason}");
    let mut again = agent.control().await;
    again.hello().await;
    assert!(again.ended().await.unwrap().contains("revoked"));
    assert_eq!(files.access_points()[0]["state"], "revoked");
}

#[tokio::test]
async fn a_link_that_falls_silent_is_ended() {
    let files = Files::with("timers.sample_ms = 100\ntimers.report_ms = 200");
    files.write_config("");
    let controller = Controller::start(&files).await;
    let (_, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let since = Instant::now();
    // Pings are read and not answered.
    while link.next().await.is_some() {}
    assert!(since.elapsed() < Duration::from_secs(6), "it took {:?}", since.elapsed());
    assert_eq!(controller.metric("hotspot_closed_links_total{reason=\"silent\"}").await, 1.0);
    assert_eq!(controller.metric("hotspot_links").await, 0.0);
}

#[tokio::test]
async fn a_changed_name_reaches_the_access_point_as_a_newer_configuration_and_a_restart_raises_nothing() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut link = agent.control().await;
    link.hello().await;
    let before = link.until("the configuration", |body| match body {
        down::Body::Config(document) => Some(document.version),
        _ => None,
    });
    let before = before.await;
    files.done(&[
        "ap", "add", "hk-16", "--name", "Theatre", "--zone", "lake", "--lat", "21", "--lon", "105.8",
    ]);
    let since = Instant::now();
    let config = link.until("the new configuration", |body| match body {
        down::Body::Config(document) => Some(document.clone()),
        _ => None,
    });
    let document = config.await;
    assert!(since.elapsed() < Duration::from_secs(1), "it took {:?}", since.elapsed());
    assert_eq!(document.ap_name, "Theatre");
    assert!(document.version > before, "{} does not come after {before}", document.version);
    controller.stop().await;
    let controller = Controller::start(&files).await;
    let mut link = agent.at(&controller).control().await;
    link.hello().await;
    let config = link.until("the configuration", |body| match body {
        down::Body::Config(document) => Some(document.version),
        _ => None,
    });
    assert_eq!(config.await, document.version);
}

#[tokio::test]
async fn strangers_that_hold_connections_open_do_not_keep_agents_out() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let agent = Agent::enrolled(&controller, &files, "hk-16").await;
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(tokio::net::TcpStream::connect(controller.address("agents")).await.unwrap());
    }
    assert!(agent.connect(ALPN_CONTROL).await.is_ok());
    assert!(agent.connect(ALPN_ENROLL).await.is_ok());
    assert!(agent.connect(b"h2").await.is_err());
}
