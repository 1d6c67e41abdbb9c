//! The page that greets the visitor: splash, session, guide, RFC 8908. It knows the controller only as a [`Backend`].

mod api;
mod ask;
mod backend;
mod civil;
mod guide;
mod intake;
mod language;
mod pages;
mod router;
mod settings;
mod shell;
mod text;

pub use backend::{
    Asker, Away, Backend, Busy, Connect, End, Identity, Offer, Online, Place, Position, Refusal, Visitor,
    Words,
};
pub use router::router;
pub use settings::{PublicUrl, PublicUrlError, Settings};
