//! Other processes: killed in the middle of writing, writing beside this one, on a disk that fills up.
//!
//! The children are this test binary itself, told by a variable which file to use; without it they have nothing to do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use session_core::{
    ApId, CivilDay, Connect, Domain, Limits, Mac, NetworkId, Output, Position, Subject, UnixMs,
};
use sqlx::Connection;
use store::{Batch, JournalId, LogRest, Store, StoreError};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::rows::{NOW, Place, hoankiem, plan, session, sessions};

const FILE: &str = "STORE_TEST_FILE";
const JOURNAL: JournalId = JournalId([3; 16]);
const WRITERS: u64 = 6;

/// This binary running one of the children below, perhaps under another command.
fn child(test: &str, file: &Path, under: &[&str]) -> Child {
    let exe = std::env::current_exe().unwrap();
    let mut words: Vec<std::ffi::OsString> = under.iter().map(Into::into).collect();
    words.push(exe.into());
    Command::new(&words[0])
        .args(&words[1..])
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn open_as_child() -> Option<Store> {
    let file = std::env::var(FILE).ok()?;
    Some(Store::open(&file).await.unwrap())
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

fn ap(writer: u64) -> ApId {
    ApId(format!("hk-{writer:02}"))
}

/// Writes record after record and says so after each answer: one session a record, and a grant for the first writer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_until_it_is_killed() {
    let Some(store) = open_as_child().await else { return };
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let mut sequence = store.journal_position(&ap(writer), JOURNAL).await.unwrap();
            let stored = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap();
            let mut domain = Domain::restore(stored, Limits::default(), NOW);
            loop {
                sequence += 1;
                let mut batch = sessions([session(ap(writer).as_str(), sequence, sequence)]);
                if writer == 0 {
                    connect(&mut domain, sequence);
                    while let Some(output) = domain.poll_output() {
                        batch.push(output);
                    }
                }
                batch.journal(&ap(writer), JOURNAL, sequence, NOW);
                store.commit(batch).await.unwrap();
                say(&format!("durable {writer} {sequence}"));
            }
        });
    }
    writers.join_all().await;
}

fn connect(domain: &mut Domain, n: u64) {
    let mut entropy = [0; 16];
    entropy[8..].copy_from_slice(&n.to_be_bytes());
    let [.., a, b, c, d] = n.to_be_bytes();
    let mac = Mac([2, 0, a, b, c, d]);
    let ask = Connect {
        network: NetworkId::from("hoankiem"),
        mac,
        ap: ApId::from("hk-00"),
        subject: Subject::Device(mac),
        plan: plan(),
        day: CivilDay(1),
        day_ends: NOW.plus_ms(1),
    };
    domain.connect(ask, NOW, entropy).unwrap();
}

#[tokio::test]
async fn a_writer_killed_twenty_times_loses_no_answered_batch_and_doubles_none() {
    let place = Place::new();
    place.open().await.close().await;
    let mut answered: BTreeMap<u64, u64> = BTreeMap::new();
    let mut lines = 0;
    for round in 0..20_u64 {
        let mut writer = child("processes::writes_until_it_is_killed", &place.file(), &[]);
        let mut kill_after = 20 + round * 37 % 150;
        for line in BufReader::new(writer.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let Some(words) = line.strip_prefix("durable ") else { continue };
            let (who, sequence) = words.split_once(' ').unwrap();
            let (who, sequence) = (who.parse().unwrap(), sequence.parse().unwrap());
            assert_eq!(
                answered.insert(who, sequence).unwrap_or(0).max(sequence),
                sequence,
                "positions only rise"
            );
            lines += 1;
            kill_after -= 1;
            if kill_after == 0 {
                writer.kill().unwrap();
                kill_after = u64::MAX;
            }
        }
        assert!(!writer.wait().unwrap().success(), "it was killed");
        look_after(&place, &answered).await;
    }
    println!("{lines} batches answered over 20 kills");
}

/// Every answered record is there, every record is there once, and the log has no hole.
async fn look_after(place: &Place, answered: &BTreeMap<u64, u64>) {
    let store = place.open().await;
    let mut beside = place.beside().await;
    for (writer, last) in answered {
        let durable = store.journal_position(&ap(*writer), JOURNAL).await.unwrap();
        assert!(durable >= *last, "writer {writer} was told {last} and {durable} is there");
        let (rows, bytes): (i64, i64) =
            sqlx::query_as("SELECT count(*), coalesce(sum(bytes_up), 0) FROM session WHERE ap = ?")
                .bind(ap(*writer).0)
                .fetch_one(&mut beside)
                .await
                .unwrap();
        assert_eq!((rows.unsigned_abs(), bytes.unsigned_abs()), (durable, durable * (durable + 1) / 2));
    }
    let stored = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap();
    let durable = store.journal_position(&ap(0), JOURNAL).await.unwrap();
    assert_eq!((stored.position.sequence, stored.grants.len() as u64), (durable, durable));
    let rest = store.log_rest(&hoankiem(), Position { sequence: 0, ..stored.position }).await.unwrap();
    assert!(matches!(rest, LogRest::Entries(entries) if entries.len() as u64 == durable));
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut beside).await.unwrap();
    assert_eq!(sound, "ok");
    beside.close().await.unwrap();
    store.close().await;
}

/// The command of another process.
#[tokio::test]
async fn changes_a_setting_when_told() {
    let Some(store) = open_as_child().await else { return };
    say("open");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    store.set_setting("config_version", "7").await.unwrap();
    say("written");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_another_process_is_seen_within_a_second() {
    let place = Place::new();
    let store = place.open().await;
    let mut changes = store.changes();
    let file = place.file();
    let (written, told) = tokio::sync::oneshot::channel();
    let command = tokio::task::spawn_blocking(move || {
        let exe = std::env::current_exe().unwrap();
        let mut command = Command::new(exe)
            .args(["--exact", "processes::changes_a_setting_when_told", "--nocapture"])
            .env(FILE, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(command.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.ends_with("open")));
        command.stdin.take().unwrap().write_all(b"go\n").unwrap();
        assert!(lines.any(|line| line.ends_with("written")));
        written.send(Instant::now()).unwrap();
        lines.for_each(drop);
        assert!(command.wait().unwrap().success());
    });
    timeout(Duration::from_secs(60), async {
        changes.changed().await.unwrap();
        let seen = Instant::now();
        assert_eq!(store.setting("config_version").await.unwrap().as_deref(), Some("7"));
        let late = seen.saturating_duration_since(told.await.unwrap());
        assert!(late <= Duration::from_secs(1), "seen after {late:?}");
    })
    .await
    .unwrap();
    command.await.unwrap();
}

/// In a mount namespace of its own: fills a small disk, sees the sentence, frees the disk and goes on.
#[tokio::test]
async fn fills_its_disk_and_goes_on_when_there_is_room() {
    let Ok(folder) = std::env::var(FILE) else { return };
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs", &folder]).status().unwrap();
    assert!(mounted.success());
    let ballast = Path::new(&folder).join("ballast");
    std::fs::write(&ballast, vec![1; 1_000_000]).unwrap();
    let file = Path::new(&folder).join("hotspot.db");
    let store = Store::open(&file.display().to_string()).await.unwrap();
    let mut written = 0;
    let error = loop {
        assert!(written < 1000, "three megabytes are soon full");
        match store.commit(sessions((0..100).map(|n| session("hk-01", written * 100 + n, n)))).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, StoreError::Full { file: file.clone() });
    std::fs::remove_file(&ballast).unwrap();
    store.commit(sessions((0..100).map(|n| session("hk-01", written * 100 + n, n)))).await.unwrap();
    let mut batch = Batch::new(hoankiem());
    batch.push(Output::BlockChanged { mac: Mac([1; 6]), blocked: true, at: NOW });
    store.commit(batch).await.unwrap();
    let kept = store.sessions_of(session("", 0, 0).grant).await.unwrap();
    assert_eq!(kept.len() as u64, (written + 1) * 100, "whole batches only");
    store.close().await;
    say("went on");
}

#[test]
fn a_full_disk_is_named_and_room_lets_the_same_store_go_on() {
    let place = Place::new();
    let under = ["unshare", "--mount"];
    let test = "processes::fills_its_disk_and_goes_on_when_there_is_room";
    let mut command = child(test, place.folder.path(), &under);
    let lines: Vec<String> =
        BufReader::new(command.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
    assert!(command.wait().unwrap().success(), "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("went on")), "{lines:#?}");
}
