//! Status and reasons in words, for the terminal.

use std::fmt;

use super::{Status, Why};

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.ap_id.is_empty() { "not yet named" } else { &self.ap_id };
        writeln!(f, "access point  {name} (ap-agent {})", self.version)?;
        match (self.connected, self.link_problem.as_str()) {
            (true, _) => writeln!(f, "controller    {}: connected", self.controller)?,
            (false, "") => writeln!(f, "controller    {}: not connected", self.controller)?,
            (false, why) => writeln!(f, "controller    {}: {why}", self.controller)?,
        }
        match self.config_version {
            0 => writeln!(f, "configuration none yet; it comes from the controller")?,
            version => writeln!(f, "configuration version {version}")?,
        }
        writeln!(f, "grants        {} (log {}.{})", self.grants, self.epoch, self.sequence)?;
        writeln!(f, "stations      {}, sessions {}", self.stations, self.sessions)?;
        writeln!(
            f,
            "journal       {} records not confirmed, {} confirmed",
            self.journal_pending, self.journal_durable
        )?;
        let told = if self.option_114 { "told to phones by DHCP" } else { "not told to phones by DHCP" };
        writeln!(f, "portal        {told}")?;
        writeln!(f, "clock         {}", self.clock)?;
        let counted: Vec<String> =
            self.counters.iter().filter(|(_, n)| **n > 0).map(|(name, n)| format!("{name} {n}")).collect();
        if !counted.is_empty() {
            writeln!(f, "counted       {}", counted.join(", "))?;
        }
        for problem in &self.problems {
            writeln!(f, "problem       {problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.heard_ms_ago {
            Some(ms) => writeln!(f, "air      {} heard {} s ago", self.mac, ms / 1000)?,
            None => writeln!(f, "air      {} is not here", self.mac)?,
        }
        writeln!(f, "lease    {}", self.leased.as_deref().unwrap_or("none"))?;
        if !self.addresses.is_empty() {
            writeln!(f, "uses     {}", self.addresses.join(", "))?;
        }
        match self.grant_secs {
            Some(secs) => writeln!(f, "grant    {secs} s left")?,
            None => writeln!(f, "grant    none")?,
        }
        match self.gate_secs {
            Some(secs) => writeln!(f, "gate     open, {secs} s left")?,
            None => writeln!(f, "gate     closed")?,
        }
        if let Some((up, down)) = self.session_bytes {
            writeln!(f, "session  {up} bytes up, {down} bytes down")?;
        }
        writeln!(f, "verdict  {}", self.verdict)
    }
}

impl Why {
    /// The sentence that sums it up.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match (self.heard_ms_ago, self.grant_secs, self.gate_secs) {
            (_, Some(_), Some(_)) => "On line: it has a grant and the gate is open.",
            (_, Some(_), None) => {
                "It has a grant but the gate is closed; the agent repairs this with its next look."
            }
            (_, None, Some(_)) => {
                "The gate is open without a grant known here; it closes with the agent's next look."
            }
            (Some(_), None, None) => {
                "Outside: it has not accepted the terms, or its time is over. Its next page is the portal."
            }
            (None, None, None) => {
                "Unknown here: it has not been heard, and no grant of this domain names it."
            }
        }
    }
}
