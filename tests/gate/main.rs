//! The gate: nothing of a phone without a grant gets through, whatever happens to the access point; with a grant
//! everything allowed does.

mod liars;

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use hotspot_tests::lab::capture::{Capture, Packet};
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::probe::{Aim, Finder, Identity, Prober, Probing};
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor;

const ROUNDS_PER_EVENT: u64 = 3;
const ARRIVAL_LIMIT: Duration = Duration::from_secs(15);

/// Captures where no stranger's packet may come: the internet side, the city's network, another phone.
pub struct Watch {
    captures: Vec<(&'static str, Capture)>,
}

impl Watch {
    /// Begins to watch.
    pub fn begin(lab: &Lab, other: &Phone) -> Result<Self> {
        let places = [
            ("internet", lab.internet.netns(), "any"),
            ("city", lab.internet.city(), "any"),
            ("phone", &**other.netns(), "any"),
        ];
        let captures =
            places.map(|(name, netns, interface)| Ok((name, lab.capture(name, netns, interface)?)));
        Ok(Self { captures: captures.into_iter().collect::<Result<_>>()? })
    }

    /// Ends the watch; everything captured, by place.
    pub fn end(self) -> Result<Vec<(&'static str, Vec<Packet>)>> {
        self.captures.into_iter().map(|(name, capture)| Ok((name, capture.stop()?))).collect()
    }

    /// Waits until every kind of probe aimed at the internet has arrived there.
    pub fn wait_for_every_internet_probe(&self, finder: &Finder) -> Result<()> {
        let (_, internet) = self.captures.first().context("the internet is not watched")?;
        let wanted: BTreeSet<&str> = finder
            .kinds()
            .iter()
            .filter(|kind| kind.aim == Aim::Internet)
            .map(|kind| kind.name.as_str())
            .collect();
        let mut missing = wanted.clone();
        let done = wait_until("every kind of probe to arrive", ARRIVAL_LIMIT, || {
            let packets = internet.so_far().unwrap_or_default();
            let arrived: BTreeSet<&str> =
                finder.found(&packets).iter().map(|(_, kind)| kind.name.as_str()).collect();
            missing = wanted.difference(&arrived).copied().collect();
            missing.is_empty()
        });
        done.with_context(|| format!("these never arrived: {missing:?}")).map(drop)
    }
}

/// Fails when a probe of `finder` is in what was captured, unless `allowed` says it may be.
pub fn ensure_none(
    captured: &[(&str, Vec<Packet>)],
    finder: &Finder,
    allowed: impl Fn(&str, Aim) -> bool,
) -> Result<()> {
    for (place, packets) in captured {
        let found = finder.found(packets);
        if let Some((at, kind)) = found.iter().find(|(_, kind)| !allowed(place, kind.aim)) {
            let all: Vec<String> =
                found.iter().map(|(at, kind)| format!("{:.4} {}", at.as_secs_f64(), kind.name)).collect();
            bail!(
                "at {:.4} s a stranger's probe ({}) arrived at the {place}, one of these:\n{}",
                at.as_secs_f64(),
                kind.name,
                all.join("\n")
            );
        }
    }
    Ok(())
}

/// What is done to the access point while the stranger keeps trying.
#[derive(Debug, Clone, Copy)]
enum Event {
    Kill,
    Restart,
    FlushRules,
    FlushRulesWithDeadAgent,
    Boot,
    ChangeConfiguration,
}

/// One round of events; a restart of the agent between two of the controller's keeps its back-off short.
const ROUND: [Event; 13] = [
    Event::Kill,
    Event::FlushRules,
    Event::Restart,
    Event::ChangeConfiguration,
    Event::Kill,
    Event::FlushRules,
    Event::Restart,
    Event::Kill,
    Event::FlushRulesWithDeadAgent,
    Event::Restart,
    Event::ChangeConfiguration,
    Event::Kill,
    Event::Boot,
];
const ROUNDS: usize = 4;

#[test]
fn nothing_of_a_stranger_gets_through_whatever_happens_to_the_access_point() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("gate") })?;
    let mut stranger = lab.joined_phone(0)?;
    let mut neighbour = lab.joined_phone(0)?;
    let (own, other) = (Identity::of(&stranger)?, Identity::of(&neighbour)?);
    let watch = Watch::begin(&lab, &neighbour)?;
    let open = |stranger: &Phone| Probing::begin(Prober::open(stranger.netns(), &own, &other)?);
    let mut probing = open(&stranger)?;
    let mut finders = Vec::new();
    let (mut rounds, mut events) = (0, 0);
    for turn in 0..ROUNDS {
        for event in ROUND {
            events += 1;
            println!("{:.4} s: {event:?}", since_epoch());
            probing.wait_rounds(ROUNDS_PER_EVENT)?;
            if matches!(event, Event::Boot) {
                let (finder, sent) = probing.end()?;
                finders.push(finder);
                rounds += sent;
                lab.ap_mut(0)?.power_off();
                lab.power_on(0)?;
                for phone in [&mut stranger, &mut neighbour] {
                    phone.forget_access_point();
                    phone.attach(lab.ap(0)?)?;
                }
                probing = open(&stranger)?;
                probing.wait_rounds(ROUNDS_PER_EVENT)?;
                lab.ap_mut(0)?.start()?;
            } else {
                happen(&mut lab, event, &probing).with_context(|| format!("{event:?} in round {turn}"))?;
            }
            probing.wait_rounds(ROUNDS_PER_EVENT)?;
        }
    }
    let (finder, sent) = probing.end()?;
    finders.push(finder);
    rounds += sent;

    println!("{:.4} s: the stranger stops", since_epoch());

    // The same phone with a grant: everything it may reach it does reach, or the silence before proves nothing.
    stranger.ask_lease()?;
    stranger.wait_address6()?;
    visitor::get_online(&stranger.client("vi")?)?;
    let probing = open(&stranger)?;
    watch.wait_for_every_internet_probe(probing.finder())?;
    let (control, _) = probing.end()?;
    let captured = watch.end()?;
    for finder in &finders {
        ensure_none(&captured, finder, |_, _| false)?;
    }
    ensure_none(&captured, &control, |place, aim| place == "internet" && aim == Aim::Internet)?;
    let kinds = control.kinds().len();
    println!("{} probes of {kinds} kinds over {events} events: 0 arrived", rounds * kinds as u64);
    ensure!(events >= 50 && rounds >= 300, "only {events} events and {rounds} rounds");
    Ok(())
}

fn since_epoch() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn happen(lab: &mut Lab, event: Event, probing: &Probing) -> Result<()> {
    match event {
        Event::Kill => {
            lab.ap_mut(0)?.kill_agent()?;
            probing.wait_rounds(ROUNDS_PER_EVENT)?;
            lab.ap_mut(0)?.start()
        }
        Event::Restart => {
            lab.ap_mut(0)?.stop_agent()?;
            probing.wait_rounds(ROUNDS_PER_EVENT)?;
            lab.ap_mut(0)?.start()
        }
        Event::FlushRules => {
            lab.ap(0)?.netns()?.exec("nft flush ruleset")?;
            probing.wait_rounds(ROUNDS_PER_EVENT)?;
            wait_until("the agent to lay its rules again", ARRIVAL_LIMIT, || {
                lab.ap(0)
                    .and_then(|ap| ap.netns()?.exec("nft list tables"))
                    .is_ok_and(|tables| !tables.is_empty())
            })
            .map(drop)
        }
        Event::FlushRulesWithDeadAgent => {
            lab.ap_mut(0)?.kill_agent()?;
            lab.ap(0)?.netns()?.exec("nft flush ruleset")?;
            probing.wait_rounds(ROUNDS_PER_EVENT)?;
            lab.ap_mut(0)?.start()
        }
        Event::ChangeConfiguration => change_configuration(lab),
        Event::Boot => bail!("a boot takes the phones' cables with it"),
    }
}

/// Another protected network each time, so that the whole ruleset is made anew.
fn change_configuration(lab: &mut Lab) -> Result<()> {
    let version = |lab: &Lab| {
        lab.ap(0)?
            .status()?
            .get("config_version")
            .and_then(serde_json::Value::as_u64)
            .context("status has no config_version")
    };
    let before = version(lab)?;
    let path = lab.controller.config().to_path_buf();
    let text = std::fs::read_to_string(&path)?;
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("protected")).collect();
    let another = format!("[network]\nprotected = [\"192.0.2.{}/32\"]", before % 256);
    let text = kept.join("\n").replace("[network]", &another);
    std::fs::write(&path, text)?;
    lab.controller.stop()?;
    lab.controller.start()?;
    wait_until("the new configuration to be in force", ARRIVAL_LIMIT, || {
        version(lab).is_ok_and(|now| now > before)
    })?;
    Ok(())
}
