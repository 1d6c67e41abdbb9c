//! Figures of a visit through the real binary: every step once, in the ledger, the day and the day made anew.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use agent_protocol::v1::{Counter, Health, SessionReport};
use serde_json::Value;

use crate::support::link::report;
use crate::support::{Agent, Controller, Files, LIMIT, Phone, wait_until};

/// All figures there are, as the sqlite3 program shows them; without the sketches' bytes.
fn figures(files: &Files) -> Vec<Value> {
    let sql = "SELECT step, kind, start_ms, key, visits, sessions, bytes_up, bytes_down, person_ms, peak_users, visitors,
        randomised, counts FROM rollup ORDER BY step, kind, start_ms, key";
    let output = Command::new("sqlite3")
        .args(["-json", "-cmd", ".timeout 5000"])
        .arg(files.data().join("stats.db"))
        .arg(sql)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// The days of one kind, added up where a day ends meanwhile.
fn day(files: &Files, kind: &str) -> Option<(Value, Value)> {
    let row = figures(files).into_iter().rfind(|row| row["step"] == "day" && row["kind"] == kind)?;
    let counts = serde_json::from_str(row["counts"].as_str()?).ok()?;
    Some((row, counts))
}

fn sum(list: &Value) -> u64 {
    list.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum()
}

#[tokio::test]
async fn a_visit_leaves_each_step_once_and_a_kill_or_a_rebuild_changes_nothing() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let redirected = Counter { name: "responder_redirected".to_owned(), value: 3 };
    link.health = Health { counters: vec![redirected], ..Health::default() };
    link.answer_ping(0).await;
    let phone = Phone::new(&controller, &agent, 7);
    for _ in 0..2 {
        assert_eq!(phone.get("/?lang=vi").await.status, 200);
    }
    let tap = tokio::spawn(async move { (phone.post("/connect?lang=vi").await, phone) });
    let grant = link.apply().await.grant.unwrap();
    let (answer, _phone) = tap.await.unwrap();
    assert_eq!(answer.status, 303, "{}", answer.body);
    let opened_ms = now_ms();
    let said = SessionReport { opened_ms, last_packet_ms: opened_ms + 5, ..report([5; 16], &grant, 1000) };
    link.journal(1, vec![said.clone(), SessionReport { bytes_up: 1500, ..said }]).await;
    link.durable(2).await;

    let whole = async || {
        let (row, counts) = day(&files, "ap")?;
        let last = &counts["times"]["gate_to_first_byte"];
        (row["sessions"] == 1 && sum(last) == 1 && counts["funnel"]["redirect"] == 3).then_some((row, counts))
    };
    let (row, counts) = wait_until("the figures of the visit", LIMIT, whole).await;
    assert_eq!(
        (row["key"].as_str(), &row["visits"], &row["bytes_up"]),
        (Some("hk-16"), &1.into(), &1500.into())
    );
    assert_eq!(
        (&row["bytes_down"], &row["visitors"], &row["peak_users"]),
        (&10_000.into(), &1.into(), &1.into())
    );
    for step in ["page", "accept", "gate_open", "first_byte"] {
        assert_eq!(counts["funnel"][step], 1, "{step}: {counts}");
    }
    for time in ["page_to_accept", "accept_to_gate"] {
        assert_eq!(sum(&counts["times"][time]), 1, "{time}: {counts}");
    }
    assert_eq!((&counts["languages"][0], sum(&counts["languages"])), (&1.into(), 1));
    let keys = std::fs::read_dir(files.data().join("day-keys")).unwrap();
    for key in keys {
        let mode = key.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(files.sql("SELECT count(*) FROM presence WHERE length(pseudonym) = 8"), "1");

    // Beside the controller that serves, after its kill, and when the file is gone.
    let before = figures(&files);
    assert!(files.done(&["stats", "rebuild"]).contains("were made anew"));
    assert_eq!(figures(&files), before);
    controller.kill().await;
    let said: Value = serde_json::from_str(&files.done(&["stats", "rebuild", "--json"])).unwrap();
    assert!(said["days"].as_u64().is_some_and(|days| days > 0));
    assert_eq!(figures(&files), before);
    for name in ["stats.db", "stats.db-wal", "stats.db-shm"] {
        let _ = std::fs::remove_file(files.data().join(name));
    }
    let _again = Controller::start(&files).await;
    wait_until("the lost file to be made anew", LIMIT, || async {
        (figures(&files) == before).then_some(())
    })
    .await;
}
