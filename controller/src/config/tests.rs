//! What a configuration may say, and how a wrong one is answered.

use super::read::Reader;
use super::{Config, ConfigError};

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let vars = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let mut reader = Reader::new(Some("/etc/hotspot/controller.toml".as_ref()), Some(text), vars)?;
    let config = Config::read(&mut reader, None);
    reader.finish().map(|()| config)
}

fn faults(text: &str) -> Vec<String> {
    read(text, &[]).unwrap_err().faults.into_iter().map(|fault| fault.0).collect()
}

#[test]
fn an_empty_file_gives_the_defaults_of_the_contract() {
    let config = read("", &[]).unwrap();
    assert_eq!(config.data_dir.to_str(), Some("./data"));
    assert_eq!(config.store.url, "sqlite:./data/hotspot.db");
    assert_eq!(config.portal.listen.to_string(), "0.0.0.0:8443");
    assert_eq!(config.portal.public_url, "https://localhost:8443");
    assert_eq!(config.agents.listen.to_string(), "0.0.0.0:8444");
    assert_eq!(config.admin.listen.to_string(), "127.0.0.1:8445");
    assert_eq!(config.metrics.listen.to_string(), "127.0.0.1:9464");
    assert_eq!(config.portal.plan, "free");
    assert_eq!(config.portal.confirm_secs, 2);
    assert_eq!(config.stats.timezone.iana_name(), Some("Asia/Ho_Chi_Minh"));
    assert_eq!(config.network.gateway4.to_string(), "10.50.0.1/16");
    assert!(config.notices.is_empty());
}

#[test]
fn the_environment_wins_over_the_file() {
    let text = "[portal]\nlisten = \"127.0.0.1:1\"\naddresses = [\"192.0.2.1\"]\n[portal.tls]\ncert = \"a\"\nkey = \"b\"";
    let config = read(
        text,
        &[
            ("HOTSPOT__PORTAL__LISTEN", "127.0.0.1:0"),
            ("HOTSPOT__PORTAL__ADDRESSES", "192.0.2.7, 2001:db8::7"),
            ("HOTSPOT__PORTAL__CONFIRM_SECS", "5"),
            ("HOTSPOT__PORTAL__TLS__KEY", "c"),
            ("HOTSPOT_LOG", "debug"),
        ],
    )
    .unwrap();
    assert_eq!(config.portal.listen.port(), 0);
    assert_eq!(config.portal.addresses.len(), 2);
    assert_eq!(config.portal.confirm_secs, 5);
    let tls = config.portal.tls.unwrap();
    assert_eq!(tls.cert.to_str(), Some("/etc/hotspot/a"));
    assert_eq!(tls.key.to_str(), Some("c"));
}

#[test]
fn a_relative_data_dir_of_the_file_is_taken_from_the_files_folder() {
    let config = read("data_dir = \"state\"", &[]).unwrap();
    assert_eq!(config.data_dir.to_str(), Some("/etc/hotspot/state"));
    assert_eq!(config.store.url, "sqlite:/etc/hotspot/state/hotspot.db");
}

#[test]
fn unknown_keys_are_named_with_the_nearest_known_one() {
    let text =
        "[portal]\nlisen = \"127.0.0.1:0\"\n[agent]\nlisten = \"127.0.0.1:0\"\n[nonsense]\nfrobnicate = 1";
    let found = faults(text);
    assert_eq!(
        found,
        [
            "unknown configuration key agent.listen: did you mean agents.listen?",
            "unknown configuration key nonsense.frobnicate: remove it",
            "unknown configuration key portal.lisen: did you mean portal.listen?",
        ]
    );
}

#[test]
fn an_unknown_variable_is_named_as_it_stands_in_the_environment() {
    let error = read("", &[("HOTSPOT__PORTAL__LISTN", "x")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown configuration key HOTSPOT__PORTAL__LISTN: did you mean portal.listen?"
    );
}

#[test]
fn impossible_values_are_reported_together_each_with_key_value_and_what_is_allowed() {
    let text = r#"
        [portal]
        listen = "nowhere"
        public_url = "http://wifi.example"
        confirm_secs = 900
        [stats]
        timezone = "Asia/Atlantis"
        [network]
        gateway4 = "10.50.0.1/33"
        gateway6 = "2001:db8::1/64"
        gateway_mac = "01:00:5e:00:00:01"
        resolvers = []
        [timers]
        report_ms = -1
        [store]
        url = "postgres://db/hotspot"
        [admin]
        listen = "0.0.0.0:8445"
    "#;
    let found = faults(text);
    for (key, allowed) in [
        ("portal.listen = \"nowhere\"", "IP address with a port"),
        ("portal.public_url = \"http://wifi.example\"", "https://NAME"),
        ("portal.confirm_secs = 900", "from 1 to 30"),
        ("stats.timezone = \"Asia/Atlantis\"", "time zone"),
        ("network.gateway4 = \"10.50.0.1/33\"", "/8 to /30"),
        ("network.gateway6 = \"2001:db8::1/64\"", "unique-local"),
        ("network.gateway_mac = \"01:00:5e:00:00:01\"", "unicast"),
        ("network.resolvers = []", "at least one"),
        ("timers.report_ms = -1", "from 50"),
        ("admin.listen = 0.0.0.0:8445", "it must speak https: set admin.tls.cert and admin.tls.key"),
        ("store.url = \"postgres://db/hotspot\"", "sqlite:PATH"),
    ] {
        assert!(
            found.iter().any(|sentence| sentence.starts_with(key) && sentence.contains(allowed)),
            "{key} is not answered with {allowed:?}: {found:#?}"
        );
    }
    assert_eq!(found.len(), 11);
}

#[test]
fn an_impossible_variable_says_where_it_comes_from() {
    let error = read("", &[("HOTSPOT__PORTAL__CONFIRM_SECS", "soon")]).unwrap_err().to_string();
    assert!(error.contains("HOTSPOT__PORTAL__CONFIRM_SECS"), "{error}");
}

#[test]
fn values_that_contradict_each_other_are_faults() {
    let range = faults("[network]\nrange_first = \"10.50.9.0\"\nrange_last = \"10.50.1.0\"");
    assert!(range[0].contains("swap them"), "{range:?}");
    let outside = faults("[network]\nrange_last = \"10.51.0.1\"");
    assert!(outside[0].contains("outside network.gateway4"), "{outside:?}");
    let gateway = faults("[network]\ngateway4 = \"10.50.7.1/16\"");
    assert!(gateway[0].contains("keep it out of the range"), "{gateway:?}");
    let ports = faults("[portal]\nlisten = \"127.0.0.1:8445\"");
    assert!(ports[0].contains("portal.listen and admin.listen"), "{ports:?}");
    let tls = faults("[portal]\ntls = { cert = \"a.pem\" }");
    assert!(tls[0].contains("portal.tls.key"), "{tls:?}");
    let timers = faults("[timers]\nsample_ms = 20000");
    assert!(timers[0].contains("timers.report_ms"), "{timers:?}");
}

#[test]
fn figures_have_usual_values_and_impossible_ones_are_refused() {
    let stats = read("", &[]).unwrap().stats;
    assert_eq!((stats.min_cell, stats.capacity_users, stats.ledger_days), (10, 50, 40));
    let set = read("[stats]\nbusy_share = 0.5", &[("HOTSPOT__STATS__CAPACITY_USERS", "80")]).unwrap().stats;
    assert!((set.busy_share - 0.5).abs() < 1e-9 && set.capacity_users == 80);
    for text in
        ["busy_share = 0", "busy_share = 1.5", "busy_share = \"much\"", "ledger_days = 2", "min_cell = 0"]
    {
        assert_eq!(faults(&format!("[stats]\n{text}")).len(), 1, "{text}");
    }
}

#[test]
fn port_zero_may_stand_for_every_listener() {
    let text = "portal.listen = \"127.0.0.1:0\"\nagents.listen = \"127.0.0.1:0\"\nadmin.listen = \"127.0.0.1:0\"\nmetrics.listen = \"127.0.0.1:0\"";
    assert!(read(text, &[]).is_ok());
}

#[test]
fn keys_of_parts_that_are_not_served_are_checked_and_said_to_do_nothing() {
    let config = read("radius.radsec = \"0.0.0.0:2083\"", &[]).unwrap();
    assert_eq!(config.notices.len(), 1);
    assert!(config.notices.iter().any(|notice| notice.contains("no RadSec")));
    assert!(faults("radius.auth = \"everywhere\"")[0].starts_with("radius.auth"));
}

#[test]
fn text_that_is_no_toml_is_answered_with_its_line() {
    let found = faults("[portal]\nlisten = \n");
    assert!(found[0].contains("line 2"), "{found:?}");
    assert_eq!(found.len(), 1);
}
