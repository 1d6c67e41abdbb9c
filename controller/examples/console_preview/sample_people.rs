//! Sample data of who may do what and who did.

use hotspot_controller::operators::console::view::{
    AccountRow, Accounts, Audit, AuditRow, Countries, Country, MySignIns, NasClients, NasRow, SignInRow,
    Untrusted,
};

use crate::sample::{NOW_MS, name};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

pub fn nas(state: &str) -> NasClients {
    let row = |label: &str, address: &str, make: &str, sessions, exempt| NasRow {
        name: label.to_owned(),
        address: address.to_owned(),
        make: make.to_owned(),
        zone: (sessions > 0).then(|| name("Bờ đông – Đinh Tiên Hoàng", "East shore - Dinh Tien Hoang")),
        sessions,
        added_ms: NOW_MS - 9 * DAY_MS,
        exempt,
    };
    let rows = vec![
        row("cafe-1", "192.0.2.10", "coova", 7, false),
        row("dong-xuan", "198.51.100.0/28", "mikrotik", 31, false),
        row("old-hotel", "203.0.113.77", "generic", 0, true),
    ];
    NasClients { rows: if state == "first" { Vec::new() } else { rows } }
}

pub fn accounts() -> Accounts {
    let row = |label: &[u8], voucher, first_used_ms| AccountRow {
        name: Untrusted(label.to_vec()),
        plan: "free".to_owned(),
        voucher,
        added_ms: NOW_MS - 9 * DAY_MS,
        first_used_ms,
    };
    Accounts {
        rows: vec![
            row("nguyễn.văn.an".as_bytes(), false, None),
            row(b"guest\"><img src=x>", false, None),
            row(b"\0\x07bell\xff", false, None),
            row(b"7KQF-M2XA", true, Some(NOW_MS - DAY_MS)),
            row(b"9WPC-44TR", true, None),
        ],
        total: 212,
        next: Some("9WPC-44TR".to_owned()),
    }
}

pub fn sign_ins() -> MySignIns {
    let row = |id: &str, began, used, country, address: &str, browser: &str, current| SignInRow {
        id: id.to_owned(),
        began_ms: NOW_MS - began,
        used_ms: NOW_MS - used,
        ends_ms: NOW_MS - began + 30 * DAY_MS,
        address: address.to_owned(),
        country,
        browser: Untrusted::from(browser),
        current,
    };
    let vietnam = Country::Known("VN".to_owned());
    let chromium = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
    MySignIns {
        rows: vec![
            row("1", 50 * MINUTE_MS, 2_000, vietnam, "203.0.113.20", chromium, true),
            row("2", 3 * DAY_MS, 90 * MINUTE_MS, Country::Private, "10.0.0.7", "curl/8 <script>", false),
            row("3", 9 * DAY_MS, 8 * DAY_MS, Country::Unknown, "2001:db8::77", "", false),
        ],
        countries: Countries::Known,
    }
}

pub fn audit() -> Audit {
    let row = |ago, who: &str, action: &str, subject: &[u8], detail: &str| AuditRow {
        at_ms: NOW_MS - ago,
        operator: Untrusted::from(who),
        action: action.to_owned(),
        subject: Untrusted(subject.to_vec()),
        detail: Untrusted::from(detail),
    };
    Audit {
        rows: vec![
            row(4 * MINUTE_MS, "linh@hanoi.example", "visit.kick", b"HK-16 8T2M", "visitor asked for it"),
            row(50 * MINUTE_MS, "linh@hanoi.example", "operator.sign_in", b"", "Chromium, VN"),
            row(DAY_MS, "command:root", "nas.put", b"cafe-1", "192.0.2.10"),
            row(DAY_MS + 9, "command:root", "account.put", b"guest\"><img src=x>", ""),
            row(2 * DAY_MS, "command:root", "operator.add", "Trần Thị Linh".as_bytes(), "engineer"),
            row(2 * DAY_MS, "command:root", "plan.future", b"\0\xff", ""),
        ],
        next: Some("6".to_owned()),
    }
}
