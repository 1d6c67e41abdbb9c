//! Signing in by a link that works once, and where one is signed in.

use store::Role;

use super::{Country, Untrusted};

/// The pages around the sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// The link is good: one button signs in. Opening the link alone changes nothing, because mail programs do that.
    Link {
        /// What the link carries.
        token: String,
        /// Whom it signs in.
        email: String,
        /// What they may do.
        role: Role,
    },
    /// The link was used.
    Used,
    /// The link is too old.
    Expired,
    /// The operator of the link may not sign in any more.
    Disabled,
    /// There is no such link.
    Unknown,
    /// The operator just signed out.
    SignedOut,
    /// A page was asked for that needs a sign-in, and there is none or it has ended.
    Needed,
}

/// Where the operator is signed in.
#[derive(Debug, Clone, Default)]
pub struct MySignIns {
    /// The sign-ins that are valid, this one first.
    pub rows: Vec<SignInRow>,
    /// Whether countries can be told.
    pub countries: Countries,
}

/// One valid sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRow {
    /// Its id in forms.
    pub id: String,
    /// When it began.
    pub began_ms: u64,
    /// When it was used last.
    pub used_ms: u64,
    /// When it ends by itself.
    pub ends_ms: u64,
    /// Where it came from.
    pub address: String,
    /// The country of that address.
    pub country: Country,
    /// The browser in its own words.
    pub browser: Untrusted,
    /// Whether it is this one.
    pub current: bool,
}

/// Whether countries can be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Countries {
    /// They can.
    Known,
    /// No database is configured.
    #[default]
    NotConfigured,
    /// The database cannot be read, and why.
    Broken(String),
}
