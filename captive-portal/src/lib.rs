//! The page that greets the visitor: splash, session, guide, RFC 8908. It knows the controller only as a [`Backend`].

mod backend;
mod router;
mod settings;

pub use backend::{
    Asker, Away, Backend, Busy, Connect, End, Identity, Neighbour, Offer, Online, Place, Position, Refusal,
    Visitor, Words,
};
pub use router::router;
pub use settings::{PublicUrl, PublicUrlError, Settings};
