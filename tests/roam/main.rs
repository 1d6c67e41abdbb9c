//! Walking from access point to access point: the grant is there before the phone.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::http::{Client, Request};
use hotspot_tests::lab::sessions::{self, Session, totals};
use hotspot_tests::lab::wait::{wait_for, wait_until};
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};

const LIMIT: Duration = Duration::from_secs(15);
const BYTES: u64 = 1_000_000;

fn download(client: &Client) -> Result<()> {
    let url = format!("http://downloads.example/download?bytes={BYTES}");
    ensure!(client.begin(&Request::get(&url))?.drain()? == BYTES, "the download is not whole");
    Ok(())
}

#[test]
fn a_phone_walks_there_and_back_with_one_address_and_no_portal() -> Result<()> {
    let mut lab = Lab::for_test(&Settings::new("roam"))?;
    let mut phone = lab.joined_phone(0)?;
    let client = phone.client("vi")?;
    visitor::get_online(&client)?;
    let (lease, address6) = (phone.lease()?.clone(), phone.wait_address6()?);
    wait_until("the grant to be on the other access point before the phone", LIMIT, || {
        lab.ap(1).and_then(|ap| ap.status()).is_ok_and(|status| status["grants"] == 1)
    })?;
    download(&client)?;
    for number in [1, 0] {
        phone.attach(lab.ap(number)?)?;
        // The first thing the phone sends on the new access point is its probe: it is simply on line.
        assert_eq!(visitor::probe(&client)?, Standing::Online, "on access point {number}");
        download(&client)?;
        let again = phone.ask_lease()?;
        assert_eq!(again, lease, "access point {number} gives another lease");
        assert!(phone.addresses6(false)?.contains(&address6), "the IPv6 address is gone");
        let from6 = client.from_address(address6.into());
        assert_eq!(visitor::probe(&from6)?, Standing::Online, "over IPv6 on access point {number}");
    }

    let enough = |rows: &[Session]| totals(rows).1 > 3 * BYTES;
    let rows = wait_for("both access points' bytes", LIMIT, || {
        sessions::sessions_of(&lab.controller, phone.mac()).ok().filter(|rows| enough(rows))
    })?;
    assert!(rows.iter().all(|row| row.grant_id == rows[0].grant_id), "more than one visit: {rows:?}");
    for ap in [lab.ap(0)?.id(), lab.ap(1)?.id()] {
        let here: u64 = rows.iter().filter(|row| row.ap == ap).map(|row| row.bytes_down).sum();
        ensure!(here > BYTES, "{ap} reported {here} bytes of the visit");
    }
    let visit = sessions::visit_of(&lab.controller, &phone.mac_text())?.context("the visit is not listed")?;
    assert!(visit.bytes_down >= totals(&rows).1);
    Ok(())
}

#[test]
fn a_log_out_on_one_access_point_holds_on_every_other() -> Result<()> {
    let mut lab = Lab::for_test(&Settings::new("roam-logout"))?;
    let mut phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    visitor::get_online(&client)?;
    visitor::log_out(&client)?;
    wait_until("the tombstone to be on the other access point", LIMIT, || {
        lab.ap(1).and_then(|ap| ap.status()).is_ok_and(|status| status["grants"] == 0)
    })?;
    phone.attach(lab.ap(1)?)?;
    assert!(matches!(visitor::probe(&client)?, Standing::Captive { .. }));
    Ok(())
}
