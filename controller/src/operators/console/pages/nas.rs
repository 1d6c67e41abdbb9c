//! RADIUS access points.

use super::prelude::*;
use crate::operators::console::view::{Frame, NasClients, NasRow};

#[derive(Template)]
#[template(path = "console/nas.html")]
struct Page<'a> {
    shell: Shell<'a>,
    count: Html,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    href: String,
    address: String,
    make: String,
    zone: String,
    sessions: String,
    added: Html,
    exempt: bool,
}

/// The list of NAS clients, with the command to add one.
#[must_use]
pub fn nas_clients(frame: &Frame, view: &NasClients) -> Response {
    let page = Page {
        shell: Shell::new(frame, Room::Nas, frame.say("nav-nas")),
        count: frame.tell("nas-count", vec![("n", u64::try_from(view.rows.len()).unwrap_or(0).into())]),
        rows: view.rows.iter().map(|row| shown(frame, row)).collect(),
    };
    answer(frame, StatusCode::OK, &page)
}

fn shown(frame: &Frame, row: &NasRow) -> Row {
    Row {
        name: row.name.clone(),
        href: ap_href(&format!("nas:{}", row.name)),
        address: row.address.clone(),
        make: row.make.clone(),
        zone: row.zone.as_ref().map_or_else(|| "–".to_owned(), |zone| frame.name(zone).to_owned()),
        sessions: frame.whole(row.sessions),
        added: frame.moment(row.added_ms),
        exempt: row.exempt,
    }
}
