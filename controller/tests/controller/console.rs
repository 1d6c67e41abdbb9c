//! The console on the real controller: every page with what happened, for whom, and ending a visit with its form.

use std::time::{SystemTime, UNIX_EPOCH};

use agent_protocol::v1::SessionReport;
use http::header::{CONTENT_SECURITY_POLICY, ETAG, LOCATION, SET_COOKIE};
use serde_json::Value;

use crate::support::browser::{Browser, Page};
use crate::support::link::report;
use crate::support::{Agent, Controller, Files, LIMIT, Phone, fresh_id, wait_until};

const LAN: &str = "lan@hanoi.example";
/// Every page of the navigation, with a word of its content in English.
const PAGES: [(&str, &str); 9] = [
    ("/", "What is wrong"),
    ("/aps", "HK-16"),
    ("/sessions", "Live sessions"),
    ("/usage", "How this is counted"),
    ("/load", "stats.busy_share"),
    ("/nas", "nas add"),
    ("/accounts", "account add"),
    ("/sign-ins", "geo.country_db"),
    ("/audit", "Operator added"),
];

async fn page(browser: &Browser, controller: &Controller, path: &str, status: u16) -> Page {
    let page = browser.get(controller, path).await;
    assert_eq!(page.status, status, "{path}: {}", page.body);
    page
}

#[tokio::test]
async fn every_page_is_served_to_who_is_signed_in_and_to_nobody_else() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let stranger = Browser::new();
    let engineer = Browser::signed_in(&controller, &files, LAN, "engineer").await;
    let analyst = Browser::signed_in(&controller, &files, "mai@hanoi.example", "analyst").await;
    let (_agent, _link) = Agent::linked(&controller, &files, "hk-16").await;
    for (path, word) in PAGES {
        let refused = page(&stranger, &controller, path, 401).await;
        assert!(refused.body.contains("Sign in first") && !refused.body.contains("HK-16"), "{path}");
        let shown = page(&engineer, &controller, path, 200).await;
        assert!(shown.body.contains(word), "{path}: {}", shown.body);
        assert!(shown.body.contains(LAN) && shown.body.contains("<html lang=\"en\">"), "{path}");
        let policy = shown.header(CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let for_analyst = if ["/accounts", "/audit"].contains(&path) { 403 } else { 200 };
        page(&analyst, &controller, path, for_analyst).await;
    }
    page(&engineer, &controller, "/aps/hk-16", 200).await;
    for nothing in ["/aps/hk-99", "/aps/%3Cscript%3E", "/nowhere"] {
        let lost = page(&engineer, &controller, nothing, 404).await;
        assert!(
            lost.body.contains("This page does not exist") && !lost.body.contains("<script>"),
            "{}",
            lost.body
        );
    }
    for wrong in ["/usage?from=2026-11-20&to=2026-11-01", "/usage?from=x", "/load?weeks=0", "/audit?after=x"]
    {
        page(&engineer, &controller, wrong, 400).await;
    }
    let style = page(&stranger, &controller, "/assets/console/console.css", 200).await;
    assert!(!style.header(ETAG).is_empty());
}

#[tokio::test]
async fn the_chosen_language_is_remembered_and_leads_back_to_this_server_only() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let mut browser = Browser::new();
    let chosen = page(&browser, &controller, "/language/vi?to=/aps%3Fsort%3Did", 303).await;
    assert_eq!(chosen.header(LOCATION), "/aps?sort=id");
    browser.cookie = chosen.header(SET_COOKIE).split(';').next().map(str::to_owned);
    assert!(page(&browser, &controller, "/", 401).await.body.contains("<html lang=\"vi\">"));
    for elsewhere in ["//evil.example", "https://evil.example", "/%5Cevil.example", ""] {
        let answer = page(&browser, &controller, &format!("/language/en?to={elsewhere}"), 303).await;
        assert_eq!(answer.header(LOCATION), "/", "{elsewhere}");
    }
}

#[tokio::test]
async fn a_visit_is_seen_in_every_page_and_ended_by_the_form() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let mut engineer = Browser::signed_in(&controller, &files, LAN, "engineer").await;
    let analyst = Browser::signed_in(&controller, &files, "mai@hanoi.example", "analyst").await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    let grant = link.apply().await.grant.unwrap();
    let (_, phone) = tap.await.unwrap();
    link.journal(1, vec![report(fresh_id(), &grant, 100_000)]).await;
    let id = wait_until("the session", LIMIT, || async {
        let found = engineer.items(&controller, "/api/v1/sessions").await;
        found.first().and_then(|session| session["id"].as_str().map(str::to_owned))
    })
    .await;

    let list = page(&engineer, &controller, "/sessions?ap=hk-16", 200).await.body;
    assert!(list.contains("1 session<") && list.contains(&format!("/sessions/{id}/end?ap=hk-16")), "{list}");
    // The code that the visitor reads to the help desk is on the visitor's page too.
    let code = list.split("<b class=\"code\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    assert!(phone.get("/session").await.body.contains(&format!("HK-16 · {code}")), "{code}");
    assert!(!list.contains("02:11:22:33:44:07"), "a hardware address is shown");
    assert!(page(&engineer, &controller, "/sessions?ap=hk-17", 200).await.body.contains("Nobody is on line"));
    assert!(page(&engineer, &controller, "/aps/hk-16", 200).await.body.contains(code));
    let read_only = page(&analyst, &controller, "/sessions", 200).await.body;
    assert!(read_only.contains("Your role may only read") && !read_only.contains("/end"), "{read_only}");

    let form = format!("/sessions/{id}/end");
    let question = page(&engineer, &controller, &format!("{form}?ap=hk-16"), 200).await.body;
    assert!(question.contains(&format!("action=\"{form}\"")), "{question}");
    engineer.form = Some("ap=hk-16".to_owned());
    let other_site = Browser { site: Some("cross-site"), ..engineer.clone() };
    assert_eq!(other_site.ask(&controller, "POST", &form).await.status, 403);
    let not_allowed = Browser { form: Some(String::new()), ..analyst };
    assert_eq!(not_allowed.ask(&controller, "POST", &form).await.status, 403);
    let ending = tokio::spawn({
        let (engineer, form, address) = (engineer.clone(), form.clone(), controller.address("admin"));
        async move {
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            engineer.ask_on(stream, "POST", &form).await
        }
    });
    assert!(link.apply().await.grant.unwrap().revoked);
    let ended = ending.await.unwrap();
    assert_eq!((ended.status, ended.header(LOCATION)), (303, "/sessions?ended=closed&ap=hk-16"));
    assert!(
        page(&engineer, &controller, "/sessions?ended=closed", 200).await.body.contains("the gate is closed")
    );
    let audit = page(&engineer, &controller, "/audit", 200).await.body;
    assert!(audit.contains("Visit ended") && audit.contains(LAN), "{audit}");
    let again = engineer.ask(&controller, "POST", "/sessions/hk-16.00/end").await;
    assert_eq!(again.header(LOCATION), "/sessions?ended=gone&ap=hk-16");
}

#[tokio::test]
async fn the_figures_on_the_page_are_those_of_the_api() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let engineer = Browser::signed_in(&controller, &files, LAN, "engineer").await;
    let (agent, mut link) = Agent::linked(&controller, &files, "hk-16").await;
    let phone = Phone::new(&controller, &agent, 7);
    let tap = tokio::spawn(async move { (phone.post("/connect").await, phone) });
    let grant = link.apply().await.grant.unwrap();
    let _ = tap.await.unwrap();
    let opened_ms = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let said =
        SessionReport { opened_ms, last_packet_ms: opened_ms + 5, ..report(fresh_id(), &grant, 100_000) };
    link.journal(1, vec![said]).await;
    let day: Value = wait_until("the day's figures", LIMIT, || async {
        let found =
            engineer.items(&controller, "/api/v1/stats/visits?step=day&from=2024-01-01&to=2033-12-31").await;
        found.into_iter().find(|slot| slot["key"] == "all" && slot["visits"] == 1)
    })
    .await;
    let usage = page(&engineer, &controller, "/usage", 200).await.body;
    let row = usage.split("<tr data-t=").find(|row| row.contains("data-visits=\"1\"")).unwrap_or_default();
    let (visitors, peak) = (&day["visitors"], &day["peak_users"]);
    assert!(row.contains(&format!("data-unique=\"{visitors}\" data-peak=\"{peak}\"")), "{day}: {usage}");
    let overview = page(&engineer, &controller, "/", 200).await.body;
    assert!(overview.contains("counted one by one"), "{overview}");
}
