//! The journal: received at once, durable after the commit, nothing lost, nothing counted twice.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use agent_protocol::v1::{Grant, down};

use crate::support::link::report;
use crate::support::{Agent, Controller, Files, LIMIT, Link, Phone, fresh_id, wait_until};

/// An access point with one visitor on line.
async fn visited(controller: &Controller, files: &Files) -> (Agent, Link, Grant) {
    let (agent, mut link) = Agent::linked(controller, files, "hk-16").await;
    let phone = Phone::new(controller, &agent, 7);
    let tap = tokio::spawn(async move { phone.post("/connect").await });
    let grant = link.apply().await.grant.unwrap();
    assert_eq!(tap.await.unwrap().status, 303);
    (agent, link, grant)
}

fn totals(files: &Files) -> (u64, u64) {
    let visits = files.visits();
    (visits[0]["sessions"].as_u64().unwrap(), visits[0]["bytes_up"].as_u64().unwrap())
}

#[tokio::test]
async fn a_term_signal_is_obeyed_in_time_while_the_database_is_locked() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (_, mut link, grant) = visited(&controller, &files).await;
    let lock = Lock::take(&files);
    link.journal(1, vec![report(fresh_id(), &grant, 500)]).await;
    link.received(1).await;
    let (code, took) = controller.stop().await;
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    lock.release();
    assert_eq!(totals(&files), (0, 0));
}

#[tokio::test]
async fn a_command_that_finds_the_database_locked_says_so_and_has_changed_nothing() {
    let files = Files::new();
    files.token("hk-16");
    let lock = Lock::take(&files);
    let sentence = files.fails(1, &["ap", "token", "hk-16"]);
    assert!(sentence.contains("is locked by another program"), "{sentence}");
    lock.release();
    assert_eq!(files.sql("SELECT count(*) FROM enroll_token"), "1");
}

/// Another program that holds the database's write lock.
struct Lock(Child);

impl Lock {
    fn take(files: &Files) -> Self {
        let mut child = Command::new("sqlite3")
            .arg(files.database())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, ".timeout 5000\nBEGIN IMMEDIATE;\nSELECT 'locked';").unwrap();
        input.flush().unwrap();
        child.stdin = Some(input);
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut line)
            .unwrap();
        assert_eq!(line.trim(), "locked");
        Self(child)
    }

    fn release(mut self) {
        let mut input = self.0.stdin.take().unwrap();
        writeln!(input, "ROLLBACK;").unwrap();
        drop(input);
        assert!(self.0.wait().unwrap().success());
    }
}

#[tokio::test]
async fn records_are_received_at_once_and_durable_only_after_the_commit() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (_, mut link, grant) = visited(&controller, &files).await;
    let lock = Lock::take(&files);
    link.journal(1, vec![report(fresh_id(), &grant, 500)]).await;
    link.received(1).await;
    assert!(!link.durable_within(1, Duration::from_millis(700)).await, "durable without a commit");
    lock.release();
    link.durable(1).await;
    assert_eq!(totals(&files), (1, 500));
}

#[tokio::test]
async fn records_that_cannot_be_stored_are_kept_and_stored_when_that_is_possible_again() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link, grant) = visited(&controller, &files).await;
    let lock = Lock::take(&files);
    link.journal(1, vec![report(fresh_id(), &grant, 500), report(fresh_id(), &grant, 70)]).await;
    link.received(2).await;
    let phone = Phone::new(&controller, &agent, 9);
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    let failing = controller.counted("hotspot_failed_commits_total", 1.0);
    tokio::select! {
        () = failing => {}
        () = link.durable(1) => panic!("durable without a commit"),
    }
    let (answer, phone) = tap.await.unwrap();
    assert_eq!(answer.status, 503, "{}", answer.body);
    wait_until("the visits are read again", LIMIT, || async {
        (phone.get("/api/captive").await.status == 200).then_some(())
    })
    .await;
    assert!(phone.captive().await, "a grant that was not stored is in force");
    lock.release();
    link.durable(2).await;
    assert_eq!(totals(&files), (2, 570));
    assert_eq!(files.visits().len(), 1);
}

#[tokio::test]
async fn a_killed_controller_loses_and_doubles_nothing() {
    let files = Files::new();
    let mut controller = Controller::start(&files).await;
    let (mut agent, link, grant) = visited(&controller, &files).await;
    let sessions: Vec<[u8; 16]> = (0..10).map(|_| fresh_id()).collect();
    let (mut have, mut sequence, mut durable) = (link.have, 0, 0);
    drop(link);
    for round in 1..=5_u64 {
        let mut link = agent.control().await;
        link.have = have;
        link.hello().await;
        // What is not known to be durable is sent again, as an agent does; then more.
        let again = durable + 1..=sequence;
        let old: Vec<_> = again.map(|at| report(sessions[(at % 10) as usize], &grant, at)).collect();
        if !old.is_empty() {
            link.journal(durable + 1, old).await;
        }
        for _ in 0..20 {
            sequence += 1;
            link.journal(sequence, vec![report(sessions[(sequence % 10) as usize], &grant, sequence)]).await;
        }
        let wanted = sequence - round % 3;
        link.durable(wanted).await;
        durable = wanted;
        have = link.have;
        controller.kill().await;
        controller = Controller::start(&files).await;
        agent = agent.at(&controller);
    }
    let mut link = agent.control().await;
    link.have = have;
    link.hello().await;
    let rest = (durable + 1..=sequence).map(|at| report(sessions[(at % 10) as usize], &grant, at)).collect();
    link.journal(durable + 1, rest).await;
    link.durable(sequence).await;
    // Reports are absolute: each session ends at the highest sequence that spoke of it.
    let expected: u64 = (sequence - 9..=sequence).sum();
    assert_eq!(totals(&files), (10, expected));
    assert_eq!(files.sql("SELECT count(*) FROM session"), "10");
}

#[tokio::test]
async fn a_restored_backup_shows_by_the_records_that_are_missing_though_the_log_has_caught_up() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (mut agent, mut link, grant) = visited(&controller, &files).await;
    link.journal(1, vec![report(fresh_id(), &grant, 500)]).await;
    link.durable(1).await;
    let backup = files.path("backup.db");
    files.sql(&format!("VACUUM INTO '{}'", backup.display()));
    link.journal(2, vec![report(fresh_id(), &grant, 70)]).await;
    link.durable(2).await;
    let have = link.have;
    drop(link);
    controller.kill().await;
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", files.database().display()));
    }
    std::fs::copy(&backup, files.database()).unwrap();

    let controller = Controller::start(&files).await;
    agent = agent.at(&controller);
    let hello = async |told| {
        let mut link = agent.control().await;
        (link.have, link.told) = (have, told);
        link.hello().await;
        link
    };
    let mut link = hello(2).await;
    link.snapshot().await;
    assert!(link.have.0 > have.0, "the log goes on where two histories part");
    // What is lost is not waited for, and what comes next is taken.
    link.journal(3, vec![report(fresh_id(), &grant, 9)]).await;
    link.durable(3).await;
    assert_eq!(totals(&files), (2, 509));
    let renewed = link.have;
    drop(link);
    // Whoever else comes with the former epoch gets the new one, not yet another.
    let mut other = hello(7).await;
    other.snapshot().await;
    assert_eq!(other.have, renewed);
}

#[tokio::test]
async fn a_repeated_batch_is_durable_again_and_changes_nothing() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link, grant) = visited(&controller, &files).await;
    let session = fresh_id();
    link.journal(1, vec![report(session, &grant, 100), report(session, &grant, 200)]).await;
    link.durable(2).await;
    link.journal(1, vec![report(session, &grant, 100), report(session, &grant, 200)]).await;
    link.received(2).await;
    link.durable(2).await;
    let mut again = agent.control().await;
    again.have = link.have;
    again.hello().await;
    // The hello is answered with what is durable, so that an agent that missed it forgets those records too.
    again.durable(2).await;
    assert_eq!(totals(&files), (1, 200));
}

#[tokio::test]
async fn records_with_a_gap_before_them_end_the_link_instead_of_being_called_durable() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link, grant) = visited(&controller, &files).await;
    link.journal(1, vec![report(fresh_id(), &grant, 100)]).await;
    link.durable(1).await;
    link.journal(5, vec![report(fresh_id(), &grant, 100)]).await;
    while let Some(body) = link.body().await {
        assert!(
            !matches!(body, down::Body::Durable(position) if position.sequence > 1),
            "durable over a gap"
        );
    }
    assert_eq!(controller.metric("hotspot_closed_links_total{reason=\"out_of_turn\"}").await, 1.0);
    assert_eq!(totals(&files).0, 1);
    let mut again = agent.control().await;
    again.have = link.have;
    again.hello().await;
    again.journal(2, vec![report(fresh_id(), &grant, 100)]).await;
    again.durable(2).await;
}

#[tokio::test]
async fn a_journal_made_anew_closes_what_the_old_one_left_open() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, mut link, grant) = visited(&controller, &files).await;
    link.journal(1, vec![report(fresh_id(), &grant, 100)]).await;
    link.durable(1).await;
    let mut again = agent.control().await;
    (again.have, again.journal) = (link.have, [9; 16]);
    again.hello().await;
    wait_until("the session is closed", LIMIT, || async {
        (files.sql("SELECT ended_by FROM session") == "lost").then_some(())
    })
    .await;
    again.journal(1, vec![report(fresh_id(), &grant, 30)]).await;
    again.durable(1).await;
    assert_eq!(totals(&files), (2, 130));
}

#[tokio::test]
async fn records_that_are_none_end_the_link_and_are_counted() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let (agent, _, grant) = visited(&controller, &files).await;
    let mut short = report(fresh_id(), &grant, 1);
    short.session_id.truncate(3);
    let mut link = agent.control().await;
    link.hello().await;
    link.journal(1, vec![short]).await;
    link.ended().await;
    let mut link = agent.control().await;
    link.hello().await;
    link.journal = [5; 16];
    link.journal(1, vec![report(fresh_id(), &grant, 1)]).await;
    link.ended().await;
    assert_eq!(controller.metric("hotspot_closed_links_total{reason=\"malformed\"}").await, 2.0);
    assert_eq!(files.sql("SELECT count(*) FROM session"), "0");
}
