//! Rules go in by the `nft` command, one process per change of configuration: rare, and its errors name the line.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::GateError;

const LONGEST: Duration = Duration::from_secs(10);

/// Loads `text` as one transaction.
pub(super) async fn load(text: &str) -> Result<(), GateError> {
    let mut child = Command::new("nft")
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(GateError::Nft)?;
    let mut stdin = child.stdin.take();
    let work = async {
        if let Some(stdin) = &mut stdin {
            // A refusal closes the pipe early; what nft says then is the error that counts.
            let _ = stdin.write_all(text.as_bytes()).await;
        }
        drop(stdin);
        child.wait_with_output().await
    };
    let output = match tokio::time::timeout(LONGEST, work).await {
        Ok(output) => output.map_err(GateError::Nft)?,
        Err(_) => return Err(GateError::Late(LONGEST.as_secs())),
    };
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(GateError::Ruleset(said.lines().next().unwrap_or("no reason given").trim().to_owned()))
}
