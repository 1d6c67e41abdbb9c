//! Operators: links that work once, sessions that end at once, and what other sites make browsers send.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, RETRY_AFTER, SET_COOKIE};
use serde_json::{Value, json};

use crate::support::browser::{Browser, path};
use crate::support::{Controller, Files, LIMIT, wait_until};

const LAN: &str = "lan@hanoi.example";

async fn status(browser: &Browser, controller: &Controller, path: &str) -> u16 {
    browser.get(controller, path).await.status
}

#[tokio::test]
async fn a_link_signs_in_once_and_opening_it_alone_uses_nothing_up() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let link = files.done(&["operator", "add", LAN, "--role", "admin"]);
    assert!(link.starts_with(&format!("http://{}/sign-in/", controller.address("admin"))), "{link}");
    let mut browser = Browser::new();
    for _ in 0..3 {
        let page = browser.get(&controller, path(&link)).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("<button") && page.body.contains(LAN), "{}", page.body);
    }
    let answer = browser.sign_in(&controller, &link).await;
    assert_eq!((answer.status, answer.header(LOCATION)), (303, "/"));
    let cookie = answer.header(SET_COOKIE);
    assert!(
        cookie.starts_with("hotspot-session=") && cookie.contains("; HttpOnly; SameSite=Lax;"),
        "{cookie}"
    );
    assert_eq!(browser.items(&controller, "/api/v1/sign-ins").await.len(), 1);

    let mut thief = Browser::new();
    for method in ["GET", "POST"] {
        let refused = thief.ask(&controller, method, path(&link)).await;
        assert_eq!(refused.status, 410, "{}", refused.body);
        assert!(refused.body.contains("used already") && refused.body.contains("operator link EMAIL"));
        assert!(refused.headers.get(SET_COOKIE).is_none());
    }
    thief.cookie = Some("hotspot-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned());
    assert_eq!(status(&thief, &controller, "/api/v1/aps").await, 401);
    assert_eq!(status(&browser, &controller, "/api/v1/aps").await, 200);
    // Neither the link nor the cookie stands anywhere on disk.
    let cookie = cookie.split(['=', ';']).nth(1).unwrap().as_bytes().to_vec();
    let secret = link.rsplit('/').next().unwrap().as_bytes().to_vec();
    for file in std::fs::read_dir(files.data()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for canary in [&cookie, &secret] {
            assert!(!bytes.windows(canary.len()).any(|window| window == canary));
        }
    }
    let log = controller.log();
    assert!(!log.contains(std::str::from_utf8(&secret).unwrap()) && !log.contains(LAN), "{log}");
}

#[tokio::test]
async fn x47_signing_in_makes_a_new_session_and_ends_the_old_one() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let first = Browser::signed_in(&controller, &files, LAN, "analyst").await;
    let mut second = first.clone();
    let link = files.done(&["operator", "link", LAN]);
    second.sign_in(&controller, &link).await;
    assert_ne!(first.cookie, second.cookie);
    assert_eq!(status(&first, &controller, "/sign-ins").await, 401);
    assert_eq!(status(&second, &controller, "/sign-ins").await, 200);
    let newer = files.done(&["operator", "link", LAN]);
    files.done(&["operator", "link", LAN]);
    let replaced = Browser::new().get(&controller, path(&newer)).await;
    assert_eq!(replaced.status, 404, "a link works although a newer one was made");
}

#[tokio::test]
async fn x47_a_session_is_over_at_once_when_it_is_revoked_signed_out_or_its_operator_disabled() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let here = Browser::signed_in(&controller, &files, LAN, "engineer").await;
    let there = Browser::signed_in(&controller, &files, LAN, "engineer").await;
    let mine = here.items(&controller, "/api/v1/sign-ins").await;
    assert_eq!(mine.len(), 2);
    let other = mine.iter().find(|session| session["current"] == false).unwrap();
    assert_eq!(other["country"], Value::Null);
    assert_eq!(other["country_unknown"], "private network");
    assert_eq!(
        (&other["address"], &other["user_agent"]),
        (&json!("127.0.0.1"), &json!("a browser of the tests"))
    );
    let stranger = Browser::signed_in(&controller, &files, "minh@hanoi.example", "admin").await;
    let end = format!("/api/v1/sign-ins/{}", other["id"].as_str().unwrap());
    assert_eq!(stranger.ask(&controller, "DELETE", &end).await.status, 404, "somebody else's session");
    assert_eq!(status(&there, &controller, "/sign-ins").await, 200);
    assert_eq!(here.ask(&controller, "DELETE", &end).await.status, 204);
    assert_eq!(status(&there, &controller, "/sign-ins").await, 401);
    assert_eq!(here.ask(&controller, "DELETE", &end).await.status, 404);
    assert_eq!(here.ask(&controller, "DELETE", "/api/v1/sign-ins/xyz").await.status, 404);

    let out = here.ask(&controller, "POST", "/sign-out").await;
    assert_eq!(out.status, 200);
    assert!(out.header(SET_COOKIE).contains("Max-Age=0"), "{}", out.header(SET_COOKIE));
    assert_eq!(status(&here, &controller, "/sign-ins").await, 401);

    let link = files.done(&["operator", "link", "minh@hanoi.example"]);
    let token = files.done(&["operator", "token", "minh@hanoi.example"]);
    let program = Browser::with_token(&token);
    assert_eq!(status(&program, &controller, "/api/v1/aps").await, 200);
    files.done(&["operator", "disable", "minh@hanoi.example"]);
    assert_eq!(status(&stranger, &controller, "/api/v1/aps").await, 401);
    assert_eq!(status(&program, &controller, "/api/v1/aps").await, 401);
    assert_eq!(Browser::new().ask(&controller, "POST", path(&link)).await.status, 404);
}

#[tokio::test]
async fn what_another_site_makes_a_browser_send_is_refused() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let browser = Browser::signed_in(&controller, &files, LAN, "admin").await;
    let link = files.done(&["operator", "link", LAN]);
    for (site, origin) in [
        (Some("cross-site"), None),
        (Some("same-site"), None),
        (None, Some("https://evil.example")),
        (None, Some("null")),
        (Some("cross-site"), Some("http://localhost")),
        (None, None),
    ] {
        let forged = Browser { site, origin: origin.map(str::to_owned), ..browser.clone() };
        for (method, path) in
            [("POST", "/sign-out"), ("POST", path(&link)), ("DELETE", "/api/v1/sessions/hk-16.00")]
        {
            let refused = forged.ask(&controller, method, path).await;
            assert_eq!(refused.status, 403, "{site:?} {origin:?} {path}");
            assert!(!refused.problem().is_empty());
        }
    }
    assert_eq!(status(&browser, &controller, "/sign-ins").await, 200);
    // An older browser says where it comes from by Origin alone.
    let old = Browser { site: None, origin: Some("http://localhost".to_owned()), ..browser };
    assert_eq!(old.ask(&controller, "POST", "/sign-out").await.status, 200);
}

#[tokio::test]
async fn every_answer_keeps_frames_scripts_and_caches_out() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let browser = Browser::signed_in(&controller, &files, LAN, "admin").await;
    for (who, path) in [
        (&Browser::new(), "/"),
        (&Browser::new(), "/sign-in/xyz"),
        (&Browser::new(), "/api/v1/aps"),
        (&browser, "/sign-ins"),
        (&browser, "/api/v1/aps"),
        (&browser, "/api/v1/openapi.json"),
    ] {
        let answer = who.get(&controller, path).await;
        let policy = answer.header(CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.header(CACHE_CONTROL).contains("no-store"), "{path}");
    }
    assert_eq!(controller.get("admin", "/healthz").await.0, 200);
    assert_eq!(controller.get("admin", "/metrics").await.0, 404);
}

#[tokio::test]
async fn x43_links_and_tokens_share_one_limit_and_nothing_grows() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let link = files.done(&["operator", "add", LAN, "--role", "admin"]);
    let browser = Browser::signed_in(&controller, &files, "minh@hanoi.example", "admin").await;
    let mut refused = Vec::new();
    for number in 0..3 {
        refused.push(Browser::new().get(&controller, &format!("/sign-in/guess{number}")).await.status);
        refused
            .push(status(&Browser::with_token(&format!("guess{number}")), &controller, "/api/v1/aps").await);
    }
    assert_eq!(refused, [404, 401, 404, 401, 404, 429]);
    let limited = Browser::new().ask(&controller, "POST", "/sign-in/another-guess").await;
    assert_eq!((limited.status, limited.header(RETRY_AFTER)), (429, "900"));
    // Guesses of others behind the same address hold no good link back.
    assert_eq!(Browser::new().ask(&controller, "POST", path(&link)).await.status, 303);
    // Who is signed in goes on.
    assert_eq!(status(&browser, &controller, "/api/v1/aps").await, 200);
}

#[tokio::test]
async fn x44_the_log_names_operators_and_the_command_line_and_knows_when_it_was_touched() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let browser = Browser::signed_in(&controller, &files, LAN, "engineer").await;
    files.token("hk-16");
    browser.ask(&controller, "POST", "/sign-out").await;
    let rows: Vec<Value> = serde_json::from_str(&files.done(&["audit", "list", "--json"])).unwrap();
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap().name;
    let mut seen: Vec<(String, String)> = rows
        .iter()
        .map(|row| (row["actor"].as_str().unwrap().to_owned(), row["action"].as_str().unwrap().to_owned()))
        .collect();
    seen.reverse();
    let command = format!("command:{user}");
    let expected = [
        (command.as_str(), "operator.add"),
        (&command, "operator.link"),
        (LAN, "operator.sign_in"),
        (&command, "ap.import"),
        (&command, "ap.token"),
        (LAN, "operator.end_session"),
    ];
    assert_eq!(seen, expected.map(|(actor, action)| (actor.to_owned(), action.to_owned())));
    assert!(files.done(&["audit", "list"]).contains("operator.end_session"));
    assert_eq!(files.done(&["audit", "list", "--limit", "1"]).lines().count(), 1);
    assert!(files.done(&["audit", "check"]).contains("is whole"));
    files.sql("UPDATE audit SET actor = 'nobody' WHERE id = 2");
    assert!(files.fails(1, &["audit", "check"]).contains("row 2 of the audit log was edited"));
}

#[test]
fn operators_are_added_given_other_roles_disabled_and_checked() {
    let files = Files::new();
    let unknown = files.fails(1, &["operator", "add", LAN, "--role", "analyst"]);
    assert!(unknown.contains("set admin.public_url"), "{unknown}");
    files.write_config("admin.public_url = \"https://ops.example\"");
    let add = ["operator", "add", "Lan@Hanoi.Example", "--role", "analyst", "--json"];
    let added: Value = serde_json::from_str(&files.done(&add)).unwrap();
    assert_eq!((&added["operator"], &added["result"]), (&json!(LAN), &json!("added")));
    assert!(added["link"].as_str().unwrap().starts_with("https://ops.example/sign-in/"));
    let again: Value = serde_json::from_str(&files.done(&add)).unwrap();
    assert_eq!(again["result"], "unchanged");
    assert_ne!(again["link"], added["link"]);
    assert!(files.done(&["operator", "list"]).contains("analyst   enabled   lan@hanoi.example"));
    assert_eq!(files.done(&["operator", "disable", LAN]), "operator lan@hanoi.example: disabled");
    assert!(files.fails(1, &["operator", "link", LAN]).contains("there is no operator"));
    assert!(files.fails(1, &["operator", "token", "nobody@x"]).contains("there is no operator \"nobody@x\""));
    assert!(files.fails(1, &["operator", "add", "lan", "--role", "admin"]).contains("no e-mail address"));
    files.fails(2, &["operator", "add", LAN, "--role", "king"]);
}

#[test]
fn a_country_database_that_cannot_be_used_is_named_by_check_config() {
    let files = Files::with("geo.country_db = \"countries.mmdb\"");
    let missing = files.done(&["check-config"]);
    assert!(missing.contains("geo.country_db = ") && missing.contains("No such file"), "{missing}");
    std::fs::write(files.path("countries.mmdb"), "not a database").unwrap();
    assert!(files.done(&["check-config"]).contains("no whole MaxMind DB file"));
}

#[tokio::test]
async fn a_controller_serves_although_its_country_database_cannot_be_used() {
    let files = Files::with("geo.country_db = \"countries.mmdb\"");
    let controller = Controller::start(&files).await;
    assert!(controller.log().contains("geo.country_db = "), "{}", controller.log());
    let browser = Browser::signed_in(&controller, &files, LAN, "admin").await;
    assert!(browser.get(&controller, "/sign-ins").await.body.contains("geo.country_db"));
}

#[test]
fn a_listener_for_other_machines_needs_a_certificate() {
    let files = Files::new();
    let text = std::fs::read_to_string(files.config()).unwrap();
    std::fs::write(
        files.config(),
        text.replace("admin.listen = \"127.0.0.1:0\"", "admin.listen = \"0.0.0.0:0\""),
    )
    .unwrap();
    let sentence = files.fails(1, &["serve"]);
    assert!(sentence.contains("must speak https: set admin.tls.cert and admin.tls.key"), "{sentence}");
}

#[tokio::test]
async fn x47_with_a_certificate_the_cookie_is_for_this_host_and_https_alone() {
    let files = Files::with("admin.tls.cert = \"admin.crt\"\nadmin.tls.key = \"admin.key\"");
    let pair = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["wifi.example".to_owned()]).unwrap().self_signed(&pair).unwrap();
    std::fs::write(files.path("admin.crt"), certificate.pem()).unwrap();
    std::fs::write(files.path("admin.key"), pair.serialize_pem()).unwrap();
    let controller = Controller::start(&files).await;
    let link = files.done(&["operator", "add", LAN, "--role", "admin"]);
    assert!(link.starts_with("https://127.0.0.1:"), "{link}");
    let roots = crate::support::phone::trust(&files.path("admin.crt"));
    let stream = tokio::net::TcpStream::connect(controller.address("admin")).await.unwrap();
    let stream = crate::support::phone::tls(stream, &roots).await.unwrap();
    let answer = Browser::new().ask_on(stream, "POST", path(&link)).await;
    let cookie = answer.header(SET_COOKIE);
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(cookie.starts_with("__Host-hotspot-session=") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(cookie.contains("; Path=/;") && !cookie.contains("Domain"), "{cookie}");
    assert!(answer.header("strict-transport-security").contains("max-age"));
    // Plain http on this port is no answer of ours, and it is counted.
    let mut stream = tokio::net::TcpStream::connect(controller.address("admin")).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    controller
        .counted("hotspot_refused_connections_total{listener=\"admin\",reason=\"handshake_failed\"}", 1.0)
        .await;
}

#[tokio::test]
async fn pages_hear_of_changes_and_only_so_many_of_one_operator() {
    use http_body_util::BodyExt as _;
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let browser = Browser::signed_in(&controller, &files, LAN, "analyst").await;
    let mut open = Vec::new();
    for _ in 0..8 {
        let stream = tokio::net::TcpStream::connect(controller.address("admin")).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let answer = sender.send_request(browser.request("GET", "/events")).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        open.push((sender, answer.into_body()));
    }
    assert_eq!(browser.get(&controller, "/events").await.status, 429);
    assert_eq!(Browser::new().get(&controller, "/events").await.status, 401);
    // The first look after somebody began to watch tells what there is.
    let (_sender, mut body) = open.pop().unwrap();
    let mut heard = String::new();
    let mut hear = async |what: &str| {
        while !heard.contains(what) {
            let frame = tokio::time::timeout(LIMIT, body.frame()).await.expect(what).expect(what).unwrap();
            heard.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
        assert!(heard.contains("data: changed"), "{heard}");
        heard.clear();
    };
    hear("event: aps").await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    files.token("hk-16");
    hear("event: aps").await;
    // The stream ends with the session, and the controller can stop although pages are open.
    drop(open);
    let (code, took) = controller.stop().await;
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn links_come_from_the_running_controller_and_expire() {
    let files = Files::new();
    let controller = Controller::start(&files).await;
    let link = files.done(&["operator", "add", LAN, "--role", "editor"]);
    files.sql("UPDATE sign_in_link SET expires_ms = 1");
    let expired = Browser::new().ask(&controller, "POST", path(&link)).await;
    assert_eq!(expired.status, 410);
    assert!(expired.body.contains("too old"), "{}", expired.body);
    wait_until("the refusal in the log", LIMIT, || async {
        files.done(&["audit", "list", "--json"]).contains("operator.sign_in_refused").then_some(())
    })
    .await;
}
