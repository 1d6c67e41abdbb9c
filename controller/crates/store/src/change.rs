//! Management changes: rare, made by people or at enrolment, and written by the same writer as the batches.

use session_core::{ApId, DomainId, GrantId, Mac, Plan, Position, UnixMs};

use crate::operators::{OperatorChange, OperatorChanged};
use crate::radius::{Account, Counted, NasClient, Voucher};
use crate::{Enrollment, Import, Imported};

/// One change.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Plan(Plan),
    Import(Import),
    Token { ap: ApId, secret_sha256: [u8; 32], expires: UnixMs },
    Enroll { secret_sha256: [u8; 32], key: [u8; 32], now: UnixMs },
    Revoke { ap: ApId, now: UnixMs },
    Block { mac: Mac, blocked: bool, now: UnixMs },
    Setting { key: String, value: String },
    Kick { grant: GrantId, now: UnixMs },
    RaiseEpoch(DomainId),
    PutNas(NasClient),
    RemoveNas(String),
    PutAccounts(Vec<Account>),
    RemoveAccount(String),
    AddVouchers(Vec<Voucher>),
    UseVoucher { name: String, now: UnixMs },
    PruneLedger { before: UnixMs },
    Operator(OperatorChange),
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) enum Changed {
    Done,
    Imported(Imported),
    Enrollment(Enrollment),
    Position(Position),
    Counted(Counted),
    Moment(UnixMs),
    Operator(OperatorChanged),
}
