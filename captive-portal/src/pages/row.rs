//! A place in a list: how far, open or not.

use jiff::civil::DateTime;

use crate::civil;
use crate::guide::hours::{Hours, OpensOn, Roughly, Rule, State};
use crate::guide::map;
use crate::guide::near;
use crate::guide::places::Place;
use crate::shell::Shell;
use crate::text::Html;

/// From where distances are meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum From {
    /// A spot: latitude and longitude.
    Spot(f64, f64),
    /// The shore of the lake, for somebody who may be anywhere.
    Shore,
}

impl From {
    /// Metres to a place.
    pub(crate) fn metres(self, place: &Place) -> f64 {
        match self {
            Self::Spot(lat, lon) => near::metres((lat, lon), (place.lat, place.lon)),
            Self::Shore => map::metres_from_shore(place.lat, place.lon),
        }
    }

    /// Whether a place at this distance is "here".
    pub(crate) fn is_here(self, metres: f64) -> bool {
        matches!(self, Self::Spot(..)) && metres < near::HERE_METRES
    }

    /// Places, nearest first. On the lake itself the middle of it decides.
    pub(crate) fn nearest_first(self, places: &mut [&'static Place]) {
        const MIDDLE: (f64, f64) = (21.0287, 105.8522);
        places.sort_by(|a, b| {
            let middle = |place: &Place| near::metres(MIDDLE, (place.lat, place.lon));
            self.metres(a).total_cmp(&self.metres(b)).then(middle(a).total_cmp(&middle(b)))
        });
    }

    /// The walk in words, for a row.
    pub(crate) fn far(self, shell: &Shell, metres: f64) -> Html {
        let here = metres < near::HERE_METRES;
        let minutes = ("minutes", near::walking_minutes(metres).into());
        match (self, here) {
            (Self::Spot(..), true) => shell.say("walk-here"),
            (Self::Spot(..), false) => shell.tell("walk-minutes", vec![minutes]),
            (Self::Shore, true) => shell.say("shore-here"),
            (Self::Shore, false) => shell.tell("shore-minutes", vec![minutes]),
        }
    }
}

/// Open or not, in words, with the icon and the class that repeat it.
pub(crate) struct StateLine {
    pub(crate) class: &'static str,
    pub(crate) icon: Option<&'static str>,
    pub(crate) says: Html,
}

/// What may be said of `hours` at `now`.
pub(crate) fn state_line(shell: &Shell, hours: &Hours, now: DateTime) -> StateLine {
    let open = |says| StateLine { class: "o", icon: Some("tick"), says };
    let closed = |says| StateLine { class: "c", icon: Some("stop"), says };
    match hours.state(now) {
        State::Unknown => StateLine { class: "u", icon: None, says: shell.say("state-unknown") },
        State::NotClaimed => StateLine { class: "u", icon: None, says: unclaimed(shell, hours) },
        State::Always => open(shell.say("state-always")),
        State::Open { until, about } => {
            let key = if about { "state-open-about" } else { "state-open" };
            open(shell.tell(key, vec![("time", civil::minute(until).into())]))
        }
        State::Closed { opens, about, day } => closed(opens_again(shell, opens, about, day)),
    }
}

fn opens_again(shell: &Shell, opens: u16, about: bool, day: OpensOn) -> Html {
    let time = ("time", civil::minute(opens).into());
    match (day, about) {
        (OpensOn::Today, false) => shell.tell("state-closed-today", vec![time]),
        (OpensOn::Today, true) => shell.tell("state-closed-today-about", vec![time]),
        (OpensOn::Tomorrow, false) => shell.tell("state-closed-tomorrow", vec![time]),
        (OpensOn::Tomorrow, true) => shell.tell("state-closed-tomorrow-about", vec![time]),
        (OpensOn::Weekday(weekday), about) => {
            let weekday = ("weekday", civil::weekday(shell.text(), weekday).into());
            let key = if about { "state-closed-weekday-about" } else { "state-closed-weekday" };
            shell.tell(key, vec![time, weekday])
        }
    }
}

/// The hours themselves where neither open nor closed may be claimed.
fn unclaimed(shell: &Shell, hours: &Hours) -> Html {
    in_words(shell, hours).unwrap_or_else(|| shell.say("state-see-hours"))
}

/// Hours that are words, in words.
pub(crate) fn in_words(shell: &Shell, hours: &Hours) -> Option<Html> {
    match hours {
        Hours::Unknown | Hours::Weekly(_) => None,
        Hours::Always => Some(shell.say("state-always")),
        Hours::Shows { first, last } => {
            let times = vec![("first", civil::minute(*first).into()), ("last", civil::minute(*last).into())];
            Some(shell.tell("rough-shows", times))
        }
        Hours::Roughly(roughly) => Some(shell.say(match roughly {
            Roughly::Mornings => "rough-mornings",
            Roughly::MorningsAndNoon => "rough-mornings-noon",
            Roughly::Daytime => "rough-daytime",
            Roughly::EveningsLate => "rough-evenings",
            Roughly::EveningsToTwoAtWeekends => "rough-evenings-two",
            Roughly::OfficeHours => "rough-office",
            Roughly::OutsideMass => "rough-mass",
        })),
    }
}

/// A rule's times, such as "08:00–12:00" or "about 06:00–18:00".
pub(crate) fn span(shell: &Shell, rule: &Rule) -> Html {
    let key = if rule.about { "span-about" } else { "span" };
    let times =
        vec![("opens", civil::minute(rule.opens).into()), ("closes", civil::minute(rule.closes).into())];
    shell.tell(key, times)
}
