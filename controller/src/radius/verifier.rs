//! Whether a password is right: at once where it has proved so before, else by work that others must not wait for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use session_core::UnixMs;
use store::{Account, Voucher};
use subtle::ConstantTimeEq as _;

use crate::policy::{credential, password};
use crate::seal::DigestKey;

/// Accounts and vouchers by User-Name.
#[derive(Default)]
pub struct Credentials {
    by_name: HashMap<Vec<u8>, Arc<Credential>>,
}

/// One account or voucher.
pub struct Credential {
    /// Name of its plan.
    pub plan: String,
    name: Vec<u8>,
    proof: Proof,
}

enum Proof {
    Password { verifier: String, known: Mutex<Known> },
    Secret { hmac: [u8; 32], first_used: Option<UnixMs> },
}

/// Digests of the last password that proved right and of the last that proved wrong, so that neither a phone that signs
/// in again nor one with an old password costs a slow hash each time. Bounded: one of each per account.
#[derive(Default)]
struct Known {
    right: Option<[u8; 32]>,
    wrong: Option<[u8; 32]>,
}

/// What can be said at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// An account's password is right.
    Right,
    /// A voucher's secret is right; its time began then, or begins now.
    Voucher(Option<UnixMs>),
    /// It is wrong.
    Wrong,
    /// Only [`Credential::prove`] can say.
    Unknown,
}

impl Credentials {
    /// All of them.
    pub fn of(by_name: HashMap<Vec<u8>, Arc<Credential>>) -> Self {
        Self { by_name }
    }

    /// The one of a User-Name.
    pub fn find(&self, name: &[u8]) -> Option<Arc<Credential>> {
        self.by_name.get(name).cloned()
    }
}

impl Credential {
    /// An account.
    pub fn account(account: Account) -> Self {
        let proof = Proof::Password { verifier: account.verifier, known: Mutex::default() };
        Self { plan: account.plan, name: account.name.into_bytes(), proof }
    }

    /// A voucher.
    pub fn voucher(voucher: Voucher) -> Self {
        let proof = Proof::Secret { hmac: voucher.secret_hmac, first_used: voucher.first_used };
        Self { plan: voucher.plan, name: voucher.name.into_bytes(), proof }
    }

    /// Whether nothing of the account has changed.
    pub fn is(&self, account: &Account) -> bool {
        let same = matches!(&self.proof, Proof::Password { verifier, .. } if *verifier == account.verifier);
        same && self.plan == account.plan
    }

    /// What can be said at once; allocates nothing for an account.
    pub fn judge(&self, given: &[u8], memory_key: &DigestKey, voucher_key: &DigestKey) -> Verdict {
        match &self.proof {
            Proof::Secret { hmac, first_used } => {
                let name = std::str::from_utf8(&self.name).unwrap_or_default();
                let digest = credential::voucher_digest(voucher_key, name, given);
                if bool::from(digest.ct_eq(hmac)) { Verdict::Voucher(*first_used) } else { Verdict::Wrong }
            }
            Proof::Password { known, .. } => {
                let digest = memory_key.digest(&[&self.name, given]);
                let known = known.lock().unwrap_or_else(PoisonError::into_inner);
                let is = |kept: Option<[u8; 32]>| kept.is_some_and(|kept| bool::from(digest.ct_eq(&kept)));
                if is(known.right) {
                    Verdict::Right
                } else if is(known.wrong) {
                    Verdict::Wrong
                } else {
                    Verdict::Unknown
                }
            }
        }
    }

    /// Proves an account's password, slowly, and remembers what came of it.
    pub fn prove(&self, given: &[u8], memory_key: &DigestKey) -> bool {
        let Proof::Password { verifier, known } = &self.proof else { return false };
        let right = password::is_right(verifier, given);
        let digest = memory_key.digest(&[&self.name, given]);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if right {
            known.right = Some(digest);
        } else {
            known.wrong = Some(digest);
        }
        right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_hashed_once_and_known_afterwards_right_or_wrong() {
        let verifier = password::verifier("ba dinh 1945").unwrap();
        let account = Account { name: "mai".to_owned(), verifier, plan: "free".to_owned(), added: UnixMs(0) };
        let key = DigestKey::of_this_process().unwrap();
        let credential = Credential::account(account.clone());
        for (given, right, verdict) in
            [(b"ba dinh 1945".as_slice(), true, Verdict::Right), (b"guess", false, Verdict::Wrong)]
        {
            assert_eq!(credential.judge(given, &key, &key), Verdict::Unknown);
            assert_eq!(credential.prove(given, &key), right);
            assert_eq!(credential.judge(given, &key, &key), verdict);
        }
        assert_eq!(
            credential.judge(b"ba dinh 1945", &key, &key),
            Verdict::Right,
            "a guess does not push it out"
        );
        assert!(credential.is(&account));
        assert!(!credential.is(&Account { plan: "gold".to_owned(), ..account }));
    }
}
