//! The agent stopped and started: with the controller away it goes on with what it had, and loses or doubles nothing.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use agent_protocol::v1::{LogEntry, SessionEnd, SessionReport, Snapshot, down, up};

use crate::support::control::{EPOCH, HOUR};
use crate::support::{Centre, Point, grant, phone, tombstone, wait_until};

#[tokio::test]
async fn without_a_controller_those_who_were_in_stay_in_and_nobody_else() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends_ms = control.now_ms() + u64::try_from(HOUR.as_millis()).unwrap();
    assert_eq!(control.entry(1, grant(1, phone(1), ends_ms)).await, "");
    assert!(point.pass(phone(1), 100, 1000).await);
    point.status_when("the session is open", |status| status.sessions == 1).await;
    drop(control);
    // The socket stays, and nobody answers on it.
    let _nobody = centre.stop();
    let point = point.restarted().await;
    let status = point.status_when("the gate is looked at", |status| status.config_version == 1).await;
    assert_eq!((status.connected, status.grants, status.clock.as_str()), (false, 1, "ledger"));
    point.join(phone(1)).await;
    assert!(point.pass(phone(1), 50, 500).await, "a running visitor was cut");
    assert!(!point.pass(phone(2), 1, 1).await, "a stranger got in");
    point
        .status_when("the session goes on", |status| status.sessions == 1 && status.journal_pending > 0)
        .await;
}

#[tokio::test]
async fn a_session_goes_on_over_restarts_with_every_byte_once() {
    let centre = Centre::start();
    let (mut point, mut control) = Point::served(&centre).await;
    let held = grant(1, phone(1), control.now_ms() + u64::try_from(HOUR.as_millis()).unwrap());
    assert_eq!(control.entry(1, held.clone()).await, "");
    point.join(phone(1)).await;
    let mut moved = 0;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..4 {
        assert!(point.pass(phone(1), 100, 1000).await);
        moved += 100;
        let records = control
            .records_until("a report of everything", |record| {
                record.session.as_ref().is_some_and(|session| session.bytes_up == moved)
            })
            .await;
        ids.extend(records.iter().map(|record| record.session.clone().unwrap().session_id));
        let seen = records.iter().filter_map(|record| record.session.as_ref()).map(|s| s.bytes_up).max();
        assert_eq!(seen, Some(moved), "bytes were counted twice");
        point = point.restarted().await;
        // While nobody looks, the kernel counts on.
        assert!(point.pass(phone(1), 11, 110).await);
        moved += 11;
        point.join(phone(1)).await;
        control = centre.control().await;
        control.welcome().await;
    }
    assert_eq!(control.entry(2, tombstone(&held)).await, "");
    let records = control
        .records_until("the end", |record| {
            record.session.as_ref().is_some_and(|session| session.end != SessionEnd::Open as i32)
        })
        .await;
    let end = records.last().unwrap().session.clone().unwrap();
    assert_eq!((end.bytes_up, end.bytes_down), (moved, moved * 10));
    ids.insert(end.session_id);
    assert_eq!(ids.len(), 1, "one session, whatever restarts");
}

#[tokio::test]
async fn a_grant_that_ran_out_while_the_agent_was_down_is_not_in_force_afterwards() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends = control.now_ms() + 300;
    assert_eq!(control.entry(1, grant(1, phone(1), ends)).await, "");
    assert!(point.pass(phone(1), 100, 1000).await);
    drop(control);
    let _nobody = centre.stop();
    let point = point.restarted().await;
    wait_until("the end of the grant", || async { (!point.pass(phone(1), 1, 1).await).then_some(()) }).await;
    point
        .status_when("it is forgotten and its session told", |status| {
            status.grants == 0 && status.sessions == 0
        })
        .await;
    assert!(point.status().await.journal_pending > 0, "the end waits in the journal");
    let point = point.restarted().await;
    point
        .status_when("nothing is left of it", |status| status.config_version == 1 && status.grants == 0)
        .await;
    let refused = tokio::time::timeout(Duration::from_millis(1), point.pass(phone(1), 1, 1)).await;
    assert!(refused.is_ok_and(|passed| !passed));
}

#[tokio::test]
async fn a_boot_without_the_controller_and_restarts_after_it_count_every_byte_once() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    // The time since the boot is not known to be short: the grant has to outlast it.
    let held = grant(1, phone(1), control.now_ms() + 30 * 86_400_000);
    assert_eq!(control.entry(1, held.clone()).await, "");
    point.join(phone(1)).await;
    assert!(point.pass(phone(1), 100, 1000).await);
    point.status_when("the session is open", |status| status.sessions == 1).await;
    drop(control);
    let away = centre.pause();
    let mut point = point.rebooted().await;
    for _ in 0..3 {
        point.status_when("the gate is looked at", |status| status.config_version == 1).await;
        point.join(phone(1)).await;
        wait_until("the grant of the ledger is in the gate", || async {
            point.pass(phone(1), 10, 20).await.then_some(())
        })
        .await;
        let status = point.status_when("a session is open", |status| status.sessions == 1).await;
        assert_eq!(status.clock, "unsure");
        point = point.restarted().await;
        point.join(phone(1)).await;
    }
    let centre = away.resume();
    let mut control = centre.control().await;
    control.welcome().await;
    let revoked = LogEntry { epoch: EPOCH, sequence: 2, grant: Some(tombstone(&held)) };
    control.say(down::Body::Entry(revoked)).await;
    let records = control
        .records_until("the revoked session", |record| {
            record.session.as_ref().is_some_and(|session| session.end == SessionEnd::GrantRevoked as i32)
        })
        .await;
    let ends: Vec<_> = records
        .into_iter()
        .filter_map(|record| record.session)
        .filter(|session| session.end != SessionEnd::Open as i32)
        .map(|session| (session.end, session.bytes_up, session.bytes_down))
        .collect();
    let (booted, revoked) = (SessionEnd::AgentRestart as i32, SessionEnd::GrantRevoked as i32);
    assert_eq!(ends, [(booted, 100, 1000), (revoked, 30, 60)]);
}

#[tokio::test]
async fn with_a_full_disk_a_session_ends_and_its_end_is_told_when_there_is_room() {
    let disk = SmallDisk::mount();
    let centre = Centre::start();
    let folder = tempfile::tempdir_in(&disk.path).unwrap();
    let point = Point::start_in(folder, &centre);
    let mut control = centre.control().await;
    control.serve().await;
    let held = grant(1, phone(1), control.now_ms() + 3_600_000);
    assert_eq!(control.entry(1, held.clone()).await, "");
    point.join(phone(1)).await;
    assert!(point.pass(phone(1), 100, 1000).await);
    point.status_when("the session is open", |status| status.sessions == 1).await;
    let filler = disk.fill();
    assert!(point.pass(phone(1), 11, 110).await, "a running visitor was cut");
    let revoked = LogEntry { epoch: EPOCH, sequence: 2, grant: Some(tombstone(&held)) };
    control.say(down::Body::Entry(revoked)).await;
    wait_until("the device to be out", || async { (!point.pass(phone(1), 0, 0).await).then_some(()) }).await;
    let status = point.status_when("the full disk is told", |status| !status.problems.is_empty()).await;
    assert!(status.problems.iter().any(|problem| problem.contains("space")), "{:?}", status.problems);
    assert_eq!(status.sessions, 0);
    // Acknowledged when it is on disk, and not before; the end comes as soon as the journal has room.
    let (mut acknowledged, mut end) = (false, None);
    let mut watch = |body| {
        match body {
            up::Body::GrantAck(ack) => acknowledged |= ack.sequence == 2,
            up::Body::Journal(batch) => {
                let ended = |session: &SessionReport| session.end != SessionEnd::Open as i32;
                let mut sessions = batch.records.into_iter().filter_map(|record| record.session);
                end = sessions.find(ended).or(end.take());
            }
            _ => {}
        }
        end.clone().filter(|_| acknowledged)
    };
    let early = control.until("too early a word", &mut watch);
    assert!(tokio::time::timeout(Duration::from_millis(300), early).await.is_err());
    std::fs::remove_file(filler).unwrap();
    let end = control.until("the acknowledgement and the end", &mut watch).await;
    assert_eq!((end.bytes_up, end.bytes_down), (111, 1110));
    point.status_when("nothing is wrong any more", |status| status.problems.is_empty()).await;
}

#[tokio::test]
async fn a_session_that_the_ledger_could_not_take_is_counted_once_after_a_restart() {
    let centre = Centre::start();
    let (mut point, mut control) = Point::served(&centre).await;
    let held = grant(1, phone(1), control.now_ms() + 3_600_000);
    assert_eq!(control.entry(1, held.clone()).await, "");
    // No save succeeds from now on; small writes into the tail and the journal do.
    let obstacle = point.path().join("ledger.new");
    std::fs::create_dir(&obstacle).unwrap();
    point.join(phone(1)).await;
    assert!(point.pass(phone(1), 500, 5000).await);
    point
        .status_when("the ledger is told as a problem", |status| {
            status.sessions == 1 && !status.problems.is_empty()
        })
        .await;
    point = point.restarted().await;
    std::fs::remove_dir(&obstacle).unwrap();
    point.join(phone(1)).await;
    assert!(point.pass(phone(1), 11, 110).await, "a running visitor was cut");
    control = centre.control().await;
    control.welcome().await;
    control
        .say(down::Body::Entry(LogEntry { epoch: EPOCH, sequence: 2, grant: Some(tombstone(&held)) }))
        .await;
    let records = control
        .records_until("the end", |record| {
            record.session.as_ref().is_some_and(|session| session.end != SessionEnd::Open as i32)
        })
        .await;
    let mut sessions = std::collections::BTreeMap::new();
    for session in records.into_iter().filter_map(|record| record.session) {
        sessions.insert(session.session_id, (session.bytes_up, session.bytes_down));
    }
    assert_eq!(sessions.into_values().collect::<Vec<_>>(), [(511, 5110)]);
}

#[tokio::test]
async fn a_snapshot_is_acknowledged_when_it_is_on_disk_and_claimed_no_sooner() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    assert_eq!(control.entry(1, grant(1, phone(1), control.now_ms() + 3_600_000)).await, "");
    let obstacle = point.path().join("ledger.new");
    std::fs::create_dir(&obstacle).unwrap();
    let whole = Snapshot { epoch: EPOCH + 1, sequence: 40, grants: Vec::new(), last: true };
    let confirmed = |body| match body {
        up::Body::GrantAck(ack) => (ack.epoch > EPOCH).then_some(ack.sequence),
        _ => None,
    };
    control.say(down::Body::Snapshot(whole.clone())).await;
    let early = control.until("too early a word", confirmed);
    assert!(tokio::time::timeout(Duration::from_millis(500), early).await.is_err());
    // A link that breaks meanwhile does not make it sure.
    drop(control);
    let mut control = centre.control().await;
    assert_eq!((control.hello.epoch, control.hello.sequence), (EPOCH, 1));
    std::fs::remove_dir(&obstacle).unwrap();
    control.welcome().await;
    control.say(down::Body::Snapshot(whole)).await;
    assert_eq!(control.until("the word", confirmed).await, 40);
    assert_eq!(point.status().await.grants, 0);
}

/// A disk of its own, gone with the value.
struct SmallDisk {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=512k", "ap-agent-test"])
            .arg(&path)
            .status();
        assert!(mounted.unwrap().success(), "mounting needs root");
        Self { path, _folder: folder }
    }

    fn fill(&self) -> PathBuf {
        let filler = self.path.join("filler");
        let mut file = std::fs::File::create(&filler).unwrap();
        for size in [4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        filler
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
    }
}
