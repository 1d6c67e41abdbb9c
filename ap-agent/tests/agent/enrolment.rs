//! Enrolment: a key is born, a pin is written, and whatever goes wrong changes nothing and says what to do.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use agent_protocol::enroll::{ENROLL_PATH, EnrollToken, KeyPin};
use ap_agent::config::AgentConfig;
use ap_agent::enroll::{EnrollError, enroll};
use ap_agent::tls::read_pin;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::support::{Centre, LIMIT};

fn token(pin: KeyPin) -> String {
    EnrollToken { secret: [7; 32], controller: pin }.to_text()
}

/// Answers one enrolment and returns the body that was posted.
pub async fn answer(centre: &Centre, status: &str, body: &str) -> Value {
    let mut stream = centre.enrolment().await;
    let mut request = Vec::new();
    let read = async {
        loop {
            let text = String::from_utf8_lossy(&request).into_owned();
            if let Some((_, body)) = text.split_once("\r\n\r\n")
                && let Ok(value) = serde_json::from_str::<Value>(body)
            {
                assert!(text.starts_with(&format!("POST {ENROLL_PATH} HTTP/1.1\r\n")), "{text}");
                return value;
            }
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "the request broke off");
        }
    };
    let posted = tokio::time::timeout(LIMIT, read).await.unwrap();
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    posted
}

pub const ENROLLED: &str = r#"{"ap_id":"HK-11","ap_name":"Hàng Khay"}"#;

#[tokio::test]
async fn a_good_token_pins_both_keys() {
    let centre = Centre::start();
    let home = tempfile::tempdir().unwrap();
    let text = token(centre.pin);
    let (enrolled, posted) =
        tokio::join!(enroll(&centre.url, &text, home.path()), answer(&centre, "200 OK", ENROLLED));
    assert_eq!(enrolled.unwrap().ap_id, "HK-11");
    assert_eq!(posted["secret"].as_str().unwrap().len(), 43);
    assert_eq!(read_pin(home.path()).unwrap(), centre.pin);
    for secret in ["agent.key", "controller.pin"] {
        let mode = std::fs::metadata(home.path().join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
}

#[tokio::test]
async fn a_controller_with_another_key_than_the_tokens_gets_nothing() {
    let centre = Centre::start();
    let home = tempfile::tempdir().unwrap();
    let refused = enroll(&centre.url, &token(KeyPin([1; 32])), home.path()).await.unwrap_err();
    assert!(matches!(refused, EnrollError::WrongController(_)), "{refused}");
    assert!(refused.to_string().contains("hotspot-controller ap token"), "{refused}");
    assert!(read_pin(home.path()).is_err(), "a pin was written");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_controllers_words_and_a_former_enrolment_stays() {
    let centre = Centre::start();
    let home = tempfile::tempdir().unwrap();
    let former = KeyPin([9; 32]);
    ap_agent::tls::write_pin(home.path(), former).unwrap();
    let text = token(centre.pin);
    let said = r#"{"code":"used_token","message":"this token was used; make a new one"}"#;
    let (refused, _) =
        tokio::join!(enroll(&centre.url, &text, home.path()), answer(&centre, "409 Conflict", said));
    assert_eq!(refused.unwrap_err().to_string(), "this token was used; make a new one");
    assert_eq!(read_pin(home.path()).unwrap(), former);
}

#[tokio::test]
async fn something_else_than_a_controller_is_named_as_such() {
    let centre = Centre::start();
    let home = tempfile::tempdir().unwrap();
    let text = token(centre.pin);
    for (status, body) in [("200 OK", "<html>router</html>"), ("404 Not Found", "nothing"), ("200 OK", "{}")]
    {
        let (refused, _) =
            tokio::join!(enroll(&centre.url, &text, home.path()), answer(&centre, status, body));
        assert!(matches!(refused.unwrap_err(), EnrollError::NotAController(_)), "{status} {body}");
    }
}

async fn agent(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ap-agent"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    tokio::time::timeout(LIMIT, child.wait_with_output()).await.unwrap().unwrap()
}

fn stderr(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.trim().lines().count(), 1, "one sentence: {text:?}");
    text
}

fn local(folder: &Path) -> String {
    format!(
        "data_dir = \"{}\"\nbridge = \"br-lake\"\nuplink = \"wan7\"\nrelay = 4051\n",
        folder.join("data").display()
    )
}

#[tokio::test]
async fn the_command_takes_the_token_from_standard_input_and_keeps_what_the_file_says_of_this_place() {
    let centre = Centre::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.toml");
    std::fs::write(&file, local(folder.path())).unwrap();
    let path = file.to_str().unwrap();
    let text = token(centre.pin) + "\n";
    let arguments = ["enroll", "--controller", &centre.url, "--token", "-", "--config", path];
    let (output, _) = tokio::join!(agent(&arguments, &text), answer(&centre, "200 OK", ENROLLED));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("HK-11") && said.contains("ap-agent run --config"), "{said}");
    let config = AgentConfig::read(&file).unwrap();
    assert_eq!(config.controller.as_deref(), Some(centre.url.as_str()));
    assert_eq!((config.bridge.as_str(), config.uplink.as_str(), config.relay), ("br-lake", "wan7", 4051));
    assert_eq!(read_pin(&folder.path().join("data")).unwrap(), centre.pin);
}

#[tokio::test]
async fn the_commands_end_with_0_1_or_2_and_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.toml");
    let path = file.to_str().unwrap();
    let missing = agent(&["run", "--config", path], "").await;
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).contains("ap-agent enroll"), "{}", stderr(&missing));
    std::fs::write(&file, local(folder.path())).unwrap();
    let not_enrolled = agent(&["run", "--config", path], "").await;
    assert_eq!(not_enrolled.status.code(), Some(1));
    assert!(stderr(&not_enrolled).contains("ap-agent enroll"), "{}", stderr(&not_enrolled));
    let nobody = agent(&["status", "--config", path], "").await;
    assert_eq!(nobody.status.code(), Some(1));
    assert!(stderr(&nobody).contains("ap-agent run"), "{}", stderr(&nobody));
    let no_mac = agent(&["why", "phone", "--config", path], "").await;
    assert_eq!(no_mac.status.code(), Some(1));
    let no_token =
        agent(&["enroll", "--controller", "https://127.0.0.1:9", "--token", "x", "--config", path], "").await;
    assert_eq!(no_token.status.code(), Some(1));
    assert!(stderr(&no_token).contains("hotspot-controller ap token"), "{}", stderr(&no_token));
    std::fs::write(&file, local(folder.path()) + "bridgee = \"x\"\n").unwrap();
    let unknown_key = agent(&["run", "--config", path], "").await;
    assert_eq!(unknown_key.status.code(), Some(1));
    assert!(stderr(&unknown_key).contains("bridgee"), "{}", stderr(&unknown_key));
    for wrong in [&["run", "--nonsense"][..], &["walk"], &[]] {
        assert_eq!(agent(wrong, "").await.status.code(), Some(2), "{wrong:?}");
    }
}

#[tokio::test]
async fn the_configuration_is_checked_without_an_agent_and_every_fault_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.toml");
    let arguments = ["check-config", "--config", file.to_str().unwrap()];
    std::fs::write(&file, local(folder.path())).unwrap();
    assert_eq!(agent(&arguments, "").await.status.code(), Some(0));
    assert!(!folder.path().join("data").exists(), "a check made something");
    std::fs::write(&file, "bridge = \"a bridge\"\nrelay = 70000\n").unwrap();
    let output = agent(&arguments, "").await;
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("bridge") && said.contains("relay"), "{said}");
}
