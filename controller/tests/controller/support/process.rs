//! The controller as a process: its files, its commands, its ready line, its end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout};

use super::{LIMIT, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_hotspot-controller");

/// Configuration and data directory of one controller.
pub struct Files {
    folder: TempDir,
    extra: String,
}

impl Files {
    /// A configuration with every port 0 and short timers.
    pub fn new() -> Self {
        Self::with("")
    }

    /// The same with further lines of TOML, written as dotted keys.
    pub fn with(extra: &str) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap(), extra: extra.to_owned() };
        files.write_config("");
        files
    }

    /// Writes the configuration anew with `more` lines.
    pub fn write_config(&self, more: &str) {
        let text = format!(
            "data_dir = \"data\"\n\
             portal.listen = \"127.0.0.1:0\"\nportal.public_url = \"https://wifi.example\"\n\
             portal.addresses = [\"192.0.2.10\"]\n\
             agents.listen = \"127.0.0.1:0\"\nadmin.listen = \"127.0.0.1:0\"\nmetrics.listen = \"127.0.0.1:0\"\n\
             radius.auth = \"127.0.0.1:0\"\nradius.acct = \"127.0.0.1:0\"\n\
             timers.away_ms = 3000\n{}\n{more}\n",
            self.extra
        );
        std::fs::write(self.config(), text).unwrap();
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("controller.toml")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.data().join("hotspot.db")
    }

    /// Runs a management command to its end.
    pub fn command(&self, arguments: &[&str]) -> Output {
        Command::new(BINARY).args(arguments).arg("--config").arg(self.config()).output().unwrap()
    }

    /// Runs a management command that must succeed; returns what it wrote.
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs a management command that must fail with this exit code; returns its sentence.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?} wrote a result although it failed");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Adds an access point and returns a token for it.
    pub fn token(&self, ap: &str) -> String {
        self.done(&[
            "ap", "add", ap, "--name", ap, "--zone", "lake", "--lat", "21.0287", "--lon", "105.8524",
        ]);
        self.done(&["ap", "token", ap])
    }

    /// The access points' state as `ap list --json` shows it.
    pub fn access_points(&self) -> Vec<Value> {
        serde_json::from_str(&self.done(&["ap", "list", "--json"])).unwrap()
    }

    /// The visits on line as `session list --json` shows them.
    pub fn visits(&self) -> Vec<Value> {
        serde_json::from_str(&self.done(&["session", "list", "--json"])).unwrap()
    }

    /// One value asked of the database by the sqlite3 program, which is no part of the controller.
    pub fn sql(&self, query: &str) -> String {
        let output = Command::new("sqlite3")
            .arg("-cmd")
            .arg(".timeout 5000")
            .arg(self.database())
            .arg(query)
            .output()
            .unwrap();
        assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Controller {
    /// What it logged tells why a test failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the controller's log:\n{}", std::fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// A controller that serves.
pub struct Controller {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    pub ready: Value,
    data: PathBuf,
    log: PathBuf,
}

impl Controller {
    /// Starts `serve` and waits for its ready line.
    pub async fn start(files: &Files) -> Self {
        let mut command = tokio::process::Command::new(BINARY);
        command.arg("serve").arg("--config").arg(files.config());
        Self::spawn(command, &files.data(), files.path("log")).await
    }

    /// Starts a command that ends in `serve`.
    pub async fn spawn(mut command: tokio::process::Command, data: &Path, log: PathBuf) -> Self {
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        command.stdout(Stdio::piped()).stderr(errors).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let read = tokio::time::timeout(LIMIT, stdout.read_line(&mut line)).await;
        assert!(
            matches!(read, Ok(Ok(1..))),
            "no ready line; the log says:\n{}",
            std::fs::read_to_string(&log).unwrap_or_default()
        );
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, _stdout: stdout, ready, data: data.to_path_buf(), log }
    }

    /// Where a listener is.
    pub fn address(&self, listener: &str) -> SocketAddr {
        self.ready[listener].as_str().unwrap().parse().unwrap()
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.pid()).unwrap()), signal).unwrap();
    }

    /// Sends SIGTERM; returns the exit code and how long the end took.
    pub async fn stop(mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        self.signal(Signal::SIGTERM);
        let status = tokio::time::timeout(LIMIT, self.child.wait()).await.expect("it did not stop").unwrap();
        (status.code(), began.elapsed())
    }

    /// Takes it away without a word, as a power cut does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> Option<i32> {
        tokio::time::timeout(LIMIT, self.child.wait()).await.expect("it did not end").unwrap().code()
    }

    /// GET of a plain HTTP listener: status and body.
    pub async fn get(&self, listener: &str, path: &str) -> (u16, String) {
        let stream = tokio::net::TcpStream::connect(self.address(listener)).await.unwrap();
        let answer = super::phone::request(stream, "GET", "localhost", path, "").await;
        (answer.status, answer.body)
    }

    /// The value of a metric with exactly these labels, 0 when it has not been counted.
    pub async fn metric(&self, name: &str) -> f64 {
        let (status, text) = self.get("metrics", "/metrics").await;
        assert_eq!(status, 200);
        let line =
            text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
        line.and_then(|line| line.rsplit(' ').next()).map_or(0.0, |value| value.parse().unwrap())
    }

    /// Waits until a metric has at least this value.
    pub async fn counted(&self, name: &str, at_least: f64) {
        wait_until(name, LIMIT, || async { (self.metric(name).await >= at_least).then_some(()) }).await;
    }
}
