//! The commands: what they do, what they write, how they fail.

use serde_json::Value;

use crate::support::{Controller, Files};

const SITES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sites/hoan-kiem.json");

#[test]
fn the_sites_of_hoan_kiem_are_imported_and_a_second_time_changes_nothing() {
    let files = Files::new();
    assert_eq!(files.done(&["ap", "import", SITES]), "access points: 34 added, 0 changed, 0 unchanged");
    assert_eq!(files.done(&["ap", "import", SITES]), "access points: 0 added, 0 changed, 34 unchanged");
    let json: Value = serde_json::from_str(&files.done(&["ap", "import", SITES, "--json"])).unwrap();
    assert_eq!(json, serde_json::json!({"added": 0, "changed": 0, "unchanged": 34}));
    let points = files.access_points();
    assert_eq!(points.len(), 34);
    let theatre = points.iter().find(|point| point["id"] == "hk-16").unwrap();
    assert_eq!(
        (theatre["zone"].as_str(), theatre["state"].as_str()),
        (Some("lake-east"), Some("not enrolled"))
    );
    assert_eq!(files.sql("SELECT name_en FROM zone WHERE id = 'lake-east'"), "East shore - Dinh Tien Hoang");
}

#[test]
fn an_import_with_broken_rows_imports_nothing_and_names_all_of_them() {
    let files = Files::new();
    let broken = std::fs::read_to_string(SITES)
        .unwrap()
        .replace("\"lat\": 21.0272", "\"lat\": 121.0272")
        .replace("\"id\": \"hk-03\"", "\"id\": \"HK 03\"");
    std::fs::write(files.path("broken.json"), broken).unwrap();
    let sentence = files.fails(1, &["ap", "import", files.path("broken.json").to_str().unwrap()]);
    assert!(sentence.contains("sites row 2 (hk-02): lat is missing or impossible"), "{sentence}");
    assert!(sentence.contains("sites row 3 (HK 03): id is missing or impossible"), "{sentence}");
    assert!(sentence.contains("nothing of"), "{sentence}");
    assert!(files.access_points().is_empty());
    let missing = files.fails(1, &["ap", "import", "/nowhere/sites.json"]);
    assert!(missing.contains("/nowhere/sites.json cannot be read"), "{missing}");
    let other = files.fails(1, &["ap", "import", "/etc/passwd"]);
    assert!(other.contains("the file is no JSON"), "{other}");
    assert_eq!(other.matches("import again").count(), 1, "{other}");
    std::fs::write(files.path("latin.json"), b"{\"sites\": \"H\xe0 N\xf4i\"}").unwrap();
    let latin = files.fails(1, &["ap", "import", files.path("latin.json").to_str().unwrap()]);
    assert!(latin.contains("save it as UTF-8"), "{latin}");
}

#[test]
fn access_points_are_added_described_anew_and_checked() {
    let files = Files::new();
    let add = |name: &str, lat: &str| {
        vec!["ap", "add", "hk-40", "--name", name, "--zone", "lake", "--lat", lat, "--lon", "105.85"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let run = |arguments: &[String]| files.done(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(run(&add("Kiosk", "21.03")), "access point hk-40: added");
    assert_eq!(run(&add("Kiosk", "21.03")), "access point hk-40: unchanged");
    assert_eq!(run(&add("Kiosk", "21.04")), "access point hk-40: changed");
    for (arguments, said) in [
        (["HK-40", "Kiosk", "lake", "21", "105"], "the id \"HK-40\" is not possible"),
        (["hk-40", "", "lake", "21", "105"], "--name is not possible"),
        (["hk-40", "Kiosk", "The Lake", "21", "105"], "the zone \"The Lake\" is not possible"),
        (["hk-40", "Kiosk", "lake", "-91", "105"], "--lat -91 is not possible"),
        (["hk-40", "Kiosk", "lake", "21", "181"], "--lon 181 is not possible"),
        (["hk-40", "Kiosk", "lake", "NaN", "105"], "--lat NaN is not possible"),
    ] {
        let [id, name, zone, lat, lon] = arguments;
        let sentence =
            files.fails(1, &["ap", "add", id, "--name", name, "--zone", zone, "--lat", lat, "--lon", lon]);
        assert!(sentence.contains(said), "{sentence}");
    }
    assert!(files.fails(1, &["ap", "token", "hk-99"]).contains("there is no access point \"hk-99\""));
    assert!(files.fails(1, &["ap", "revoke", "hk-99"]).contains("there is no access point \"hk-99\""));
    assert!(files.fails(1, &["ap", "revoke", "hk-40"]).contains("not enrolled"));
}

#[test]
fn a_plan_is_added_changed_and_checked() {
    let files = Files::new();
    let day = ["plan", "add", "day", "--session", "8h", "--quota", "2G", "--down", "10M", "--devices", "3"];
    assert_eq!(files.done(&day), "plan day: added");
    assert_eq!(files.done(&day), "plan day: unchanged");
    assert_eq!(files.done(&["plan", "add", "day"]), "plan day: changed");
    assert_eq!(files.sql("SELECT session_secs, quota_bytes FROM plan WHERE name = 'day'"), "43200|");
    // What the command line itself refuses is wrong usage.
    assert!(files.fails(2, &["plan", "add", "x", "--session", "soon"]).contains("such as 12h"));
    assert!(files.fails(2, &["plan", "add", "x", "--down", "fast"]).contains("such as 512K"));
    assert!(files.fails(2, &["plan", "add", "x", "--devices", "0"]).contains("1..=10000"));
    assert!(files.fails(1, &["plan", "add", "Big Plan"]).contains("at most 64"));
}

#[test]
fn the_data_directory_is_its_owners_business_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let files = Files::new();
    files.token("hk-16");
    assert_eq!(std::fs::metadata(files.data()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn tokens_say_for_how_long_they_work() {
    let files = Files::new();
    let token = files.token("hk-16");
    assert!(token.starts_with("hk1.") && !token.contains('\n'));
    let json: Value =
        serde_json::from_str(&files.done(&["ap", "token", "hk-16", "--valid", "10m", "--json"])).unwrap();
    assert_eq!(json["ap"], "hk-16");
    assert_ne!(json["token"].as_str(), Some(token.as_str()));
    assert!(json["expires_ms"].as_u64().unwrap() > 1_700_000_000_000);
    assert_eq!(files.sql("SELECT count(*) FROM enroll_token"), "1");
    assert_eq!(files.sql("SELECT instr(hex(secret_sha256), 'hk1') FROM enroll_token"), "0");
}

#[test]
fn wrong_usage_and_failure_have_exit_codes_of_their_own() {
    let files = Files::new();
    files.fails(2, &["frobnicate"]);
    files.fails(2, &["ap"]);
    files.fails(2, &["ap", "add", "hk-1"]);
    assert!(files.fails(1, &["session", "kick", "xyz"]).contains("session list"));
    assert!(files.fails(1, &["session", "kick", &"0".repeat(32)]).contains("there is no visit"));
    assert_eq!(files.done(&["session", "list"]), "nobody is on line");
    assert!(files.done(&["migrate"]).contains("is up to date"));
    let json: Value = serde_json::from_str(&files.done(&["migrate", "--json"])).unwrap();
    assert_eq!(json["result"], "up to date");
    assert!(json["database"].as_str().unwrap().ends_with("hotspot.db"), "{json}");
}

#[test]
fn a_configuration_is_checked_and_every_fault_is_named() {
    let files = Files::new();
    assert_eq!(files.done(&["check-config"]), "the configuration is valid");
    files.write_config("portal.lisen = \"x\"\nradius.radsec = \"nowhere\"\nnetwork.lease_secs = 1");
    for command in [&["check-config"][..], &["serve"], &["ap", "list"]] {
        let sentences = files.fails(1, command);
        assert!(
            sentences.contains("unknown configuration key portal.lisen: did you mean portal.listen?"),
            "{sentences}"
        );
        assert!(sentences.contains("radius.radsec = \"nowhere\" is not possible"), "{sentences}");
        assert!(sentences.contains("network.lease_secs = 1 is not possible"), "{sentences}");
    }
    std::fs::write(files.config(), b"data_dir = \"d\xf4n\"").unwrap();
    let sentence = files.fails(1, &["check-config"]);
    assert!(sentence.contains("it is not UTF-8; save it as UTF-8"), "{sentence}");
    std::fs::remove_file(files.config()).unwrap();
    assert!(files.fails(1, &["check-config"]).contains("does not exist"));
}

#[test]
fn keys_of_parts_that_are_not_served_are_valid_and_said_to_do_nothing() {
    let files = Files::with("radius.radsec = \"0.0.0.0:2083\"");
    let said = files.done(&["check-config"]);
    assert!(said.contains("no RadSec"), "{said}");
}

#[tokio::test]
async fn a_port_in_use_is_one_clear_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let files = Files::new();
    let text = std::fs::read_to_string(files.config()).unwrap();
    let text = text.replace("agents.listen = \"127.0.0.1:0\"", &format!("agents.listen = \"{address}\""));
    std::fs::write(files.config(), text).unwrap();
    let sentence = files.fails(1, &["serve"]);
    assert!(sentence.contains(&format!("agents.listen = {address} is in use")), "{sentence}");
    assert!(!files.data().exists(), "a controller that cannot serve has made a data directory");
}

#[tokio::test]
async fn two_controllers_do_not_serve_one_data_directory() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let sentence = files.fails(1, &["serve"]);
    assert!(sentence.contains("another hotspot-controller serves the data directory"), "{sentence}");
    assert!(files.data().join("ready.json").exists(), "the second one removed the first one's file");
    drop(controller);
}

#[test]
fn a_plan_that_is_not_there_is_named_at_the_start() {
    let files = Files::with("portal.plan = \"gold\"");
    let sentence = files.fails(1, &["serve"]);
    assert!(sentence.contains("portal.plan = \"gold\" is not there"), "{sentence}");
}
