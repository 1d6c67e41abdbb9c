//! The audit log: one row for every change, in its transaction, and a chain that tells when a row was touched.

use session_core::{ApId, GrantId, Mac, UnixMs};
use sqlx::Executor as _;
use store::{
    Account, Actor, AuditChain, Enrollment, NasClient, NewOperatorSession, Role, SignIn, Store, Voucher,
};

use crate::rows::{NOW, Place, grant, grants, hoankiem, inventory, plan};

const CANARY: [u8; 32] = [0xc5; 32];

fn session() -> NewOperatorSession {
    NewOperatorSession {
        id_sha256: CANARY,
        address: "127.0.0.1".to_owned(),
        country: None,
        user_agent: "test".to_owned(),
        created: NOW,
        expires: NOW.plus_ms(1000),
        replaces: None,
    }
}

fn nas() -> NasClient {
    NasClient {
        name: "cafe".to_owned(),
        address: "192.0.2.7/32".to_owned(),
        secret: CANARY.to_vec(),
        kind: "hostapd".to_owned(),
        coa_port: None,
        require_message_authenticator: true,
        zone: None,
        added: NOW,
    }
}

/// Makes every change there is and returns the action that each must have left.
async fn every_change(store: &Store) -> Vec<&'static str> {
    let ap = ApId::from("hk-01");
    store.put_plan(plan()).await.unwrap();
    store.import(inventory()).await.unwrap();
    store.add_token(&ap, [1; 32], NOW.plus_ms(5)).await.unwrap();
    assert!(matches!(store.enroll([1; 32], [2; 32], NOW).await.unwrap(), Enrollment::Enrolled(_)));
    assert_eq!(store.enroll([1; 32], [3; 32], NOW).await.unwrap(), Enrollment::UsedToken);
    store.revoke(&ap, NOW).await.unwrap();
    store.set_blocked(Mac([2, 0, 0, 0, 0, 1]), true, NOW).await.unwrap();
    store.set_blocked(Mac([2, 0, 0, 0, 0, 1]), false, NOW).await.unwrap();
    store.set_setting("colour", "a secret value").await.unwrap();
    let epoch = store.load_domain(&hoankiem(), NOW).await.unwrap().position.epoch;
    store.commit(grants([grant(epoch, 1)])).await.unwrap();
    store.kick(grant(epoch, 1).id, NOW).await.unwrap();
    store.raise_epoch(&hoankiem()).await.unwrap();
    store.put_nas(nas()).await.unwrap();
    store.remove_nas("cafe").await.unwrap();
    let account = Account {
        name: "mai".to_owned(),
        verifier: "a secret value".to_owned(),
        plan: "free".to_owned(),
        added: NOW,
    };
    store.put_accounts(vec![account]).await.unwrap();
    store.remove_account("mai").await.unwrap();
    let voucher = Voucher {
        name: "v1".to_owned(),
        secret_hmac: CANARY,
        plan: "free".to_owned(),
        created: NOW,
        first_used: None,
    };
    store.add_vouchers(vec![voucher]).await.unwrap();
    store.put_operator("lan@hanoi.example", Role::Engineer, NOW).await.unwrap();
    store.add_sign_in_link("lan@hanoi.example", CANARY, NOW.plus_ms(1000)).await.unwrap();
    assert!(matches!(store.sign_in(CANARY, session()).await.unwrap(), SignIn::Operator(_)));
    assert_eq!(store.sign_in(CANARY, session()).await.unwrap(), SignIn::Used);
    assert!(store.end_operator_session("lan@hanoi.example", CANARY, NOW).await.unwrap());
    store.add_api_token("lan@hanoi.example", CANARY, NOW, NOW.plus_ms(1000)).await.unwrap();
    assert_eq!(store.revoke_api_tokens("lan@hanoi.example", NOW).await.unwrap(), 1);
    store.disable_operator("lan@hanoi.example", NOW).await.unwrap();
    vec![
        "plan.put",
        "ap.import",
        "ap.token",
        "ap.enroll",
        "ap.enroll_refused",
        "ap.revoke",
        "device.block",
        "device.unblock",
        "setting.put",
        "visit.kick",
        "log.raise_epoch",
        "nas.put",
        "nas.remove",
        "account.put",
        "account.remove",
        "voucher.create",
        "operator.add",
        "operator.link",
        "operator.sign_in",
        "operator.sign_in_refused",
        "operator.end_session",
        "operator.token",
        "operator.revoke_tokens",
        "operator.disable",
    ]
}

#[tokio::test]
async fn x44_every_change_leaves_one_row_in_the_name_of_who_made_it() {
    let place = Place::new();
    let store = place.open().await.acting_as(Actor::Command("minh".to_owned()));
    let expected = every_change(&store).await;
    let mut rows = store.audit(None, 1000).await.unwrap();
    rows.reverse();
    let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, expected);
    for row in &rows {
        let own = row.action.starts_with("operator.sign_in");
        assert_eq!(row.actor, if own { "lan@hanoi.example" } else { "command:minh" }, "{row:?}");
        let detail: serde_json::Value = serde_json::from_str(&row.detail).unwrap();
        assert!(detail.is_object(), "{row:?}");
    }
    assert_eq!(store.check_audit().await.unwrap(), AuditChain::Whole { rows: rows.len() as u64 });
}

#[tokio::test]
async fn x45_no_row_holds_a_secret() {
    let place = Place::new();
    let store = place.open().await;
    every_change(&store).await;
    let text = format!("{:?}", store.audit(None, 1000).await.unwrap());
    assert!(
        !text.contains(&"c5".repeat(32)) && !text.contains("197, 197") && !text.contains("secret value"),
        "{text}"
    );
}

#[tokio::test]
async fn what_the_controller_notes_for_itself_is_nobodys_change() {
    let place = Place::new();
    let store = place.open().await;
    store.set_setting("config_version", "7").await.unwrap();
    assert_eq!(store.audit(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn x44_a_change_that_fails_leaves_no_row() {
    let place = Place::new();
    let store = place.open().await;
    assert!(store.revoke(&ApId::from("hk-99"), NOW).await.is_err());
    assert!(store.kick(GrantId([9; 16]), NOW).await.is_err());
    assert_eq!(store.enroll([9; 32], [2; 32], NOW).await.unwrap(), Enrollment::UnknownToken);
    assert_eq!(store.sign_in([9; 32], session()).await.unwrap(), SignIn::Unknown);
    assert!(store.add_sign_in_link("nobody@hanoi.example", [4; 32], UnixMs(5)).await.is_err());
    assert_eq!(store.audit(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn x44_a_row_that_was_edited_removed_or_moved_is_found() {
    for (touch, at) in [
        ("UPDATE audit SET actor = 'somebody' WHERE id = 3", 3),
        ("UPDATE audit SET detail = '{}' WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 4", 4),
        (
            "UPDATE audit SET id = CASE id WHEN 2 THEN -3 ELSE 2 END WHERE id IN (2, 3);
          UPDATE audit SET id = 3 WHERE id = -3",
            2,
        ),
    ] {
        let place = Place::new();
        let store = place.open().await;
        every_change(&store).await;
        place.beside().await.execute(touch).await.unwrap();
        assert_eq!(store.check_audit().await.unwrap(), AuditChain::Broken { at }, "{touch}");
    }
}

#[tokio::test]
async fn pages_of_the_log_are_stable_while_rows_are_added() {
    let place = Place::new();
    let store = place.open().await.acting_as(Actor::Command("minh".to_owned()));
    let all = every_change(&store).await.len() as u64;
    let first = store.audit(None, 5).await.unwrap();
    assert_eq!(first.iter().map(|row| row.id).collect::<Vec<_>>(), (all - 4..=all).rev().collect::<Vec<_>>());
    store.put_plan(plan()).await.unwrap();
    let second = store.audit(first.last().map(|row| row.id), 5).await.unwrap();
    assert_eq!(second.first().map(|row| row.id), Some(all - 5));
}
