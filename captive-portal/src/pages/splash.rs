//! The first page at a place: where you are, one button.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::spot_sentence;
use crate::ask::Ask;
use crate::backend::{Offer, Place};
use crate::civil;
use crate::shell::{Look, Shell};
use crate::text::Html;

#[derive(Template)]
#[template(path = "splash.html")]
struct Splash<'a> {
    shell: &'a Shell,
    title: Html,
    here: Option<Html>,
    terms_line: Html,
    facts: Vec<Fact>,
    kept_more: Html,
    terms_more: Html,
}

struct Fact {
    icon: &'static str,
    heading: Html,
    line: Html,
}

/// The first page for a visitor who may tap.
pub(crate) fn page(ask: &Ask, place: Option<&Place>, offer: &Offer) -> Response {
    let shell = Shell::new(ask, "/", Look::Splash);
    let terms = shell.link("/terms");
    let privacy = shell.link("/privacy");
    let page = Splash {
        title: shell.say("splash-title"),
        here: place.map(|place| spot_sentence(&shell, place, "here", "here-zone")),
        terms_line: shell.tell("connect-terms", vec![("terms", terms.as_str().into())]),
        facts: facts(&shell, offer),
        kept_more: shell.tell("kept-more", vec![("privacy", privacy.as_str().into())]),
        terms_more: shell.tell("terms-more", vec![("terms", terms.as_str().into())]),
        shell: &shell,
    };
    shell.respond(StatusCode::OK, &page)
}

fn facts(shell: &Shell, offer: &Offer) -> Vec<Fact> {
    let text = shell.text();
    let mut facts = vec![time(shell, offer)];
    if let Some(daily) = offer.daily_bytes {
        let heading = match offer.remaining_bytes {
            Some(left) if left < daily => {
                shell.tell("offer-data-left", vec![("data", civil::data(text, left).into())])
            }
            _ => shell.tell("offer-data", vec![("data", civil::data(text, daily).into())]),
        };
        facts.push(Fact { icon: "updown", heading, line: shell.say("offer-data-line") });
    }
    facts.push(Fact { icon: "walk", heading: shell.say("fact-walk"), line: shell.say("fact-walk-line") });
    facts.push(Fact {
        icon: "shield",
        heading: shell.say("fact-private"),
        line: shell.say("fact-private-line"),
    });
    facts
}

fn time(shell: &Shell, offer: &Offer) -> Fact {
    let text = shell.text();
    let (heading, line) = match (offer.daily_secs, offer.remaining_secs) {
        (Some(daily), Some(left)) if left < daily => {
            (shell.tell("offer-left", vec![("time", civil::duration(text, left).into())]), "offer-left-line")
        }
        (Some(daily), _) => {
            (shell.tell("offer-day", vec![("time", civil::duration(text, daily).into())]), "offer-day-line")
        }
        (None, _) => (shell.say("offer-unlimited"), "offer-unlimited-line"),
    };
    Fact { icon: "clock", heading, line: shell.say(line) }
}
