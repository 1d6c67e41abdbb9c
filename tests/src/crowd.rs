//! A crowd: the access points of all sites as simulated agents, thousands of visitors, one real controller, and what
//! that costs it.

#![allow(
    clippy::indexing_slicing,
    reason = "what is not there in JSON is null, and fails where it is looked at"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::lab::Lab;
use crate::lab::addresses::AGENTS4;
use crate::lab::http::Client;
use crate::lab::instance::{program, repository};
use crate::lab::wait::wait_for;

/// The controller must be watched for this long with everybody on line, or its figures say little.
const SHORTEST_WATCH: Duration = Duration::from_secs(5);
/// Time for the last records to be counted.
const LEAVE_LIMIT: Duration = Duration::from_secs(10);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Access points, at most as many as there are sites.
    pub access_points: usize,
    /// Visitors.
    pub visitors: usize,
    /// They come one after the other within this time.
    pub arrive: Duration,
    /// A visitor moves something about this often.
    pub step: Duration,
    /// How long visitors move about, their taps included.
    pub lasting: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Visitors on line while the controller was watched.
    pub online: usize,
    /// Records of the access points' journals.
    pub records: u64,
    /// From the first tap until everybody was on line.
    pub gathered: Duration,
    /// How long the controller was watched.
    pub watched: Duration,
    /// Share of one core the controller used while it was watched.
    pub cores: f64,
    /// Its resident memory at the end, in bytes.
    pub resident_bytes: u64,
    /// Reports of sessions it stored in a second while it was watched.
    pub reports_per_sec: f64,
}

impl Crowd {
    /// Gathers the crowd at a lab without access points and watches the controller.
    ///
    /// # Errors
    /// When visitors do not get on line, or a report was lost.
    pub fn gather(&self, lab: &Lab) -> Result<Cost> {
        let tokens = self.tokens(lab)?;
        let log = fs::File::create(lab.instance().log("ap-agent-sim"))?;
        let mut command = lab.controller.netns().command(program("ap-agent-sim")?);
        command.env("SSL_CERT_FILE", lab.authority()).env("HOTSPOT_LOG", "warn");
        command.args(["--controller", &format!("https://{AGENTS4}:8444")]).arg("--tokens").arg(&tokens);
        command.args(["--visitors", &self.visitors.to_string(), "--stay-secs", "60"]);
        command.args(["--arrive-secs", &self.arrive.as_secs().to_string()]);
        command.args(["--step-ms", &self.step.as_millis().to_string()]);
        command.args(["--seconds", &self.lasting.as_secs().to_string()]);
        let mut sim = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let watched = self.watch(lab);
        if watched.is_err() {
            let _ = sim.kill();
        }
        let said = sim.wait_with_output().context("the simulator does not end")?;
        let mut cost = watched?;
        ensure!(said.status.success(), "the simulator failed: see {}", lab.logs().display());
        let summary: Value = serde_json::from_slice(&said.stdout).context("the simulator's summary")?;
        cost.records = nothing_is_lost(lab, &summary, self.visitors)?;
        Ok(cost)
    }

    /// A file with a token for each access point.
    fn tokens(&self, lab: &Lab) -> Result<PathBuf> {
        let sites = fs::read_to_string(repository().join("controller/sites/hoan-kiem.json"))?;
        let sites: Value = serde_json::from_str(&sites)?;
        let listed = sites["sites"].as_array().context("the sites are no list")?;
        let ids: Vec<&str> =
            listed.iter().filter_map(|ap| ap["id"].as_str()).take(self.access_points).collect();
        ensure!(ids.len() == self.access_points, "there are only {} sites", ids.len());
        let tokens = ids.iter().map(|id| lab.controller.token(id)).collect::<Result<Vec<_>>>()?;
        let file = lab.instance().state("sim")?.join("tokens");
        fs::write(&file, tokens.join("\n"))?;
        Ok(file)
    }

    fn watch(&self, lab: &Lab) -> Result<Cost> {
        let client = lab.controller_client("en")?;
        let page = || metrics(lab, &client);
        let begun = Instant::now();
        wait_for("every visitor to be on line", self.lasting, || {
            let live = metric(&page().ok()?, "hotspot_live_grants")?;
            (live >= self.visitors as f64).then_some(())
        })?;
        let gathered = begun.elapsed();
        let watched = self.lasting.saturating_sub(gathered + SHORTEST_WATCH / 2);
        ensure!(watched >= SHORTEST_WATCH, "it took {gathered:?} until every visitor was on line");
        let stored = "hotspot_journal_records_total{result=\"stored\"}";
        let (cpu, before, since) = (cpu_secs(lab)?, page()?, Instant::now());
        std::thread::sleep(watched);
        let (used, after, secs) = (cpu_secs(lab)? - cpu, page()?, since.elapsed().as_secs_f64());
        let value = |page: &str, name: &str| metric(page, name).with_context(|| format!("no {name}"));
        let links = value(&after, "hotspot_links")?;
        ensure!(links == self.access_points as f64, "only {links} access points are connected");
        Ok(Cost {
            online: value(&after, "hotspot_live_grants")? as usize,
            records: 0,
            gathered,
            watched,
            cores: used / secs,
            resident_bytes: value(&after, "process_resident_memory_bytes")? as u64,
            reports_per_sec: (value(&after, stored)? - value(&before, stored)?) / secs,
        })
    }
}

/// Whether every record of every journal is in the database, by both sides' word, and every visitor was on line to the
/// end. Returns the number of records.
fn nothing_is_lost(lab: &Lab, summary: &Value, visitors: usize) -> Result<u64> {
    let said = |name: &str| summary[name].as_u64().with_context(|| format!("the summary has no {name}"));
    ensure!(said("journal_pending")? == 0, "records are not durable: {summary}");
    ensure!(said("thrown_out")? == 0, "visitors were thrown out: {summary}");
    ensure!(said("online")? == visitors as u64, "visitors are not on line: {summary}");
    let client = lab.controller_client("en")?;
    let durable = said("journal_durable")?;
    let page = wait_for("the records to be counted by the controller", LEAVE_LIMIT, || {
        let page = metrics(lab, &client).ok()?;
        let stored = metric(&page, "hotspot_journal_records_total{result=\"stored\"}")?;
        (stored >= durable as f64).then_some(page)
    })?;
    for result in ["refused", "out_of_turn"] {
        let name = format!("hotspot_journal_records_total{{result=\"{result}\"}}");
        let lost = metric(&page, &name).with_context(|| format!("no {name}"))?;
        ensure!(lost == 0.0, "{lost} records were {result}");
    }
    Ok(durable)
}

fn metrics(lab: &Lab, client: &Client) -> Result<String> {
    Ok(client.get(&format!("http://{}/metrics", lab.controller.metrics()))?.text())
}

fn metric(page: &str, name: &str) -> Option<f64> {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.parse().ok()
}

/// Processor time the controller has used, in seconds.
fn cpu_secs(lab: &Lab) -> Result<f64> {
    let pid = lab.controller.process()?.pid();
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"))?;
    // After the name, which is in brackets, the 12th and 13th fields are user and system time in hundredths.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("the kernel tells no processor time")?;
    Ok((user + system) / 100.0)
}
