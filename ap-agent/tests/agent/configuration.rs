//! The configuration: in force as a whole, or refused as a whole with the last good one staying.

use agent_protocol::v1::{ConfigDocument, Portal};

use crate::support::control::HOUR;
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
async fn without_a_configuration_a_grant_is_refused_and_comes_in_force_with_it() {
    let centre = Centre::start();
    let point = Point::start(&centre);
    let mut control = centre.control().await;
    control.welcome().await;
    control
        .say(agent_protocol::v1::down::Body::Snapshot(agent_protocol::v1::Snapshot {
            epoch: 1,
            sequence: 0,
            grants: Vec::new(),
            last: true,
        }))
        .await;
    let refusal = control.entry(1, grant(1, phone(1), hour(control.now_ms()))).await;
    assert!(refusal.contains("configuration"), "{refusal:?}");
    assert!(!point.pass(phone(1), 1, 1).await);
    assert_eq!(control.configure(document(1)).await, "");
    crate::support::wait_until("the gate opens with the configuration", || async {
        point.pass(phone(1), 1, 1).await.then_some(())
    })
    .await;
}
