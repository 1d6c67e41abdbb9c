//! The street of the demo: visitors that join, meet the portal, accept, surf, walk and leave, until it is interrupted.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::lab::Lab;
use crate::lab::phone::Phone;
use crate::lab::wait::holds_for;
use crate::visitor;

const VISITORS: usize = 6;
const PACE: Duration = Duration::from_secs(4);
const LANGUAGES: [&str; 2] = ["vi-VN,vi;q=0.9", "en-GB,en;q=0.9"];
const SITES: [&str; 3] =
    ["https://news.example/", "http://www.example.com/", "http://downloads.example/download?bytes=400000"];

/// Plays visitors until `over` says so. What goes wrong with one of them is printed and ends only that visit.
///
/// # Errors
/// When a phone's namespace cannot be made or removed.
pub fn play(lab: &mut Lab, over: impl Fn() -> bool) -> Result<()> {
    let begin = Instant::now();
    let mut phones: Vec<Phone> = Vec::new();
    let mut turn = 0;
    while !over() {
        let language = LANGUAGES.get(turn % LANGUAGES.len()).copied().unwrap_or("en");
        if phones.len() >= VISITORS {
            let phone = phones.remove(0);
            say(begin, &phone, "leaves");
        }
        let mut phone = lab.phone()?;
        let ap = lab.ap(turn % 2)?;
        let news = match phone.join(ap).and_then(|_| arrive(&phone, language)) {
            Ok(took) => format!("joins {}, taps, is on line after {} ms", ap.id(), took.as_millis()),
            Err(why) => format!("joins {} and does not get on line: {why:#}", ap.id()),
        };
        say(begin, &phone, &news);
        phones.push(phone);
        for (index, phone) in phones.iter_mut().enumerate() {
            if (turn + index).is_multiple_of(5) {
                let ap = lab.ap((turn + index + 1) % 2)?;
                phone.attach(ap)?;
                say(begin, phone, &format!("walks to {}", ap.id()));
            }
            surf(begin, phone, turn + index);
        }
        turn += 1;
        let _ = holds_for("the demo goes on", PACE, || !over());
    }
    Ok(())
}

fn arrive(phone: &Phone, language: &str) -> Result<Duration> {
    let begin = Instant::now();
    visitor::get_online(&phone.client(language)?)?;
    Ok(begin.elapsed())
}

fn surf(begin: Instant, phone: &Phone, turn: usize) {
    let site = SITES.get(turn % SITES.len()).copied().unwrap_or(visitor::PROBE);
    if let Err(why) = phone.client("en").and_then(|client| client.get(site)) {
        say(begin, phone, &format!("cannot open {site}: {why:#}"));
    }
}

fn say(begin: Instant, phone: &Phone, what: &str) {
    println!("  {:>6.1} s  {}  {what}", begin.elapsed().as_secs_f64(), phone.netns().name());
}
