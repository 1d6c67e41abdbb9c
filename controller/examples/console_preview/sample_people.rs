//! Sample data of who may do what and who did.

use hotspot_controller::operators::console::view::{
    AccountRow, Accounts, Audit, AuditRow, Countries, Country, MySignIns, NasClients, NasForm, NasRow,
    SignInRow, Untrusted,
};

use crate::sample::{NOW_MS, name};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

pub fn nas(state: &str) -> NasClients {
    let row = |label: &str, addresses: &str, sessions, heard: Option<u64>, exempt| NasRow {
        name: label.to_owned(),
        addresses: addresses.to_owned(),
        zone: (sessions > 0).then(|| name("Bờ đông – Đinh Tiên Hoàng", "East shore - Dinh Tien Hoang")),
        sessions,
        heard_ms: heard,
        exempt,
    };
    let rows = vec![
        row("cafe-1", "192.0.2.10", 7, Some(NOW_MS - 40_000), false),
        row("dong-xuan", "198.51.100.0/28", 31, Some(NOW_MS - 4_000), false),
        row("old-hotel", "203.0.113.77", 0, None, true),
    ];
    let form = NasForm {
        name: "cafe 1".to_owned(),
        address: "192.0.2.300".to_owned(),
        zone: "lake-east".to_owned(),
        zones: vec![(
            "lake-east".to_owned(),
            name("Bờ đông – Đinh Tiên Hoàng", "East shore - Dinh Tien Hoang"),
        )],
        name_error: Some("Use letters, digits and hyphens, such as cafe-1.".to_owned()),
        address_error: Some("Use an address or a network, such as 192.0.2.10 or 192.0.2.0/24.".to_owned()),
    };
    NasClients {
        rows: if state == "first" { Vec::new() } else { rows },
        form: (state == "form").then_some(form),
        added: None,
    }
}

pub fn accounts() -> Accounts {
    let row = |label: &[u8], voucher, ends_ms, disabled| AccountRow {
        name: Untrusted(label.to_vec()),
        plan: "free".to_owned(),
        voucher,
        ends_ms,
        disabled,
    };
    Accounts {
        rows: vec![
            row("nguyễn.văn.an".as_bytes(), false, None, false),
            row(b"guest\"><img src=x>", false, Some(NOW_MS + 30 * DAY_MS), false),
            row(b"\0\x07bell\xff", false, None, true),
            row(b"7KQF-M2XA", true, Some(NOW_MS + DAY_MS), false),
            row(b"9WPC-44TR", true, Some(NOW_MS - 2 * DAY_MS), false),
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
    let vietnam = Country::Known { code: "VN".to_owned(), name: "Vietnam".to_owned() };
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
        address: (who != "command line").then(|| "203.0.113.20".to_owned()),
    };
    Audit {
        rows: vec![
            row(4 * MINUTE_MS, "Trần Thị Linh", "session.kick", b"HK-16 8T2M", "visitor asked for it"),
            row(50 * MINUTE_MS, "Trần Thị Linh", "sign_in", b"", "Chromium, VN"),
            row(DAY_MS, "command line", "nas.add", b"cafe-1", "192.0.2.10"),
            row(DAY_MS + 9, "command line", "account.add", b"guest\"><img src=x>", ""),
            row(2 * DAY_MS, "command line", "operator.add", "Trần Thị Linh".as_bytes(), "engineer"),
            row(2 * DAY_MS, "command line", "plan.future", b"\0\xff", ""),
        ],
        next: Some("6".to_owned()),
    }
}
