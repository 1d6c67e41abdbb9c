//! An access point of another make, played by radclient: logins that are right and wrong, accounting, a probe.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::Lab;
use hotspot_tests::lab::wait::wait_for;

const SECRET: &str = "a-secret-of-the-cafe";
const OTHER_SECRET: &str = "not-the-secret-at-all";
const KNOWN_LIMIT: Duration = Duration::from_secs(15);
const PASSWORD: &str = "hoa phuong do";
/// Bytes its one session moved, down and up.
pub const ACCOUNTED: (u64, u64) = (3_000_000, 200_000);

/// Adds the access point and an account, and asks everything once or more.
///
/// # Errors
/// When an answer is not the one it should be.
pub fn ask_everything(lab: &Lab) -> Result<()> {
    lab.controller.command(&["nas", "add", "cafe", "--address", "127.0.0.1", "--secret", SECRET])?;
    lab.controller.command(&["account", "add", "lan", "--password", PASSWORD])?;
    let login = |password: &str| {
        format!("User-Name = \"lan\"\nUser-Password = \"{password}\"\nMessage-Authenticator = 0x00\n")
    };
    let right = || radclient(lab, "1812", "auth", SECRET, &login(PASSWORD));
    // The controller is told of access point and account within a second. The word `Received` matters: radclient names
    // the answer it expected too.
    wait_for("a right password to be accepted", KNOWN_LIMIT, || {
        right().is_ok_and(|said| said.contains("Received Access-Accept")).then_some(())
    })?;
    ensure!(right()?.contains("Received Access-Accept"), "a right password is not accepted again");
    let wrong = radclient(lab, "1812", "auth", SECRET, &login("hoa cuc vang"))?;
    ensure!(wrong.contains("Received Access-Reject"), "a wrong password is not rejected: {wrong}");
    for (status, rest) in [
        ("Start", String::new()),
        ("Interim-Update", moved(ACCOUNTED.0 / 2, ACCOUNTED.1 / 2, 60)),
        ("Interim-Update", moved(ACCOUNTED.0, ACCOUNTED.1, 120)),
    ] {
        let record = format!(
            "Acct-Status-Type = {status}\nAcct-Session-Id = \"s-1\"\nUser-Name = \"lan\"\n\
             Calling-Station-Id = \"02-00-00-00-00-07\"\nNAS-Identifier = \"cafe\"\n{rest}"
        );
        let said = radclient(lab, "1813", "acct", SECRET, &record)?;
        ensure!(said.contains("Received Accounting-Response"), "accounting is not answered: {said}");
    }
    let probe = radclient(lab, "1812", "status", SECRET, "Message-Authenticator = 0x00\n")?;
    ensure!(probe.contains("Received Access-Accept"), "Status-Server is not answered: {probe}");
    let silent = radclient(lab, "1812", "auth", OTHER_SECRET, &login(PASSWORD))?;
    ensure!(!silent.contains("Received"), "a wrong secret was answered: {silent}");
    Ok(())
}

fn moved(down: u64, up: u64, secs: u64) -> String {
    format!("Acct-Output-Octets = {down}\nAcct-Input-Octets = {up}\nAcct-Session-Time = {secs}\n")
}

/// Sends one request and returns what radclient prints; a reject or no answer is no error of it.
fn radclient(lab: &Lab, port: &str, kind: &str, secret: &str, attributes: &str) -> Result<String> {
    let file = lab.instance().state("radclient")?.join("request");
    fs::write(&file, attributes)?;
    let mut command: Command = lab.controller.netns().command("radclient");
    command.args(["-x", "-r", "1", "-t", "1", "-f"]).arg(&file);
    command.args([&format!("127.0.0.1:{port}"), kind, secret]);
    let Output { stdout, stderr, .. } =
        command.stdin(Stdio::null()).output().context("cannot run radclient: install freeradius-utils")?;
    Ok(String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}
