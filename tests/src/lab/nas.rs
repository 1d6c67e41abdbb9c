//! An access point of another make on an uplink of its own: it speaks RADIUS with the controller, by FreeRADIUS' radclient.

use std::io::Write as _;
use std::net::IpAddr;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};

use super::addresses::{AGENTS4, uplink};
use super::controller::Controller;
use super::instance::Instance;
use super::internet::Internet;
use super::netns::Netns;

const UPLINK: u8 = 30;
const SECRET: &str = "the-lab-s-shared-secret";

/// The access point.
pub struct Nas {
    netns: Netns,
    name: String,
}

impl Nas {
    /// Connects it and makes it known to the controller as `name`, in the zone if one is given.
    ///
    /// # Errors
    /// When its namespace cannot be made, or the controller does not take it.
    pub fn create(
        instance: &Instance,
        internet: &Internet,
        controller: &Controller,
        name: &str,
        zone: Option<&str>,
    ) -> Result<Self> {
        let netns = Netns::create(&instance.namespace("nas"))?;
        internet.connect(&netns, UPLINK, &[])?;
        let address = IpAddr::V4(uplink(UPLINK).customer4).to_string();
        let mut words = vec!["nas", "add", name, "--address", &address, "--secret", SECRET];
        words.extend(zone.iter().flat_map(|zone| ["--zone", zone]));
        controller.command(&words)?;
        Ok(Self { netns, name: name.to_owned() })
    }

    /// Its name with the controller.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks whether somebody may come in; returns the accept's attributes, `None` for a reject.
    ///
    /// # Errors
    /// When no answer comes, or one that proves nothing.
    pub fn authenticate(&self, user: &str, password: &str, station: &str) -> Result<Option<String>> {
        let attributes = [
            format!("User-Name = {user:?}"),
            format!("User-Password = {password:?}"),
            format!("Calling-Station-Id = {station:?}"),
            format!("NAS-Identifier = {:?}", self.name),
            "Message-Authenticator = 0x00".to_owned(),
        ];
        let said = self.radclient(1812, "auth", &attributes)?;
        match (said.contains("Access-Accept"), said.contains("Access-Reject")) {
            (true, false) => Ok(Some(said)),
            (false, true) => Ok(None),
            _ => bail!("radclient understood neither accept nor reject: {said}"),
        }
    }

    /// Sends an accounting record and waits for its answer.
    ///
    /// # Errors
    /// When none comes.
    pub fn account(&self, status: &str, attributes: &[String]) -> Result<()> {
        let mut all =
            vec![format!("Acct-Status-Type = {status}"), format!("NAS-Identifier = {:?}", self.name)];
        all.extend_from_slice(attributes);
        let said = self.radclient(1813, "acct", &all)?;
        ensure!(said.contains("Accounting-Response"), "the record was not answered: {said}");
        Ok(())
    }

    fn radclient(&self, port: u16, kind: &str, attributes: &[String]) -> Result<String> {
        let mut command = self.netns.command("radclient");
        command.args(["-x", "-t", "2", "-r", "3", &format!("{AGENTS4}:{port}"), kind, SECRET]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("radclient (package freeradius-utils) cannot be started")?;
        let mut stdin = child.stdin.take().context("radclient has no input")?;
        stdin.write_all(attributes.join("\n").as_bytes())?;
        drop(stdin);
        let output = child.wait_with_output()?;
        // It ends with 1 for a reject too: what it read says which it was.
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(said.contains("Received"), "no answer: {said}{}", String::from_utf8_lossy(&output.stderr));
        Ok(said)
    }
}
