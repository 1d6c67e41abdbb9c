//! Parameters of a request: read one by one, and every wrong one is named in the refusal.

use std::ops::RangeInclusive;

use axum::extract::{FromRequestParts, Query};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::UnixMs;

use crate::operators::problem::{Problem, WrongField};

/// Entries of a page when nobody says how many.
const USUAL_LIMIT: u32 = 100;
/// Most entries of a page.
const MOST_LIMIT: u32 = 1000;

/// The parameters of one request.
pub struct Params {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
    errors: Vec<WrongField>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Query(given) = Query::try_from_uri(&parts.uri)
            .map_err(|_| Problem::new(http::StatusCode::BAD_REQUEST, "the parameters cannot be read"))?;
        Ok(Self::new(given))
    }
}

impl Params {
    /// These parameters.
    #[must_use]
    pub fn new(given: Vec<(String, String)>) -> Self {
        Self { given, known: Vec::new(), errors: Vec::new() }
    }

    /// A parameter that may be left out; `parse` says what is allowed when it is not possible.
    pub fn take<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.known.push(name);
        let mut given = self.given.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
        let value = given.next()?;
        if given.next().is_some() {
            self.wrong(name, "it is given more than once".to_owned());
            return None;
        }
        match parse(&value) {
            Ok(value) => Some(value),
            Err(allowed) => {
                self.wrong(name, allowed);
                None
            }
        }
    }

    /// Notes that a parameter is wrong.
    pub fn wrong(&mut self, name: &str, allowed: String) {
        self.errors.push(WrongField { field: name.to_owned(), detail: allowed });
    }

    /// `limit`: how many entries a page has.
    pub fn limit(&mut self) -> u32 {
        self.take("limit", |text| whole(text, 1..=MOST_LIMIT)).unwrap_or(USUAL_LIMIT)
    }

    /// `cursor`: where the page of this list begins.
    pub fn cursor<T: DeserializeOwned>(&mut self, list: &str) -> Option<T> {
        self.take("cursor", |text| {
            decoded(list, text).ok_or_else(|| "give the next of the page before, unchanged".to_owned())
        })
    }

    /// `from` and `to`: a period that ends after it begins. What is left out is `usual`.
    pub fn period(&mut self, zone: &TimeZone, usual: (UnixMs, UnixMs)) -> (UnixMs, UnixMs) {
        let from = self.take("from", |text| moment(text, zone));
        let to = self.take("to", |text| moment(text, zone));
        let period = (from.unwrap_or(usual.0), to.unwrap_or(usual.1));
        let both_possible = !self.errors.iter().any(|wrong| wrong.field == "from" || wrong.field == "to");
        if both_possible && period.0 >= period.1 {
            self.wrong("to", "it must be later than from".to_owned());
        }
        period
    }

    /// `from` and `to` as in [`Params::period`], both of which must be given.
    pub fn period_given(&mut self, zone: &TimeZone) -> (UnixMs, UnixMs) {
        for name in ["from", "to"] {
            if !self.given.iter().any(|(key, _)| key == name) {
                self.wrong(name, "it must be given, such as 2026-11-24".to_owned());
            }
        }
        self.period(zone, (UnixMs(0), UnixMs(1)))
    }

    /// Whether nothing was wrong so far.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.errors.is_empty()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// A problem that names every wrong and every unknown parameter.
    pub fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> = self
            .given
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !self.known.contains(&name.as_str()))
            .cloned()
            .collect();
        for name in unknown {
            let known = if self.known.is_empty() { "none".to_owned() } else { self.known.join(", ") };
            self.wrong(&name, format!("there is no such parameter; there are: {known}"));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(self.errors)) }
    }
}

/// A whole number in a range.
///
/// # Errors
/// What is allowed.
pub fn whole(text: &str, range: RangeInclusive<u32>) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("a whole number from {} to {} is allowed", range.start(), range.end()))
}

/// A moment: a civil day (its begin in `zone`), or date and time with an offset.
///
/// # Errors
/// What is allowed.
pub fn moment(text: &str, zone: &TimeZone) -> Result<UnixMs, String> {
    // In a query a plus sign means a space.
    let text = text.replace(' ', "+");
    let day =
        || text.parse::<Date>().ok()?.to_zoned_datetime(zone.clone()).ok().map(|begin| begin.timestamp());
    // A time without offset would parse as a date.
    let moment = if text.len() <= 10 { day() } else { text.parse::<Timestamp>().ok() };
    moment.and_then(|moment| u64::try_from(moment.as_millisecond()).ok()).map(UnixMs).ok_or_else(|| {
        "a day such as 2026-11-24 or a time such as 2026-11-24T18:00:00+07:00, after 1970, is allowed"
            .to_owned()
    })
}

/// A cursor of a list: opaque to whoever gets it.
pub fn cursor(list: &str, place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(list, place)).unwrap_or_default())
}

fn decoded<T: DeserializeOwned>(list: &str, text: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (of, place): (String, T) = serde_json::from_slice(&bytes).ok()?;
    (of == list).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hanoi() -> TimeZone {
        TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
    }

    fn params(given: &[(&str, &str)]) -> Params {
        Params::new(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_day_begins_in_the_operators_zone_and_a_time_needs_an_offset() {
        let day = moment("2026-11-24", &hanoi()).unwrap();
        assert_eq!(day, moment("2026-11-24T00:00:00+07:00", &hanoi()).unwrap());
        assert_eq!(day, moment("2026-11-24T00:00:00 07:00", &hanoi()).unwrap());
        assert_eq!(day, moment("2026-11-23T17:00:00Z", &hanoi()).unwrap());
        for wrong in [
            "",
            "2026-02-30",
            "2026-11-24T18:00:00",
            "yesterday",
            "1969-12-31",
            "12345",
            "+99999-01-01",
            "\0",
        ] {
            assert!(moment(wrong, &hanoi()).unwrap_err().contains("is allowed"), "{wrong}");
        }
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let mut given = params(&[("limit", "0"), ("from", "x"), ("to", "2026-11-24"), ("colour", "red")]);
        given.limit();
        given.period(&hanoi(), (UnixMs(0), UnixMs(1)));
        let problem = serde_json::to_value(given.finish().unwrap_err()).unwrap();
        let fields: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
        assert_eq!(fields, ["limit", "from", "colour"]);
        assert_eq!(problem["status"], 400);
    }

    #[test]
    fn a_period_ends_after_it_begins_and_nothing_is_given_twice() {
        let mut given = params(&[("from", "2026-11-25"), ("to", "2026-11-25")]);
        given.period(&hanoi(), (UnixMs(0), UnixMs(1)));
        assert_eq!(
            given.errors,
            [WrongField { field: "to".to_owned(), detail: "it must be later than from".to_owned() }]
        );
        let mut given = params(&[("limit", "5"), ("limit", "6")]);
        given.limit();
        assert_eq!(given.errors.len(), 1);
    }

    #[test]
    fn a_cursor_leads_back_and_one_of_another_list_does_not() {
        let place = (5_u64, "hk-16".to_owned());
        let text = cursor("visits", &place);
        assert_eq!(decoded::<(u64, String)>("visits", &text), Some(place));
        assert_eq!(decoded::<(u64, String)>("sessions", &text), None);
        assert_eq!(decoded::<(u64, String)>("visits", "!"), None);
    }
}
