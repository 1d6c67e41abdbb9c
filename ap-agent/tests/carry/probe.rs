//! The prober: content with what phones accept, and precise about what they would refuse.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent_protocol::v1::RelayHeader;
use ap_agent::portal_probe::{ProbeError, Prober};
use gate_core::Mac;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use crate::LIMIT;
use crate::centre::{Centre, header, server};

const URL: &str = "https://wifi.example";
const GATEWAY: (Mac, IpAddr) = (Mac([0x02, 0x68, 0x6b, 0, 0, 1]), IpAddr::V4(Ipv4Addr::new(10, 50, 0, 1)));
const GOOD: &str = r#"{"captive":true,"user-portal-url":"https://wifi.example/"}"#;

/// An authority, a prober that trusts it, and a portal's certificate for `name` from it.
fn authority(name: &str) -> (Prober, ServerConfig) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let portal_key = KeyPair::generate().unwrap();
    let portal =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&portal_key, &issuer).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    let trusting = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Prober::trusting(trusting), server(vec![portal.der().clone()], &portal_key))
}

/// Takes the probe in as the portal does; returns who asked and the head of the request.
async fn portal(centre: &Centre, config: &ServerConfig, answer: &str) -> Option<(RelayHeader, String)> {
    let mut stream = centre.next().await;
    let asked = header(&mut stream).await?;
    let mut page = TlsAcceptor::from(Arc::new(config.clone())).accept(stream).await.ok()?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(page.read_u8().await.ok()?);
    }
    page.write_all(answer.as_bytes()).await.ok()?;
    page.shutdown().await.ok()?;
    Some((asked, String::from_utf8(head).unwrap().to_ascii_lowercase()))
}

fn answer(status: &str, media: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_portal_that_phones_accept_is_asked_as_the_gateway_itself_and_is_fine() {
    let centre = Centre::start().await;
    let relay = centre.relay(centre.address);
    let (prober, config) = authority("wifi.example");
    for body in [GOOD, r#"{"captive":false,"user-portal-url":"https://wifi.example/","seconds-remaining":9}"#]
    {
        let said = answer("200 OK", "application/captive+json", body);
        let (outcome, asked) =
            tokio::join!(prober.probe(&relay, URL, GATEWAY), portal(&centre, &config, &said));
        outcome.unwrap();
        let (who, head) = asked.unwrap();
        assert_eq!((who.mac, who.address), (GATEWAY.0.0.to_vec(), vec![10, 50, 0, 1]));
        assert!(head.starts_with("get /api/captive http/1.1\r\n"), "{head}");
        assert!(head.contains("\r\nhost: wifi.example\r\n"), "{head}");
        assert!(head.contains("\r\naccept: application/captive+json\r\n"), "{head}");
    }
}

#[tokio::test]
async fn certificates_that_phones_refuse_are_named_with_what_to_do() {
    let centre = Centre::start().await;
    let relay = centre.relay(centre.address);
    let (_, of_a_stranger) = authority("wifi.example");
    let (prober, _) = authority("wifi.example");
    let (knows_it, of_another_name) = authority("other.example");
    for (prober, config) in [(&prober, &of_a_stranger), (&knows_it, &of_another_name)] {
        let said = answer("200 OK", "application/captive+json", GOOD);
        let (outcome, _) = tokio::join!(prober.probe(&relay, URL, GATEWAY), portal(&centre, config, &said));
        let error = outcome.unwrap_err();
        assert!(matches!(error, ProbeError::Certificate(_)), "{error}");
        assert!(error.to_string().contains("portal.tls"), "{error}");
    }
}

#[tokio::test]
async fn answers_against_rfc_8908_are_wrong_ones() {
    let centre = Centre::start().await;
    let relay = centre.relay(centre.address);
    let (prober, config) = authority("wifi.example");
    let media = "application/captive+json";
    let long = format!("{{\"captive\":false,\"x\":\"{}\"}}", "x".repeat(5000));
    for said in [
        answer("404 Not Found", media, GOOD),
        answer("302 Found", media, GOOD),
        answer("200 OK", "text/html", GOOD),
        answer("200 OK", "application/json", GOOD),
        answer("200 OK", media, "<html>"),
        answer("200 OK", media, r#"{"captive":"yes"}"#),
        answer("200 OK", media, r#"{"captive":true}"#),
        answer("200 OK", media, r#"{"captive":true,"user-portal-url":"http://wifi.example/"}"#),
        answer("200 OK", media, &long),
    ] {
        let (outcome, _) = tokio::join!(prober.probe(&relay, URL, GATEWAY), portal(&centre, &config, &said));
        let error = outcome.expect_err(&said);
        assert!(matches!(error, ProbeError::Answer(_)), "{error} for {said}");
    }
}

#[tokio::test]
async fn a_portal_that_says_nothing_is_given_up_in_five_seconds_and_one_that_closes_at_once() {
    let centre = Centre::start().await;
    let relay = centre.relay(centre.address);
    let (prober, _) = authority("wifi.example");
    let (outcome, ()) = tokio::join!(prober.probe(&relay, URL, GATEWAY), async { drop(centre.next().await) });
    assert!(matches!(outcome.unwrap_err(), ProbeError::Connect(_)));
    let begun = Instant::now();
    let mut held = None;
    let (outcome, ()) =
        tokio::join!(prober.probe(&relay, URL, GATEWAY), async { held = Some(centre.next().await) });
    assert!(matches!(outcome.unwrap_err(), ProbeError::Connect(_)));
    assert!(begun.elapsed() < Duration::from_secs(5) + LIMIT / 10, "it took {:?}", begun.elapsed());
    drop(held);
}
