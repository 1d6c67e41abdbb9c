//! How the machine is that the agent runs on, read from /proc.

use std::fs;

use agent_protocol::v1::Machine;

/// Looks now; what cannot be read is 0.
#[must_use]
pub fn look() -> Machine {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    told(&read("/proc/uptime"), &read("/proc/loadavg"), &read("/proc/meminfo"))
}

fn told(uptime: &str, load: &str, memory: &str) -> Machine {
    Machine {
        uptime_secs: first(uptime).split('.').next().and_then(|secs| secs.parse().ok()).unwrap_or_default(),
        load_milli: thousandths(first(load)),
        memory_bytes: line(memory, "MemTotal:"),
        memory_available_bytes: line(memory, "MemAvailable:"),
    }
}

fn first(text: &str) -> &str {
    text.split_ascii_whitespace().next().unwrap_or_default()
}

/// A number with two digits behind the point, as /proc/loadavg has them.
fn thousandths(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let (Ok(whole), Ok(part)) = (whole.parse::<u32>(), part.parse::<u32>()) else { return 0 };
    whole.saturating_mul(1000).saturating_add(part.saturating_mul(10))
}

/// The value of a line of /proc/meminfo, which counts in KiB.
fn line(memory: &str, name: &str) -> u64 {
    let value = memory.lines().find_map(|line| line.strip_prefix(name)).map(first).unwrap_or_default();
    value.parse::<u64>().unwrap_or_default().saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proc_says_becomes_plain_numbers() {
        let memory = "MemTotal:         252928 kB\nMemFree:  9000 kB\nMemAvailable:     100000 kB\n";
        let machine = told("86400.55 170000.00\n", "1.07 0.44 0.12 1/99 4242\n", memory);
        let expected = Machine {
            uptime_secs: 86_400,
            load_milli: 1070,
            memory_bytes: 252_928 * 1024,
            memory_available_bytes: 102_400_000,
        };
        assert_eq!(machine, expected);
    }

    #[test]
    fn what_cannot_be_read_is_nothing() {
        assert_eq!(told("", "x.y", "MemTotal: many"), Machine::default());
        let here = look();
        assert!(here.memory_bytes > here.memory_available_bytes && here.memory_available_bytes > 0);
    }
}
