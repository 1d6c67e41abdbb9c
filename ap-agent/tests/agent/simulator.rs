//! The simulator: enrols what has a token, runs it, tells what came of it, and leaves nothing behind.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use agent_protocol::enroll::EnrollToken;
use ap_agent::sim::{Options, run};

use crate::enrolment::{ENROLLED, answer};
use crate::support::Centre;

fn options(controller: &str, data_dir: PathBuf) -> Options {
    Options {
        controller: controller.to_owned(),
        tokens: None,
        aps: None,
        visitors: 0,
        lasting: Duration::from_millis(100),
        arrive: Duration::ZERO,
        step: Duration::from_millis(10),
        stay: Duration::from_secs(1),
        data_dir: Some(data_dir),
    }
}

#[tokio::test]
async fn a_token_makes_an_access_point_that_later_runs_need_no_token_for() {
    let centre = Centre::start();
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    let token = EnrollToken { secret: [7; 32], controller: centre.pin }.to_text();
    std::fs::write(&tokens, format!("{token}\n\n")).unwrap();
    let first = Options { tokens: Some(tokens), ..options(&centre.url, folder.path().join("sims")) };
    let serve = async {
        answer(&centre, "200 OK", ENROLLED).await;
        let mut control = centre.control().await;
        control.serve().await;
        control
    };
    let (summary, control) = tokio::join!(run(first), serve);
    let summary = summary.unwrap();
    assert_eq!((summary.aps, summary.connected, summary.visitors), (1, 1, 0));
    drop(control);
    let again = options(&centre.url, folder.path().join("sims"));
    let serve = async {
        let mut control = centre.control().await;
        assert_eq!(control.hello.config_version, 1, "it goes on where it was");
        control.welcome().await;
        control
    };
    let (summary, _control) = tokio::join!(run(again), serve);
    assert_eq!(summary.unwrap().aps, 1);
}

#[test]
fn missing_tokens_are_one_sentence_that_says_how_many_and_where_from() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ap-agent-sim"))
        .args(["--controller", "https://127.0.0.1:9", "--aps", "3", "--data-dir"])
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.trim().lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("3 more tokens") && said.contains("hotspot-controller ap token"), "{said}");
}
