//! Ansible's play on two machines with a real systemd: fresh ones become controller and access point, a second run
//! changes nothing, an upgrade keeps what is there, and a power cut is survived without Ansible.

mod machine;
mod play;
mod street;
mod tree;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::command::output;
use hotspot_tests::lab::instance::repository;
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::wait::wait_for;
use hotspot_tests::visitor::{self, Standing};
use serde_json::{Value, json};

use machine::Machine;
use play::{Played, Recap, next_version};
use street::{CONTROLLER, PORT, SITE, Street};

const UNITS: [&str; 5] = ["ap-guard", "ap-bridge", "ap-port@wlan7", "ap-agent", "ap-dnsmasq"];
/// What `systemd-analyze security` calls OK ends well above this.
const MOST_EXPOSURE: f64 = 3.0;
const UNCHANGED: Recap = Recap { changed: 0, failed: 0 };

#[test]
fn one_play_installs_both_a_second_changes_nothing_and_an_upgrade_and_a_power_cut_lose_nothing() -> Result<()>
{
    let clock = Instant::now();
    let told = |what: &str| println!("{:5.1} s: {what}", clock.elapsed().as_secs_f64());
    let mut street = Street::boot("ansible")?;
    street.plug_radio()?;
    told("two machines have booted");

    let first = play(&mut street, "fresh machines", &[])?;
    first.must_succeed()?;
    ensure!(
        first.recap(SITE)?.changed > 10 && first.recap(CONTROLLER)?.changed > 10,
        "nothing was installed"
    );
    street.wait_ready()?;
    let mut phone = street.phone()?;
    let lease = phone.join_in(street.ap.netns()?)?;
    ensure!(lease.captive_api == Some(visitor::api_url()), "DHCP offers {:?}", lease.captive_api);
    visitor::get_online(&phone.client("vi")?)?;
    told("a visitor is on line");
    the_units_are_closed(&street)?;
    the_port_is_plugged_in_and_isolated(&street)?;
    prometheus_reads_the_controller(&street)?;
    a_client_finds_no_sshd(&phone)?;
    told("the machines were looked at");

    let second = play(&mut street, "second run", &[])?;
    second.must_succeed()?;
    assert_eq!((second.recap(CONTROLLER)?, second.recap(SITE)?), (UNCHANGED, UNCHANGED));

    a_wrong_value_changes_nothing(&mut street)?;
    an_upgrade_keeps_what_is_there(&mut street, &phone)?;
    told("upgraded");
    a_power_cut_is_survived(&mut street, &mut phone)?;
    told("back from the power cut");
    Ok(())
}

#[test]
fn the_inventory_is_that_of_the_sites() -> Result<()> {
    let folder = repository().join("ansible");
    let made = output(&mut Command::new(folder.join("make-inventory.py")))?;
    let kept = std::fs::read_to_string(folder.join("inventory/hoan-kiem.yml"))?;
    ensure!(kept.matches("site_zone:").count() == 34, "the inventory has not 34 sites");
    ensure!(made == kept, "make it anew: ansible/make-inventory.py > ansible/inventory/hoan-kiem.yml");
    Ok(())
}

#[test]
fn a_controller_that_cannot_be_reached_stops_the_play_before_any_access_point() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // Nobody listens on port 1, for either of them.
    let host = |name: &str| json!({"hosts": {name: {"ansible_host": "127.0.0.1", "ansible_port": 1}}});
    let children = json!({"controller": host(CONTROLLER), "access_points": host(SITE)});
    let inventory = folder.path().join("inventory.json");
    std::fs::write(&inventory, json!({"all": {"children": children}}).to_string())?;
    let mut command = Command::new(play::program("ansible-playbook")?);
    command.arg("-i").arg(&inventory).arg("site.yml").current_dir(repository().join("ansible"));
    command.env("ANSIBLE_HOME", folder.path()).env("ANSIBLE_NOCOLOR", "1");
    let done = command.output().context("cannot start ansible-playbook")?;
    let text = String::from_utf8_lossy(&done.stdout);
    ensure!(!done.status.success() && text.contains("hk-controller was given up halfway"), "{text}");
    ensure!(!text.contains("TASK [ap_agent"), "an access point was begun: {text}");
    Ok(())
}

/// A slip of the engineer's pen.
fn a_wrong_value_changes_nothing(street: &mut Street) -> Result<()> {
    let before = street.property(&street.controller, "hotspot-controller", "MainPID")?;
    let config = street.controller.path("etc/hotspot-controller/controller.toml");
    let text = std::fs::read_to_string(&config)?;
    let wrong = play(street, "a wrong value", &[("controller_portal_url", "wifi.example.org")])?;
    ensure!(!wrong.success, "a portal URL that is none was taken");
    ensure!(wrong.text.contains("portal.public_url"), "the fault is not named: {}", wrong.text);
    assert_eq!(wrong.recap(CONTROLLER)?, Recap { changed: 0, failed: 1 });
    ensure!(wrong.recap(SITE).is_err(), "the access point was begun");
    ensure!(std::fs::read_to_string(&config)? == text, "the configuration was changed");
    assert_eq!(street.property(&street.controller, "hotspot-controller", "MainPID")?, before);
    Ok(())
}

fn an_upgrade_keeps_what_is_there(street: &mut Street, phone: &Phone) -> Result<()> {
    let visits = street.asked("session list")?;
    ensure!(visits.as_array().is_some_and(|visits| visits.len() == 1), "the visit is not listed: {visits}");
    let key = std::fs::read(street.ap.path("var/lib/ap-agent/agent.key"))?;
    let processes = |street: &Street| -> Result<[String; 3]> {
        Ok([
            street.property(&street.controller, "hotspot-controller", "MainPID")?,
            street.property(&street.ap, "ap-agent", "MainPID")?,
            street.property(&street.ap, "ap-bridge", "ActiveEnterTimestampMonotonic")?,
        ])
    };
    let before = processes(street)?;
    let [controller, agent] = street.programs.clone().map(|program| next_version(&program, &street.folder));
    let (controller, agent) = (controller?, agent?);
    let binaries = [("controller_binary", path(&controller)?), ("ap_agent_binary", path(&agent)?)];
    let upgrade = play(street, "upgrade", &binaries)?;
    upgrade.must_succeed()?;
    for (machine, program) in [(&street.controller, &controller), (&street.ap, &agent)] {
        let name = program.file_name().context("a program has a name")?;
        let there = machine.path("usr/local/bin").join(name);
        ensure!(std::fs::read(there)? == std::fs::read(program)?, "{name:?} was not replaced");
    }
    let after = processes(street)?;
    ensure!(
        before[0] != after[0] && before[1] != after[1],
        "a program was not restarted: {before:?} {after:?}"
    );
    ensure!(before[2] == after[2], "the clients' bridge was restarted");
    street.wait_ready()?;
    ensure!(std::fs::read(street.ap.path("var/lib/ap-agent/agent.key"))? == key, "it was enrolled anew");
    let id = |visits: &Value| visits.pointer("/0/id").or(visits.pointer("/0/grant")).cloned();
    let now = street.asked("session list")?;
    ensure!(id(&visits).is_some() && id(&now) == id(&visits), "the visit was {visits}, now {now}");
    assert_eq!(visitor::probe(&phone.client("vi")?)?, Standing::Online);
    Ok(())
}

fn a_power_cut_is_survived(street: &mut Street, phone: &mut Phone) -> Result<()> {
    street.ap.power_off();
    phone.forget_access_point();
    street.ap.power_on(&street.internet, &[])?;
    street.wait_ready()?;
    let guarded = street.property(&street.ap, "ap-guard", "ActiveEnterTimestampMonotonic")?;
    let bridge = street.property(&street.ap, "ap-bridge", "InactiveExitTimestampMonotonic")?;
    ensure!(guarded.parse::<u64>()? <= bridge.parse()?, "the bridge came before its guard");
    let rules = street.ap.netns()?.exec("ip rule")?;
    ensure!(rules.contains("iif br-clients blackhole"), "networkd took the guard's rules away: {rules}");
    street.plug_radio()?;
    wait_for("the radio that comes late to be plugged in", Duration::from_secs(10), || {
        the_port_is_plugged_in_and_isolated(street).ok()
    })?;
    phone.attach_in(street.ap.netns()?)?;
    phone.ask_lease()?;
    assert_eq!(visitor::probe(&phone.client("vi")?)?, Standing::Online, "its grant has not ended");
    let failed = street.ap.ssh(&street.internet, "systemctl --failed --plain --no-legend")?;
    ensure!(failed.trim().is_empty(), "after the boot these failed: {failed}");
    Ok(())
}

fn the_units_are_closed(street: &Street) -> Result<()> {
    is_closed(street, &street.controller, "hotspot-controller")?;
    for unit in UNITS {
        is_closed(street, &street.ap, unit)?;
    }
    let caps = |machine, unit| street.property(machine, unit, "CapabilityBoundingSet");
    // Port 443 is the only thing the controller needs of root's.
    assert_eq!(caps(&street.controller, "hotspot-controller")?, "cap_net_bind_service");
    assert_eq!(caps(&street.ap, "ap-agent")?, "cap_net_admin cap_net_raw");
    for (machine, unit) in [(&street.controller, "hotspot-controller"), (&street.ap, "ap-agent")] {
        ensure!(street.property(machine, unit, "User")? != "root", "{unit} runs as root");
    }
    Ok(())
}

fn is_closed(street: &Street, machine: &Machine, unit: &str) -> Result<()> {
    machine.ssh(&street.internet, &format!("systemd-analyze verify --man=no {unit}.service"))?;
    let text =
        machine.ssh(&street.internet, &format!("systemd-analyze security --no-pager {unit}.service"))?;
    let line = text.lines().find(|line| line.contains("Overall exposure")).context("no exposure is told")?;
    let level = line.rsplit(": ").next().and_then(|rest| rest.split_whitespace().next());
    let level: f64 = level.context("no number")?.parse().with_context(|| format!("no number in {line}"))?;
    println!("exposure of {unit}: {level}");
    ensure!(level <= MOST_EXPOSURE, "{line}");
    Ok(())
}

fn the_port_is_plugged_in_and_isolated(street: &Street) -> Result<()> {
    let shown = street.ap.netns()?.exec(&format!("bridge -d link show dev {PORT}"))?;
    ensure!(shown.contains("master br-clients") && shown.contains("isolated on"), "{PORT}: {shown}");
    Ok(())
}

fn prometheus_reads_the_controller(street: &Street) -> Result<()> {
    let ask = |path: &str| -> Option<Value> {
        let url = format!("http://127.0.0.1:9090/api/v1/{path}");
        let script = format!("import urllib.request as u; print(u.urlopen('{url}').read().decode())");
        let text = street.controller.ssh(&street.internet, &format!("python3 -c \"{script}\"")).ok()?;
        serde_json::from_str(&text).ok()
    };
    wait_for("Prometheus to read the controller", Duration::from_secs(30), || {
        // What the package's own configuration asked before is remembered for five minutes: only our job counts.
        let answer = ask("query?query=up%7Bjob%3D%22hotspot-controller%22%7D")?;
        (answer.pointer("/data/result/0/value/1")? == "1").then_some(())
    })?;
    let rules = ask("rules").context("Prometheus tells no rules")?;
    let groups = rules.pointer("/data/groups").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(groups > 1, "Prometheus has {groups} groups of rules: {rules}");
    Ok(())
}

fn a_client_finds_no_sshd(phone: &Phone) -> Result<()> {
    let router = phone.lease()?.router;
    let mut command = phone.curl();
    command.args(["--max-time", "2", &format!("telnet://{router}:22")]);
    ensure!(output(&mut command).is_err(), "a client reaches sshd");
    Ok(())
}

fn play(street: &mut Street, what: &str, extra: &[(&str, &str)]) -> Result<Played> {
    let played = street.engineer.play(&street.internet, extra)?;
    for host in [CONTROLLER, SITE] {
        println!("{what}: {host} {:?}, {:.1} s", played.recap(host).ok(), played.took.as_secs_f64());
    }
    Ok(played)
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("a path in UTF-8")
}
