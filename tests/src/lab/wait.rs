//! Waiting: the only place in the tests that lets time pass, always for a condition and never without a limit.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const POLL: Duration = Duration::from_millis(10);

/// Waits until `look` finds something and returns it.
///
/// # Errors
/// When `limit` has passed; the message names `what` was waited for.
pub fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> Result<T> {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if begin.elapsed() >= limit {
            bail!("waited {:.1} s in vain for: {what}", limit.as_secs_f64());
        }
        thread::sleep(POLL);
    }
}

/// Waits until `holds` says yes and returns how long that took.
///
/// # Errors
/// When `limit` has passed; the message names `what` was waited for.
pub fn wait_until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) -> Result<Duration> {
    let begin = Instant::now();
    wait_for(what, limit, || holds().then(|| begin.elapsed()))
}

/// Watches for `span` that `holds` never stops being true.
///
/// # Errors
/// As soon as it is false; the message names `what` should have held.
pub fn holds_for(what: &str, span: Duration, mut holds: impl FnMut() -> bool) -> Result<()> {
    let begin = Instant::now();
    while begin.elapsed() < span {
        if !holds() {
            bail!("after {:.2} s it was no longer true that {what}", begin.elapsed().as_secs_f64());
        }
        thread::sleep(POLL);
    }
    Ok(())
}
