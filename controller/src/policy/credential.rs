//! Machine-made names and secrets: letters nobody confuses, and the digest by which a secret is known again.

use crate::seal::{DigestKey, NodeKey};

/// Digits and letters without 0, 1, I, L, O and U, which look or sound like others; and not V, which is read as U.
const LETTERS: &[u8; 29] = b"23456789ABCDEFGHJKMNPQRSTWXYZ";
const NAME_LETTERS: usize = 8;
const SECRET_LETTERS: usize = 16;

/// The key vouchers' digests are made with.
#[must_use]
pub fn voucher_key(node: &NodeKey) -> DigestKey {
    node.digests("voucher")
}

/// What is kept of a voucher's secret. It is random enough that no slow hash is needed.
#[must_use]
pub fn voucher_digest(key: &DigestKey, name: &str, secret: &[u8]) -> [u8; 32] {
    // As people type it: small letters and without the hyphens that make it readable.
    let typed: Vec<u8> =
        secret.iter().filter(|letter| **letter != b'-').map(u8::to_ascii_uppercase).collect();
    key.digest(&[name.as_bytes(), &typed])
}

/// A new voucher's name and secret: about 39 and 78 bits.
///
/// # Errors
/// When the system gives no randomness.
pub fn make_voucher() -> anyhow::Result<(String, String)> {
    let secret = letters(SECRET_LETTERS)?;
    let groups: Vec<&str> = (0..SECRET_LETTERS).step_by(4).filter_map(|at| secret.get(at..at + 4)).collect();
    Ok((format!("hk-{}", letters(NAME_LETTERS)?.to_ascii_lowercase()), groups.join("-")))
}

fn letters(count: usize) -> anyhow::Result<String> {
    let mut made = String::with_capacity(count);
    let mut bytes = [0; 64];
    while made.len() < count {
        getrandom::fill(&mut bytes)
            .map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
        // Bytes beyond a multiple of the letters' number would make some letters likelier.
        let even = bytes.iter().filter(|byte| usize::from(**byte) < 256 / LETTERS.len() * LETTERS.len());
        let letter =
            |byte: &u8| LETTERS.get(usize::from(*byte) % LETTERS.len()).map(|letter| char::from(*letter));
        made.extend(even.filter_map(letter).take(count - made.len()));
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vouchers_secret_is_known_again_however_it_is_typed() {
        let folder = tempfile::tempdir().unwrap();
        let key = voucher_key(&NodeKey::load_or_make(folder.path()).unwrap());
        let (name, secret) = make_voucher().unwrap();
        let digest = voucher_digest(&key, &name, secret.as_bytes());
        assert_eq!(digest, voucher_digest(&key, &name, secret.replace('-', "").to_lowercase().as_bytes()));
        assert_ne!(digest, voucher_digest(&key, "other", secret.as_bytes()));
        assert_eq!((name.len(), secret.len()), (11, 19));
    }

    #[test]
    fn no_two_vouchers_are_alike() {
        let made: std::collections::BTreeSet<_> = (0..2000).map(|_| make_voucher().unwrap()).collect();
        assert_eq!(made.len(), 2000);
    }
}
