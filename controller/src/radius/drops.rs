//! Datagrams the kernel threw away because they were not taken in time: its own count for a bound UDP port.

use std::time::Duration;

use prometheus::IntCounter;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(5);

/// Adds what the kernel counts for these ports to the metric, until it is told to stop.
pub async fn follow(ports: Vec<u16>, counter: IntCounter, stop: CancellationToken) {
    let mut before = count(&ports).await;
    while tokio::time::timeout(EVERY, stop.cancelled()).await.is_err() {
        let now = count(&ports).await;
        counter.inc_by(now.saturating_sub(before));
        before = now;
    }
}

async fn count(ports: &[u16]) -> u64 {
    let mut drops = 0;
    for file in ["/proc/self/net/udp", "/proc/self/net/udp6"] {
        // A system without one of the families has no such file, and nothing to count there.
        let text = tokio::fs::read_to_string(file).await.unwrap_or_default();
        drops += of_table(&text, ports);
    }
    drops
}

/// The last column, of the lines whose local address ends in one of the ports.
fn of_table(text: &str, ports: &[u16]) -> u64 {
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let port = fields.nth(1)?.rsplit(':').next()?;
            let port = u16::from_str_radix(port, 16).ok()?;
            ports.contains(&port).then(|| fields.next_back()?.parse::<u64>().ok())?
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drops_of_the_ports_asked_for_are_summed() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
            1: 00000000:0714 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 12\n\
            2: 0100007F:0715 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 30\n\
            3: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4713 2 0000000000000000 500\n";
        assert_eq!(of_table(table, &[1812, 1813]), 42);
        assert_eq!(of_table("", &[1812]), 0);
    }
}
