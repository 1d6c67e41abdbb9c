//! The operators: who they are, how they sign in, their sessions and tokens. Secrets come in as SHA-256.

use serde_json::json;
use session_core::UnixMs;

use crate::audit::Entry;
use crate::change::{Change, Changed};
use crate::{Actor, Store, StoreError};

/// A session ends when it was not used for this long, in milliseconds.
pub const SESSION_IDLE_MS: u64 = 8 * 3_600_000;

/// What an operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything, other operators included.
    Admin,
    /// Everything about access points and visits.
    Engineer,
    /// Reads figures.
    Analyst,
    /// Reads figures and edits what visitors read.
    Editor,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Engineer, Self::Analyst, Self::Editor];

    /// The role as a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Engineer => "engineer",
            Self::Analyst => "analyst",
            Self::Editor => "editor",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether it may change anything about access points and visits, and see what names a device.
    #[must_use]
    pub fn may_change(self) -> bool {
        match self {
            Self::Admin | Self::Engineer => true,
            Self::Analyst | Self::Editor => false,
        }
    }
}

/// An operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorAccount {
    /// The address that names them, in lower case.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub added: UnixMs,
    /// Since when not any more.
    pub disabled: Option<UnixMs>,
}

/// Where somebody signs in from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperatorSession {
    /// SHA-256 of the session's secret.
    pub id_sha256: [u8; 32],
    /// The address, without port.
    pub address: String,
    /// What is known of its country.
    pub country: Option<String>,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Now.
    pub created: UnixMs,
    /// When it ends, however much it is used.
    pub expires: UnixMs,
    /// A session of the same browser that ends with this sign-in.
    pub replaces: Option<[u8; 32]>,
}

/// A session of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSession {
    /// SHA-256 of its secret; names it in lists.
    pub id_sha256: [u8; 32],
    /// Whose it is.
    pub email: String,
    /// Since when.
    pub created: UnixMs,
    /// When it was used last, to the minute.
    pub last_seen: UnixMs,
    /// When it ends.
    pub expires: UnixMs,
    /// The address it was made from.
    pub address: String,
    /// What is known of that address's country.
    pub country: Option<String>,
    /// What the browser called itself.
    pub user_agent: String,
}

/// What a sign-in link is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// It signs this operator in.
    Operator(OperatorAccount),
    /// Nobody was given it, or a newer one replaced it.
    Unknown,
    /// It was used before.
    Used,
    /// It is too old.
    Expired,
    /// Its operator is disabled.
    Disabled,
}

/// What became of an operator that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorPut {
    /// New.
    Added,
    /// Another role, or enabled again.
    Changed,
    /// As before.
    Unchanged,
}

/// A change about operators.
#[derive(Debug, Clone)]
pub(crate) enum OperatorChange {
    Put { email: String, role: Role, now: UnixMs },
    Link { email: String, secret_sha256: [u8; 32], expires: UnixMs },
    Disable { email: String, now: UnixMs },
    Token { email: String, secret_sha256: [u8; 32], now: UnixMs, expires: UnixMs },
    RevokeTokens { email: String, now: UnixMs },
    SignIn { link_sha256: [u8; 32], session: NewOperatorSession },
    EndSession { email: String, id_sha256: [u8; 32], now: UnixMs },
    Seen { id_sha256: [u8; 32], now: UnixMs },
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) enum OperatorChanged {
    Put(OperatorPut),
    /// The operator the link names beside what it was good for: known for a used link too.
    SignIn(Option<String>, SignIn),
    Count(u64),
    Done,
}

impl OperatorChange {
    /// Its row in the audit log.
    pub(crate) fn entry(&self, outcome: &Changed) -> Option<Entry> {
        let count = if let Changed::Operator(OperatorChanged::Count(count)) = outcome { *count } else { 0 };
        Some(match self {
            Self::Put { email, role, .. } => {
                Entry::new("operator.add", email, json!({ "role": role.word() }))
            }
            Self::Link { email, expires, .. } => {
                Entry::new("operator.link", email, json!({ "expires_ms": expires.0 }))
            }
            Self::Disable { email, .. } => Entry::new("operator.disable", email, json!({})),
            Self::Token { email, expires, .. } => {
                Entry::new("operator.token", email, json!({ "expires_ms": expires.0 }))
            }
            Self::RevokeTokens { email, .. } => {
                Entry::new("operator.revoke_tokens", email, json!({ "tokens": count }))
            }
            Self::SignIn { session, .. } => return signed_in(session, outcome),
            Self::EndSession { email, id_sha256, .. } if count > 0 => {
                Entry::new("operator.end_session", email, json!({ "session": short(id_sha256) }))
            }
            // Nothing was there to end; and being seen is no change anybody makes.
            Self::EndSession { .. } | Self::Seen { .. } => return None,
        })
    }
}

fn signed_in(session: &NewOperatorSession, outcome: &Changed) -> Option<Entry> {
    let Changed::Operator(OperatorChanged::SignIn(Some(email), sign_in)) = outcome else { return None };
    let from = json!({ "address": session.address, "country": session.country });
    let why = match sign_in {
        SignIn::Operator(_) => None,
        SignIn::Unknown => return None,
        SignIn::Used => Some("the link was used before"),
        SignIn::Expired => Some("the link has expired"),
        SignIn::Disabled => Some("the operator is disabled"),
    };
    let mut entry = match why {
        None => Entry::new(
            "operator.sign_in",
            email,
            json!({ "from": from, "session": short(&session.id_sha256) }),
        ),
        Some(why) => Entry::new("operator.sign_in_refused", email, json!({ "from": from, "reason": why })),
    };
    entry.actor = Some(Actor::Operator(email.clone()));
    Some(entry)
}

/// Enough of a session's name to tell it from the operator's others.
fn short(id_sha256: &[u8; 32]) -> String {
    id_sha256.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    async fn operator(&self, change: OperatorChange) -> Result<OperatorChanged, StoreError> {
        let changed = self.change(Change::Operator(change)).await?;
        if let Changed::Operator(changed) = changed { Ok(changed) } else { Err(StoreError::Closed) }
    }

    async fn operators_ended(&self, change: OperatorChange) -> Result<u64, StoreError> {
        let changed = self.operator(change).await?;
        Ok(if let OperatorChanged::Count(count) = changed { count } else { 0 })
    }

    /// Adds an operator, or gives an existing one this role and enables them again.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn put_operator(
        &self,
        email: &str,
        role: Role,
        now: UnixMs,
    ) -> Result<OperatorPut, StoreError> {
        let changed = self.operator(OperatorChange::Put { email: email.to_owned(), role, now }).await?;
        if let OperatorChanged::Put(put) = changed { Ok(put) } else { Err(StoreError::Closed) }
    }

    /// Keeps a new sign-in link; an earlier one that was not used works no more.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for an operator who is not there or disabled.
    pub async fn add_sign_in_link(
        &self,
        email: &str,
        secret_sha256: [u8; 32],
        expires: UnixMs,
    ) -> Result<(), StoreError> {
        let change = OperatorChange::Link { email: email.to_owned(), secret_sha256, expires };
        self.operator(change).await.map(|_| ())
    }

    /// Disables an operator: links, sessions and tokens work no more from now on.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for an operator who is not there.
    pub async fn disable_operator(&self, email: &str, now: UnixMs) -> Result<(), StoreError> {
        self.operator(OperatorChange::Disable { email: email.to_owned(), now }).await.map(|_| ())
    }

    /// Keeps a new token for the API.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for an operator who is not there or disabled.
    pub async fn add_api_token(
        &self,
        email: &str,
        secret_sha256: [u8; 32],
        now: UnixMs,
        expires: UnixMs,
    ) -> Result<(), StoreError> {
        let change = OperatorChange::Token { email: email.to_owned(), secret_sha256, now, expires };
        self.operator(change).await.map(|_| ())
    }

    /// Revokes all tokens of an operator; returns how many worked until now.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for an operator who is not there.
    pub async fn revoke_api_tokens(&self, email: &str, now: UnixMs) -> Result<u64, StoreError> {
        self.operators_ended(OperatorChange::RevokeTokens { email: email.to_owned(), now }).await
    }

    /// Uses a link, once: of two who use it together only one gets in.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn sign_in(
        &self,
        link_sha256: [u8; 32],
        session: NewOperatorSession,
    ) -> Result<SignIn, StoreError> {
        let changed = self.operator(OperatorChange::SignIn { link_sha256, session }).await?;
        if let OperatorChanged::SignIn(_, sign_in) = changed { Ok(sign_in) } else { Err(StoreError::Closed) }
    }

    /// Ends one session of an operator; returns whether there was one to end.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn end_operator_session(
        &self,
        email: &str,
        id_sha256: [u8; 32],
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let change = OperatorChange::EndSession { email: email.to_owned(), id_sha256, now };
        self.operators_ended(change).await.map(|ended| ended > 0)
    }

    /// Notes that a session is in use.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn operator_seen(&self, id_sha256: [u8; 32], now: UnixMs) -> Result<(), StoreError> {
        self.operator(OperatorChange::Seen { id_sha256, now }).await.map(|_| ())
    }

    /// All operators by address.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn operators(&self) -> Result<Vec<OperatorAccount>, StoreError> {
        self.database().operators().await
    }

    /// What a link would do now.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn sign_in_link(&self, secret_sha256: [u8; 32], now: UnixMs) -> Result<SignIn, StoreError> {
        self.database().sign_in_link(secret_sha256, now).await
    }

    /// A session that works now, and its operator.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn operator_session(
        &self,
        id_sha256: [u8; 32],
        now: UnixMs,
    ) -> Result<Option<(OperatorSession, OperatorAccount)>, StoreError> {
        self.database().operator_session(id_sha256, now).await
    }

    /// The sessions of an operator that work now, the newest first.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn operator_sessions(
        &self,
        email: &str,
        now: UnixMs,
    ) -> Result<Vec<OperatorSession>, StoreError> {
        self.database().operator_sessions(email, now).await
    }

    /// The operator of a token that works now.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn api_token(
        &self,
        secret_sha256: [u8; 32],
        now: UnixMs,
    ) -> Result<Option<OperatorAccount>, StoreError> {
        self.database().api_token(secret_sha256, now).await
    }
}
