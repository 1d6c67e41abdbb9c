//! RADIUS access points and the accounts they ask for.

use store::Name;

use super::Untrusted;

/// The list of NAS clients.
#[derive(Debug, Clone, Default)]
pub struct NasClients {
    /// All of them.
    pub rows: Vec<NasRow>,
}

/// One NAS.
#[derive(Debug, Clone, PartialEq)]
pub struct NasRow {
    /// Its name.
    pub name: String,
    /// Where its packets may come from (address or network).
    pub address: String,
    /// Its make, in the words of the command: `generic`, `coova`, `mikrotik` or `hostapd`.
    pub make: String,
    /// Name of its zone.
    pub zone: Option<Name>,
    /// Sessions that are open there.
    pub sessions: u64,
    /// When it was added.
    pub added_ms: u64,
    /// Whether it may leave Message-Authenticator out.
    pub exempt: bool,
}

/// The list of accounts and vouchers.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// One page of them, accounts first, by name.
    pub rows: Vec<AccountRow>,
    /// How many there are altogether.
    pub total: usize,
    /// The name after which the next page begins.
    pub next: Option<String>,
}

/// One account or voucher. Its password is known to nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its name as a device sends it.
    pub name: Untrusted,
    /// Its plan.
    pub plan: String,
    /// Whether it is a voucher, made by the machine.
    pub voucher: bool,
    /// When it was added.
    pub added_ms: u64,
    /// Of a voucher: when it was first used.
    pub first_used_ms: Option<u64>,
}
