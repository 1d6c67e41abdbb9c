//! What the agent says of itself: over a socket in its data directory, to the engineer at the access point.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

mod words;

/// Longest question and how long it may take.
const LONGEST: u64 = 256;
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// How are you?
    Status,
    /// Why is this device in or out? (A MAC.)
    Why(String),
}

/// How the access point is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Software version.
    pub version: String,
    /// Its id, once the controller said it.
    pub ap_id: String,
    /// The controller's URL.
    pub controller: String,
    /// Whether the control link stands.
    pub connected: bool,
    /// Why not, in a sentence; empty when it does.
    pub link_problem: String,
    /// Version of the configuration in force, 0 for none.
    pub config_version: u64,
    /// Epoch of the grant log.
    pub epoch: u64,
    /// Last sequence taken from it.
    pub sequence: u64,
    /// Grants held.
    pub grants: usize,
    /// Stations present.
    pub stations: usize,
    /// Sessions open.
    pub sessions: usize,
    /// Bytes from devices in sessions, since the agent's start.
    #[serde(default)]
    pub bytes_up: u64,
    /// Bytes to devices in sessions, since the agent's start.
    #[serde(default)]
    pub bytes_down: u64,
    /// Records the controller has not confirmed.
    pub journal_pending: u64,
    /// Last record the controller confirmed.
    pub journal_durable: u64,
    /// Whether phones are told of the portal by DHCP (RFC 8910, option 114).
    pub option_114: bool,
    /// Where the time comes from: `controller`, `ledger` or `unsure`.
    pub clock: String,
    /// Counts since the start, by name.
    pub counters: std::collections::BTreeMap<String, u64>,
    /// What is wrong, in sentences.
    pub problems: Vec<String>,
}

/// What is known of one device, from the air to the gate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// The device.
    pub mac: String,
    /// How long ago it was heard, in milliseconds; `None` when it is not here.
    pub heard_ms_ago: Option<u64>,
    /// Its leased address.
    pub leased: Option<String>,
    /// Addresses it used.
    pub addresses: Vec<String>,
    /// Rest of its grant in seconds; `None` without one.
    pub grant_secs: Option<u64>,
    /// Rest of its element in the kernel's gate in seconds; `None` when it is not in.
    pub gate_secs: Option<u64>,
    /// Bytes up and down of its open session.
    pub session_bytes: Option<(u64, u64)>,
    /// One sentence.
    pub verdict: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Question::Status`].
    Status(Box<Status>),
    /// To [`Question::Why`].
    Why(Box<Why>),
    /// The question made no sense.
    Refused(String),
}

/// A question with the place for its answer, as the core gets it.
pub type Asked = (Question, oneshot::Sender<Answer>);

/// Where the socket is.
#[must_use]
pub fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join("agent.sock")
}

/// Answers questions on the socket until the core is gone.
///
/// # Errors
/// When the socket cannot be made.
pub async fn serve(data_dir: &Path, core: mpsc::Sender<Asked>) -> io::Result<()> {
    let path = socket_path(data_dir);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: those that are open have to end first.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let core = core.clone();
        tokio::spawn(async move {
            let answered = tokio::time::timeout(PATIENCE, answer(stream, core)).await;
            if let Ok(Err(error)) = answered {
                tracing::debug!(%error, "a question on the status socket broke off");
            }
        });
    }
}

async fn answer(stream: UnixStream, core: mpsc::Sender<Asked>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(LONGEST)).read_line(&mut line).await?;
    let answer = match serde_json::from_str::<Question>(&line) {
        Err(_) => Answer::Refused("this is no question the agent knows".into()),
        Ok(question) => {
            let (reply, replied) = oneshot::channel();
            let asked = core.send((question, reply)).await;
            let busy = || Answer::Refused("the agent is stopping".into());
            if asked.is_err() { busy() } else { replied.await.unwrap_or_else(|_| busy()) }
        }
    };
    let mut text = serde_json::to_vec(&answer)?;
    text.push(b'\n');
    write.write_all(&text).await
}

/// Asks the running agent.
///
/// # Errors
/// When no agent answers on the socket.
pub async fn ask(data_dir: &Path, question: &Question) -> io::Result<Answer> {
    let work = async {
        let stream = UnixStream::connect(socket_path(data_dir)).await?;
        let (read, mut write) = stream.into_split();
        let mut text = serde_json::to_vec(question)?;
        text.push(b'\n');
        write.write_all(&text).await?;
        let mut line = String::new();
        BufReader::new(read).read_line(&mut line).await?;
        serde_json::from_str(&line).map_err(io::Error::from)
    };
    tokio::time::timeout(PATIENCE, work).await.map_err(io::Error::from)?
}
