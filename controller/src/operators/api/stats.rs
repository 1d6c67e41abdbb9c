//! `/api/v1/stats`: figures by hour and civil day, and the hours in which access points were near their capacity.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::params::{Params, cursor, whole};
use crate::operators::problem::Problem;
use crate::operators::web::{Operator, Web};
use crate::stats::{
    self, Ask, BadRange, By, DWELL_BOUNDS_MS, Published, Slot, Stats, StatsError, Step, TIME_BOUNDS_MS,
    Wording,
};

/// Slots of a page when nobody says how many, and the most.
const USUAL_LIMIT: u32 = 1000;
const MOST_LIMIT: u32 = 10_000;
/// Weeks that are looked back when nobody says how many, and the most.
const USUAL_WEEKS: u16 = 4;
const MOST_WEEKS: u32 = 52;

/// One page of figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct Figures {
    /// The slots in which anything was counted, by time and then by key.
    items: Vec<Item>,
    /// The `cursor` of the next page; `null` on the last one.
    next: Option<String>,
    /// How visitors are counted.
    counting_rule: &'static str,
    /// Upper bounds of the buckets of `dwell` but the last, which has none.
    dwell_bounds_ms: Vec<u64>,
    /// Upper bounds of the buckets of `times` but the last, which has none.
    time_bounds_ms: Vec<u64>,
    /// Until when everything is counted; 0 before the first time.
    up_to_ms: u64,
}

/// A slot, or that it is withheld.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Item {
    /// Its figures.
    Shown(Figure),
    /// Those of its figures that are published: a split of a large number may be a small one.
    Public(PublicFigure),
    /// So few people that it is not published.
    Withheld(Withheld),
}

/// A slot that is not published.
#[derive(Debug, Serialize, ToSchema)]
struct Withheld {
    /// When it begins.
    start_ms: u64,
    /// When it ends.
    end_ms: u64,
    /// Id of the access point or zone, or `all`.
    key: String,
    /// Always true.
    withheld: bool,
}

/// The figures of one access point, one zone or all, in one hour or civil day.
#[derive(Debug, Serialize, ToSchema)]
struct Figure {
    /// When it begins.
    start_ms: u64,
    /// When it ends.
    end_ms: u64,
    /// Id of the access point or zone, or `all`.
    key: String,
    /// Visits begun.
    visits: u64,
    /// Sessions opened.
    sessions: u64,
    /// Bytes from devices.
    bytes_up: u64,
    /// Bytes to devices.
    bytes_down: u64,
    /// Users present on average.
    mean_users: f64,
    /// Users present in the fullest minute.
    peak_users: u64,
    /// Visitors by the counting rule.
    visitors: u64,
    /// Part of them whose address is randomised, 0 to 1.
    randomised_share: Option<f64>,
    /// Hours of presence for which no visitor could be counted.
    uncounted: u64,
    /// Sessions that closed, by time from first to last packet.
    dwell: Vec<u64>,
    /// Accepted visits by language of the portal.
    languages: Vec<Language>,
    /// How many came how far.
    funnel: Funnel,
    /// Times between the steps.
    times: Times,
}

/// What is published of one access point, one zone or all, in one hour or civil day.
#[derive(Debug, Serialize, ToSchema)]
struct PublicFigure {
    /// When it begins.
    start_ms: u64,
    /// When it ends.
    end_ms: u64,
    /// Id of the access point or zone, or `all`.
    key: String,
    /// Visits begun.
    visits: u64,
    /// Sessions opened.
    sessions: u64,
    /// Bytes from devices.
    bytes_up: u64,
    /// Bytes to devices.
    bytes_down: u64,
    /// Users present on average.
    mean_users: f64,
    /// Users present in the fullest minute.
    peak_users: u64,
    /// Visitors by the counting rule.
    visitors: u64,
}

/// Accepted visits in one language.
#[derive(Debug, Serialize, ToSchema)]
struct Language {
    /// BCP 47 tag, or `other`.
    language: String,
    /// Visits.
    visits: u64,
}

/// How many came how far.
#[derive(Debug, Serialize, ToSchema)]
struct Funnel {
    /// Requests that were redirected to the portal.
    redirect: u64,
    /// Devices that were shown the page.
    page: u64,
    /// Visits that a tap began.
    accept: u64,
    /// Visits whose gate was confirmed.
    gate_open: u64,
    /// Visits that a tap began and that had a first packet.
    first_byte: u64,
}

/// Times between the steps, counted by bucket.
#[derive(Debug, Serialize, ToSchema)]
struct Times {
    /// From the page to the tap.
    page_to_accept: Vec<u64>,
    /// From the tap to the gate.
    accept_to_gate: Vec<u64>,
    /// From the gate to the first packet.
    gate_to_first_byte: Vec<u64>,
}

/// Figures of visits by hour or civil day.
#[utoipa::path(
    get,
    path = "/api/v1/stats/visits",
    tag = "figures",
    params(
        ("from" = String, Query, description = "A civil day of stats.timezone or an RFC 3339 time"),
        ("to" = String, Query, description = "The same, not included"),
        ("by" = Option<String>, Query, description = "all, ap or zone; all without it"),
        ("step" = Option<String>, Query, description = "hour or day; day without it"),
        ("public" = Option<bool>, Query, description = "true: what may be published: totals of days that are complete (a day after their end), without slots of fewer people than stats.min_cell"),
        ("limit" = Option<u32>, Query, description = "Slots of a page, 1 to 10000"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before, with the same parameters"),
    ),
    responses((status = 200, body = Figures), (status = 400, body = Problem), (status = 401, body = Problem))
)]
pub async fn visits(
    State(web): State<Arc<Web>>,
    _operator: Operator,
    mut params: Params,
) -> Result<Json<Figures>, Problem> {
    let limit = params.take("limit", |text| whole(text, 1..=MOST_LIMIT)).unwrap_or(USUAL_LIMIT);
    let (from, to) = params.period_given(&web.zone);
    let by = params.take("by", by).unwrap_or(By::All);
    let step = params.take("step", step).unwrap_or(Step::Day);
    let public = params.take("public", flag).unwrap_or(false);
    let after: Option<(u64, String)> = params.cursor("stats");
    let ask = Ask { from_ms: from.0, to_ms: to.0, by, step };
    if let (true, Err(bad)) = (params.is_fine(), ask.check()) {
        params.wrong(field(bad), bad.to_string());
    }
    params.finish()?;
    let slots = if public {
        web.stats.series_public(ask).await?.into_iter().map(published).collect()
    } else {
        let after = after.as_ref().map(|(at, key)| (*at, key.as_str()));
        let page = web.stats.page(ask, after, limit.saturating_add(1)).await?;
        page.into_iter().map(|slot| Item::Shown(figure(slot))).collect::<Vec<_>>()
    };
    let slots = slots
        .into_iter()
        .filter(|item| after.as_ref().is_none_or(|after| item.place() > (after.0, &after.1)));
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut items: Vec<Item> = slots.take(most.saturating_add(1)).collect();
    let more = items.len() > most;
    items.truncate(most);
    let next = items.last().filter(|_| more).map(|item| cursor("stats", &item.place()));
    Ok(Json(Figures {
        items,
        next,
        counting_rule: Stats::counting_rule(Wording::En),
        dwell_bounds_ms: DWELL_BOUNDS_MS.to_vec(),
        time_bounds_ms: TIME_BOUNDS_MS.to_vec(),
        up_to_ms: web.stats.up_to_ms(),
    }))
}

/// The hours in which access points were near their capacity.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoadAnswer {
    /// Every access point, by id.
    items: Vec<Load>,
    /// When the first of the weeks began.
    from_ms: u64,
    /// When the last of them ended.
    to_ms: u64,
}

/// How near an access point came to its capacity.
#[derive(Debug, Serialize, ToSchema)]
struct Load {
    /// The access point.
    ap: String,
    /// Users it is meant for at a time.
    capacity_users: u32,
    /// Users from which an hour counts as busy.
    busy_users: u64,
    /// Whole weeks looked at.
    weeks: u16,
    /// The most users in any hour of these weeks.
    peak_users: u64,
    /// The hours that were busy at least once, the most often busy first.
    busy: Vec<BusyHour>,
}

/// An hour of the week that was busy.
#[derive(Debug, Serialize, ToSchema)]
struct BusyHour {
    /// 0 is Monday.
    weekday: u8,
    /// The hour of the civil day, 0 to 23.
    hour: u8,
    /// In how many of the weeks.
    weeks: u16,
    /// The most users in it.
    peak_users: u64,
}

/// Hours of the week in which access points were above `stats.busy_share` of their capacity.
#[utoipa::path(
    get,
    path = "/api/v1/stats/load",
    tag = "figures",
    params(("weeks" = Option<u32>, Query, description = "Whole weeks to look back, 1 to 52; 4 without it")),
    responses((status = 200, body = LoadAnswer), (status = 400, body = Problem), (status = 401, body = Problem))
)]
pub async fn load(
    State(web): State<Arc<Web>>,
    _operator: Operator,
    mut params: Params,
) -> Result<Json<LoadAnswer>, Problem> {
    let weeks = params.take("weeks", |text| whole(text, 1..=MOST_WEEKS));
    params.finish()?;
    let weeks = weeks.and_then(|weeks| u16::try_from(weeks).ok()).unwrap_or(USUAL_WEEKS);
    let (from_ms, to_ms) = web.stats.load_span(weeks);
    let items = web.stats.load(weeks).await?.into_iter().map(|load| Load {
        ap: load.ap,
        capacity_users: load.capacity_users,
        busy_users: load.busy_users,
        weeks: load.weeks,
        peak_users: load.peak_users,
        busy: load.busy.into_iter().map(busy_hour).collect(),
    });
    Ok(Json(LoadAnswer { items: items.collect(), from_ms, to_ms }))
}

impl From<StatsError> for Problem {
    fn from(error: StatsError) -> Self {
        match error {
            StatsError::Range(bad) => Self::new(StatusCode::BAD_REQUEST, bad.to_string()),
            StatsError::Store(error) => error.into(),
        }
    }
}

impl Item {
    fn place(&self) -> (u64, &str) {
        match self {
            Self::Shown(slot) => (slot.start_ms, &slot.key),
            Self::Public(slot) => (slot.start_ms, &slot.key),
            Self::Withheld(slot) => (slot.start_ms, &slot.key),
        }
    }
}

fn by(text: &str) -> Result<By, String> {
    match text {
        "all" => Ok(By::All),
        "ap" => Ok(By::Ap),
        "zone" => Ok(By::Zone),
        _ => Err("all, ap or zone is allowed".to_owned()),
    }
}

fn step(text: &str) -> Result<Step, String> {
    match text {
        "hour" => Ok(Step::Hour),
        "day" => Ok(Step::Day),
        _ => Err("hour or day is allowed".to_owned()),
    }
}

fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "true or false is allowed".to_owned())
}

fn field(bad: BadRange) -> &'static str {
    match bad {
        BadRange::NoSuchTime => "from",
        BadRange::Backwards | BadRange::TooManyHours | BadRange::TooManyDays => "to",
    }
}

fn published(slot: Published) -> Item {
    match slot {
        Published::Shown(slot) => Item::Public(PublicFigure {
            start_ms: slot.start_ms,
            end_ms: slot.end_ms,
            key: slot.key.clone(),
            visits: slot.visits,
            sessions: slot.sessions,
            bytes_up: slot.bytes_up,
            bytes_down: slot.bytes_down,
            mean_users: slot.mean_users,
            peak_users: slot.peak_users,
            visitors: slot.visitors,
        }),
        Published::Withheld { start_ms, end_ms, key, .. } => {
            Item::Withheld(Withheld { start_ms, end_ms, key, withheld: true })
        }
    }
}

fn figure(slot: Slot) -> Figure {
    let stats::Funnel { redirect, page, accept, gate_open, first_byte } = slot.funnel;
    let languages = slot.languages.into_iter();
    Figure {
        start_ms: slot.start_ms,
        end_ms: slot.end_ms,
        key: slot.key,
        visits: slot.visits,
        sessions: slot.sessions,
        bytes_up: slot.bytes_up,
        bytes_down: slot.bytes_down,
        mean_users: slot.mean_users,
        peak_users: slot.peak_users,
        visitors: slot.visitors,
        randomised_share: slot.randomised_share,
        uncounted: slot.uncounted,
        dwell: slot.dwell.to_vec(),
        languages: languages.map(|of| Language { language: of.language, visits: of.visits }).collect(),
        funnel: Funnel { redirect, page, accept, gate_open, first_byte },
        times: Times {
            page_to_accept: slot.times.page_to_accept.to_vec(),
            accept_to_gate: slot.times.accept_to_gate.to_vec(),
            gate_to_first_byte: slot.times.gate_to_first_byte.to_vec(),
        },
    }
}

fn busy_hour(busy: stats::BusyHour) -> BusyHour {
    BusyHour { weekday: busy.weekday, hour: busy.hour, weeks: busy.weeks, peak_users: busy.peak_users }
}
