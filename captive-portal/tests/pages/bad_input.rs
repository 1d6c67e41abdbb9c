//! Nonsense and malice: each gets an answer in words, and nothing falls over.

use std::time::Duration;

use axum::body::Body;
use captive_portal::{PublicUrl, PublicUrlError};
use http::{Method, Request, StatusCode};

use crate::support::{Answer, NOW_MS, Still, Trouble, ask, attributes, get, relay, request, state};

/// A page in words with a way on, whatever the status.
fn says_what_to_do(answer: &Answer) {
    let html = answer.html();
    assert!(html.contains("<h1>"), "{html}");
    assert!(attributes(html, "href").iter().any(|link| link == "/" || link == "/guide"), "{html}");
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
}

#[tokio::test]
async fn an_unknown_page_or_place_is_a_404_in_words() {
    let router = Still::new(state("online")).router();
    for path in [
        "/nowhere",
        "/guide/nothing",
        "/guide/place/",
        "/guide/place/no-such-place",
        "/guide/place/den-ngoc-son/more",
        "/guide/place/DEN-NGOC-SON",
        "/guide/place/..%2f..%2fetc%2fpasswd",
        "/guide/place/%00",
        "/guide/place/%3Cscript%3E",
        "/guide/../connect",
        "/guide//",
        "//evil.example/",
        "/.env",
        "/session/",
        "/SESSION",
        "/api/captive/",
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        says_what_to_do(&answer);
        assert!(!answer.html().contains("evil.example") && !answer.html().contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn a_path_that_is_not_text_is_a_400_in_words() {
    let answer = get(&Still::new(state("online")).router(), "/guide/place/%ff%fe").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    says_what_to_do(&answer);
}

#[tokio::test]
async fn a_wrong_method_is_a_405_in_words_that_names_the_right_ones() {
    let router = Still::new(state("new")).router();
    for (method, path, allow) in [
        (Method::GET, "/connect", "POST"),
        (Method::GET, "/session/end", "POST"),
        (Method::PUT, "/connect", "POST"),
        (Method::POST, "/", "GET,HEAD"),
        (Method::DELETE, "/session", "GET,HEAD"),
        (Method::POST, "/api/captive", "GET,HEAD"),
        (Method::PATCH, "/guide/place/den-ngoc-son", "GET,HEAD"),
    ] {
        let answer = ask(&router, request(method.clone(), path, &[])).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        says_what_to_do(&answer);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_a_413_with_and_without_its_length() {
    let router = Still::new(state("new")).router();
    for path in ["/connect", "/session/end"] {
        let told = Request::post(path).extension(relay()).header("content-length", 20_000);
        let answer = ask(&router, told.body(Body::from(vec![b'a'; 20_000])).unwrap()).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        says_what_to_do(&answer);
        let kilobytes = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 1024]));
        let pieces = Body::from_stream(futures_util::stream::iter(kilobytes));
        let answer = ask(&router, Request::post(path).extension(relay()).body(pieces).unwrap()).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        says_what_to_do(&answer);
    }
}

#[tokio::test]
async fn a_post_from_another_site_is_refused_and_one_of_a_mini_browser_is_not() {
    let router = Still::new(state("new")).router();
    let refused: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://other.hoankiem.example")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://wifi.hoankiem.example.evil.example")],
    ];
    for headers in refused {
        for path in ["/connect", "/session/end"] {
            let answer = ask(&router, request(Method::POST, path, headers)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            says_what_to_do(&answer);
        }
    }
    let taken: [&[(&str, &str)]; 4] = [
        &[],
        &[("origin", "https://wifi.hoankiem.example")],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://wifi.hoankiem.example")],
        &[("sec-fetch-site", "none")],
    ];
    for headers in taken {
        let answer = ask(&router, request(Method::POST, "/connect", headers)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{headers:?}");
    }
}

#[tokio::test]
async fn no_header_of_ours_makes_a_browser_hide_the_origin_of_our_own_forms() {
    let answer = get(&Still::new(state("new")).router(), "/").await;
    assert_eq!(answer.header("referrer-policy"), "same-origin");
}

#[tokio::test]
async fn a_query_that_is_nonsense_changes_nothing() {
    let router = Still::new(state("new")).router();
    for query in [
        "lang=",
        "lang=%ff",
        "lang=%00",
        "lang=../../en",
        "lang=en&lang=vi",
        "lang[]=vi",
        "&&&=&=",
        "wait=maybe",
        "q=%",
        "%",
        "lang=vi%0d%0aset-cookie:%20a=b",
    ] {
        let answer = get(&router, &format!("/?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        assert!(answer.html().contains("Welcome to Hoan Kiem Lake"), "{query}");
        assert_eq!(answer.header("set-cookie"), "", "{query}");
    }
}

#[tokio::test]
async fn a_search_cannot_bring_markup_into_the_page() {
    let router = Still::new(state("online")).router();
    let html = get(&router, "/guide?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E").await.html().to_owned();
    assert!(!html.contains("<img") && html.contains("&lt;img"), "{html}");
}

#[tokio::test]
async fn a_name_from_the_inventory_cannot_bring_markup_into_a_page() {
    let mut still = Still::new(state("online"));
    let place = still.place.as_mut().unwrap();
    place.name = crate::support::words("<script>1</script>", "\"><script>1</script>");
    place.zone = Some(crate::support::words("'<b>", "'<b>"));
    let router = still.router();
    for path in crate::support::PATHS {
        assert!(!get(&router, path).await.html().contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn a_backend_that_does_not_answer_is_a_503_in_words_within_the_limit() {
    let still = Still { trouble: Trouble::Silent, ..Still::new(state("new")) };
    let router = still.router_with(Duration::from_millis(40), NOW_MS);
    for path in ["/", "/session", "/guide", "/api/captive"] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.header("retry-after"), "5", "{path}");
        says_what_to_do(&answer);
    }
}

#[tokio::test]
async fn a_fault_behind_the_border_is_a_500_that_says_nothing_of_it() {
    let still = Still { trouble: Trouble::Panics, ..Still::new(state("new")) };
    let answer = get(&still.router(), "/").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    says_what_to_do(&answer);
    assert!(!answer.html().contains("a fault behind"));
}

#[test]
fn the_portals_own_address_must_be_an_https_origin() {
    for (text, parsed) in [
        ("https://wifi.example", Ok("https://wifi.example")),
        ("https://wifi.example/", Ok("https://wifi.example")),
        ("https://WIFI.example:8443", Ok("https://wifi.example:8443")),
        ("https://[::1]:8443", Ok("https://[::1]:8443")),
        ("http://wifi.example", Err(PublicUrlError::NotHttps)),
        ("wifi.example", Err(PublicUrlError::NotHttps)),
        ("https://wifi.example/portal", Err(PublicUrlError::NotAnOrigin)),
        ("https://wifi.example/?a=b", Err(PublicUrlError::NotAnOrigin)),
        ("https://user@wifi.example", Err(PublicUrlError::NotAnOrigin)),
        ("https://", Err(PublicUrlError::NotAnOrigin)),
        ("", Err(PublicUrlError::NotAnOrigin)),
    ] {
        let url = PublicUrl::parse(text);
        assert_eq!(url.as_ref().map(PublicUrl::as_str), parsed.as_ref().copied(), "{text}");
    }
    let wifi = PublicUrl::parse("https://wifi.example").unwrap();
    assert_eq!((wifi.host(), wifi.to_string().as_str()), ("wifi.example", "https://wifi.example"));
}

#[test]
fn a_log_line_cannot_name_a_visitor() {
    let shown = format!("{:?}", relay());
    assert!(shown.contains("hk-16"));
    for secret in ["10.50", "158", "9e", "mac", "address"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
