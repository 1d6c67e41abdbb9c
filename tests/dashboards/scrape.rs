//! The lab with visitors, scraped: every name exists, every panel has data, every rule is evaluated.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::http::{Client, Request};
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor;

use crate::boards::{self, Query};
use crate::names::{family, in_expression};
use crate::prometheus::{Prometheus, Sample};
use crate::radclient;

/// Two looks of Prometheus after the last report of an agent.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);
const DOWN_BYTES: u64 = 2_000_000;
const UP_BYTES: usize = 500_000;
/// What the panels of these metrics show must be above zero after visitors went through.
const MUST_MOVE: [&str; 5] = [
    "hotspot_funnel_total",
    "hotspot_bytes_total",
    "hotspot_ap_bytes_total",
    "hotspot_radius_requests_total",
    "hotspot_radius_request_seconds",
];

/// A visitor who surfs.
fn visit(client: &Client) -> Result<()> {
    visitor::get_online(client)?;
    let url = format!("http://downloads.example/download?bytes={DOWN_BYTES}");
    ensure!(client.begin(&Request::get(&url))?.drain()? == DOWN_BYTES, "the download is not whole");
    let body = vec![0; UP_BYTES];
    let url = "http://downloads.example/upload";
    client.send(&Request { method: "POST", url, headers: &[], body: &body })?;
    Ok(())
}

/// An expression as Grafana sends it for the lab's first access point.
fn filled_in(expr: &str) -> String {
    expr.replace("$__rate_interval", "1m").replace("$__range", "15m").replace("$ap", "hk-16")
}

fn check(query: &Query, found: &[Sample]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |what: &str| faults.push(format!("{}: {what}: {}", query.panel, query.expr));
    if !found.iter().any(|sample| sample.value.is_finite()) {
        fault("no data");
    }
    let named = query.legend.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    for label in named {
        if found.iter().any(|sample| sample.labels[label].is_null()) {
            fault(&format!("series have no label {label}, which the legend shows"));
        }
    }
    let moves = MUST_MOVE.iter().any(|metric| query.expr.contains(metric));
    if moves && !found.iter().any(|sample| sample.value > 0.0) {
        fault("nothing but zero");
    }
    faults
}

#[test]
fn a_real_prometheus_finds_every_metric_and_every_panel_has_data() -> Result<()> {
    let mut lab = Lab::for_test(&Settings::new("dashboards"))?;
    let prometheus = Prometheus::start(&lab)?;
    let phones = [0, 0, 1].into_iter().map(|ap| lab.joined_phone(ap)).collect::<Result<Vec<_>>>()?;
    for phone in &phones {
        visit(&phone.client("vi")?)?;
    }
    radclient::ask_everything(&lab)?;
    visitor::log_out(&phones[1].client("vi")?)?;
    let counted = |expr: &str, least: f64| prometheus.sum(expr).is_ok_and(|sum| sum >= least);
    for (expr, least) in [
        ("hotspot_funnel_total{step=\"redirect\"}", 3.0),
        ("hotspot_funnel_total{step=\"page\"}", 3.0),
        ("hotspot_funnel_total{step=\"accept\"}", 3.0),
        ("hotspot_funnel_total{step=\"gate_open\"}", 3.0),
        ("hotspot_funnel_total{step=\"first_byte\"}", 3.0),
        ("hotspot_bytes_total{direction=\"down\"}", (3 * DOWN_BYTES + radclient::ACCOUNTED.0) as f64),
        ("hotspot_bytes_total{direction=\"up\"}", (3 * UP_BYTES as u64 + radclient::ACCOUNTED.1) as f64),
        ("hotspot_ap_bytes_total{ap=\"hk-18\", direction=\"down\"}", DOWN_BYTES as f64),
        ("hotspot_open_sessions{kind=\"agent\"}", 2.0),
        ("hotspot_open_sessions{kind=\"radius\"}", 1.0),
        ("hotspot_radius_requests_total{outcome=\"accept\"}", 2.0),
        ("hotspot_radius_requests_total{outcome=\"reject\"}", 1.0),
        ("hotspot_radius_requests_total{outcome=\"stored\"}", 3.0),
        ("hotspot_radius_requests_total{kind=\"status\", outcome=\"answered\"}", 1.0),
        ("hotspot_radius_dropped_total{reason=\"wrong_secret\"}", 1.0),
        ("hotspot_ended_grants_total{cause=\"logged_out\"}", 1.0),
        // What Prometheus needs two looks for.
        ("sum(rate(hotspot_bytes_total[1m]))", 1.0),
        ("sum(rate(hotspot_ap_bytes_total[1m]))", 1.0),
        ("sum by (kind) (rate(hotspot_radius_requests_total[1m])) > 0", 0.01),
        ("sum(increase(hotspot_visits_total[24h]))", 1.0),
    ] {
        wait_until(expr, SETTLE_LIMIT, || counted(expr, least))
            .with_context(|| format!("it is {:?} and not {least}", prometheus.sum(expr)))?;
    }
    assert_eq!(
        prometheus.sum("hotspot_ap_events_total{event=\"other\"}")?,
        0.0,
        "an agent counts what has no name"
    );

    let (mut faults, mut queries, mut named) = (Vec::new(), 0, BTreeSet::new());
    for board in boards::all()? {
        for query in board.queries() {
            queries += 1;
            named.extend(in_expression(&query.expr));
            match prometheus.ask(&filled_in(&query.expr)) {
                Ok(found) => faults.extend(check(&query, &found)),
                Err(error) => faults.push(format!("{}: {error:#}", query.panel)),
            }
        }
    }
    for rule in prometheus.rules()? {
        queries += 1;
        named.extend(in_expression(rule["query"].as_str().unwrap_or_default()));
        if rule["health"] != "ok" {
            faults.push(format!("the rule {} fails: {}", rule["name"], rule["lastError"]));
        }
        if rule["state"] == "firing" && rule["labels"]["severity"] == "critical" {
            faults.push(format!("{} fires in a lab where all is well", rule["name"]));
        }
    }
    let there = prometheus.names()?;
    faults
        .extend(named.iter().filter(|name| !there.contains(*name)).map(|name| format!("there is no {name}")));
    let families: BTreeSet<String> =
        there.iter().filter_map(|name| name.strip_suffix("_bucket")).map(str::to_owned).collect();
    let used: BTreeSet<String> = named.iter().map(|name| family(name, &families)).collect();
    let unused: BTreeSet<String> = there
        .iter()
        .filter(|name| name.starts_with("hotspot_"))
        .map(|name| family(name, &families))
        .filter(|name| !used.contains(name))
        .collect();
    println!("{queries} queries over {} metrics; in no panel and no rule: {unused:?}", used.len());
    ensure!(queries > 80, "only {queries} queries were found");
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}
