//! The configuration: in force as a whole, or refused as a whole with the last good one staying.

use agent_protocol::v1::{ConfigDocument, LogEntry, Ping, Portal, Snapshot, down, up};

use crate::support::control::{EPOCH, HOUR};
use crate::support::{Centre, Point, document, grant, phone};

fn hour(now_ms: u64) -> u64 {
    now_ms + u64::try_from(HOUR.as_millis()).unwrap()
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_whole_and_the_last_good_one_stays() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    assert_eq!(control.entry(1, grant(1, phone(1), hour(control.now_ms()))).await, "");
    type Spoil = fn(&mut ConfigDocument);
    let spoilt: [(Spoil, &str); 5] = [
        (|d| d.network = None, "no network"),
        (|d| d.portal = Some(Portal::default()), "portal"),
        (|d| d.network.as_mut().unwrap().range_last = "10.99.0.1".into(), "outside"),
        (|d| d.protected = vec!["10.0.0.0/8".into(), "nonsense".into()], "nonsense"),
        (|d| d.timers.as_mut().unwrap().report_ms = 0, "report_ms"),
    ];
    for (spoil, word) in spoilt {
        let mut bad = document(9);
        bad.ap_name = "Never in force".to_owned();
        spoil(&mut bad);
        let refusal = control.configure(bad).await;
        assert!(refusal.contains(word) && refusal.contains('9'), "{refusal:?} does not name {word:?}");
        assert!(point.pass(phone(1), 1, 1).await, "a refused configuration closed the gate");
        assert_eq!(point.agent.settings().unwrap().document, document(1), "half of it is in force");
        let problems = point.status().await.problems;
        assert!(
            problems.iter().any(|problem| problem.contains(word)),
            "the engineer is not told: {problems:?}"
        );
    }
    assert_eq!(control.configure(document(2)).await, "");
    assert!(point.status().await.problems.is_empty(), "a problem that is over is still told");
    let point = point.restarted().await;
    let again = centre.control().await;
    assert_eq!(again.hello.config_version, 2, "the last good one is what a restart finds");
    assert!(point.pass(phone(1), 1, 1).await);
}

#[tokio::test]
async fn an_older_one_and_the_same_version_with_other_contents_are_refused() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    assert_eq!(control.configure(document(5)).await, "");
    assert_eq!(control.configure(document(5)).await, "", "the very same one again is no contradiction");
    let older = control.configure(document(4)).await;
    assert!(older.contains("older than 5"), "{older}");
    let other = ConfigDocument { ap_name: "Elsewhere".to_owned(), ..document(5) };
    let refusal = control.configure(other).await;
    assert!(refusal.contains("other contents"), "{refusal}");
    assert_eq!(point.status().await.config_version, 5);
}

#[tokio::test]
async fn what_needs_a_configuration_is_confirmed_when_one_is_in_force() {
    let centre = Centre::start();
    let point = Point::start(&centre);
    let mut control = centre.control().await;
    control.welcome().await;
    let (epoch, ends_ms) = (EPOCH, hour(control.now_ms()));
    let snapshot = Snapshot { epoch, sequence: 3, grants: vec![grant(1, phone(1), ends_ms)], last: true };
    control.say(down::Body::Snapshot(snapshot)).await;
    let entry = LogEntry { epoch, sequence: 4, grant: Some(grant(2, phone(2), ends_ms)) };
    control.say(down::Body::Entry(entry)).await;
    control.say(down::Body::Ping(Ping { nonce: 6 })).await;
    let confirmed = |body: &up::Body| matches!(body, up::Body::GrantAck(_));
    control
        .until("the ping behind them", |body| {
            assert!(!confirmed(&body), "confirmed, and not in any gate");
            matches!(body, up::Body::Health(health) if health.nonce == 6).then_some(())
        })
        .await;
    // A link that breaks now asks for everything again.
    drop(control);
    let mut control = centre.control().await;
    assert_eq!((control.hello.epoch, control.hello.sequence), (0, 0));
    control.welcome().await;
    let snapshot = Snapshot {
        epoch,
        sequence: 4,
        grants: vec![grant(1, phone(1), ends_ms), grant(2, phone(2), ends_ms)],
        last: true,
    };
    control.say(down::Body::Snapshot(snapshot)).await;
    assert_eq!(control.configure(document(1)).await, "");
    control
        .until("the confirmation", |body| match body {
            up::Body::GrantAck(ack) if ack.sequence == 4 && ack.refusal.is_empty() => Some(()),
            _ => None,
        })
        .await;
    assert!(point.pass(phone(1), 1, 1).await && point.pass(phone(2), 1, 1).await);
}
