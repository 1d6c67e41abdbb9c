//! RFC 8908 and RFC 8910 at `/api/captive`: who gets which member, in which form.

use captive_portal::{Online, Visitor};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{NOW_MS, Still, ask, get, online, relay, request, state, states};

async fn members(visitor: Visitor) -> Value {
    let answer = get(&Still::new(visitor).router(), "/api/captive").await;
    assert_eq!(answer.status, StatusCode::OK);
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn each_member_is_there_exactly_when_the_rfc_allows_it() {
    let captive = json!({
        "captive": true,
        "user-portal-url": "https://wifi.hoankiem.example/",
        "venue-info-url": "https://wifi.hoankiem.example/guide",
    });
    for name in ["new", "new, part used", "pending", "full", "crowd", "time up", "data up", "blocked"] {
        assert_eq!(members(state(name)).await, captive, "{name}");
    }
    let mut free = captive.clone();
    free["captive"] = json!(false);
    let unlimited = Online { ends_ms: None, ..online() };
    assert_eq!(members(Visitor::Online(unlimited.clone())).await, free);

    let mut timed = free.clone();
    timed["seconds-remaining"] = json!(43_080);
    timed["can-extend-session"] = json!(false);
    assert_eq!(members(Visitor::Online(online())).await, timed);

    let mut both = timed.clone();
    both["bytes-remaining"] = json!(5_000_000_000_u64);
    both["can-extend-session"] = json!(true);
    let limited = Online { remaining_bytes: Some(5_000_000_000), can_extend: true, ..online() };
    assert_eq!(members(Visitor::Online(limited)).await, both);

    let mut data_only = free;
    data_only["bytes-remaining"] = json!(0);
    data_only["can-extend-session"] = json!(false);
    let limited = Online { remaining_bytes: Some(0), ..unlimited };
    assert_eq!(members(Visitor::Online(limited)).await, data_only);
}

#[tokio::test]
async fn a_connection_past_its_end_has_no_seconds_left_rather_than_a_number_below_zero() {
    let over = Online { ends_ms: Some(NOW_MS - 5_000), ..online() };
    assert_eq!(members(Visitor::Online(over)).await["seconds-remaining"], json!(0));
}

#[tokio::test]
async fn whoever_asks_from_elsewhere_is_not_captive_and_has_no_portal() {
    let answer = get(&Still::new(Visitor::Public).router(), "/api/captive").await;
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body, json!({"captive": false, "venue-info-url": "https://wifi.hoankiem.example/guide"}));
}

#[tokio::test]
async fn a_request_without_an_asker_is_one_of_the_public() {
    let router = Still::new(state("online")).router();
    let mut nobody = request(Method::GET, "/api/captive", &[]);
    nobody.extensions_mut().clear();
    let body: Value = serde_json::from_slice(&ask(&router, nobody).await.body).unwrap();
    assert_eq!(body["captive"], json!(false));
    assert!(body.get("seconds-remaining").is_none());
    assert!(relay().identity().is_some());
}

#[tokio::test]
async fn the_answer_has_the_right_type_is_never_stored_and_fits_an_android_phone() {
    for (name, visitor) in states() {
        let answer = get(&Still::new(visitor).router(), "/api/captive").await;
        assert_eq!(answer.header("cache-control"), "private, no-store", "{name}");
        assert!(answer.header("vary").contains("accept"), "{name}");
        if answer.status == StatusCode::OK {
            assert_eq!(answer.header("content-type"), "application/captive+json", "{name}");
            // Android reads 4096 characters and no more.
            assert!(answer.body.len() < 4096, "{name}");
        } else {
            assert!(name.starts_with("away"), "{name}");
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.header("retry-after"), "5");
        }
    }
}

#[tokio::test]
async fn a_browser_is_sent_to_the_portal_and_every_spelling_of_the_type_is_understood() {
    let router = Still::new(state("new")).router();
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let answer = ask(&router, request(Method::GET, "/api/captive", &[("accept", browser)])).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(answer.header("location"), "https://wifi.hoankiem.example/");
    assert_eq!(answer.header("cache-control"), "private, no-store");
    for accept in
        ["application/captive+json", "application/capport+json", "text/plain, application/captive+json;q=0.4"]
    {
        let answer = ask(&router, request(Method::GET, "/api/captive", &[("accept", accept)])).await;
        assert_eq!(answer.header("content-type"), "application/captive+json", "{accept}");
    }
}

#[tokio::test]
async fn every_address_in_an_answer_is_https() {
    for (name, visitor) in states() {
        let answer = get(&Still::new(visitor).router(), "/api/captive").await;
        if let Ok(Value::Object(members)) = serde_json::from_slice(&answer.body) {
            for (key, value) in members.iter().filter(|(key, _)| key.ends_with("-url")) {
                assert!(value.as_str().unwrap().starts_with("https://"), "{name}: {key}");
            }
        }
    }
}

#[tokio::test]
async fn head_says_what_get_says_without_the_body() {
    let router = Still::new(state("online")).router();
    let answer = ask(&router, request(Method::HEAD, "/api/captive", &[])).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/captive+json");
    assert!(answer.body.is_empty());
}
