//! What the tests share: a controller as a process, an agent, a phone, and the one way to wait.

pub mod agent;
pub mod browser;
pub mod link;
pub mod phone;
pub mod process;

use std::future::Future;
use std::time::Duration;

pub use agent::Agent;
pub use link::Link;
pub use phone::Phone;
pub use process::{Controller, Files};

/// Everything the tests wait for must be there by then.
pub const LIMIT: Duration = Duration::from_secs(10);

/// Waits until `check` gives something, and fails the test with `what` when it does not in time.
pub async fn wait_until<T, F, Fut>(what: &str, limit: Duration, mut check: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let until = tokio::time::Instant::now() + limit;
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    loop {
        pace.tick().await;
        if let Some(found) = check().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < until, "after {limit:?} still not: {what}");
    }
}

/// Sixteen bytes that no other call in this process gets.
pub fn fresh_id() -> [u8; 16] {
    let mut id = [0; 16];
    getrandom::fill(&mut id).unwrap();
    id
}
