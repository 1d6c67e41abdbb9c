//! Opening hours: the forms in which the content writes them, and what may be claimed of them at a given minute.
//!
//! The page never says "open" or "closed" on hours that are not known: rough words ("mornings") are repeated as words,
//! and half an hour around an edge marked "about" nothing is claimed.

use jiff::civil::{DateTime, Weekday};

/// When a place is open, as far as known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hours {
    /// Nothing known.
    Unknown,
    /// Day and night, every day.
    Always,
    /// By days of the week.
    Weekly(Vec<Rule>),
    /// Performances between these minutes of every day, about.
    Shows {
        /// When the first begins.
        first: u16,
        /// When the last ends.
        last: u16,
    },
    /// Known in words only.
    Roughly(Roughly),
}

/// Open on `days` from `opens` to `closes`, minutes of the day; `closes` is above 1440 past midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The days on which it opens.
    pub(crate) days: Days,
    /// Minute of opening.
    pub(crate) opens: u16,
    /// Minute of closing.
    pub(crate) closes: u16,
    /// Both minutes are only about right.
    pub(crate) about: bool,
    /// In winter it opens at this earlier minute; from when winter counts is not known.
    pub(crate) winter_opens: Option<u16>,
}

/// A run of days of the week, both ends included, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    /// First day.
    pub(crate) first: Weekday,
    /// Last day, not before the first in the week that begins with Monday.
    pub(crate) last: Weekday,
}

impl Days {
    /// All seven.
    pub(crate) const DAILY: Self = Self { first: Weekday::Monday, last: Weekday::Sunday };

    /// Whether `day` is among them.
    pub(crate) fn contain(self, day: Weekday) -> bool {
        let place = Weekday::to_monday_zero_offset;
        (place(self.first)..=place(self.last)).contains(&place(day))
    }
}

/// Hours in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Roughly {
    Mornings,
    MorningsAndNoon,
    Daytime,
    EveningsLate,
    EveningsToTwoAtWeekends,
    OfficeHours,
    OutsideMass,
}

/// A form that [`parse`] does not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a form of opening hours that is read")]
pub(crate) struct UnknownForm(String);

/// Reads the forms that occur in the content: `24/7`; `Mo-Fr 07:00-18:00; Sa-Su 07:00-21:00`; `daily ~08:00-17:00`
/// (`~`: about); several times a day with commas; `(18:00 in winter)`; `shows ~15:00-21:00 daily`; a few words.
pub(crate) fn parse(text: &str) -> Result<Hours, UnknownForm> {
    let in_words = match text {
        "24/7" => Some(Hours::Always),
        "mornings" => Some(Hours::Roughly(Roughly::Mornings)),
        "mornings and noon" => Some(Hours::Roughly(Roughly::MorningsAndNoon)),
        "daily, daytime" => Some(Hours::Roughly(Roughly::Daytime)),
        "evenings to late" => Some(Hours::Roughly(Roughly::EveningsLate)),
        "evenings to ~02:00 at weekends" => Some(Hours::Roughly(Roughly::EveningsToTwoAtWeekends)),
        "Mo-Fr office hours" => Some(Hours::Roughly(Roughly::OfficeHours)),
        "visits outside Mass; daily, hours vary" => Some(Hours::Roughly(Roughly::OutsideMass)),
        _ => None,
    };
    let read = in_words.or_else(|| shows(text)).or_else(|| weekly(text));
    read.ok_or_else(|| UnknownForm(text.to_owned()))
}

fn shows(text: &str) -> Option<Hours> {
    let times = text.strip_prefix("shows ~")?.strip_suffix(" daily")?;
    let (first, last) = times.split_once('-')?;
    Some(Hours::Shows { first: minute(first)?, last: minute(last)? })
}

fn weekly(text: &str) -> Option<Hours> {
    let mut rules = Vec::new();
    for group in text.split("; ") {
        let (days, times) = group.split_once(' ')?;
        let days = days_from(days)?;
        let (times, winter_opens) = match times.split_once(" (") {
            Some((times, winter)) => (times, Some(minute(winter.strip_suffix(" in winter)")?)?)),
            None => (times, None),
        };
        for span in times.split(',') {
            let (opens, closes) = span.split_once('-')?;
            let about = opens.starts_with('~') || closes.starts_with('~');
            let opens = minute(opens.trim_start_matches('~'))?;
            let mut closes = minute(closes.trim_start_matches('~'))?;
            if closes <= opens {
                closes += DAY;
            }
            rules.push(Rule { days, opens, closes, about, winter_opens });
        }
    }
    (!rules.is_empty()).then_some(Hours::Weekly(rules))
}

fn days_from(text: &str) -> Option<Days> {
    if text == "daily" {
        return Some(Days::DAILY);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let days = Days { first: weekday(first)?, last: weekday(last)? };
    (days.first.to_monday_zero_offset() <= days.last.to_monday_zero_offset()).then_some(days)
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "Mo" => Weekday::Monday,
        "Tu" => Weekday::Tuesday,
        "We" => Weekday::Wednesday,
        "Th" => Weekday::Thursday,
        "Fr" => Weekday::Friday,
        "Sa" => Weekday::Saturday,
        "Su" => Weekday::Sunday,
        _ => return None,
    })
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY).then_some(minute)
}

const DAY: u16 = 24 * 60;
/// How wide "about" is, in minutes to either side.
const ABOUT: i32 = 30;

/// What may be said of a place at one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Its hours are not known.
    Unknown,
    /// Its hours are known only roughly, or an edge marked "about" is near: nothing is claimed.
    NotClaimed,
    /// Open day and night.
    Always,
    /// Open, until this minute of the day.
    Open { until: u16, about: bool },
    /// Closed; opens at this minute of that day.
    Closed { opens: u16, about: bool, day: OpensOn },
}

/// The day of the next opening, as somebody would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpensOn {
    Today,
    Tomorrow,
    Weekday(Weekday),
}

impl Hours {
    /// What may be said at `now`, civil time of the place.
    pub(crate) fn state(&self, now: DateTime) -> State {
        match self {
            Self::Unknown => State::Unknown,
            Self::Always => State::Always,
            Self::Shows { .. } | Self::Roughly(_) => State::NotClaimed,
            Self::Weekly(rules) => weekly_state(rules, now),
        }
    }
}

fn weekly_state(rules: &[Rule], now: DateTime) -> State {
    let minute = i32::from(now.hour()) * 60 + i32::from(now.minute());
    let mut open = None;
    // Yesterday's spans reach past midnight; tomorrow's may begin "about" now.
    for day in [-1, 0, 1] {
        let weekday = now.weekday().wrapping_add(day);
        for rule in rules.iter().filter(|rule| rule.days.contain(weekday)) {
            let shift = day * i32::from(DAY);
            let (opens, closes) = (i32::from(rule.opens) + shift, i32::from(rule.closes) + shift);
            let near = |edge: i32| (minute - edge).abs() < ABOUT;
            let in_winter_only =
                rule.winter_opens.is_some_and(|at| (i32::from(at) + shift..opens).contains(&minute));
            if in_winter_only || rule.about && (near(opens) || near(closes)) {
                return State::NotClaimed;
            }
            if (opens..closes).contains(&minute) {
                let until = if closes == i32::from(DAY) { DAY } else { rule.closes % DAY };
                open = Some(State::Open { until, about: rule.about });
            }
        }
    }
    open.or_else(|| next_opening(rules, now, minute)).unwrap_or(State::Unknown)
}

fn next_opening(rules: &[Rule], now: DateTime, minute: i32) -> Option<State> {
    for ahead in 0..=7_i32 {
        let weekday = now.weekday().wrapping_add(ahead);
        let of_day = rules.iter().filter(|rule| rule.days.contain(weekday));
        let later = of_day.filter(|rule| ahead > 0 || i32::from(rule.opens) > minute);
        if let Some(rule) = later.min_by_key(|rule| rule.opens) {
            let day = match ahead {
                0 => OpensOn::Today,
                1 => OpensOn::Tomorrow,
                _ => OpensOn::Weekday(weekday),
            };
            let about = rule.about || rule.winter_opens.is_some();
            return Some(State::Closed { opens: rule.opens, about, day });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// 16 November 2026 is a Monday.
    fn at(day: i8, hour: i8, minute: i8) -> DateTime {
        date(2026, 11, 15 + day).at(hour, minute, 0, 0)
    }

    fn state(hours: &str, now: DateTime) -> State {
        parse(hours).unwrap().state(now)
    }

    fn closed(opens: u16, day: OpensOn) -> State {
        State::Closed { opens, about: false, day }
    }

    #[test]
    fn a_week_with_two_rules_is_open_and_closed_to_the_minute() {
        let temple = "Mo-Fr 07:00-18:00; Sa-Su 07:00-21:00";
        assert_eq!(state(temple, at(1, 6, 59)), closed(420, OpensOn::Today));
        assert_eq!(state(temple, at(1, 7, 0)), State::Open { until: 1080, about: false });
        assert_eq!(state(temple, at(1, 17, 59)), State::Open { until: 1080, about: false });
        assert_eq!(state(temple, at(1, 18, 0)), closed(420, OpensOn::Tomorrow));
        assert_eq!(state(temple, at(6, 20, 0)), State::Open { until: 1260, about: false });
        assert_eq!(state(temple, at(7, 23, 0)), closed(420, OpensOn::Tomorrow));
    }

    #[test]
    fn a_day_of_rest_and_a_lunch_break_are_seen() {
        let museum = "Tu-Su 08:00-12:00,13:30-17:00";
        assert_eq!(state(museum, at(2, 12, 30)), closed(810, OpensOn::Today));
        assert_eq!(state(museum, at(2, 14, 0)), State::Open { until: 1020, about: false });
        assert_eq!(state(museum, at(7, 17, 0)), closed(480, OpensOn::Weekday(Weekday::Tuesday)));
        assert_eq!(state(museum, at(1, 10, 0)), closed(480, OpensOn::Tomorrow));
    }

    #[test]
    fn around_an_edge_marked_about_nothing_is_claimed() {
        let market = "daily ~06:00-18:00";
        for (hour, minute) in [(5, 31), (6, 0), (6, 29), (17, 31), (18, 29)] {
            assert_eq!(state(market, at(3, hour, minute)), State::NotClaimed, "{hour}:{minute}");
        }
        assert_eq!(state(market, at(3, 6, 30)), State::Open { until: 1080, about: true });
        let night = State::Closed { opens: 360, about: true, day: OpensOn::Tomorrow };
        assert_eq!(state(market, at(3, 18, 30)), night);
    }

    #[test]
    fn the_hour_that_only_winter_has_is_not_claimed() {
        let market = "Fr-Su 19:00-24:00 (18:00 in winter)";
        assert_eq!(state(market, at(5, 18, 30)), State::NotClaimed);
        assert_eq!(state(market, at(5, 19, 0)), State::Open { until: 1440, about: false });
        assert_eq!(state(market, at(5, 23, 59)), State::Open { until: 1440, about: false });
        let friday = State::Closed { opens: 1140, about: true, day: OpensOn::Weekday(Weekday::Friday) };
        assert_eq!(state(market, at(1, 0, 0)), friday);
        let tomorrow = State::Closed { opens: 1140, about: true, day: OpensOn::Tomorrow };
        assert_eq!(
            state(market, at(6, 0, 0)),
            State::Closed { opens: 1140, about: true, day: OpensOn::Today }
        );
        assert_eq!(state(market, at(4, 12, 0)), tomorrow);
    }

    #[test]
    fn a_span_past_midnight_belongs_to_the_evening_before() {
        let bar = "Fr-Sa 18:00-02:00";
        assert_eq!(state(bar, at(6, 1, 59)), State::Open { until: 120, about: false });
        assert_eq!(state(bar, at(7, 1, 0)), State::Open { until: 120, about: false });
        assert_eq!(state(bar, at(7, 2, 0)), closed(1080, OpensOn::Weekday(Weekday::Friday)));
        assert_eq!(state(bar, at(5, 1, 0)), closed(1080, OpensOn::Today));
    }

    #[test]
    fn words_are_never_turned_into_open_or_closed() {
        for words in [
            "mornings",
            "mornings and noon",
            "daily, daytime",
            "evenings to late",
            "evenings to ~02:00 at weekends",
            "Mo-Fr office hours",
            "visits outside Mass; daily, hours vary",
            "shows ~15:00-21:00 daily",
        ] {
            for hour in 0..24 {
                assert_eq!(state(words, at(3, hour, 0)), State::NotClaimed, "{words}");
            }
        }
        assert_eq!(Hours::Unknown.state(at(1, 12, 0)), State::Unknown);
        assert_eq!(state("24/7", at(1, 3, 0)), State::Always);
    }

    #[test]
    fn a_form_that_is_not_known_is_refused_as_a_whole() {
        for text in [
            "",
            "daily",
            "daily 8:00-17:00",
            "daily 08:00",
            "daily 08:00-17:60",
            "daily 08:00-25:00",
            "Xx 08:00-17:00",
            "Su-Mo 08:00-17:00",
            "Mo-Fr 08:00-17:00; mornings",
            "Fr-Su 19:00-24:00 (18:00 in autumn)",
            "shows ~15:00 daily",
            "daily 08:00-17:00,",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
