//! Sample data of what is now: sites of the real inventory with invented figures.

use hotspot_controller::fleet::sites;
use hotspot_controller::operators::console::view::{
    AccessPointPage, AccessPoints, ApOrder, ApRef, ApRow, ApState, Configuration, Estimate, Journal, Kick,
    KickDone, KickPage, Kind, Link, Load24, Moment, Overview, Problem, SessionRow, Sessions, Totals, Trouble,
    Untrusted,
};
use store::Name;

/// Friday 20 November 2026, 20:12:40 around the lake.
pub const NOW_MS: u64 = 1_795_180_360_000;
const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// A number that looks random and is the same every time.
pub fn noise(seed: u64, below: u64) -> u64 {
    let mixed = (seed.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) % below
}

pub fn name(vi: &str, en: &str) -> Name {
    Name { vi: vi.to_owned(), en: en.to_owned() }
}

/// Every site, and one RADIUS access point.
pub fn rows() -> Vec<ApRow> {
    let json = include_str!("../../sites/hoan-kiem.json");
    let sites = sites::parse(json).unwrap_or_else(|faults| panic!("the sample inventory: {faults:?}"));
    let name_of = |names: &sites::Names| name(&names.vi, &names.en);
    let zone = |id: &str| sites.zones.iter().find(|zone| zone.id == id).map(|zone| name_of(&zone.name));
    let mut rows: Vec<ApRow> = sites
        .sites
        .iter()
        .zip(0_u64..)
        .map(|(point, at)| {
            let state = match point.id.as_str() {
                "hk-07" => ApState::Retired,
                "hk-11" | "hk-18" => ApState::Behind,
                "hk-16" => ApState::Full,
                "hk-23" => ApState::Down,
                "hk-31" => ApState::Trouble,
                _ => ApState::Up,
            };
            let devices = match state {
                ApState::Full => Some(64),
                ApState::Down | ApState::Retired => None,
                ApState::Trouble | ApState::Behind | ApState::Up | ApState::Quiet | ApState::New => {
                    Some(9 + noise(at, 53) as u32)
                }
            };
            ApRow {
                ap: ApRef { id: point.id.clone(), name: name_of(&point.name) },
                kind: Kind::Agent,
                zone: zone(&point.zone),
                place: Some((point.lat, point.lon)),
                state,
                devices,
                capacity: Some(64),
                today_bytes: Some(1_200_000_000 + noise(at + 50, 9_000_000_000)),
                journal_records: devices.map(|_| noise(at + 90, 3)),
                heard_ms: match state {
                    ApState::Retired => None,
                    ApState::Down => Some(NOW_MS - 31 * MINUTE_MS),
                    ApState::Full
                    | ApState::Trouble
                    | ApState::Behind
                    | ApState::Up
                    | ApState::Quiet
                    | ApState::New => Some(NOW_MS - noise(at, 9) * 1000),
                },
            }
        })
        .collect();
    rows.push(ApRow {
        ap: ApRef {
            id: "nas:cafe-1".to_owned(), name: name("Cà phê Hàng Hành", "Hang Hanh coffee house")
        },
        kind: Kind::Radius,
        zone: None,
        place: None,
        state: ApState::Up,
        devices: Some(7),
        capacity: None,
        today_bytes: Some(640_000_000),
        journal_records: None,
        heard_ms: Some(NOW_MS - 40_000),
    });
    rows
}

fn of(id: &str) -> Option<ApRow> {
    rows().into_iter().find(|row| row.ap.id == id)
}

fn ap_ref(id: &str) -> ApRef {
    of(id).map_or_else(|| ApRef { id: id.to_owned(), name: Name::same(id) }, |row| row.ap)
}

pub fn problems() -> Vec<Problem> {
    let problem = |id: &str, trouble, since| Problem { ap: Some(ap_ref(id)), trouble, since_ms: since };
    vec![
        problem("hk-23", Trouble::Silent, Some(NOW_MS - 31 * MINUTE_MS)),
        problem("hk-16", Trouble::Full { devices: 64, capacity: 64 }, Some(NOW_MS - 3 * MINUTE_MS)),
        problem(
            "hk-31",
            Trouble::AgentSays(Untrusted(
                b"dnsmasq has not answered for 40 s <script>alert(1)</script>\0".to_vec(),
            )),
            None,
        ),
        problem("hk-18", Trouble::OtherConfiguration { has: 40, wanted: 41 }, None),
        problem("hk-11", Trouble::JournalBehind { records: 1_214 }, None),
    ]
}

pub fn day(top: f64) -> Vec<Moment> {
    let start = NOW_MS / HOUR_MS * HOUR_MS - 23 * HOUR_MS;
    (0..24_u64)
        .map(|at| {
            let hour = ((at + 21) % 24) as f64;
            let evening = (-((hour - 20.0) / 3.0).powi(2)).exp();
            let noon = 0.35 * (-((hour - 13.0) / 4.0).powi(2)).exp();
            let mean = (evening + noon) * top * 0.85;
            let known = at != 6;
            Moment {
                start_ms: start + at * HOUR_MS,
                mean: known.then_some(mean),
                peak: known.then_some((mean * 1.15) as u32 + 1),
            }
        })
        .collect()
}

/// Five things are wrong; `changes` moves a figure.
pub fn overview(changes: u32) -> Overview {
    let rows = rows();
    let devices: u32 = rows.iter().filter_map(|row| row.devices).sum();
    Overview {
        problems: problems(),
        totals: Totals {
            devices: devices + changes,
            capacity: Some(34 * 64),
            week_ago: Some(1_032),
            unique_today: Some(Estimate { devices: 9_640, plus_minus: 190 }),
            visits_today: Some(11_208),
            down_today_bytes: Some(187_400_000_000),
            up_today_bytes: Some(26_900_000_000),
        },
        day: day(f64::from(devices)),
        sites: rows,
    }
}

pub fn all_well() -> Overview {
    let mut view = overview(0);
    view.problems.clear();
    for site in view.sites.iter_mut().filter(|site| site.state != ApState::Retired) {
        site.state = ApState::Up;
        site.devices = site.devices.map(|devices| devices.min(50)).or(Some(22));
    }
    view
}

pub fn access_points(state: &str, sort: &str) -> AccessPoints {
    let rows = if state == "first" { Vec::new() } else { rows() };
    AccessPoints { rows, order: ApOrder::from_word(sort) }
}

pub fn access_point(id: &str) -> Option<AccessPointPage> {
    let row = of(id)?;
    let agent = row.kind == Kind::Agent;
    let up = row.devices.is_some();
    let sessions = session_rows(0).into_iter().filter(|session| session.ap.id == id).collect();
    Some(AccessPointPage {
        problems: problems().into_iter().filter(|problem| problem.ap.as_ref() == Some(&row.ap)).collect(),
        link: agent.then(|| Link {
            up,
            since_ms: Some(if up { NOW_MS - 292 * HOUR_MS } else { NOW_MS - 31 * MINUTE_MS }),
            enrolled_ms: Some(NOW_MS - 700 * HOUR_MS),
            version: Some(Untrusted::from("0.1.0")),
            stations: up.then_some(71),
            grants: up.then_some(1_236),
        }),
        journal: agent.then(|| Journal { waiting: up.then_some(2) }),
        configuration: agent.then_some(Configuration { wanted: Some(41), applied: up.then_some(41) }),
        load: Load24 {
            hours: if row.state == ApState::Retired { Vec::new() } else { day(58.0) },
            capacity: row.capacity,
        },
        sessions,
        row,
    })
}

fn session_rows(changes: u32) -> Vec<SessionRow> {
    let codes = ["8T2M", "K4RW", "2HQX", "M7CD", "9VPA", "T3JN", "6YBE", "XF5U", "P4QN", "R8HG"];
    let aps =
        ["hk-16", "hk-31", "nas:cafe-1", "hk-16", "hk-02", "hk-33", "hk-16", "hk-28", "nas:cafe-1", "hk-05"];
    let air: [(&[u8], Option<&[u8]>); 10] = [
        (b"Ho Guom Wi-Fi", None),
        (b"Ho Guom Wi-Fi", None),
        (b"Cafe <b>free</b>", Some(b"linh\"><script>alert(1)</script>")),
        (b"Ho Guom Wi-Fi", None),
        (b"Ho Guom Wi-Fi", None),
        (b"evil\0net\xff\xfe", None),
        (b"Ho Guom Wi-Fi", None),
        ("Hồ Gươm \u{202e}gpj.exe".as_bytes(), None),
        (b"Cafe", Some("nguyễn.văn.an".as_bytes())),
        (b"Ho Guom Wi-Fi", None),
    ];
    codes
        .iter()
        .zip(aps)
        .zip(air)
        .zip(1_u64..)
        .map(|(((code, ap), (network, user)), at)| SessionRow {
            id: format!("s{at}"),
            code: (*code).to_owned(),
            ap: ap_ref(ap),
            network: Some(Untrusted(network.to_vec())),
            user: user.map(|user| Untrusted(user.to_vec())),
            opened_ms: NOW_MS - at * at * 6 * MINUTE_MS,
            active_ms: NOW_MS - noise(at, 90) * 1000,
            ends_ms: (at != 9).then(|| NOW_MS + (12 * HOUR_MS).saturating_sub(at * at * 6 * MINUTE_MS)),
            down_bytes: noise(at + 7, 900_000_000) + u64::from(changes) * 1_000_000,
            up_bytes: noise(at + 8, 90_000_000),
            kick: if ap.starts_with("nas:") { Kick::NotByRadius } else { Kick::Possible },
        })
        .collect()
}

pub fn sessions(state: &str, at: &str, changes: u32) -> Sessions {
    let at = Some(at).filter(|at| !at.is_empty());
    let mut rows = if state == "first" { Vec::new() } else { session_rows(changes) };
    rows.retain(|row| at.is_none_or(|at| row.ap.id == at));
    let more = at.is_none() && !rows.is_empty();
    Sessions {
        at: at.map(str::to_owned),
        choices: self::rows().into_iter().map(|row| row.ap).collect(),
        total: if more { 1_236 } else { rows.len() },
        next: more.then(|| "s10".to_owned()),
        rows,
        done: (state == "ended").then_some(KickDone::Ended),
    }
}

pub fn kick(id: &str) -> KickPage {
    KickPage { session: session_rows(0).into_iter().find(|row| row.id == id), at: None }
}
