//! Sample data of figures of the past.

use hotspot_controller::operators::console::view::{
    BusyHour, CountingRule, DwellBin, Estimate, FunnelStep, Heat, Load, LoadHour, LoadRow, Period,
    PhoneLanguage, RangeError, Step, Usage, Zone,
};
use jiff::civil::{Date, date};

use crate::sample::{NOW_MS, name, noise, rows};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Midnight of Monday 26 October 2026 around the lake.
const MONDAY_MS: u64 = 1_792_947_600_000;

pub fn usage(state: &str, by_hour: bool, from: &str, to: &str) -> Usage {
    let backwards = from > to && !to.is_empty();
    let periods = match (state, by_hour) {
        ("first", _) => days(false),
        (_, true) => hours(),
        (_, false) => days(true),
    };
    let sum = periods.iter().fold(Period::default(), |sum, one| Period {
        start_ms: sum.start_ms,
        recorded: true,
        visits: sum.visits + one.visits,
        sessions: sum.sessions + one.sessions,
        unique: one.unique.map_or(sum.unique, |unique| {
            let before = sum.unique.unwrap_or(Estimate { devices: 0, plus_minus: 0 });
            Some(Estimate { devices: before.devices + unique.devices, plus_minus: before.plus_minus + 40 })
        }),
        down_bytes: sum.down_bytes + one.down_bytes,
        up_bytes: sum.up_bytes + one.up_bytes,
        mean_devices: 214.6,
        peak_devices: sum.peak_devices.max(one.peak_devices),
    });
    let (first, last): (Date, Date) = if by_hour {
        (date(2026, 11, 20), date(2026, 11, 20))
    } else {
        (date(2026, 10, 26), date(2026, 11, 20))
    };
    Usage {
        from: first,
        to: last,
        step: if by_hour { Step::Hour } else { Step::Day },
        error: backwards.then_some(RangeError::Backwards),
        typed: backwards.then(|| (from.to_owned(), to.to_owned())),
        zones: zones(&sum),
        languages: languages(),
        dwell: dwell(),
        busiest: busiest(),
        funnel: funnel(),
        rule: CountingRule {
            error_permille: 8,
            randomised_permille: Some(681),
            up_to_ms: Some(NOW_MS - 40_000),
        },
        sum,
        periods,
    }
}

fn period(start_ms: u64, recorded: bool, visits: u64) -> Period {
    if !recorded {
        return Period { start_ms, ..Period::default() };
    }
    let devices = visits * 87 / 100;
    Period {
        start_ms,
        recorded,
        visits,
        sessions: visits * 13 / 10,
        unique: Some(Estimate { devices, plus_minus: devices / 50 }),
        down_bytes: visits * 19_400_000,
        up_bytes: visits * 2_100_000,
        mean_devices: visits as f64 / 14.2,
        peak_devices: (visits / 8) as u32,
    }
}

fn days(recorded: bool) -> Vec<Period> {
    (0..26_u64)
        .map(|at| {
            let weekend = at % 7 >= 4;
            let visits = if weekend { 10_800 + noise(at, 5_200) } else { 3_500 + noise(at, 700) };
            period(MONDAY_MS + at * DAY_MS, recorded && at != 17, visits)
        })
        .collect()
}

fn hours() -> Vec<Period> {
    let midnight = MONDAY_MS + 25 * DAY_MS;
    (0..24_u64)
        .map(|at| {
            let evening = (-((at as f64 - 20.0) / 3.0).powi(2)).exp() * 1_450.0;
            period(midnight + at * HOUR_MS, at < 21, evening as u64 + at * 9)
        })
        .collect()
}

fn zones(sum: &Period) -> Vec<Zone> {
    let names = [
        ("Bờ đông – Đinh Tiên Hoàng", "East shore - Dinh Tien Hoang", 27),
        ("Phố cổ phía đông – Tạ Hiện, Mã Mây", "Old Quarter, east - Ta Hien, Ma May", 21),
        ("Trục chợ đêm – Hàng Đào, Hàng Ngang", "Night market axis - Hang Dao, Hang Ngang", 18),
        ("Bờ tây – Lê Thái Tổ", "West shore - Le Thai To", 13),
        ("Bờ nam – Hàng Khay, Tràng Tiền", "South shore - Hang Khay, Trang Tien", 11),
        ("Lý Thái Tổ – Ngô Quyền", "Ly Thai To - Ngo Quyen", 6),
    ];
    let share = |amount: u64, percent: u64| amount * percent / 100;
    let zone = |(vi, en, percent): (&str, &str, u64)| Zone {
        name: Some(name(vi, en)),
        period: Period {
            visits: share(sum.visits, percent),
            down_bytes: share(sum.down_bytes, percent),
            up_bytes: share(sum.up_bytes, percent),
            ..*sum
        },
    };
    let mut zones: Vec<Zone> = names.into_iter().map(zone).collect();
    zones.push(Zone { name: None, period: Period { visits: 212, ..Period::default() } });
    zones
}

fn languages() -> Vec<PhoneLanguage> {
    [
        ("vi", 128_940),
        ("en", 42_610),
        ("ko", 11_240),
        ("zh-Hans", 8_910),
        ("fr", 3_460),
        ("ja", 2_390),
        ("", 5_530),
    ]
    .map(|(tag, visits)| PhoneLanguage { tag: tag.to_owned(), visits })
    .to_vec()
}

fn dwell() -> Vec<DwellBin> {
    [
        (0, Some(300), 21_400),
        (300, Some(900), 38_210),
        (900, Some(1_800), 51_930),
        (1_800, Some(3_600), 48_020),
        (3_600, Some(7_200), 27_330),
        (7_200, Some(14_400), 9_180),
        (14_400, None, 2_010),
    ]
    .map(|(from_secs, to_secs, visits)| DwellBin { from_secs, to_secs, visits })
    .to_vec()
}

fn busiest() -> Vec<BusyHour> {
    [(19, 20, 1_630), (26, 20, 1_588), (12, 20, 1_541), (19, 19, 1_498), (5, 20, 1_472), (20, 20, 1_390)]
        .map(|(day, hour, peak)| BusyHour {
            start_ms: MONDAY_MS + day * DAY_MS + hour * HOUR_MS,
            peak_devices: peak,
            mean_devices: f64::from(peak) * 0.91,
        })
        .to_vec()
}

fn funnel() -> Vec<FunnelStep> {
    [
        ("redirect", 241_612, None, None),
        ("page", 232_548, Some(420), Some(1_900)),
        ("accept", 201_341, Some(7_100), Some(38_000)),
        ("gate", 201_139, Some(90), Some(310)),
        ("first-byte", 198_322, Some(340), Some(1_600)),
    ]
    .map(|(step, visitors, half_ms, most_ms)| FunnelStep { step, visitors, half_ms, most_ms })
    .to_vec()
}

pub fn load(state: &str) -> Load {
    let base = Load {
        percent: 80,
        weeks: 4,
        from_ms: MONDAY_MS - 7 * DAY_MS,
        to_ms: MONDAY_MS + 21 * DAY_MS,
        ..Load::default()
    };
    let base = Load { refused: state == "wrong", ..base };
    if state == "first" {
        return Load { with_room: 0, ..base };
    }
    let sites = rows();
    let busy = [("hk-16", 64, 14_u8), ("hk-33", 63, 9), ("hk-31", 61, 6), ("hk-17", 58, 3), ("hk-28", 53, 1)];
    let row = |(id, peak, count): (&str, u32, u8)| {
        let ap = sites.iter().find(|site| site.ap.id == id)?.ap.clone();
        let hour = |at: u8| LoadHour {
            weekday: [5, 4, 6].get(usize::from(at % 3)).copied().unwrap_or(5),
            hour: 20 - at / 3,
            weeks: 4 - u32::from(at / 4).min(3),
        };
        Some(LoadRow { ap, capacity: 64, peak, hours: (0..count).map(hour).collect() })
    };
    let mut heat = Heat::default();
    for (hour, days) in heat.0.iter_mut().enumerate() {
        let tops = [360.0, 340.0, 370.0, 390.0, 1_160.0, 1_510.0, 1_360.0];
        for (mean, top) in days.iter_mut().zip(tops) {
            let evening = (-((hour as f64 - 20.0) / 3.2).powi(2)).exp();
            *mean = (hour > 3).then_some(evening * top + hour as f64 * 3.0);
        }
    }
    Load { rows: busy.into_iter().filter_map(row).collect(), with_room: 28, heat, ..base }
}
