//! The journal of a process that is killed over and over: what was acknowledged is there, once, in order.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use agent_protocol::v1::{SessionEnd, SessionReport};
use ap_agent::journal::{Damage, Journal, Limits, Urgency};

const FOLDER: &str = "AP_AGENT_JOURNAL_WRITER";
const KILLS: u64 = 50;

fn open(folder: &Path) -> Journal {
    Journal::open(folder, Limits { total_bytes: 8 << 20, segment_bytes: 64 << 10 }).expect("opened")
}

fn report(sequence: u64, end: SessionEnd) -> SessionReport {
    SessionReport {
        session_id: sequence.to_be_bytes().repeat(2),
        bytes_up: sequence,
        end: end as i32,
        ..SessionReport::default()
    }
}

/// The writer which the test below starts and kills; without the folder it is not that writer.
#[test]
fn writer() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let mut journal = open(Path::new(&folder));
    loop {
        for _ in 0..3 {
            let counted = report(journal.last() + 1, SessionEnd::Open);
            journal.append(counted, 0, Urgency::Counters).expect("appended");
        }
        let ended = report(journal.last() + 1, SessionEnd::Idle);
        println!("acknowledged {}", journal.append(ended, 0, Urgency::End).expect("appended"));
        if journal.last().is_multiple_of(40) {
            journal.mark_durable(journal.last() - 30).expect("marked");
        }
    }
}

#[test]
fn fifty_kills_lose_no_acknowledged_record_and_use_no_number_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = 0;
    for round in 1..=KILLS {
        let mut child = Command::new(env::current_exe().expect("this binary"))
            .args(["--exact", "writer", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the writer starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        // A different number of records each time, so that the kill meets different moments.
        let mut lines = output.lines().map_while(Result::ok).filter_map(|line| {
            line.split_once("acknowledged ").and_then(|(_, number)| number.trim().parse::<u64>().ok())
        });
        let read = usize::try_from(round * 7 % 23).expect("small") + 1;
        let before: Vec<u64> = lines.by_ref().take(read).collect();
        child.kill().expect("killed");
        let newest = lines.chain(before).max().expect("records were acknowledged");
        child.wait().expect("reaped");
        assert!(newest > acknowledged, "round {round}: numbers rise over restarts");
        acknowledged = newest;

        let mut journal = open(folder.path());
        assert_eq!(journal.damage(), Damage::default(), "round {round}");
        assert!(journal.last() >= acknowledged, "round {round}");
        let records = journal.read_from(1, usize::MAX).expect("read");
        let expected: Vec<u64> = (journal.durable() + 1..=journal.last()).collect();
        assert_eq!(records.iter().map(|record| record.sequence).collect::<Vec<_>>(), expected);
        for record in records {
            let session = record.session.expect("nothing was dropped");
            assert_eq!(session.bytes_up, record.sequence, "round {round}");
        }
    }
}
