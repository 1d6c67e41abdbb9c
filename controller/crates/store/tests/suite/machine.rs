//! The machine and the store together: what is loaded answers as what was running.

use session_core::{
    ApId, CivilDay, Connect, Domain, EndCause, GrantId, Limits, Mac, NetworkId, SessionId, SessionReport,
    Subject, UnixMs,
};
use store::{Batch, Store};

use crate::rows::{NOW, Place, hoankiem, plan};

const LIMITS: Limits = Limits {
    live_grants: 100,
    ended_grants: 1000,
    grants_per_day: 1000,
    sessions_per_grant: 1000,
    foreign_sessions: 1000,
    settle_ms: 50_000,
};

async fn write(domain: &mut Domain, store: &Store) {
    let mut batch = Batch::new(hoankiem());
    while let Some(output) = domain.poll_output() {
        batch.push(output);
    }
    store.commit(batch).await.unwrap();
}

fn answers(domain: &mut Domain, now: UnixMs) -> String {
    let day = CivilDay(1);
    let mut text =
        format!("{:?} {:?} {:?}\n", domain.position(), domain.poll_timeout(), domain.grants_remembered());
    for n in 0..20 {
        let mac = Mac([n; 6]);
        let live = domain.live_grant(&NetworkId::from("hoankiem"), mac, now).map(|grant| grant.id);
        let visit = live.and_then(|id| domain.visit(id));
        text +=
            &format!("{live:?} {visit:?} {:?} {}\n", domain.day_usage(mac, day, now), domain.is_blocked(mac));
    }
    text
}

#[tokio::test]
async fn a_domain_loaded_from_the_store_answers_as_the_one_that_ran() {
    let place = Place::new();
    let store = place.open().await;
    let stored = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap();
    let mut domain = Domain::restore(stored, LIMITS, NOW);
    let mut now = NOW;
    let mut dice = 12_345_u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let mut made: Vec<GrantId> = Vec::new();
    for step in 0..600_u32 {
        now = now.plus_ms(roll(4000));
        let device = u8::try_from(roll(20)).unwrap();
        match roll(8) {
            0..3 => {
                let ask = Connect {
                    network: NetworkId::from("hoankiem"),
                    mac: Mac([device; 6]),
                    ap: ApId::from("hk-01"),
                    subject: Subject::Device(Mac([device; 6])),
                    plan: session_core::Plan { session_secs: 300, quota_bytes: Some(40_000), ..plan() },
                    day: CivilDay(i32::try_from((now.0 - NOW.0) / 400_000).unwrap()),
                    day_ends: UnixMs(NOW.0 + ((now.0 - NOW.0) / 400_000 + 1) * 400_000),
                };
                let mut entropy = [0; 16];
                entropy[..4].copy_from_slice(&step.to_be_bytes());
                if let Ok(connected) = domain.connect(ask, now, entropy) {
                    made.push(connected.grant.id);
                }
            }
            3 if !made.is_empty() => {
                let id = made[usize::try_from(roll(made.len() as u64)).unwrap()];
                let _ = domain.end_grant(id, EndCause::LoggedOut, now);
            }
            4 => domain.handle_timeout(now),
            _ if !made.is_empty() => {
                let id = made[usize::try_from(roll(made.len() as u64)).unwrap()];
                let Some(grant) = domain.grant(id).cloned() else { continue };
                let report = SessionReport {
                    id: SessionId([device; 16]),
                    grant: id,
                    mac: grant.mac,
                    opened: now,
                    last_packet: now,
                    bytes_up: roll(9000),
                    bytes_down: roll(9000),
                    packets_up: 1,
                    packets_down: 1,
                    end: None,
                    addresses: vec![[10, 50, 0, device].into()],
                };
                domain.report(&ApId(format!("hk-{}", id.0[3])), &report, now);
            }
            _ => {}
        }
        write(&mut domain, &store).await;
        if step % 50 == 49 {
            domain.handle_timeout(now);
            write(&mut domain, &store).await;
            let loaded = store.load_domain(&hoankiem(), now.minus_ms(LIMITS.settle_ms)).await.unwrap();
            let mut again = Domain::restore(loaded, LIMITS, now);
            again.handle_timeout(now);
            assert!(again.poll_output().is_none(), "nothing was left to do");
            assert_eq!(answers(&mut again, now), answers(&mut domain, now), "after {step} steps");
            domain = again;
        }
    }
    assert!(made.len() > 50, "the run was eventful");
}
