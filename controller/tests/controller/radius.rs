//! RADIUS over loopback: who comes in, what is stored before it is answered, what stays unanswered.

mod nas;

use std::net::SocketAddr;
use std::time::Duration;

use radius_core::client::Query;
use radius_core::{Code, LENGTH_MAX, kind};
use tokio::net::UdpSocket;

use nas::{Nas, fresh};

use crate::support::{Controller, Files, LIMIT, wait_until};

const SECRET: &str = "a-secret-of-16-bytes";
/// Silence is believed after this.
const SILENT: Duration = Duration::from_millis(300);

/// A controller with a NAS entry for loopback and the account mai.
async fn ready() -> (Files, Controller, Nas) {
    let files = Files::new();
    files.done(&["nas", "add", "cafe", "--address", "127.0.0.1", "--secret", SECRET]);
    files.done(&["account", "add", "mai", "--password", "hồ gươm 2026"]);
    let controller = Controller::start(&files).await;
    (files, controller, Nas::new().await)
}

#[tokio::test]
async fn a_right_password_is_accepted_with_the_plans_terms_and_a_wrong_one_rejected() {
    let (_files, controller, mut nas) = ready().await;
    let auth = controller.address("radius_auth");
    for _ in 0..2 {
        let accept = nas.access(auth, b"mai", "hồ gươm 2026".as_bytes()).await.unwrap();
        assert_eq!(accept.code, Code::AccessAccept);
        assert_eq!(accept.attributes[0].0, kind::MESSAGE_AUTHENTICATOR);
        assert_eq!(accept.u32(kind::SESSION_TIMEOUT), Some(43_200));
        assert_eq!(accept.u32(kind::IDLE_TIMEOUT), Some(900));
        assert_eq!(accept.u32(85), Some(600));
    }
    for (name, password) in
        [("mai", "ho guom 2026"), ("mai", "ho guom 2026"), ("nobody", "x"), ("mai", "hồ gươm 2026 ")]
    {
        let reject = nas.access(auth, name.as_bytes(), password.as_bytes()).await.unwrap();
        assert_eq!(reject.code, Code::AccessReject, "{name} {password}");
        assert_eq!(reject.text(kind::REPLY_MESSAGE), "Name or password is wrong.");
    }
    let count = async |name: &str| controller.metric(name).await;
    assert_eq!(count("hotspot_radius_requests_total{kind=\"auth\",outcome=\"accept\"}").await, 2.0);
    assert_eq!(count("hotspot_radius_requests_total{kind=\"auth\",outcome=\"reject\"}").await, 4.0);
    // The second of the right and of the wrong password cost no hash; the unknown name none either.
    assert_eq!(count("hotspot_radius_verifier_cache_total{result=\"miss\"}").await, 3.0);
}

#[tokio::test]
async fn changes_by_commands_are_in_force_within_a_second_and_secrets_are_nowhere_in_clear() {
    let (files, controller, mut nas) = ready().await;
    let auth = controller.address("radius_auth");
    files.done(&["account", "add", "an", "--password", "guom ho 2026"]);
    files.done(&["nas", "add", "cafe", "--address", "127.0.0.1", "--secret", "another-secret-of-ours"]);
    nas.secret = b"another-secret-of-ours".to_vec();
    let accepted = async |nas: &mut Nas| {
        let (datagram, sent) = nas.access_request(b"an", b"guom ho 2026", &[]);
        nas.send(auth, &datagram, &sent).await.map(|answer| answer.code)
    };
    wait_until("the new account", Duration::from_secs(2), async || {
        (accepted(&mut Nas {
            socket: UdpSocket::bind("127.0.0.1:0").await.unwrap(),
            secret: nas.secret.clone(),
            next: 0,
        })
        .await
            == Some(Code::AccessAccept))
        .then_some(())
    })
    .await;
    files.done(&["account", "remove", "an"]);
    wait_until("the account's end", Duration::from_secs(2), async || {
        (nas_accepts(auth, &nas.secret).await == Some(Code::AccessReject)).then_some(())
    })
    .await;
    files.done(&["nas", "remove", "cafe"]);
    wait_until("a NAS that was removed to be a stranger", Duration::from_secs(2), async || {
        nas_accepts(auth, &nas.secret).await.is_none().then_some(())
    })
    .await;
    controller.stop().await;
    for bytes in kept(&files.data()) {
        for secret in [SECRET, "another-secret-of-ours", "guom ho 2026", "hồ gươm 2026"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }
}

/// The bytes of every file below a folder.
fn kept(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { kept(&path) } else { vec![std::fs::read(&path).unwrap()] })
        .collect()
}

async fn nas_accepts(auth: SocketAddr, secret: &[u8]) -> Option<Code> {
    let mut nas = Nas::new().await;
    nas.secret = secret.to_vec();
    let (datagram, sent) = nas.access_request(b"an", b"guom ho 2026", &[]);
    nas.send(auth, &datagram, &sent).await.map(|answer| answer.code)
}

#[tokio::test]
async fn a_voucher_runs_from_its_first_use_and_is_over_at_its_end() {
    let files = Files::new();
    files.done(&["nas", "add", "cafe", "--address", "127.0.0.0/8", "--secret", SECRET]);
    files.done(&["plan", "add", "day", "--session", "3s"]);
    let csv = files.done(&["voucher", "create", "--plan", "day", "--count", "2"]);
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0], ["name", "password", "plan"]);
    assert_eq!(lines.len(), 3);
    let (name, secret) = (lines[1][1 - 1], lines[1][1]);
    let controller = Controller::start(&files).await;
    let auth = controller.address("radius_auth");
    let mut nas = Nas::new().await;
    assert_eq!(nas.access(auth, name.as_bytes(), b"2222").await.unwrap().code, Code::AccessReject);
    assert_eq!(files.sql("SELECT count(*) FROM voucher WHERE first_used_ms IS NOT NULL"), "0");
    let accept = nas.access(auth, name.as_bytes(), secret.as_bytes()).await.unwrap();
    assert_eq!((accept.code, accept.u32(kind::SESSION_TIMEOUT)), (Code::AccessAccept, Some(3)));
    assert_eq!(files.sql("SELECT count(*) FROM voucher WHERE first_used_ms IS NOT NULL"), "1");
    controller.kill().await;
    let controller = Controller::start(&files).await;
    let auth = controller.address("radius_auth");
    tokio::time::sleep(Duration::from_secs(3)).await;
    let over = nas.access(auth, name.as_bytes(), secret.to_lowercase().as_bytes()).await.unwrap();
    assert_eq!(over.code, Code::AccessReject);
    assert_eq!(over.text(kind::REPLY_MESSAGE), "The time of this voucher is over.");
}

/// P16 and P24 end to end: what is not to be kept is nowhere, and names are kept byte for byte.
#[tokio::test]
async fn p16_p24_accounting_is_on_disk_when_it_is_answered_and_passwords_in_it_never_are() {
    let (files, controller, mut nas) = ready().await;
    let acct = controller.address("radius_acct");
    let odd: &[u8] = b"m\xffi '<b>\0";
    let canary: &[u8] = b"canary-password-1";
    let start = nas
        .account(
            acct,
            1,
            &[
                (kind::ACCT_SESSION_ID, b"A1"),
                (kind::USER_NAME, odd),
                (kind::CALLING_STATION_ID, b"02-00-00-00-00-07"),
                (kind::CALLED_STATION_ID, b"02-00-00-00-00-01:H\xe1\xbb\x93 G\xc6\xb0\xc6\xa1m"),
                (kind::USER_PASSWORD, canary),
                (3, canary),
                (kind::REPLY_MESSAGE, canary),
                (kind::STATE, canary),
            ],
        )
        .await;
    assert_eq!(start.unwrap().code, Code::AccountingResponse);
    assert_eq!(files.sql("SELECT ap || ' ' || hex(mac) || ' ' || ended_by IS NULL FROM session"), "1");
    assert_eq!(files.sql("SELECT ap || ' ' || hex(mac) FROM session"), "nas:cafe 020000000007");
    assert_eq!(files.sql("SELECT hex(user_name) FROM nas_session"), "6DFF6920273C623E00");
    assert_eq!(files.sql("SELECT CAST(ssid AS TEXT) FROM nas_session"), "Hồ Gươm");
    let stop = nas
        .account(
            acct,
            2,
            &[
                (kind::ACCT_SESSION_ID, b"A1"),
                (kind::ACCT_INPUT_OCTETS, &1000_u32.to_be_bytes()),
                (kind::ACCT_OUTPUT_OCTETS, &5_u32.to_be_bytes()),
                (kind::ACCT_OUTPUT_GIGAWORDS, &1_u32.to_be_bytes()),
                (kind::ACCT_SESSION_TIME, &0_u32.to_be_bytes()),
                (kind::ACCT_TERMINATE_CAUSE, &4_u32.to_be_bytes()),
            ],
        )
        .await;
    assert_eq!(stop.unwrap().code, Code::AccountingResponse);
    let row = "SELECT bytes_up || ' ' || bytes_down || ' ' || ended_by FROM session";
    assert_eq!(files.sql(row), "1000 4294967301 idle");
    let log = controller.log();
    controller.stop().await;
    let mut kept = kept(&files.data());
    kept.push(log.into_bytes());
    assert!(kept.iter().all(|bytes| !bytes.windows(canary.len()).any(|window| window == canary)));
}

/// P09: the same bytes again, and nothing is done twice.
#[tokio::test]
async fn p09_a_duplicate_gets_the_same_bytes_and_is_worked_on_once() {
    let (files, controller, mut nas) = ready().await;
    let (auth, acct) = (controller.address("radius_auth"), controller.address("radius_acct"));
    let (datagram, sent) = nas.access_request(b"mai", "hồ gươm 2026".as_bytes(), &[]);
    // The copies arrive while the first is being hashed: one answer comes.
    for _ in 0..5 {
        nas.socket.send_to(&datagram, auth).await.unwrap();
    }
    let first = nas.receive(&sent, LIMIT).await.unwrap();
    assert_eq!(nas.receive(&sent, SILENT).await, None);
    assert_eq!(nas.send(auth, &datagram, &sent).await.as_ref(), Some(&first));
    assert_eq!(controller.metric("hotspot_radius_verifier_cache_total{result=\"miss\"}").await, 1.0);
    assert_eq!(controller.metric("hotspot_radius_dropped_total{reason=\"in_flight\"}").await, 4.0);
    let (datagram, sent) =
        nas.accounting_request(1, &[(kind::ACCT_SESSION_ID, b"A1"), (kind::PROXY_STATE, b"px")]);
    let first = nas.send(acct, &datagram, &sent).await.unwrap();
    for _ in 0..3 {
        assert_eq!(nas.send(acct, &datagram, &sent).await.as_ref(), Some(&first));
    }
    assert_eq!(files.sql("SELECT count(*) FROM session"), "1");
    assert_eq!(
        controller.metric("hotspot_radius_requests_total{kind=\"acct\",outcome=\"stored\"}").await,
        1.0
    );
}

#[tokio::test]
async fn p21_strangers_wrong_codes_and_wrong_ports_get_silence_and_a_counter_each() {
    let (files, controller, mut nas) = ready().await;
    let (auth, acct) = (controller.address("radius_auth"), controller.address("radius_acct"));
    let (access, sent) = nas.access_request(b"mai", b"x", &[]);
    assert_eq!(nas.send(acct, &access, &sent).await, None);
    let (accounting, sent) = nas.accounting_request(1, &[(kind::ACCT_SESSION_ID, b"A1")]);
    assert_eq!(nas.send(auth, &accounting, &sent).await, None);
    for code in [0, 2, 3, 5, 11, 40, 43, 53, 255] {
        let mut odd = access.clone();
        odd[0] = code;
        assert_eq!(nas.send(auth, &odd, &sent).await, None, "code {code}");
    }
    nas.secret = b"not-the-secret-at-all".to_vec();
    let (wrong, sent) = nas.access_request(b"mai", b"x", &[]);
    assert_eq!(nas.send(auth, &wrong, &sent).await, None);
    let (wrong, sent) = nas.accounting_request(1, &[(kind::ACCT_SESSION_ID, b"A1")]);
    assert_eq!(nas.send(acct, &wrong, &sent).await, None);
    assert_eq!(nas.send(auth, b"", &sent).await, None);
    assert_eq!(nas.send(auth, &access[..access.len() - 1], &sent).await, None);
    files.done(&["nas", "remove", "cafe"]);
    wait_until("the NAS to be a stranger", Duration::from_secs(3), async || {
        // Until then it may be answered; nobody looks.
        let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        other.send_to(&access, auth).await.unwrap();
        (controller.metric("hotspot_radius_dropped_total{reason=\"unknown_client\"}").await >= 1.0)
            .then_some(())
    })
    .await;
    for (reason, count) in
        [("wrong_port", 2.0), ("wrong_code", 9.0), ("wrong_secret", 2.0), ("malformed", 2.0)]
    {
        let name = format!("hotspot_radius_dropped_total{{reason=\"{reason}\"}}");
        assert_eq!(controller.metric(&name).await, count, "{reason}");
    }
    assert_eq!(files.sql("SELECT count(*) FROM session"), "0");
}

/// P04.
#[tokio::test]
async fn p04_without_message_authenticator_only_an_exempt_nas_is_answered_and_never_with_proxy_state() {
    let (files, controller, mut nas) = ready().await;
    let auth = controller.address("radius_auth");
    let unsigned = |nas: &mut Nas, proxy: bool| {
        let mut buffer = [0; LENGTH_MAX];
        let mut query = Query::unsigned_access(nas.identifier(), fresh(), &mut buffer);
        query.add(kind::USER_NAME, b"nobody").unwrap();
        query.add_password(b"x", &nas.secret).unwrap();
        if proxy {
            query.add(kind::PROXY_STATE, b"px").unwrap();
        }
        let (datagram, sent) = query.finish(&nas.secret);
        (datagram.to_vec(), sent)
    };
    for _ in 0..1000 {
        let (datagram, _) = unsigned(&mut nas, false);
        nas.socket.send_to(&datagram, auth).await.unwrap();
    }
    let missing = "hotspot_radius_dropped_total{reason=\"no_message_authenticator\"}";
    controller.counted(missing, 1000.0).await;
    let (_, sent) = unsigned(&mut nas, false);
    assert_eq!(nas.receive(&sent, SILENT).await, None);
    let lines = controller.log().matches("without Message-Authenticator was not answered").count();
    assert!((1..=5).contains(&lines), "{lines} lines for a thousand requests");

    let add = ["nas", "add", "cafe", "--address", "127.0.0.1", "--secret", SECRET];
    let said = files.done(&[&add[..], &["--allow-missing-message-authenticator"]].concat());
    assert!(said.contains("can forge them"), "{said}");
    wait_until("the exemption", Duration::from_secs(3), async || {
        let mut nas = Nas::new().await;
        let (datagram, sent) = unsigned(&mut nas, false);
        nas.send(auth, &datagram, &sent).await
    })
    .await;
    let (datagram, sent) = unsigned(&mut nas, true);
    assert_eq!(nas.send(auth, &datagram, &sent).await, None);
    controller.stop().await;
    let controller = Controller::start(&files).await;
    assert!(controller.log().contains("requests without Message-Authenticator are answered for this NAS"));
    let (status, body) = controller.get("metrics", "/readyz").await;
    assert_eq!(status, 200);
    assert!(body.contains("NAS cafe is answered without Message-Authenticator"), "{body}");
}

#[tokio::test]
async fn status_server_is_answered_on_both_ports() {
    let (_files, controller, mut nas) = ready().await;
    for (port, code) in [("radius_auth", Code::AccessAccept), ("radius_acct", Code::AccountingResponse)] {
        let mut buffer = [0; LENGTH_MAX];
        let (datagram, sent) = Query::status(nas.identifier(), fresh(), &mut buffer).finish(&nas.secret);
        let datagram = datagram.to_vec();
        let answer = nas.send(controller.address(port), &datagram, &sent).await.unwrap();
        assert_eq!(answer.code, code);
    }
}

/// Each answered record is there once, whatever kills the controller.
#[tokio::test]
async fn a_killed_controller_has_every_answered_record_and_a_retransmission_changes_nothing() {
    let (files, mut controller, mut nas) = ready().await;
    let mut answered = 0;
    for round in 0..5_u32 {
        let acct = controller.address("radius_acct");
        let mut waiting = Vec::new();
        for n in 0..40_u32 {
            let id = format!("{round}-{n}");
            let (datagram, sent) = nas.accounting_request(1, &[(kind::ACCT_SESSION_ID, id.as_bytes())]);
            nas.socket.send_to(&datagram, acct).await.unwrap();
            waiting.push((datagram, sent));
        }
        let mut buffer = [0; LENGTH_MAX];
        let mut got = 0;
        while got < 10 + round * 5
            && let Ok(Ok((length, _))) = tokio::time::timeout(SILENT, nas.socket.recv_from(&mut buffer)).await
        {
            let identifier = buffer[..length][1];
            let (_, sent) = waiting.iter().find(|(_, sent)| sent.identifier == identifier).unwrap();
            sent.check(&buffer[..length], &nas.secret).unwrap();
            got += 1;
        }
        controller.kill().await;
        answered += got;
        let stored: u32 = files.sql("SELECT count(*) FROM session").parse().unwrap();
        assert!(stored >= answered, "{answered} were answered and {stored} are there");
        controller = Controller::start(&files).await;
        nas.socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let acct = controller.address("radius_acct");
        for (datagram, sent) in &waiting {
            assert!(nas.send(acct, datagram, sent).await.is_some(), "sent again, it is answered");
        }
        answered = (round + 1) * 40;
        assert_eq!(files.sql("SELECT count(*) FROM session"), answered.to_string());
    }
}
