//! Enrolment where its outcome could not be kept: the token stays good.

use agent_protocol::enroll::EnrollToken;
use tokio::process::Command;

use crate::LIMIT;
use crate::centre::Centre;

#[tokio::test]
async fn a_token_is_not_shown_to_anybody_when_there_is_no_place_for_the_outcome() {
    let centre = Centre::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let token = EnrollToken { secret: [7; 32], controller: centre.pin }.to_text();
    let asked = Command::new(env!("CARGO_BIN_EXE_ap-agent"))
        .args([
            "enroll",
            "--controller",
            &format!("https://{}", centre.address),
            "--token",
            &token,
            "--config",
        ])
        .arg(file.join("agent.toml"))
        .output();
    let output = tokio::time::timeout(LIMIT, asked).await.unwrap().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("--config"), "{said}");
    assert_eq!(centre.accepted(), 0, "the controller was asked");
}
