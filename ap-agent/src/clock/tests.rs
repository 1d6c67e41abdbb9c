//! Which of several clocks is believed, with times passed in.

use super::*;

const NOON: u64 = 1_790_000_000_000;
const HOUR: u64 = 3_600_000;

fn ledger(boot_id: &str, boottime_ms: u64) -> KnownTime {
    KnownTime { unix_ms: NOON, boottime_ms, boot_id: boot_id.to_owned(), unsure: false }
}

#[test]
fn a_frame_sets_the_time_and_the_boot_clock_carries_it_on() {
    let mut clock = ControllerClock::start(None, "boot", 5_000, 0);
    assert!(!clock.known());
    clock.feed(NOON, 6_000);
    assert_eq!(clock.source(), Source::Controller);
    assert_eq!(clock.at(6_000 + HOUR), NOON + HOUR);
    assert_eq!(clock.boottime_of(NOON + HOUR), 6_000 + HOUR);
    assert_eq!(clock.boottime_of(1), 0);
}

#[test]
fn a_late_frame_does_not_set_the_clock_back() {
    let mut clock = ControllerClock::start(None, "boot", 0, 0);
    clock.feed(NOON, 1_000);
    clock.feed(NOON + 1_000, 5_000);
    assert_eq!(clock.at(5_000), NOON + 4_000);
}

#[test]
fn a_controller_set_back_is_followed_within_a_few_frames() {
    let mut clock = ControllerClock::start(None, "boot", 0, 0);
    clock.feed(NOON + HOUR, 0);
    for frame in 1..=8 {
        clock.feed(NOON + frame * 1_000, frame * 1_000);
    }
    assert_eq!(clock.at(8_000), NOON + 8_000);
}

#[test]
fn a_restart_in_the_same_boot_needs_no_wall_clock() {
    for wall in [0, NOON - HOUR, NOON + 40 * 365 * 24 * HOUR] {
        let clock = ControllerClock::start(Some(&ledger("boot", 7_000)), "boot", 7_000 + HOUR, wall);
        assert_eq!(clock.source(), Source::Ledger);
        assert_eq!(clock.at(7_000 + HOUR), NOON + HOUR);
    }
}

#[test]
fn after_a_boot_in_1970_time_goes_on_from_the_ledger() {
    let clock = ControllerClock::start(Some(&ledger("old", 9 * HOUR)), "new", 60_000, 60_000);
    assert_eq!(clock.source(), Source::Unsure);
    assert_eq!(clock.at(60_000), NOON + 60_000);
}

#[test]
fn after_a_boot_a_likely_wall_clock_counts_the_time_without_power() {
    let clock = ControllerClock::start(Some(&ledger("old", 9 * HOUR)), "new", 60_000, NOON + 3 * HOUR);
    assert_eq!(clock.at(60_000), NOON + 3 * HOUR);
    assert!(!clock.known());
}

#[test]
fn after_a_boot_a_wall_clock_years_ahead_is_not_believed() {
    let far = NOON + 30 * 365 * 24 * HOUR;
    let clock = ControllerClock::start(Some(&ledger("old", 9 * HOUR)), "new", 60_000, far);
    assert_eq!(clock.at(60_000), NOON + 60_000);
}

#[test]
fn an_unsure_time_stays_unsure_through_the_ledger() {
    let unsure = ControllerClock::start(None, "boot", 1_000, NOON);
    let kept = unsure.to_known("boot", 2_000);
    let clock = ControllerClock::start(Some(&kept), "boot", 3_000, 0);
    assert!(!clock.known());
    assert_eq!(clock.at(3_000), NOON + 2_000, "the boot-time clock carries it on");
}

#[test]
fn every_boot_without_the_controller_begins_where_the_last_one_was_and_never_earlier() {
    let mut known = ledger("boot 0", 9 * HOUR);
    for boot in 1..=5 {
        let boot_id = format!("boot {boot}");
        let clock = ControllerClock::start(Some(&known), &boot_id, 1_000, 1_000);
        assert!(!clock.known());
        known = clock.to_known(&boot_id, HOUR);
    }
    assert_eq!(known.unix_ms, NOON + 5 * HOUR);
}

#[test]
fn a_boot_time_below_the_ledgers_is_another_boot_whatever_its_name() {
    let clock = ControllerClock::start(Some(&ledger("boot", 9 * HOUR)), "boot", 1_000, 0);
    assert!(!clock.known());
    assert_eq!(clock.at(1_000), NOON + 1_000);
}

#[test]
fn times_at_the_ends_of_the_range_do_no_harm() {
    let mut clock = ControllerClock::start(None, "", u64::MAX, u64::MAX);
    clock.feed(u64::MAX, 0);
    assert_eq!(clock.at(u64::MAX), u64::try_from(i64::MAX).expect("positive"));
    let mut clock = ControllerClock::start(None, "", 0, 0);
    clock.feed(0, u64::MAX);
    assert_eq!(clock.at(0), 0);
}

#[test]
fn the_machines_clocks_can_be_read() {
    let first = boottime_ms();
    assert!(first > 0 && boottime_ms() >= first);
    assert_eq!(boot_id().len(), 36);
    assert!(wall_ms() > 0);
}

#[test]
fn a_machine_in_1970_or_two_hours_off_is_told_what_to_do_and_reads_the_controllers_time() {
    let mut clock = ControllerClock::start(None, "boot", 0, 0);
    assert_eq!(clock.problem(0, 0), None, "nobody has said the time yet");
    let now = boottime_ms();
    clock.feed(NOON, now);
    assert_eq!(clock.problem(now, NOON + 60_000), None);
    let behind = clock.problem(now, NOON - 2 * HOUR).unwrap();
    assert_eq!(
        behind,
        "this machine's clock is 2h behind the controller's; let NTP set it: timedatectl set-ntp true"
    );
    assert!(clock.problem(now, NOON + 2 * HOUR).unwrap().contains("2h ahead of"));
    assert!(clock.problem(now, 0).unwrap().contains("56years"));
    let reading = Reading::default();
    reading.follow(&clock);
    assert!(reading.current_time().unwrap().as_secs().abs_diff(NOON / 1000) <= 1);
}
