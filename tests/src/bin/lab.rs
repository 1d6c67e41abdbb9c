//! `make lab`: a shell in the lab, with two access points and two phones that have joined.

use std::process::Command;

use anyhow::{Context as _, Result};
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::{Lab, Settings};

fn main() -> Result<()> {
    let mut lab = Lab::start(&Settings::new("shell"))?;
    let phones = [lab.joined_phone(0)?, lab.joined_phone(1)?];
    println!("The lab is up. {} is the portal; it is gone when this shell ends.", portal_url());
    for (what, netns) in [
        ("fake internet", lab.internet.netns()),
        ("the city's own network", lab.internet.city()),
        ("controller", lab.controller.netns()),
        ("access point 1", lab.ap(0)?.netns()?),
        ("access point 2", lab.ap(1)?.netns()?),
    ]
    .into_iter()
    .chain(phones.iter().map(|phone| ("phone", &**phone.netns())))
    {
        println!("  {what:<24} ip netns exec {} bash", netns.name());
    }
    let config = lab.controller.config().display();
    println!("\n  target/release/hotspot-controller session list --config {config}");
    for number in 0..2 {
        let ap = lab.ap(number)?;
        let (netns, config) = (ap.netns()?.name(), ap.config());
        println!("  ip netns exec {netns} target/release/ap-agent status --config {}", config.display());
    }
    for phone in &phones {
        let name = phone.netns().name();
        println!(
            "  ip netns exec {name} curl --cacert {} -i http://news.example/",
            lab.authority().display()
        );
    }
    println!("  logs: {}\n", lab.logs().display());
    let shell = std::env::var_os("SHELL").unwrap_or_else(|| "/bin/bash".into());
    // Ctrl-C belongs to the shell: this program waits for the shell alone, with the signal taken note of and nothing done.
    let interrupts = lab.runtime()?.spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    Command::new(shell)
        .env("PS1", "lab# ")
        .env("LAB", lab.instance().id())
        .status()
        .context("cannot start a shell")?;
    interrupts.abort();
    Ok(())
}
