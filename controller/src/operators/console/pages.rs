//! One file per page: what its template prints, made from the page's view.

mod access_point;
mod access_points;
mod accounts;
mod audit;
mod day;
mod failure;
mod kick;
mod load;
mod nas;
mod overview;
mod session_row;
mod sessions;
mod sign_in;
mod sign_ins;
mod trouble;
mod usage;
mod usage_parts;

pub use access_point::access_point;
pub use access_points::access_points;
pub use accounts::accounts;
pub use audit::audit;
pub use failure::failure;
pub use kick::kick;
pub use load::load;
pub use nas::nas_clients;
pub use overview::overview;
pub use sessions::sessions;
pub use sign_in::sign_in;
pub use sign_ins::my_sign_ins;
pub use usage::usage;

/// Imports that every page needs.
mod prelude {
    pub(super) use askama::Template;
    pub(super) use axum::response::Response;
    pub(super) use http::StatusCode;

    pub(super) use crate::operators::console::figures;
    pub(super) use crate::operators::console::plot;
    pub(super) use crate::operators::console::shell::{Room, Shell, answer, ap_href, encode, icon, short_id};
    pub(super) use crate::operators::console::text::{Html, visible};
}
