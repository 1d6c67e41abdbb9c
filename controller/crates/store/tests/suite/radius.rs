//! Access points of other makes, accounts, vouchers and accounting: kept as given, all of a change or nothing of it.

use session_core::{
    AccountingKind, AccountingRecord, ApId, Domain, Limits, Mac, Nas, NasRestart, Octets, SessionEnd,
    SessionId, StationNames, UnixMs,
};
use store::{Account, Batch, Counted, NasClient, Store, StoreError, Voucher};

use crate::rows::{NOW, Place, hoankiem, plan};

fn nas(name: &str, address: &str) -> NasClient {
    NasClient {
        name: name.to_owned(),
        address: address.to_owned(),
        secret: vec![0, 1, 255],
        kind: "hostapd".to_owned(),
        coa_port: Some(3799),
        require_message_authenticator: true,
        zone: None,
        added: NOW,
    }
}

fn account(name: &str, plan: &str) -> Account {
    Account { name: name.to_owned(), verifier: "$argon2id$x".to_owned(), plan: plan.to_owned(), added: NOW }
}

#[tokio::test]
async fn a_nas_is_kept_as_given_replaced_by_name_and_gone_when_removed() {
    let place = Place::new();
    let store = place.open().await;
    store.put_nas(nas("cafe", "192.0.2.7/32")).await.unwrap();
    let changed =
        NasClient { require_message_authenticator: false, coa_port: None, ..nas("cafe", "192.0.2.8/32") };
    store.put_nas(changed.clone()).await.unwrap();
    assert_eq!(store.nas_clients().await.unwrap(), [changed]);
    let taken = store.put_nas(nas("other", "192.0.2.8/32")).await;
    assert!(matches!(taken, Err(StoreError::Refused { .. })), "{taken:?}");
    let zone = store.put_nas(NasClient { zone: Some("moon".to_owned()), ..nas("x", "192.0.2.9/32") }).await;
    assert!(matches!(zone, Err(StoreError::Unknown { kind: "zone", .. })), "{zone:?}");
    store.remove_nas("cafe").await.unwrap();
    assert!(matches!(store.remove_nas("cafe").await, Err(StoreError::Unknown { kind: "NAS", .. })));
}

#[tokio::test]
async fn accounts_come_all_or_none_and_say_how_many_were_new() {
    let place = Place::new();
    let store = place.open().await;
    store.put_plan(plan()).await.unwrap();
    let counted = store.put_accounts(vec![account("mai", "free"), account("an", "free")]).await.unwrap();
    assert_eq!(counted, Counted { added: 2, changed: 0 });
    let counted = store.put_accounts(vec![account("mai", "free"), account("bình", "free")]).await.unwrap();
    assert_eq!(counted, Counted { added: 1, changed: 1 });
    let refused = store.put_accounts(vec![account("new", "free"), account("newer", "gold")]).await;
    assert!(matches!(refused, Err(StoreError::Unknown { kind: "plan", .. })));
    let names: Vec<String> =
        store.accounts().await.unwrap().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["an", "bình", "mai"]);
    store.remove_account("an").await.unwrap();
    assert_eq!(store.accounts().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_vouchers_time_runs_from_its_first_use() {
    let place = Place::new();
    let store = place.open().await;
    store.put_plan(plan()).await.unwrap();
    let voucher = Voucher {
        name: "v1".to_owned(),
        secret_hmac: [7; 32],
        plan: "free".to_owned(),
        created: NOW,
        first_used: None,
    };
    store.add_vouchers(vec![voucher.clone()]).await.unwrap();
    assert!(matches!(store.add_vouchers(vec![voucher]).await, Err(StoreError::Refused { .. })));
    assert_eq!(store.use_voucher("v1", NOW.plus_ms(5)).await.unwrap(), NOW.plus_ms(5));
    assert_eq!(store.use_voucher("v1", NOW.plus_ms(50)).await.unwrap(), NOW.plus_ms(5));
    assert_eq!(store.vouchers().await.unwrap()[0].first_used, Some(NOW.plus_ms(5)));
    assert!(store.use_voucher("v2", NOW).await.is_err());
}

fn record(kind: AccountingKind, secs: u32, fresh: u8) -> AccountingRecord {
    AccountingRecord {
        nas: Nas { ap: ApId::from("nas:cafe"), origin: b"ap\0\xff".to_vec() },
        session: b"A1\0".to_vec(),
        kind,
        event: NOW.plus_ms(u64::from(secs) * 1000),
        dated: true,
        session_secs: Some(secs),
        grant: None,
        mac: Some(Mac([2; 6])),
        up: Octets { low: secs, gigawords: None },
        down: Octets { low: secs, gigawords: None },
        packets_up: 0,
        packets_down: 0,
        addresses: vec!["10.0.0.9".parse().unwrap()],
        names: StationNames {
            user: b"m\xc3\x28 '; DROP TABLE session; --\0".to_vec(),
            ssid: "Hồ Gươm 📶".as_bytes().to_vec(),
            ..StationNames::default()
        },
        fresh: SessionId([fresh; 16]),
    }
}

async fn take(store: &Store, domain: &mut Domain) {
    let mut batch = Batch::new(hoankiem());
    while let Some(output) = domain.poll_output() {
        batch.push(output);
    }
    store.commit(batch).await.unwrap();
}

async fn load(store: &Store, now: UnixMs) -> Domain {
    let stored = store.load_domain(&hoankiem(), now).await.unwrap();
    Domain::restore(stored, Limits::default(), now)
}

/// P24: names are kept byte for byte.
#[tokio::test]
async fn p24_accounting_is_kept_byte_for_byte_and_known_again_after_a_start() {
    let place = Place::new();
    let store = place.open().await;
    let mut domain = load(&store, NOW).await;
    let start = record(AccountingKind::Start, 0, 1);
    domain.account(&start, NOW);
    take(&store, &mut domain).await;
    let stored = store.load_domain(&hoankiem(), NOW).await.unwrap();
    assert_eq!((stored.sessions.len(), stored.nas_sessions.len()), (1, 1));
    assert_eq!(stored.nas_sessions[0].names, start.names);
    assert_eq!(stored.nas_sessions[0].origin, start.nas.origin);

    let mut domain = load(&store, NOW).await;
    let stop = AccountingKind::Stop { end: SessionEnd::Departed, cause: 1 };
    domain.account(&record(stop, 60, 2), NOW.plus_ms(60_000));
    take(&store, &mut domain).await;
    let later = NOW.plus_ms(2 * 3_600_000);
    let mut domain = load(&store, later).await;
    domain.account(&record(stop, 60, 3), later);
    domain.nas_restarted(&NasRestart { nas: start.nas.clone(), at: later }, later);
    take(&store, &mut domain).await;
    let stored = store.load_domain(&hoankiem(), later).await.unwrap();
    assert_eq!(stored.nas_sessions.len(), 1, "the same stop, sent again after its answer was lost");
    assert_eq!((stored.nas_sessions[0].closed, stored.nas_sessions[0].cause), (Some(NOW.plus_ms(60_000)), 1));
    assert_eq!(stored.nas_restarts, [NasRestart { nas: start.nas, at: later }]);
    assert_eq!(stored.sessions, []);
}
