//! The ledger of a process that is killed over and over: what was saved is there whole, or what was saved before it.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use ap_agent::ledger::{Ledger, State};

use crate::support::{grant, phone};

const FOLDER: &str = "AP_AGENT_LEDGER_WRITER";
const KILLS: u64 = 40;

/// The state of this sequence: every part of it says which one it is.
fn state(sequence: u64) -> State {
    let grants = (1..=200).map(|number| grant(number, phone(number), sequence)).collect();
    State { epoch: 1, sequence, grants, ap_id: format!("HK-{sequence}"), ..State::default() }
}

/// The writer which the test below starts and kills; without the folder it is not that writer.
#[test]
fn writer() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let mut ledger = Ledger::open(Path::new(&folder)).unwrap();
    let mut sequence = ledger.load().state.sequence;
    loop {
        sequence += 1;
        ledger.save(&state(sequence)).unwrap();
        println!("saved {sequence}");
    }
}

#[test]
fn forty_kills_leave_the_last_saved_state_or_the_one_under_way_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut saved = 0;
    for round in 1..=KILLS {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "ledger::writer", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        // A different number of saves each time, so that the kill meets different moments.
        let mut lines = output.lines().map_while(Result::ok).filter_map(|line| {
            line.split_once("saved ").and_then(|(_, number)| number.trim().parse::<u64>().ok())
        });
        for _ in 0..=round % 7 {
            saved = lines.next().expect("the writer saves");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it managed to save between the last line read and the kill.
        saved = lines.last().unwrap_or(saved);
        let loaded = Ledger::open(folder.path()).unwrap().load();
        assert!(loaded.problems.is_empty(), "round {round}: {:?}", loaded.problems);
        let found = loaded.state.sequence;
        assert!(found == saved || found == saved + 1, "round {round}: saved {saved}, found {found}");
        assert_eq!(loaded.state, state(found), "round {round}: half of one state and half of another");
        saved = found;
    }
}
