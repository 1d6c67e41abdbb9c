//! Logs go to stderr; `HOTSPOT_LOG` (or `RUST_LOG`) says which.

use tracing_subscriber::EnvFilter;

/// Starts logging. A filter that cannot be read is said and replaced by the default.
pub fn start_logs() {
    let wanted = std::env::var("HOTSPOT_LOG").or_else(|_| std::env::var("RUST_LOG"));
    let filter = wanted.ok().map(|text| EnvFilter::try_new(&text).map_err(|error| (text, error)));
    let (filter, fault) = match filter {
        Some(Ok(filter)) => (filter, None),
        Some(Err(fault)) => (EnvFilter::new("info"), Some(fault)),
        None => (EnvFilter::new("info"), None),
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    if let Some((text, error)) = fault {
        tracing::warn!(%error, "HOTSPOT_LOG={text} is no filter; info is used");
    }
}
