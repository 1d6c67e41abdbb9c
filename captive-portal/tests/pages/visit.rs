//! The life of a visit as the pages show it, and the guide of the place.

use captive_portal::{Away, End, Visitor};
use http::{Method, StatusCode};

use crate::support::{
    ADDRESS, HOUR_MS, LANGUAGES, MAC, NOW_MS, PATHS, SUPPORT_CODE, Still, ask, attributes, get, post,
    request, state, states, with_language,
};

#[tokio::test]
async fn one_tap_leads_to_the_success_page_by_a_303() {
    let router = Still::new(state("new")).router();
    let splash = get(&router, "/").await;
    assert_eq!(splash.status, StatusCode::OK);
    assert!(splash.html().contains("<form class=\"go\" id=\"go\" method=\"post\" action=\"/connect\">"));
    let tap = post(&router, "/connect").await;
    assert_eq!(tap.status, StatusCode::SEE_OTHER);
    assert_eq!(tap.header("location"), "/session");
    assert_eq!(tap.header("cache-control"), "private, no-store");

    let router = Still::new(state("online")).router();
    let success = get(&router, "/session?lang=en").await;
    for says in
        ["You are online", "11 h 58 min left", "until 08:10 tomorrow", SUPPORT_CODE, "wifi.hoankiem.example"]
    {
        assert!(success.html().contains(says), "{says}");
    }
    assert!(get(&router, "/").await.html().contains("Around Thang Long Water Puppet Theatre"));
}

#[tokio::test]
async fn logging_out_leads_to_a_page_that_says_so_and_offers_the_button_again() {
    let router = Still::new(state("online")).router();
    assert!(get(&router, "/session").await.html().contains("method=\"post\" action=\"/session/end\""));
    let out = post(&router, "/session/end").await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert_eq!(out.header("location"), "/session?ended=yes");
    let router = Still::new(state("new")).router();
    let page = get(&router, "/session?ended=yes").await;
    assert!(page.html().contains("You are logged out") && page.html().contains("action=\"/connect\""));
    // Whoever is still online is not told otherwise by an address.
    let router = Still::new(state("online")).router();
    assert!(get(&router, "/session?ended=yes").await.html().contains("You are online"));
}

#[tokio::test]
async fn a_log_out_that_the_centre_cannot_take_says_so() {
    let away = Away { since_ms: None, support_code: None };
    let still = Still { end: End::Away(away), ..Still::new(state("online")) };
    let answer = post(&still.router(), "/session/end").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.html().contains("You are still connected"));
}

#[tokio::test]
async fn a_page_that_waits_reloads_itself_and_offers_a_link_that_stops_that() {
    for (name, path, status, secs) in [
        ("pending", "/session", 200, "3"),
        ("full", "/", 503, "20"),
        ("crowd", "/", 503, "20"),
        ("away", "/", 503, "20"),
        ("away, nothing known", "/session", 503, "20"),
    ] {
        let router = Still::new(state(name)).router();
        let answer = get(&router, &with_language(path, "vi")).await;
        assert_eq!(answer.status.as_u16(), status, "{name}");
        let to = if name == "pending" { "/session" } else { "/" };
        assert_eq!(answer.header("refresh"), format!("{secs};url={to}?lang=vi"), "{name}");
        assert_eq!(answer.header("retry-after"), if status == 503 { secs } else { "" }, "{name}");
        let stop = attributes(answer.html(), "href").into_iter().find(|link| link.contains("wait=no"));
        let stopped = get(&router, &stop.unwrap_or_else(|| panic!("{name} has no link that stops it"))).await;
        assert_eq!(stopped.header("refresh"), "", "{name}");
        assert_eq!(stopped.status.as_u16(), status, "{name}");
        assert!(!stopped.html().contains("wait=no"), "{name}");
    }
}

#[tokio::test]
async fn a_tap_that_does_not_lead_on_line_answers_with_the_page_of_that_state() {
    for (name, status, says) in [
        ("pending", 200, "Almost there"),
        ("full", 503, "serves 64 devices"),
        ("full, not counted", 503, "has no room for another device"),
        ("crowd", 503, "Very many people are connecting"),
        ("away", 503, "since 20:02"),
        ("time up", 403, "from <b>00:12 tomorrow</b>"),
        ("data up", 403, "from <b>20:12 on 22 Nov</b>"),
        ("blocked", 403, "This device is blocked"),
        ("public", 403, "This page works on the Wi-Fi"),
    ] {
        let answer = post(&Still::new(state(name)).router(), "/connect?lang=en").await;
        assert_eq!(answer.status.as_u16(), status, "{name}");
        assert!(answer.html().contains(says), "{name}: {says}");
        assert_eq!(answer.header("cache-control"), "private, no-store", "{name}");
    }
}

#[tokio::test]
async fn what_depends_on_the_asker_is_never_stored() {
    for (name, visitor) in states() {
        let router = Still::new(visitor).router();
        for path in PATHS {
            let answer = get(&router, path).await;
            let same_for_all = path == "/terms" || path == "/privacy";
            let expected = if same_for_all { "public, max-age=300" } else { "private, no-store" };
            assert_eq!(answer.header("cache-control"), expected, "{name} {path}");
        }
    }
}

#[tokio::test]
async fn nothing_that_names_a_device_or_a_visit_stands_in_an_address() {
    let mac: Vec<String> = MAC.iter().map(|byte| format!("{byte:02x}")).collect();
    let code = SUPPORT_CODE.rsplit(' ').next().unwrap();
    for (name, visitor) in states() {
        let router = Still::new(visitor).router();
        let mut addresses = Vec::new();
        for path in PATHS {
            let answer = get(&router, path).await;
            addresses.push(answer.header("refresh").to_owned());
            for attribute in ["href", "action", "src", "value"] {
                addresses.extend(attributes(answer.html(), attribute));
            }
        }
        for path in ["/connect", "/session/end"] {
            let answer = post(&router, path).await;
            addresses.push(answer.header("location").to_owned());
            addresses.push(answer.header("refresh").to_owned());
        }
        assert!(addresses.len() > 100, "{name}");
        for address in addresses {
            let lower = address.to_lowercase();
            for secret in
                [mac.join(":"), mac.join("-"), mac.concat(), ADDRESS.to_string(), code.to_lowercase()]
            {
                assert!(!lower.contains(&secret), "{name}: {address}");
            }
        }
    }
}

#[tokio::test]
async fn no_page_names_the_device_that_asks() {
    for (name, visitor) in states() {
        let router = Still::new(visitor).router();
        for path in PATHS {
            let html = get(&router, path).await.html().to_lowercase();
            assert!(!html.contains(&ADDRESS.to_string()) && !html.contains("9e:41:07"), "{name} {path}");
        }
    }
}

#[tokio::test]
async fn the_guide_lists_the_nearest_first_and_only_what_was_checked() {
    let router = Still::new(state("online")).router();
    let html = get(&router, "/guide?lang=en").await.html().to_owned();
    let order = ["thap-but-dai-nghien", "cau-the-huc", "quang-truong-dknt"].map(|id| html.find(id).unwrap());
    assert!(order.is_sorted(), "{order:?}");
    for kind in ["sights", "temples", "culture", "food", "help"] {
        let html = get(&router, &format!("/guide/{kind}")).await.html().to_owned();
        for unchecked in ["wc-le-thai-to", "atm-le-lai", "cong-an-hoan-kiem", "xe-buyt-bo-ho"] {
            assert!(!html.contains(unchecked), "{kind}: {unchecked}");
        }
    }
    assert_eq!(get(&router, "/guide/place/cong-an-hoan-kiem").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_public_guide_has_no_you_are_here_and_tells_the_walk_from_the_lake() {
    let router = Still::new(Visitor::Public).router();
    let html = get(&router, "/?lang=en").await.html().to_owned();
    assert!(html.contains("Around Hoan Kiem Lake") && html.contains("min from the lake"));
    assert!(!html.contains("You are here") && !html.contains("class=\"you\""));
    let at_a_spot = get(&Still::new(state("online")).router(), "/?lang=en").await.html().to_owned();
    assert!(at_a_spot.contains("You are here") && at_a_spot.contains("class=\"you\""));
}

#[tokio::test]
async fn open_and_closed_follow_the_clock_of_hanoi() {
    let day_ms = 24 * HOUR_MS;
    for (now_ms, says) in [
        (NOW_MS, "Closed, opens at 07:00 tomorrow"),
        (NOW_MS + day_ms, "Open now, until 21:00"),
        (NOW_MS + day_ms + HOUR_MS, "Closed, opens at 07:00 tomorrow"),
        (NOW_MS + 2 * day_ms + 11 * HOUR_MS, "Open now, until 18:00"),
    ] {
        let router = Still::new(state("online")).router_at(now_ms);
        let html = get(&router, "/guide/place/den-ngoc-son?lang=en").await.html().to_owned();
        assert!(html.contains(says), "{now_ms}: {says}");
    }
}

#[tokio::test]
async fn a_place_whose_hours_are_not_known_is_neither_open_nor_closed() {
    for hour in 0..24 {
        let router = Still::new(state("online")).router_at(NOW_MS + hour * HOUR_MS);
        let html = get(&router, "/guide/place/thap-but-dai-nghien?lang=en").await.html().to_owned();
        let (own, _neighbours) = html.split_once("Near this place").unwrap();
        assert!(own.contains("Hours not known") && !own.contains("Open now") && !own.contains("Closed"));
    }
}

#[tokio::test]
async fn a_search_finds_with_and_without_marks_and_says_when_it_finds_nothing() {
    let router = Still::new(state("online")).router();
    for query in ["ngoc%20son", "Ng%E1%BB%8Dc+S%C6%A1n"] {
        let html = get(&router, &format!("/guide?lang=en&q={query}")).await.html().to_owned();
        assert!(html.contains("/guide/place/den-ngoc-son"), "{query}");
    }
    let html = get(&router, "/guide?lang=en&q=volcano").await.html().to_owned();
    assert!(html.contains("No place for “volcano”") && !html.contains("/guide/place/"));
}

#[tokio::test]
async fn emergency_numbers_with_words_stand_on_every_page_of_a_visit() {
    for language in LANGUAGES {
        let router = Still::new(state("new")).router();
        for path in ["/", "/guide", "/guide/place/den-ngoc-son", "/terms"] {
            let html = get(&router, &with_language(path, language)).await.html().to_owned();
            let words = if language == "vi" {
                ["Công an", "Cứu hỏa", "Cấp cứu"]
            } else {
                ["Police", "Fire", "Ambulance"]
            };
            for (number, word) in ["113", "114", "115"].into_iter().zip(words) {
                assert!(
                    html.contains(&format!("<a href=\"tel:{number}\"><b>{number}</b>{word}")),
                    "{path} {number}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_portal_says_that_it_is_alive() {
    let answer = get(&Still::new(state("away")).router(), "/healthz").await;
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::OK, b"ok\n".as_slice()));
}

#[tokio::test]
async fn head_works_wherever_get_does() {
    for (name, visitor) in states() {
        let router = Still::new(visitor).router();
        for path in PATHS.iter().chain(&["/healthz"]) {
            let by_get = get(&router, path).await;
            let by_head = ask(&router, request(Method::HEAD, path, &[])).await;
            assert_eq!(by_head.status, by_get.status, "{name} {path}");
            assert_eq!(by_head.header("content-type"), by_get.header("content-type"), "{name} {path}");
            assert!(by_head.body.is_empty(), "{name} {path}");
        }
    }
}
