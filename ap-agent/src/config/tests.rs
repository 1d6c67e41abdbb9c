//! What the agent's file may say, and what it says about mistakes.

use super::*;

fn fault(text: &str) -> String {
    AgentConfig::parse(text).expect_err("a fault").to_string()
}

#[test]
fn what_is_written_reads_back_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("etc/agent.toml");
    let config = AgentConfig {
        data_dir: "/var/lib/other \"place\"".into(),
        dnsmasq_dir: "/run/dnsmasq".into(),
        responder: 0,
        relay: 0,
        metrics_listen: "[::1]:9000".parse().expect("an address"),
        ..AgentConfig::default()
    };
    let config = config.with_controller("https://wifi.example:8444/").expect("a URL");
    config.write(&path).expect("written");
    assert_eq!(AgentConfig::read(&path).expect("read"), config);
    assert_eq!(config.controller_url().expect("enrolled"), "https://wifi.example:8444");
    let names: Vec<_> = fs::read_dir(path.parent().expect("a parent"))
        .expect("a listing")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["agent.toml"], "nothing is left beside it");
}

#[test]
fn an_empty_file_is_the_defaults_and_not_enrolled() {
    let config = AgentConfig::parse("").expect("defaults");
    assert_eq!(config, AgentConfig::default());
    assert_eq!(config.responder, 2050);
    assert_eq!(config.relay, 2051);
    assert_eq!(config.metrics_listen.to_string(), "127.0.0.1:9465");
    assert!(config.controller_url().expect_err("no controller").to_string().contains("ap-agent enroll"));
}

#[test]
fn the_dnsmasq_folder_follows_the_data_folder() {
    let config = AgentConfig::parse("data_dir = '/srv/ap'").expect("a configuration");
    assert_eq!(config.dnsmasq_dir, Path::new("/srv/ap/dnsmasq"));
}

#[test]
fn unknown_keys_are_named_with_the_nearest_known_one() {
    let text = fault("contoller = 'https://a'\nlisten = 'x'\n[metrics]\nport = 1\n[colour]\nof = 'sky'");
    assert!(text.contains("unknown configuration key contoller: did you mean controller?"), "{text}");
    assert!(text.contains("unknown configuration key listen: did you mean metrics.listen?"), "{text}");
    assert!(text.contains("unknown configuration key colour.of: remove it"), "{text}");
}

#[test]
fn every_wrong_value_is_named_at_once() {
    let text = fault(
        "controller = 'http://a'\nresponder = 70000\nrelay = 'x'\nbridge = 'br clients'\ndata_dir = ''\n\
         [metrics]\nlisten = '9465'",
    );
    for key in ["controller", "responder", "relay", "bridge", "data_dir", "metrics.listen"] {
        assert!(text.contains(&format!("{key} is ")), "{key} in {text}");
    }
}

#[test]
fn only_a_bare_https_url_names_a_controller() {
    for good in ["https://a", "https://a:8444", "https://10.0.0.1:8444", "https://[2001:db8::1]:8444/"] {
        assert!(AgentConfig::default().with_controller(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "a",
        "a:8444",
        "http://a",
        "https://",
        "https://a/b",
        "https://a/?q",
        "https://u@a",
        "https://a b",
    ] {
        assert!(AgentConfig::default().with_controller(bad).is_err(), "{bad}");
    }
}

#[test]
fn one_interface_or_port_cannot_be_both() {
    assert!(fault("bridge = 'eth0'").contains("name two interfaces"));
    assert!(fault("relay = 2050").contains("give each its own port"));
}

#[test]
fn a_file_that_is_no_toml_is_told_by_line() {
    assert!(fault("bridge = 'a'\nuplink = ").contains("line 2"));
    let missing = AgentConfig::read(Path::new("/nowhere/agent.toml")).expect_err("no file").to_string();
    assert!(missing.contains("/nowhere/agent.toml"), "{missing}");
}
