//! All sites at once with simulated agents: whatever the pace, no report is lost. `make bench` has the long one.

use std::time::Duration;

use anyhow::Result;
use hotspot_tests::crowd::Crowd;
use hotspot_tests::lab::{Lab, Settings};

#[test]
fn thirty_four_access_points_and_a_crowd_lose_no_report() -> Result<()> {
    let lab = Lab::for_test(&Settings { access_points: 0, ..Settings::new("crowd") })?;
    let step = Duration::from_secs(1);
    let (arrive, lasting) = (Duration::from_secs(2), Duration::from_secs(25));
    let crowd = Crowd { access_points: 34, visitors: 150, arrive, step, lasting };
    let cost = crowd.gather(&lab)?;
    println!("{cost:?}");
    // Each visitor at least once in five seconds: the lab's agents report every half second.
    assert!(cost.reports_per_sec > 30.0, "nobody reported: {cost:?}");
    assert!(cost.records > 1000, "{cost:?}");
    assert_eq!(cost.online, 150);
    Ok(())
}
