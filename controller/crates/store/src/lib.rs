//! The only room that names the database: typed batches, one writer, reads beside it.
//!
//! Open a [`Store`] and hand it [`Batch`]es: each is answered only after its `COMMIT`, and what arrives while a commit
//! runs shares the next one. Management changes (plans, access points, tokens, settings, the block list) go through
//! the same writer. Reads use a pool of read-only connections. [`Store::changes`] tells when somebody else, a command
//! for instance, changed the file, or when a management change of this process was committed. Every management change
//! leaves a row in the audit log, in its own transaction and in the name of whom the handle acts for.
//!
//! The SQL stands in one module per dialect under `sqlite`; the reasons for the one writer are in
//! `controller/docs/decisions/0002-one-writer-group-commit.md`.

mod audit;
mod batch;
mod browse;
mod change;
mod error;
mod fleet;
mod ledger;
mod operators;
mod radius;
mod rollups;
mod sqlite;
mod store;

pub use audit::{Actor, AuditChain, AuditRow};
pub use batch::{Batch, Redirects, VisitorDay};
pub use browse::{LiveSession, NasWords, Terms, VisitPage, VisitRow};
pub use error::StoreError;
pub use fleet::{AccessPoint, Enrollment, Import, Imported, JournalId, LogRest, Name, NewAccessPoint, Zone};
pub use ledger::{LedgerRow, LedgerState};
pub use operators::{
    NewOperatorSession, OperatorAccount, OperatorPut, OperatorSession, Role, SESSION_IDLE_MS, SignIn,
};
pub use radius::{Account, Counted, NasClient, Voucher};
pub use rollups::{Progress, RollupRow, Rollups};
pub use store::{Options, Store};
