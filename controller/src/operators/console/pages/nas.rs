//! RADIUS access points.

use super::prelude::*;
use crate::operators::console::view::{Added, Frame, NasClients, NasForm, NasRow};

#[derive(Template)]
#[template(path = "console/nas.html")]
struct Page<'a> {
    shell: Shell<'a>,
    count: Html,
    rows: Vec<Row>,
    form: Option<Form>,
    added: Option<Added>,
    csrf: String,
}

struct Row {
    name: String,
    href: String,
    addresses: String,
    zone: String,
    sessions: String,
    heard: Html,
    exempt: bool,
}

struct Form {
    typed: NasForm,
    zones: Vec<(String, String, bool)>,
}

/// The list of NAS clients, with the form or the command to add one.
#[must_use]
pub fn nas_clients(frame: &Frame, view: &NasClients) -> Response {
    let refused =
        view.form.as_ref().is_some_and(|form| form.name_error.is_some() || form.address_error.is_some());
    let page = Page {
        shell: Shell::new(frame, Room::Nas, frame.say("nav-nas")),
        count: frame.tell("nas-count", vec![("n", u64::try_from(view.rows.len()).unwrap_or(0).into())]),
        rows: view.rows.iter().map(|row| shown(frame, row)).collect(),
        form: view.form.as_ref().map(|form| Form {
            typed: form.clone(),
            zones: form
                .zones
                .iter()
                .map(|(id, name)| (id.clone(), frame.name(name).to_owned(), *id == form.zone))
                .collect(),
        }),
        added: view.added.clone(),
        csrf: frame.csrf.clone(),
    };
    answer(frame, if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

fn shown(frame: &Frame, row: &NasRow) -> Row {
    Row {
        name: row.name.clone(),
        href: ap_href(&format!("nas:{}", row.name)),
        addresses: row.addresses.clone(),
        zone: row.zone.as_ref().map_or_else(|| "–".to_owned(), |zone| frame.name(zone).to_owned()),
        sessions: frame.whole(row.sessions),
        heard: row.heard_ms.map_or_else(
            || frame.say("never"),
            |heard| frame.tell("ago", vec![("length", frame.duration(frame.ago_secs(heard)).into())]),
        ),
        exempt: row.exempt,
    }
}
