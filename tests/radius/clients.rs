//! The two clients that others wrote: radclient of FreeRADIUS, and pyrad.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use hotspot_tests::lab::instance::repository;
use serde_json::{Value, json};

use crate::scene::{PASSWORD, SECRET, Scene, TOOL, USER, hex};

/// Runs `command` with `input` and gives what it prints and whether it was content.
fn run(command: &mut Command, input: &str) -> Result<(bool, String)> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {command:?}: run make test"))?;
    child.stdin.take().context("no standard input")?.write_all(input.as_bytes())?;
    let done = child.wait_with_output()?;
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    Ok((done.status.success(), said))
}

/// One request by radclient: sent once, waited for two seconds.
fn radclient(scene: &Scene, kind: &str, secret: &str, attributes: &str) -> Result<(bool, String)> {
    let port = if kind == "acct" { 1813 } else { 1812 };
    radclient_to(scene, port, kind, secret, attributes)
}

fn radclient_to(
    scene: &Scene,
    port: u16,
    kind: &str,
    secret: &str,
    attributes: &str,
) -> Result<(bool, String)> {
    let mut command = scene.lab.controller.netns().command("radclient");
    command.args(["-x", "-r", "1", "-t", "2", &format!("{TOOL}:{port}"), kind, secret]);
    run(&mut command, attributes)
}

fn login(password: &str) -> String {
    format!("User-Name = \"{USER}\"\nUser-Password = \"{password}\"\nMessage-Authenticator = 0x00\n")
}

fn record(status: &str, more: &str) -> String {
    format!(
        "Acct-Status-Type = {status}\nAcct-Session-Id = \"rad-1\"\nUser-Name = \"{USER}\"\n\
         Calling-Station-Id = \"02-AB-CD-0E-F1-23\"\nCalled-Station-Id = \"02-00-00-00-00-01:Hoan Kiem Free\"\n{more}"
    )
}

#[test]
fn radclient_is_accepted_and_rejected_and_counted() -> Result<()> {
    let scene = Scene::new("radius-radclient")?;
    let (content, said) = radclient(&scene, "auth", SECRET, &login(PASSWORD))?;
    ensure!(content && said.contains("Received Access-Accept"), "{said}");
    for attribute in ["Session-Timeout = 43200", "Idle-Timeout = ", "Acct-Interim-Interval = ", "Class = 0x"]
    {
        ensure!(said.contains(attribute), "the accept has no {attribute}: {said}");
    }
    let (content, said) = radclient(&scene, "auth", SECRET, &login("wrong"))?;
    ensure!(!content && said.contains("Received Access-Reject"), "{said}");
    let proxied = login(PASSWORD) + "Proxy-State = 0x0102\nProxy-State = 0xff\n";
    let (_, said) = radclient(&scene, "auth", SECRET, &proxied)?;
    let back: Vec<&str> = said
        .split("Received Access-Accept")
        .nth(1)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Proxy-State = "))
        .collect();
    assert_eq!(back, ["0x0102", "0xff"]);

    // A visit of the last minute and a half, told in a moment: the delays say when each happened.
    let interim =
        "Acct-Input-Octets = 1000\nAcct-Output-Octets = 2000\nAcct-Session-Time = 60\nAcct-Delay-Time = 31\n";
    let stop = "Acct-Input-Octets = 1500\nAcct-Output-Octets = 2500\nAcct-Session-Time = 90\nAcct-Delay-Time = 1\n\
                Acct-Terminate-Cause = User-Request\n";
    for (status, more) in [
        ("Accounting-On", "Acct-Delay-Time = 100\n"),
        ("Start", "Acct-Delay-Time = 91\n"),
        ("Interim-Update", interim),
        ("Stop", stop),
        ("Accounting-Off", ""),
    ] {
        let (content, said) = radclient(&scene, "acct", SECRET, &record(status, more))?;
        ensure!(content && said.contains("Received Accounting-Response"), "{status}: {said}");
    }
    let sessions = scene.sessions("tool")?;
    let [session] = sessions.as_slice() else { bail!("one session is expected: {sessions:?}") };
    assert_eq!((session.bytes_up, session.bytes_down), (1500, 2500));
    assert_eq!(
        (session.id.as_str(), session.user.as_str()),
        (hex(b"rad-1").as_str(), hex(USER.as_bytes()).as_str())
    );
    assert_eq!(
        (session.mac.as_str(), session.ssid.as_str()),
        ("02ABCD0EF123", hex(b"Hoan Kiem Free").as_str())
    );
    assert_eq!(session.terminate_cause, 1);
    ensure!(session.closed_ms.is_some() && session.ended_by.as_deref() == Some("departed"), "{session:?}");

    for (port, reply) in [(1812, "Received Access-Accept"), (1813, "Received Accounting-Response")] {
        let (content, said) = radclient_to(&scene, port, "status", SECRET, "Message-Authenticator = 0x00\n")?;
        ensure!(content && said.contains(reply), "Status-Server to {port}: {said}");
    }
    Ok(())
}

#[test]
fn radclient_hears_nothing_with_a_wrong_secret_or_without_message_authenticator() -> Result<()> {
    let scene = Scene::new("radius-radclient-silence")?;
    let unsigned = login(PASSWORD).replace("Message-Authenticator = 0x00\n", "");
    for (kind, secret, attributes, reason) in [
        ("auth", "another secret", login(PASSWORD), "wrong_secret"),
        ("acct", "another secret", record("Start", ""), "wrong_secret"),
        ("auth", SECRET, unsigned, "no_message_authenticator"),
        ("status", SECRET, "NAS-Identifier = \"hk\"\n".to_owned(), "no_message_authenticator"),
    ] {
        let before = scene.counted()?;
        let (content, said) = radclient(&scene, kind, secret, &attributes)?;
        ensure!(!content && said.contains("No reply from server"), "{kind} {reason}: {said}");
        assert_eq!(scene.counted()?.dropped(reason) - before.dropped(reason), 1, "{kind} {reason}");
    }
    assert_eq!(scene.sessions("tool")?, []);
    Ok(())
}

#[test]
fn pyrad_agrees_on_every_step() -> Result<()> {
    let scene = Scene::new("radius-pyrad")?;
    let folder = repository().join("tests/radius/pyrad");
    let python = folder.join("venv/bin/python");
    ensure!(python.is_file(), "pyrad is not installed: run make test");
    let mut command = scene.lab.controller.netns().command(&python);
    command.arg(folder.join("nas.py"));
    let orders = json!({
        "server": TOOL.to_string(), "secret": SECRET, "dictionary": folder.join("dictionary"),
        "user": USER, "password": PASSWORD,
    });
    let (content, said) = run(&mut command, &orders.to_string())?;
    ensure!(content, "nas.py failed: {said}");
    let steps: Value = serde_json::from_str(said.lines().last().unwrap_or_default())
        .with_context(|| format!("nas.py printed: {said}"))?;
    assert_eq!(
        steps,
        json!({
            "accept": "Access-Accept", "session_timeout": 43200, "first_attribute": 80,
            "reject": "Access-Reject", "reject_first_attribute": 80,
            "on": "Accounting-Response", "start": "Accounting-Response", "interim": "Accounting-Response",
            "stop": "Accounting-Response", "off": "Accounting-Response",
            "status_auth": "Access-Accept", "status_acct": "Accounting-Response",
            "duplicate": "same bytes", "duplicate_record": "same bytes",
            "wrong_secret": "silence", "wrong_secret_record": "silence", "no_message_authenticator": "silence",
        })
    );
    let sessions = scene.sessions("tool")?;
    let [session] = sessions.as_slice() else { bail!("one session is expected: {sessions:?}") };
    assert_eq!((session.bytes_up, session.bytes_down), (5 << 32 | 7, 9));
    assert_eq!(session.id, hex("py-phiên-1".as_bytes()));
    Ok(())
}
