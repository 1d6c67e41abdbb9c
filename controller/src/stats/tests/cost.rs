//! What figures cost while the lake is full: 2,000 visitors on 34 access points, each reported every ten seconds.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use super::*;

const VISITORS: u64 = 2_000;
const APS: u64 = 34;
const SECONDS: u64 = 120;
/// Of one core; measured: 2 to 4 on an old laptop's core.
const MOST_PERCENT: f64 = 10.0;

fn processor_ms() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds()
}

#[tokio::test]
async fn two_thousand_visitors_reported_every_ten_seconds_cost_little() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.zones((0..APS).map(|n| (format!("hk-{n:02}"), format!("zone-{}", n % 8)))).await;
    let mut open: Vec<Session> = Vec::new();
    for n in 0..VISITORS {
        let ap = format!("hk-{:02}", n % APS);
        let session = place.session(&ap, phone(n), MONDAY, 0, 0);
        open.push(Session { end: None, ..session });
    }
    let mut begun = batch();
    open.iter().for_each(|session| begun.push(Output::SessionChanged(session.clone())));
    place.write(begun, MONDAY).await;
    place.roll_up.catch_up().await.unwrap();
    let before = processor_ms();
    for second in 1..=SECONDS {
        let now = MONDAY + second * 1000;
        // A tenth of the visitors, as one commit of the owner has them.
        let mut reported = batch();
        for session in open.iter_mut().skip((second % 10) as usize).step_by(10) {
            session.last_packet = UnixMs(now);
            session.bytes_up += 10_000;
            session.bytes_down += 100_000;
            reported.push(Output::SessionChanged(session.clone()));
        }
        place.write(reported, now).await;
        if second % 2 == 0 {
            place.roll_up.catch_up().await.unwrap();
        }
    }
    let percent = (processor_ms() - before) as f64 / (SECONDS * 10) as f64;
    println!(
        "{VISITORS} visitors reported every 10 s: {percent:.1} % of one core for sessions, ledger and figures"
    );
    assert!(percent < MOST_PERCENT, "{percent:.1} % of one core");
    let ask = Ask { from_ms: MONDAY, to_ms: MONDAY + HOUR, by: By::All, step: Step::Hour };
    let hour = place.stats.series(ask).await.unwrap();
    assert_eq!((hour[0].peak_users, hour[0].sessions), (VISITORS, VISITORS));
}
