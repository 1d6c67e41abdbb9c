//! Something that is wrong, in words: what, where, since when, what it means for visitors, where to look.

use crate::operators::console::shell::ap_href;
use crate::operators::console::text::{Html, escape, visible};
use crate::operators::console::view::{Frame, Problem, Trouble};

/// One problem as a list shows it.
pub(super) struct ProblemRow {
    pub(super) id: String,
    pub(super) pill: Html,
    pub(super) says: Html,
    pub(super) more: Option<Html>,
    pub(super) href: Option<String>,
    pub(super) look: Html,
}

/// The sentences of one problem; `with_name` where it does not stand on the page of its access point.
pub(super) fn problem(frame: &Frame, problem: &Problem, with_name: bool) -> ProblemRow {
    let whose = match (&problem.ap, with_name) {
        (Some(ap), true) => frame.ap_link(ap),
        (Some(_), false) => frame.say("this-ap"),
        (None, _) => frame.say("the-controller"),
    };
    let ap = ("ap", whose.into());
    let (look, kind, says, more) = match &problem.trouble {
        Trouble::Silent => (DOWN, "silent", frame.tell("wrong-silent", vec![ap]), Some("wrong-silent-more")),
        Trouble::Full { devices, capacity } => {
            let values = vec![
                ap,
                ("devices", frame.whole(*devices).into()),
                ("capacity", frame.whole(*capacity).into()),
            ];
            (FULL, "full", frame.tell("wrong-full", values), Some("wrong-full-more"))
        }
        Trouble::AgentSays(said) => {
            (TROUBLE, "says", frame.tell("wrong-says", vec![ap, ("said", visible(said).into())]), None)
        }
        Trouble::JournalBehind { records } => {
            let values = vec![ap, ("n", (*records).into()), ("records", frame.whole(*records).into())];
            (BEHIND, "journal", frame.tell("wrong-journal", values), Some("wrong-journal-more"))
        }
        Trouble::OtherConfiguration { has, wanted } => {
            let values = vec![ap, ("has", frame.whole(*has).into()), ("wanted", frame.whole(*wanted).into())];
            (BEHIND, "config", frame.tell("wrong-config", values), None)
        }
        Trouble::Revoked => {
            (RETIRED, "revoked", frame.tell("wrong-revoked", vec![ap]), Some("wrong-revoked-more"))
        }
        Trouble::Controller(said) => {
            (DOWN, "controller", frame.tell("wrong-controller", vec![("said", said.as_str().into())]), None)
        }
    };
    let since = problem.since_ms.map(|since| {
        let values = vec![
            ("moment", frame.moment(since).into()),
            ("length", frame.duration(frame.ago_secs(since)).into()),
        ];
        frame.tell("wrong-since", values)
    });
    let says = since.map_or_else(|| says.clone(), |since| Html::ours(format!("{says} {since}")));
    let id = problem.ap.as_ref().map_or("controller", |ap| ap.id.as_str());
    let (level, shape, word) = look;
    ProblemRow {
        id: format!("wrong-{}-{kind}", escape(id)),
        pill: frame.pill(level, shape, word),
        says,
        more: more.map(|key| frame.say(key)),
        href: problem.ap.as_ref().filter(|_| with_name).map(|ap| ap_href(&ap.id)),
        look: frame.say("look"),
    }
}

const DOWN: (&str, &str, &str) = ("b", "stop", "state-down");
const FULL: (&str, &str, &str) = ("w", "warn", "state-full");
const TROUBLE: (&str, &str, &str) = ("w", "warn", "state-trouble");
const BEHIND: (&str, &str, &str) = ("n", "info", "state-behind");
const RETIRED: (&str, &str, &str) = ("q", "off", "state-retired");
