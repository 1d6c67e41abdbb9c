//! Running small commands to their end: `ip`, `bridge`, `ethtool`.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Runs `command` to its end and returns what it printed.
///
/// # Errors
/// When it cannot be started or does not exit with 0; the message has the command and its complaint.
pub fn output(command: &mut Command) -> Result<String> {
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !done.status.success() {
        bail!("{command:?} ended with {}: {}", done.status, String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Runs `ip` with the words of `line`.
///
/// # Errors
/// When it complains.
pub fn ip(line: &str) -> Result<String> {
    output(Command::new("ip").args(line.split_whitespace()))
}
