//! Access points of other makes, accounts and vouchers: what RADIUS is answered from.

use session_core::UnixMs;

use crate::change::{Change, Changed};
use crate::{Store, StoreError};

/// An access point, or a network of them, that speaks RADIUS with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NasClient {
    /// Its name; its sessions' access point is `nas:` and this.
    pub name: String,
    /// The address it sends from, or a network, as CIDR.
    pub address: String,
    /// The shared secret, sealed.
    pub secret: Vec<u8>,
    /// `generic`, `coova`, `mikrotik` or `hostapd`.
    pub kind: String,
    /// Where it takes dynamic authorization, if it does.
    pub coa_port: Option<u16>,
    /// Whether an Access-Request without Message-Authenticator is dropped.
    pub require_message_authenticator: bool,
    /// The zone its figures count for.
    pub zone: Option<String>,
    /// When it was added.
    pub added: UnixMs,
}

/// Somebody with a password of their own choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// User-Name.
    pub name: String,
    /// Argon2id in its usual text form.
    pub verifier: String,
    /// Name of the plan.
    pub plan: String,
    /// When it was added.
    pub added: UnixMs,
}

/// A machine-made name and secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    /// User-Name.
    pub name: String,
    /// HMAC-SHA-256 of the secret under the node's key.
    pub secret_hmac: [u8; 32],
    /// Name of the plan.
    pub plan: String,
    /// When it was made.
    pub created: UnixMs,
    /// When it was first used; its time runs from then.
    pub first_used: Option<UnixMs>,
}

/// What was added and changed of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Not there before.
    pub added: usize,
    /// There before, and other now.
    pub changed: usize,
}

impl Store {
    /// Adds an access point or replaces the one of that name.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for a zone that is not there, [`StoreError::Refused`] for an address that another has.
    pub async fn put_nas(&self, nas: NasClient) -> Result<(), StoreError> {
        self.change(Change::PutNas(nas)).await.map(|_| ())
    }

    /// Removes an access point; its sessions stay in the history.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when it is not there.
    pub async fn remove_nas(&self, name: &str) -> Result<(), StoreError> {
        self.change(Change::RemoveNas(name.to_owned())).await.map(|_| ())
    }

    /// All access points that speak RADIUS, by name.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn nas_clients(&self) -> Result<Vec<NasClient>, StoreError> {
        self.database().nas_clients().await
    }

    /// Adds accounts or replaces those of the same name, all of them or none.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for a plan that is not there.
    pub async fn put_accounts(&self, accounts: Vec<Account>) -> Result<Counted, StoreError> {
        let Changed::Counted(counted) = self.change(Change::PutAccounts(accounts)).await? else {
            return Err(StoreError::Closed);
        };
        Ok(counted)
    }

    /// Removes an account.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when it is not there.
    pub async fn remove_account(&self, name: &str) -> Result<(), StoreError> {
        self.change(Change::RemoveAccount(name.to_owned())).await.map(|_| ())
    }

    /// All accounts by name.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.database().accounts().await
    }

    /// Adds vouchers, all of them or none.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] for a plan that is not there, [`StoreError::Refused`] for a name that is taken.
    pub async fn add_vouchers(&self, vouchers: Vec<Voucher>) -> Result<(), StoreError> {
        self.change(Change::AddVouchers(vouchers)).await.map(|_| ())
    }

    /// All vouchers by name.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn vouchers(&self) -> Result<Vec<Voucher>, StoreError> {
        self.database().vouchers().await
    }

    /// Notes the first use of a voucher; a later one changes nothing. Returns when the first was.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when it is not there.
    pub async fn use_voucher(&self, name: &str, now: UnixMs) -> Result<UnixMs, StoreError> {
        let Changed::Moment(first) = self.change(Change::UseVoucher { name: name.to_owned(), now }).await?
        else {
            return Err(StoreError::Closed);
        };
        Ok(first)
    }
}
