//! The pages around the sign-in and those for what cannot be shown, as the console has them.

use axum::response::Response;
use http::{HeaderMap, Uri};
use jiff::tz::TimeZone;
use store::{SignIn, StoreError};

use crate::operators::console::view::{self, Failure, Frame};
use crate::operators::console::{frame, pages};

/// A request that such a page answers: it says in which language.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its address.
    pub uri: &'a Uri,
}

impl At<'_> {
    fn frame(self) -> Frame {
        // These pages show no times.
        frame(self.headers, self.uri, TimeZone::UTC)
    }

    fn sign_in(self, view: &view::SignIn) -> Response {
        pages::sign_in(&self.frame(), view)
    }

    /// What a link is good for: a button that signs in, or why it signs nobody in.
    pub fn link(self, secret: &str, sign_in: &SignIn) -> Response {
        self.sign_in(&match sign_in {
            SignIn::Operator(account) => view::SignIn::Link {
                token: secret.to_owned(),
                email: account.email.clone(),
                role: account.role,
            },
            SignIn::Used => view::SignIn::Used,
            SignIn::Expired => view::SignIn::Expired,
            SignIn::Disabled => view::SignIn::Disabled,
            SignIn::Unknown => view::SignIn::Unknown,
        })
    }

    /// A page was asked for that needs a sign-in.
    pub fn needed(self) -> Response {
        self.sign_in(&view::SignIn::Needed)
    }

    /// The operator has signed out.
    pub fn signed_out(self) -> Response {
        self.sign_in(&view::SignIn::SignedOut)
    }

    /// The role is not enough.
    pub fn forbidden(self) -> Response {
        pages::failure(&self.frame(), &Failure::NotAllowed)
    }

    /// Nothing is there.
    pub fn not_found(self) -> Response {
        pages::failure(&self.frame(), &Failure::NotFound)
    }

    /// The store does not answer.
    pub fn unavailable(self, error: &StoreError) -> Response {
        tracing::error!(%error, "a page could not be shown");
        pages::failure(&self.frame(), &Failure::Unavailable)
    }
}
