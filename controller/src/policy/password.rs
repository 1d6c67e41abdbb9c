//! Passwords of people: what is allowed, and Argon2id to check them by (OWASP's first choice of parameters).

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params};

/// PAP carries no more (RFC 2865 5.2).
pub const PASSWORD_MAX: usize = 128;
const PASSWORD_MIN: usize = 8;
/// Most memory and passes of a verifier made elsewhere.
const MOST_KIB: u32 = 65_536;
const MOST_PASSES: u32 = 8;

/// What is wrong with a password, to be read after its name; no rule about what it is composed of, only its length.
#[must_use]
pub fn fault(password: &str) -> Option<String> {
    let length = password.len();
    (!(PASSWORD_MIN..=PASSWORD_MAX).contains(&length))
        .then(|| format!("has {length} bytes: {PASSWORD_MIN} to {PASSWORD_MAX} are allowed"))
}

/// What is wrong with a verifier made elsewhere.
#[must_use]
pub fn verifier_fault(verifier: &str) -> Option<String> {
    let Some(hash) = PasswordHash::new(verifier)
        .ok()
        .filter(|hash| Algorithm::new(hash.algorithm.as_str()).is_ok_and(|kind| kind == Algorithm::Argon2id))
    else {
        return Some(
            "is no Argon2id verifier: give a password, or one that begins with $argon2id$".to_owned(),
        );
    };
    let cheap = Params::try_from(&hash)
        .is_ok_and(|cost| cost.m_cost() <= MOST_KIB && cost.t_cost() <= MOST_PASSES && cost.p_cost() <= 4);
    (!cheap).then(|| {
        format!("is a verifier that costs more than {MOST_KIB} KiB or {MOST_PASSES} passes: sign-ins would wait for it")
    })
}

/// The verifier of a password, with a salt of its own.
///
/// # Errors
/// When the system gives no randomness or no memory.
pub fn verifier(password: &str) -> anyhow::Result<String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string())
        .map_err(|error| anyhow::anyhow!("the password cannot be hashed: {error}; free some memory"))
}

/// Whether the password is that of the verifier. Slow by design: never on a thread that others wait for.
#[must_use]
pub fn is_right(verifier: &str, password: &[u8]) -> bool {
    PasswordHash::new(verifier).is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_proves_itself_and_no_other() {
        let made = verifier("hồ gươm 2026").unwrap();
        assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made}");
        assert!(is_right(&made, "hồ gươm 2026".as_bytes()));
        assert!(!is_right(&made, b"ho guom 2026"));
        assert_ne!(made, verifier("hồ gươm 2026").unwrap());
        assert_eq!(verifier_fault(&made), None);
    }

    #[test]
    fn what_no_verifier_is_proves_nothing() {
        for odd in ["", "plain", "$argon2i$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g", "$argon2id$broken"] {
            assert!(!is_right(odd, b""), "{odd}");
            assert!(verifier_fault(odd).is_some(), "{odd}");
        }
    }
}
