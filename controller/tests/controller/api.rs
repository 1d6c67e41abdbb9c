//! The operators' API: what it shows, to whom, page by page, and ending a visit.

use std::time::{Duration, Instant};

use agent_protocol::v1::Health;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::link::report;
use crate::support::{Agent, Controller, Files, LIMIT, Phone, fresh_id, wait_until};

const LAN: &str = "lan@hanoi.example";

/// Waits until the API shows this many sessions.
async fn sessions(browser: &Browser, controller: &Controller, count: usize) -> Vec<Value> {
    wait_until("the sessions", LIMIT, || async {
        let found = browser.items(controller, "/api/v1/sessions").await;
        (found.len() == count).then_some(found)
    })
    .await
}

#[tokio::test]
async fn a_kick_closes_the_gate_within_a_second_and_a_second_one_finds_nothing() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let engineer = Browser::signed_in(&controller, &files, LAN, "engineer").await;
    let analyst = Browser::signed_in(&controller, &files, "mai@hanoi.example", "analyst").await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    let grant = link.apply().await.grant.unwrap();
    let (_, phone) = tap.await.unwrap();
    link.journal(1, vec![report(fresh_id(), &grant, 100_000)]).await;
    let session = &sessions(&engineer, &controller, 1).await[0];
    assert_eq!(session["mac"], "02:11:22:33:44:07");
    assert_eq!((&session["ap"], &session["can_be_ended"]), (&json!("hk-16"), &json!(true)));
    assert_eq!(analyst.items(&controller, "/api/v1/sessions").await[0]["mac"], Value::Null);
    assert_eq!(engineer.items(&controller, "/api/v1/sessions?ap=hk-17").await.len(), 0);
    let visits = engineer.items(&controller, "/api/v1/visits").await;
    assert_eq!(visits.len(), 1);
    assert_eq!((&visits[0]["id"], &visits[0]["open_sessions"]), (&session["visit"], &json!(1)));

    let kick = format!("/api/v1/sessions/{}", session["id"].as_str().unwrap());
    let refused = analyst.ask(&controller, "DELETE", &kick).await;
    assert_eq!(refused.status, 403);
    assert!(refused.problem().contains("the role analyst may read this but change nothing"));
    let asked = Instant::now();
    let asking = tokio::spawn({
        let (engineer, kick, address) = (engineer.clone(), kick.clone(), controller.address("admin"));
        async move {
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            engineer.ask_on(stream, "DELETE", &kick).await
        }
    });
    assert!(link.apply().await.grant.unwrap().revoked);
    assert!(asked.elapsed() < Duration::from_secs(1), "it took {:?}", asked.elapsed());
    let answer = asking.await.unwrap();
    assert_eq!((answer.status, &answer.json()["result"]), (200, &json!("gate_closed")), "{}", answer.body);
    assert!(phone.captive().await);
    let gone = engineer.ask(&controller, "DELETE", &kick).await;
    assert_eq!(gone.status, 404);
    assert!(gone.problem().contains("it is over"), "{}", gone.body);
    let audit = &engineer.items(&controller, "/api/v1/audit?limit=1").await[0];
    assert_eq!((&audit["actor"], &audit["action"]), (&json!(LAN), &json!("visit.kick")));
    assert_eq!(engineer.items(&controller, "/api/v1/visits").await[0]["ended_by"], "kicked");
}

#[tokio::test]
async fn a_kick_of_nothing_and_of_a_radius_session_says_so() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let program = {
        Browser::signed_in(&controller, &files, LAN, "admin").await;
        Browser::with_token(&files.done(&["operator", "token", LAN]))
    };
    for id in ["xyz", "hk-16.00", &format!("hk-16.{}", "0".repeat(32)), "hk-16.%00", "..%2f..%2fetc"] {
        let gone = program.ask(&controller, "DELETE", &format!("/api/v1/sessions/{id}")).await;
        assert_eq!(gone.status, 404, "{id}");
        assert!(gone.problem().contains("there is no such session"), "{}", gone.body);
    }
    files.sql(&format!(
        "INSERT INTO session VALUES ('nas:cafe', x'{id}', 'hoankiem', x'{id}', x'020000000001', 5, 6, 7, 8, 9, 10,
            NULL, '[]');
         INSERT INTO nas_session (ap, id, origin, acct_session_id, user_name, calling_station, called_station, ssid,
            started_ms, heard_ms, arrived_ms, session_secs, closed_ms, terminate_cause, wrapped) VALUES ('nas:cafe', x'{id}', x'00', x'2200', x'3c623e',
            x'', x'', x'ff5c', 5, 6, 6, 0, NULL, 0, 0)",
        id = "ab".repeat(16),
    ));
    let session = &sessions(&program, &controller, 1).await[0];
    assert_eq!(session["radius"]["ssid"], "\\xff\\\\");
    assert_eq!(session["radius"]["acct_session_id"], "\"\\x00");
    assert_eq!((&session["radius"]["user_name"], &session["can_be_ended"]), (&json!("<b>"), &json!(false)));
    let kick = format!("/api/v1/sessions/{}", session["id"].as_str().unwrap());
    let conflict = program.ask(&controller, "DELETE", &kick).await;
    assert_eq!(conflict.status, 409);
    assert!(conflict.problem().contains("speaks RADIUS"), "{}", conflict.body);
    let visit = &program.items(&controller, "/api/v1/visits?from=1970-01-01T00:00:00Z").await[0];
    assert_eq!(
        (&visit["ap"], &visit["starts_ms"], &visit["plan"]),
        (&json!("nas:cafe"), &json!(5), &Value::Null)
    );
}

#[tokio::test]
async fn access_points_say_how_they_are() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let browser = Browser::signed_in(&controller, &files, LAN, "editor").await;
    files.token("hk-17");
    let (_agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    link.health = Health {
        stations: 40,
        sessions: 3,
        grants: 9,
        journal_pending: 5,
        problems: vec!["the bridge \"br-<x>\" has no port".to_owned()],
        ..Health::default()
    };
    link.answer_ping(0).await;
    let aps = wait_until("the figures", LIMIT, || async {
        let aps = browser.items(&controller, "/api/v1/aps").await;
        (aps[0]["stations"] == 40).then_some(aps)
    })
    .await;
    let [here, there] = aps.as_slice() else { panic!("{aps:?}") };
    assert_eq!(
        (&here["id"], &here["state"], &here["connected"]),
        (&json!("hk-16"), &json!("up"), &json!(true))
    );
    assert_eq!(
        (&here["sessions"], &here["grants"], &here["journal_pending"]),
        (&json!(3), &json!(9), &json!(5))
    );
    assert_eq!(here["problems"], json!(["the bridge \"br-<x>\" has no port"]));
    assert!(here["config"]["wanted"].is_u64(), "{here}");
    assert_eq!((&there["state"], &there["stations"]), (&json!("not_enrolled"), &Value::Null));
    drop(link);
    wait_until("its end", LIMIT, || async {
        (browser.items(&controller, "/api/v1/aps").await[0]["state"] == "down").then_some(())
    })
    .await;
}

#[tokio::test]
async fn pages_are_stable_while_visits_begin_and_none_is_shown_twice() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let browser = Browser::signed_in(&controller, &files, LAN, "engineer").await;
    let row = |number: u32, at: u32| {
        format!(
            "INSERT INTO device_grant VALUES (x'{number:032x}', 'hoankiem', 1, {number}, 'hoankiem', x'{number:012x}',
                'device:{number:012x}', 'hk-16', 'free', 900, NULL, 0, 0, 20000, 5, {at}, 6, 5, 'time_up', 1, 1);"
        )
    };
    // Many begin in the same millisecond, as after an outage.
    files.sql(&(1..=25).map(|number| row(number, 1000 + number / 10)).collect::<String>());
    let (mut seen, mut next, mut pages) = (Vec::new(), Some(String::new()), 0);
    while let Some(cursor) = next.take() {
        let path = format!("/api/v1/visits?from=1970-01-01T00:00:00Z&to=2100-01-01&limit=10{cursor}");
        let answer = browser.get(&controller, &path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let page = answer.json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|visit| visit["id"].as_str().unwrap().to_owned()),
        );
        next = page["next"].as_str().map(|cursor| format!("&cursor={cursor}"));
        pages += 1;
        if pages == 1 {
            files.sql(&(row(0xffff, 5000) + &row(0xfffe, 1)));
        }
    }
    let mut expected: Vec<String> = (1..=25).map(|number| format!("{number:032x}")).collect();
    expected.push(format!("{:032x}", 0xffff));
    assert_eq!(seen, expected);
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn every_wrong_parameter_is_named_and_nothing_impossible_is_an_error_of_ours() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let browser = Browser::signed_in(&controller, &files, LAN, "admin").await;
    let answer = browser
        .get(&controller, "/api/v1/visits?from=tomorrow&to=2026-02-30&limit=0&cursor=%00&color=red")
        .await;
    assert_eq!(answer.status, 400);
    let fields: Vec<Value> =
        answer.json()["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["limit", "from", "to", "cursor", "color"]);
    for (query, said) in [
        ("from=2026-11-25&to=2026-11-24", "to: it must be later than from"),
        ("from=2026-11-25&to=2026-11-25", "to: it must be later than from"),
        ("from=1969-01-01", "after 1970"),
        ("from=2026-11-25T10:00:00", "such as"),
        ("limit=99999999999999999999", "from 1 to 1000"),
        ("limit=5&limit=6", "more than once"),
        ("cursor=WyJhdWRpdCIsNV0", "cursor: give the next"),
        ("from='%20OR%201=1", "is allowed"),
    ] {
        let answer = browser.get(&controller, &format!("/api/v1/visits?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.problem().contains(said), "{query}: {}", answer.body);
    }
    for path in
        ["/api/v1/aps?limit=x", "/api/v1/sessions?cursor=x", "/api/v1/audit?cursor=x", "/api/v1/nas?zone=x"]
    {
        assert_eq!(browser.get(&controller, path).await.status, 400, "{path}");
    }
    let nothing = browser.get(&controller, "/api/v1/nothing").await;
    assert_eq!(nothing.status, 404);
    assert!(nothing.problem().contains("openapi.json"));
    assert_eq!(browser.ask(&controller, "DELETE", "/api/v1/aps").await.status, 405);
}

#[tokio::test]
async fn lists_of_radius_show_no_secret_and_names_of_people_to_engineers_alone() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let engineer = Browser::signed_in(&controller, &files, LAN, "engineer").await;
    let editor = Browser::signed_in(&controller, &files, "mai@hanoi.example", "editor").await;
    files.sql(
        "INSERT INTO nas VALUES ('cafe', '192.0.2.7/32', x'c5c5c5', 'hostapd', 3799, 1, NULL, 5);
         INSERT INTO account VALUES ('an <b>', '$argon2id$canary', 'free', 5), ('binh', 'x', 'free', 5)",
    );
    let nas = editor.get(&controller, "/api/v1/nas").await;
    assert_eq!(nas.json()["items"][0]["name"], "cafe");
    assert!(!nas.body.contains("c5c5") && !nas.body.contains("secret"), "{}", nas.body);
    let first = engineer.get(&controller, "/api/v1/accounts?limit=1").await;
    assert_eq!(first.json()["items"][0]["name"], "an <b>");
    assert!(!first.body.contains("argon2"), "{}", first.body);
    let next = first.json()["next"].as_str().unwrap().to_owned();
    let second = engineer.get(&controller, &format!("/api/v1/accounts?limit=1&cursor={next}")).await;
    assert_eq!((&second.json()["items"][0]["name"], &second.json()["next"]), (&json!("binh"), &Value::Null));
    for path in ["/api/v1/accounts", "/api/v1/audit"] {
        assert_eq!(editor.get(&controller, path).await.status, 403, "{path}");
        assert_eq!(Browser::new().get(&controller, path).await.status, 401, "{path}");
    }
    assert_eq!(engineer.get(&controller, "/api/v1/openapi.json").await.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn figures_are_asked_for_by_range_and_an_impossible_one_is_named() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let browser = Browser::signed_in(&controller, &files, LAN, "analyst").await;
    files.token("hk-16");
    let ask = async |query: &str| browser.get(&controller, &format!("/api/v1/stats/{query}")).await;
    for public in ["", "&public=true"] {
        let range = "visits?from=2026-11-01&to=2026-12-01&by=zone&step=hour";
        let answer = ask(&format!("{range}{public}")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let figures = answer.json();
        assert_eq!((&figures["items"], &figures["next"]), (&json!([]), &Value::Null));
        assert!(figures["counting_rule"].as_str().unwrap().contains("one device address on one civil day"));
        assert_eq!(figures["dwell_bounds_ms"].as_array().unwrap().len(), 7);
    }
    for (query, said) in [
        ("visits", "from: it must be given, such as 2026-11-24; to: it must be given"),
        ("visits?from=2026-11-02&to=2026-11-01", "to: it must be later than from"),
        ("visits?from=2019-01-01&to=2026-11-01", "from: the range leaves the years 2020 to 2099"),
        ("visits?from=2024-01-01&to=2026-11-01&step=hour", "to: by hour at most 400 days"),
        ("visits?from=2026-11-01&to=2026-11-02&by=street", "by: all, ap or zone is allowed"),
        ("visits?from=2026-11-01&to=2026-11-02&step=week", "step: hour or day is allowed"),
        ("visits?from=2026-11-01&to=2026-11-02&public=perhaps", "public: true or false is allowed"),
        ("load?weeks=0", "weeks: a whole number from 1 to 52 is allowed"),
    ] {
        let answer = ask(query).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.problem().contains(said), "{query}: {}", answer.body);
    }
    let load = ask("load?weeks=2").await.json();
    assert_eq!((&load["items"][0]["ap"], &load["items"][0]["weeks"]), (&json!("hk-16"), &json!(2)));
    assert!(load["from_ms"].as_u64() < load["to_ms"].as_u64(), "{load}");
    assert_eq!(Browser::new().get(&controller, "/api/v1/stats/load").await.status, 401);
}
