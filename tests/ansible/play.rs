//! The play as an engineer runs it, from a computer on the internet, and its recap.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::instance::{Instance, repository, target_dir};
use hotspot_tests::lab::internet::Internet;
use hotspot_tests::lab::process::Process;

const LIMIT: Duration = Duration::from_secs(240);

/// The engineer's computer: his inventory and what he plays.
pub struct Engineer {
    instance: Arc<Instance>,
    folder: PathBuf,
    inventory: PathBuf,
    plays: usize,
}

/// What the recap says of one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recap {
    /// Tasks that changed something.
    pub changed: u32,
    /// Tasks that failed.
    pub failed: u32,
}

/// A play that has ended.
pub struct Played {
    /// How long it took.
    pub took: Duration,
    /// Whether Ansible was content.
    pub success: bool,
    /// What it printed.
    pub text: String,
}

impl Engineer {
    /// An engineer with `inventory`, a JSON text, which YAML reads too.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(instance: &Arc<Instance>, inventory: &str) -> Result<Self> {
        let folder = instance.state("engineer")?;
        let path = folder.join("inventory.json");
        fs::write(&path, inventory).context("cannot write the inventory")?;
        Ok(Self { instance: instance.clone(), folder, inventory: path, plays: 0 })
    }

    /// Plays `site.yml` with the further variables `extra`.
    ///
    /// # Errors
    /// When Ansible is not there or does not end in time.
    pub fn play(&mut self, internet: &Internet, extra: &[(&str, &str)]) -> Result<Played> {
        let program = program("ansible-playbook")?;
        self.plays += 1;
        let log = self.instance.log(&format!("play-{}", self.plays));
        let mut command = internet.netns().command(program);
        command.arg("-i").arg(&self.inventory).arg("site.yml").current_dir(repository().join("ansible"));
        command.env("ANSIBLE_HOME", &self.folder).env("ANSIBLE_LOCAL_TEMP", self.folder.join("tmp"));
        command.env("ANSIBLE_SSH_CONTROL_PATH_DIR", self.folder.join("cp")).env("ANSIBLE_NOCOLOR", "1");
        for (name, value) in extra {
            command.arg("-e").arg(format!("{name}={value}"));
        }
        let begin = Instant::now();
        let success = Process::start("ansible-playbook", &mut command, &log)?.wait(LIMIT)?.success();
        let text = fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
        Ok(Played { took: begin.elapsed(), success, text })
    }
}

impl Played {
    /// What the recap says of `host`.
    ///
    /// # Errors
    /// When it is not in there.
    pub fn recap(&self, host: &str) -> Result<Recap> {
        let recap = self.text.split("PLAY RECAP").nth(1).context("the play has no recap")?;
        let line = recap.lines().find(|line| line.split_whitespace().next() == Some(host));
        let line = line.with_context(|| format!("the recap does not name {host}: {recap}"))?;
        let field = |name: &str| {
            let word = line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            word.and_then(|word| word.parse::<u32>().ok()).with_context(|| format!("no {name} in {line}"))
        };
        Ok(Recap { changed: field("changed")?, failed: field("failed")? + field("unreachable")? })
    }

    /// The play must have succeeded.
    ///
    /// # Errors
    /// With the failed task when it has not.
    pub fn must_succeed(&self) -> Result<()> {
        let mut told = String::new();
        for line in self.text.lines().filter(|line| line.starts_with("fatal") || line.contains("ERROR")) {
            let _ = writeln!(told, "{line}");
        }
        ensure!(self.success, "the play failed: {told}");
        Ok(())
    }
}

/// A program of the Python environment that `make` lays.
///
/// # Errors
/// When it is not there.
pub fn program(name: &str) -> Result<PathBuf> {
    let path: PathBuf = target_dir().join("ansible-venv/bin").join(name);
    ensure!(path.is_file(), "{} is not there: make it with: make target/ansible-venv", path.display());
    Ok(path)
}

/// A copy of `program` in `folder` that is another file and the same program: a new version, as far as a play can tell.
///
/// # Errors
/// When it cannot be written.
pub fn next_version(program: &Path, folder: &Path) -> Result<PathBuf> {
    let name = program.file_name().context("a program has a name")?;
    let path = folder.join(name);
    let mut bytes = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    // Behind the end of what the loader reads.
    bytes.extend_from_slice(b"next version\n");
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
