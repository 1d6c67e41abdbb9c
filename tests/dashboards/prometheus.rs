//! A real Prometheus beside the lab's controller, asked over its HTTP API.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hotspot_tests::lab::Lab;
use hotspot_tests::lab::http::Client;
use hotspot_tests::lab::process::Process;
use hotspot_tests::lab::wait::wait_for;
use serde_json::Value;

use crate::room;

const ADDRESS: &str = "127.0.0.1:19090";
/// It finds its targets some seconds after its start.
const START_LIMIT: Duration = Duration::from_secs(40);

/// The running one.
pub struct Prometheus {
    client: Client,
    process: Option<Process>,
}

/// One series of an answer.
pub struct Sample {
    /// Its labels.
    pub labels: Value,
    /// Its value; NaN is one too.
    pub value: f64,
}

impl Prometheus {
    /// Starts it in the controller's namespace with the rules of the room, and waits for its first scrape.
    ///
    /// # Errors
    /// When it does not scrape in time.
    pub fn start(lab: &Lab) -> Result<Self> {
        let folder = lab.instance().state("prometheus")?;
        let sample = fs::read_to_string(room().join("prometheus/prometheus.yml"))?;
        // The sample, only faster.
        let quick = sample.replace("_interval: 15s", "_interval: 1s");
        ensure!(quick.matches("_interval: 1s").count() == 2, "the sample's intervals are written otherwise");
        fs::write(folder.join("prometheus.yml"), quick)?;
        for rules in ["recording.yml", "alerts.yml"] {
            fs::copy(room().join("prometheus").join(rules), folder.join(rules))?;
        }
        let mut command = lab.controller.netns().command("prometheus");
        command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address={ADDRESS}"));
        let process = Process::start("prometheus", &mut command, &lab.instance().log("prometheus"))?;
        let started = Self { client: lab.controller_client("en")?, process: Some(process) };
        wait_for("Prometheus to scrape the controller", START_LIMIT, || {
            let up = started.ask("up{job=\"hotspot-controller\"}").ok()?;
            up.first().filter(|sample| sample.value == 1.0).map(drop)
        })?;
        Ok(started)
    }

    /// The series an expression gives now.
    ///
    /// # Errors
    /// When Prometheus refuses it.
    pub fn ask(&self, expr: &str) -> Result<Vec<Sample>> {
        let form = [("query".to_owned(), expr.to_owned())];
        let answer = self.client.post_form(&format!("http://{ADDRESS}/api/v1/query"), &form)?;
        let data = data(&answer.text()).with_context(|| format!("the query {expr}"))?;
        let series = data["result"].as_array().context("an answer without a result")?;
        // A plain number is [time, value]; a series has labels and the same.
        if data["resultType"] == "scalar" {
            return Ok(vec![Sample { labels: Value::Null, value: number(&data["result"][1])? }]);
        }
        series
            .iter()
            .map(|series| {
                Ok(Sample { labels: series["metric"].clone(), value: number(&series["value"][1])? })
            })
            .collect()
    }

    /// The sum of what an expression gives now; nothing is 0.
    ///
    /// # Errors
    /// When Prometheus refuses it.
    pub fn sum(&self, expr: &str) -> Result<f64> {
        Ok(self.ask(expr)?.iter().map(|sample| sample.value).sum())
    }

    /// The names of all series there are.
    ///
    /// # Errors
    /// When Prometheus does not say.
    pub fn names(&self) -> Result<BTreeSet<String>> {
        let answer = self.client.get(&format!("http://{ADDRESS}/api/v1/label/__name__/values"))?;
        let names = data(&answer.text())?;
        let names = names.as_array().context("no list of names")?;
        Ok(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The rules it runs: each with its query, health and last error.
    ///
    /// # Errors
    /// When Prometheus does not say.
    pub fn rules(&self) -> Result<Vec<Value>> {
        let answer = self.client.get(&format!("http://{ADDRESS}/api/v1/rules"))?;
        let groups = data(&answer.text())?["groups"].as_array().cloned().unwrap_or_default();
        Ok(groups.iter().filter_map(|group| group["rules"].as_array()).flatten().cloned().collect())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            let _ = process.kill();
        }
    }
}

fn data(text: &str) -> Result<Value> {
    let answer: Value =
        serde_json::from_str(text).with_context(|| format!("no answer of Prometheus: {text}"))?;
    if answer["status"] != "success" {
        bail!("Prometheus says: {}", answer["error"]);
    }
    Ok(answer["data"].clone())
}

fn number(value: &Value) -> Result<f64> {
    value.as_str().context("a value that is no text")?.parse().context("a value that is no number")
}
