//! The list of access points.

use super::prelude::*;
use crate::operators::console::view::{AccessPoints, ApOrder, ApRow, Frame, Kind};

#[derive(Template)]
#[template(path = "console/access_points.html")]
struct Page<'a> {
    shell: Shell<'a>,
    count: Html,
    headings: Vec<Heading>,
    rows: Vec<Row>,
}

/// A heading of the table that sorts by it.
struct Heading {
    name: Html,
    /// The value of `?sort=`; empty for a column that does not sort.
    word: &'static str,
    number: bool,
    sorted: Option<&'static str>,
}

struct Row {
    id: String,
    href: String,
    short: String,
    name: String,
    zone: String,
    kind: Html,
    pill: Html,
    devices: Html,
    bar: Option<Html>,
    data: String,
    heard: Html,
}

/// The list of access points.
#[must_use]
pub fn access_points(frame: &Frame, view: &AccessPoints) -> Response {
    let mut rows: Vec<&ApRow> = view.rows.iter().collect();
    rows.sort_by(|a, b| {
        let by = match view.order {
            ApOrder::State => a.state.cmp(&b.state).then(share(b).total_cmp(&share(a))),
            ApOrder::Id => std::cmp::Ordering::Equal,
            ApOrder::Devices => b.devices.cmp(&a.devices),
            ApOrder::Data => b.today_bytes.cmp(&a.today_bytes),
        };
        by.then_with(|| a.ap.id.cmp(&b.ap.id))
    });
    let heading = |key, word, number, order, direction| Heading {
        name: frame.say(key),
        word,
        number,
        sorted: (order == Some(view.order)).then_some(direction),
    };
    let page = Page {
        shell: Shell::new(frame, Room::AccessPoints, frame.say("nav-aps")).live("aps"),
        count: frame.tell("aps-count", vec![("n", u64::try_from(rows.len()).unwrap_or(u64::MAX).into())]),
        headings: vec![
            heading("ap", "id", false, Some(ApOrder::Id), "ascending"),
            heading("state", "state", false, Some(ApOrder::State), "ascending"),
            heading("zone", "", false, None, ""),
            heading("devices-column", "devices", true, Some(ApOrder::Devices), "descending"),
            heading("data-today", "data", true, Some(ApOrder::Data), "descending"),
            heading("heard", "", true, None, ""),
        ],
        rows: rows.into_iter().map(|row| shown(frame, row)).collect(),
    };
    answer(frame, StatusCode::OK, &page)
}

fn share(row: &ApRow) -> f64 {
    f64::from(row.devices.unwrap_or(0)) / f64::from(row.capacity.unwrap_or(u32::MAX).max(1))
}

fn shown(frame: &Frame, row: &ApRow) -> Row {
    let dash = || Html::text("–");
    let devices = match (row.devices, row.capacity) {
        (Some(devices), Some(capacity)) => Html::ours(format!(
            "{}<span class=\"of\">/{}</span>",
            frame.whole(devices),
            frame.whole(capacity)
        )),
        (Some(devices), None) => Html::text(&frame.whole(devices)),
        (None, _) => dash(),
    };
    let bar = row.devices.zip(row.capacity).map(|(devices, capacity)| {
        plot::bar(f64::from(devices), f64::from(capacity), devices * 10 >= capacity * 9)
    });
    Row {
        id: row.ap.id.clone(),
        href: ap_href(&row.ap.id),
        short: short_id(&row.ap.id),
        name: frame.name(&row.ap.name).to_owned(),
        zone: row.zone.as_ref().map_or_else(|| "–".to_owned(), |zone| frame.name(zone).to_owned()),
        kind: kind(frame, row.kind),
        pill: frame.state_pill(row.state),
        devices,
        bar,
        data: row.today_bytes.map_or_else(|| "–".to_owned(), |bytes| frame.data(bytes)),
        heard: row.heard_ms.map_or_else(dash, |heard| {
            frame.tell("ago", vec![("length", frame.duration(frame.ago_secs(heard)).into())])
        }),
    }
}

/// How an access point takes part, in one word.
pub(super) fn kind(frame: &Frame, kind: Kind) -> Html {
    frame.say(match kind {
        Kind::Agent => "kind-agent",
        Kind::Radius => "kind-radius",
    })
}
