//! RADIUS access points and the accounts they ask for.

use store::Name;

use super::Untrusted;

/// The list of NAS clients.
#[derive(Debug, Clone, Default)]
pub struct NasClients {
    /// All of them.
    pub rows: Vec<NasRow>,
    /// The form to add one, when this console may; otherwise the command is shown.
    pub form: Option<NasForm>,
    /// What was just added.
    pub added: Option<Added>,
}

/// One NAS.
#[derive(Debug, Clone, PartialEq)]
pub struct NasRow {
    /// Its name.
    pub name: String,
    /// Where its packets may come from (address or network).
    pub addresses: String,
    /// Name of its zone.
    pub zone: Option<Name>,
    /// Sessions that are open there.
    pub sessions: u32,
    /// Its last packet that was right.
    pub heard_ms: Option<u64>,
    /// Whether it may leave Message-Authenticator out.
    pub exempt: bool,
}

/// What was typed to add a NAS, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NasForm {
    /// The name as typed.
    pub name: String,
    /// The address as typed.
    pub address: String,
    /// The zone as chosen.
    pub zone: String,
    /// Zones that may be chosen: id and name.
    pub zones: Vec<(String, Name)>,
    /// What is wrong with the name, in one sentence.
    pub name_error: Option<String>,
    /// What is wrong with the address, in one sentence.
    pub address_error: Option<String>,
}

/// What was just added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Name of the NAS.
    pub name: String,
    /// Its secret, which is shown this once.
    pub secret: String,
}

/// The list of accounts.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// One page of them, by name.
    pub rows: Vec<AccountRow>,
    /// How many there are altogether.
    pub total: usize,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// One account. Its password is known to nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its name as a device sends it.
    pub name: Untrusted,
    /// Its plan.
    pub plan: String,
    /// Whether it is a voucher, made by the machine.
    pub voucher: bool,
    /// When it ends.
    pub ends_ms: Option<u64>,
    /// Whether it may not be used.
    pub disabled: bool,
}
