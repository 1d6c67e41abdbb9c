//! Faults of the machine: a full disk, a damaged database, a lock that stays.

use std::process::Command;

use agent_protocol::v1::down;

use crate::support::link::report;
use crate::support::{Agent, Controller, Files, Phone, fresh_id};

#[test]
fn a_damaged_database_is_one_clear_sentence_and_is_left_alone() {
    let files = Files::new();
    files.token("hk-16");
    let garbage = vec![0x5a; 64 * 1024];
    std::fs::write(files.database(), &garbage).unwrap();
    for command in [&["serve"][..], &["ap", "list"], &["migrate"]] {
        let sentence = files.fails(1, command);
        assert!(sentence.contains("is corrupt; restore a backup"), "{sentence}");
    }
    assert_eq!(std::fs::read(files.database()).unwrap(), garbage);
}

#[test]
fn a_key_that_is_none_is_one_clear_sentence_and_is_left_alone() {
    let files = Files::new();
    files.token("hk-16");
    std::fs::write(files.data().join("agents.key"), "scratched").unwrap();
    for command in [&["serve"][..], &["ap", "token", "hk-16"]] {
        let sentence = files.fails(1, command);
        assert!(sentence.contains("agents.key is no PKCS #8 key"), "{sentence}");
    }
    assert_eq!(std::fs::read_to_string(files.data().join("agents.key")).unwrap(), "scratched");
}

#[test]
fn a_data_directory_that_cannot_be_made_is_one_clear_sentence() {
    let files = Files::new();
    std::fs::write(files.data(), "a file").unwrap();
    for command in [&["serve"][..], &["ap", "list"]] {
        let sentence = files.fails(1, command);
        assert!(sentence.contains("the data directory") && sentence.contains("--data-dir"), "{sentence}");
    }
}

/// Whether the tests run as root. Others need user namespaces to get a mount namespace.
fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A script in a mount namespace of its own, with a small disk as data directory; `$BINARY` and `$CONFIG` are what it
/// runs, `$DATA` is the disk.
fn on_a_small_disk(files: &Files, size: &str, script: &str) -> Command {
    std::fs::create_dir_all(files.data()).unwrap();
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let script = format!("mount -t tmpfs -o size={size} small \"$DATA\" && {script}");
    command.args(["--mount", "sh", "-c", &script]);
    command
        .env("DATA", files.data())
        .env("BINARY", env!("CARGO_BIN_EXE_hotspot-controller"))
        .env("CONFIG", files.config());
    command
}

#[test]
fn on_a_full_disk_a_command_says_that_it_must_be_run_again() {
    let fill = "$BINARY migrate --config $CONFIG > /dev/null && \
                { dd if=/dev/zero of=$DATA/ballast bs=4k 2> /dev/null; true; } &&";
    let sites = concat!(env!("CARGO_MANIFEST_DIR"), "/sites/hoan-kiem.json");
    for (size, script) in [
        ("64k", "exec $BINARY migrate --config $CONFIG".to_owned()),
        ("1m", format!("{fill} exec $BINARY plan add day --config $CONFIG")),
        ("1m", format!("{fill} exec $BINARY ap import {sites} --config $CONFIG")),
    ] {
        let files = Files::new();
        let output = on_a_small_disk(&files, size, &script).output().unwrap();
        let sentence = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{script}: {sentence}");
        assert!(sentence.contains("there is no room for the database"), "{script}: {sentence}");
        assert!(sentence.contains("free space on its disk, then run it again"), "{script}: {sentence}");
    }
}

#[tokio::test]
async fn on_a_full_disk_visitors_are_told_busy_and_nothing_is_called_durable_and_it_goes_on_when_there_is_room()
 {
    let files = Files::new();
    let serve = on_a_small_disk(&files, "4m", "exec $BINARY serve --config $CONFIG");
    let controller = Controller::spawn(serve.into(), &files.data(), files.path("log")).await;
    let inside = |program: &str, arguments: &[&str]| {
        let pid = controller.pid().to_string();
        let mut command = Command::new("nsenter");
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        let output =
            command.args(["--target", &pid, "--mount", "--", program]).args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let config = files.config();
    let binary = env!("CARGO_BIN_EXE_hotspot-controller");
    let run = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--config", config.to_str().unwrap()]);
        let (done, text) = inside(binary, &all);
        assert!(done, "{arguments:?}");
        text
    };
    run(&["ap", "add", "hk-16", "--name", "x", "--zone", "lake", "--lat", "21", "--lon", "105"]);
    let token = run(&["ap", "token", "hk-16"]);
    let agent = Agent::new(&controller, &token);
    assert_eq!(agent.enroll(&token).await.status, 200);
    let mut link = agent.control().await;
    link.hello().await;
    link.snapshot().await;
    // The certificate lies on the small disk too.
    let (_, certificate) = inside("cat", &[files.data().join("portal-self-made.crt").to_str().unwrap()]);
    let phone = Phone::trusting(&certificate, &agent, 7);
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    let grant = link.apply().await.grant.unwrap();
    let (answer, _) = tap.await.unwrap();
    assert_eq!(answer.status, 303);

    let ballast = files.data().join("ballast");
    let ballast = ballast.to_str().unwrap();
    inside("dd", &["if=/dev/zero", &format!("of={ballast}"), "bs=4k"]);
    let session = fresh_id();
    let mut sequence = 0;
    while controller.metric("hotspot_failed_commits_total").await == 0.0 {
        sequence += 1;
        assert!(sequence < 2_000, "a full disk takes everything");
        let of = if sequence == 1 { session } else { fresh_id() };
        link.journal(sequence, vec![report(of, &grant, sequence)]).await;
    }
    let second = Phone::trusting(&certificate, &agent, 8);
    let answer = second.post("/connect").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(controller.log().contains("there is no room for the database"), "{}", controller.log());
    inside("rm", &[ballast]);
    link.durable(sequence).await;
    let tap = tokio::spawn(async move { second.post("/connect").await });
    let second = link.until("the second grant", |body| match body {
        down::Body::Entry(entry) => Some(entry.clone()),
        _ => None,
    });
    let second = second.await;
    link.acknowledge(&second, "").await;
    assert_eq!(tap.await.unwrap().status, 303);
    let visits: Vec<serde_json::Value> = serde_json::from_str(&run(&["session", "list", "--json"])).unwrap();
    let sessions: u64 = visits.iter().map(|visit| visit["sessions"].as_u64().unwrap()).sum();
    assert_eq!(sessions, sequence, "records were lost on the full disk");
}
