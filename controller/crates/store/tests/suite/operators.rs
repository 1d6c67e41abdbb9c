//! Operators: links that work once, sessions with two limits, and what ends them.

use store::{NewOperatorSession, OperatorPut, Role, SESSION_IDLE_MS, SignIn, Store};

use crate::rows::{NOW, Place};

const LAN: &str = "lan@hanoi.example";
const DAY_MS: u64 = 86_400_000;

fn session(id: u8) -> NewOperatorSession {
    NewOperatorSession {
        id_sha256: [id; 32],
        address: "192.0.2.7".to_owned(),
        country: Some("VN".to_owned()),
        user_agent: "a browser".to_owned(),
        created: NOW,
        expires: NOW.plus_ms(7 * DAY_MS),
        replaces: None,
    }
}

async fn with_link(place: &Place) -> Store {
    let store = place.open().await;
    store.put_operator(LAN, Role::Analyst, NOW).await.unwrap();
    store.add_sign_in_link(LAN, [1; 32], NOW.plus_ms(1000)).await.unwrap();
    store
}

#[tokio::test]
async fn of_ten_who_use_a_link_together_one_gets_in() {
    let place = Place::new();
    let store = with_link(&place).await;
    let tries: Vec<_> = (1..=10)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { store.sign_in([1; 32], session(id)).await.unwrap() })
        })
        .collect();
    let mut entered = 0;
    for tried in tries {
        let sign_in = tried.await.unwrap();
        if let SignIn::Operator(operator) = sign_in {
            assert_eq!(operator.email, LAN);
            entered += 1;
        } else {
            assert_eq!(sign_in, SignIn::Used);
        }
    }
    assert_eq!(entered, 1);
    assert_eq!(store.operator_sessions(LAN, NOW).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_link_is_worth_nothing_when_it_is_old_replaced_or_its_operator_disabled() {
    let place = Place::new();
    let store = with_link(&place).await;
    assert_eq!(store.sign_in_link([1; 32], NOW.plus_ms(1000)).await.unwrap(), SignIn::Expired);
    assert!(matches!(store.sign_in_link([1; 32], NOW).await.unwrap(), SignIn::Operator(_)));
    store.add_sign_in_link(LAN, [2; 32], NOW.plus_ms(1000)).await.unwrap();
    assert_eq!(store.sign_in_link([1; 32], NOW).await.unwrap(), SignIn::Unknown);
    store.disable_operator(LAN, NOW).await.unwrap();
    assert_eq!(store.sign_in_link([2; 32], NOW).await.unwrap(), SignIn::Unknown);
    assert!(store.add_sign_in_link(LAN, [3; 32], NOW).await.is_err());
}

#[tokio::test]
async fn x47_a_session_ends_by_idleness_by_age_by_revocation_and_with_its_operator() {
    let place = Place::new();
    let store = with_link(&place).await;
    store.sign_in([1; 32], session(5)).await.unwrap();
    let alive = async |at| store.operator_session([5; 32], at).await.unwrap().is_some();
    let almost = NOW.plus_ms(SESSION_IDLE_MS - 1);
    assert!(alive(almost).await);
    assert!(!alive(NOW.plus_ms(SESSION_IDLE_MS)).await);
    store.operator_seen([5; 32], almost).await.unwrap();
    assert!(alive(NOW.plus_ms(SESSION_IDLE_MS)).await);
    let last = NOW.plus_ms(7 * DAY_MS - 1);
    store.operator_seen([5; 32], last).await.unwrap();
    assert!(alive(last).await);
    assert!(!alive(last.plus_ms(1)).await);
    assert!(!store.end_operator_session("minh@hanoi.example", [5; 32], NOW).await.unwrap());
    assert!(alive(NOW).await, "somebody else's session was ended");
    assert!(store.end_operator_session(LAN, [5; 32], NOW).await.unwrap());
    assert!(!alive(NOW).await);

    store.add_sign_in_link(LAN, [2; 32], NOW.plus_ms(1000)).await.unwrap();
    store.sign_in([2; 32], session(6)).await.unwrap();
    store.add_api_token(LAN, [7; 32], NOW, NOW.plus_ms(1000)).await.unwrap();
    assert!(store.api_token([7; 32], NOW).await.unwrap().is_some());
    assert!(store.api_token([7; 32], NOW.plus_ms(1000)).await.unwrap().is_none());
    store.disable_operator(LAN, NOW).await.unwrap();
    assert!(store.operator_session([6; 32], NOW).await.unwrap().is_none());
    assert!(store.api_token([7; 32], NOW).await.unwrap().is_none());
    assert_eq!(store.put_operator(LAN, Role::Analyst, NOW).await.unwrap(), OperatorPut::Changed);
    assert!(store.operator_session([6; 32], NOW).await.unwrap().is_none(), "an old session came back");
    assert!(store.api_token([7; 32], NOW).await.unwrap().is_none(), "an old token came back");
}

#[tokio::test]
async fn x47_another_role_is_seen_at_the_next_request_and_a_new_sign_in_ends_the_old_session() {
    let place = Place::new();
    let store = with_link(&place).await;
    store.sign_in([1; 32], session(5)).await.unwrap();
    assert_eq!(store.put_operator(LAN, Role::Engineer, NOW).await.unwrap(), OperatorPut::Changed);
    assert_eq!(store.operator_session([5; 32], NOW).await.unwrap().unwrap().1.role, Role::Engineer);
    store.add_sign_in_link(LAN, [2; 32], NOW.plus_ms(1000)).await.unwrap();
    let again = NewOperatorSession { replaces: Some([5; 32]), ..session(6) };
    store.sign_in([2; 32], again).await.unwrap();
    assert!(store.operator_session([5; 32], NOW).await.unwrap().is_none());
    assert!(store.operator_session([6; 32], NOW).await.unwrap().is_some());
}
