//! Pure crates: that they read no clock, file, socket, environment or randomness, which no manifest can forbid.

use std::fs;

use anyhow::Result;
use hotspot_tests::lab::instance::repository;

use crate::files::{below, shown};

const PURE: [&str; 5] = [
    "controller/crates/agent-protocol/src",
    "controller/crates/radius-core/src",
    "controller/crates/session-core/src",
    "controller/crates/stats-core/src",
    "ap-agent/crates/gate-core/src",
];

const BANNED: [(&str, &str); 10] = [
    ("Instant::now", "`now` comes in as an argument"),
    ("SystemTime::now", "`now` comes in as an argument"),
    ("std::fs", "a core reads and writes no file"),
    ("std::env", "a core is told what it needs"),
    ("std::process", "a core starts nothing"),
    ("thread::sleep", "a core does not wait"),
    ("TcpStream", "a core opens no socket"),
    ("TcpListener", "a core opens no socket"),
    ("UdpSocket", "a core opens no socket"),
    ("thread_rng", "randomness comes in as an argument"),
];

#[test]
fn pure_crates_touch_no_clock_file_or_socket() -> Result<()> {
    let (mut faults, mut files) = (Vec::new(), 0);
    for folder in PURE {
        for path in below(&repository().join(folder), &[".rs"])? {
            files += 1;
            let text = fs::read_to_string(&path)?;
            for (banned, reason) in BANNED {
                if text.contains(banned) {
                    faults.push(format!("{} names {banned}: {reason}", shown(&path)));
                }
            }
        }
    }
    assert!(files >= 8, "only {files} files of pure crates were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}
