//! Hiding and revealing a password in User-Password (RFC 2865 section 5.2).

use crate::authenticator::md5;

/// Bytes of the longest password that the attribute can carry.
pub const PASSWORD_MAX: usize = 128;

/// Why there is no password to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadPassword {
    /// The request has no User-Password.
    #[error("there is no User-Password")]
    Missing,
    /// The request has more than one User-Password.
    #[error("there is more than one User-Password")]
    Twice,
    /// The hidden value is not 16, 32, … 128 bytes long, or the clear one longer than 128.
    #[error("the User-Password is not a multiple of 16 between 16 and 128 bytes long")]
    Length,
    /// Nothing but padding.
    #[error("the password is empty")]
    Empty,
}

/// Reveals `hidden` into `out`; gives the password without its padding.
pub(crate) fn reveal<'o>(
    hidden: &[u8],
    authenticator: &[u8; 16],
    secret: &[u8],
    out: &'o mut [u8; PASSWORD_MAX],
) -> Result<&'o [u8], BadPassword> {
    let (blocks, rest) = hidden.as_chunks::<16>();
    if !rest.is_empty() || !(16..=PASSWORD_MAX).contains(&hidden.len()) {
        return Err(BadPassword::Length);
    }
    let mut before = authenticator;
    for (block, clear) in blocks.iter().zip(out.as_chunks_mut::<16>().0) {
        mask(secret, before, block, clear);
        before = block;
    }
    let clear = out.get(..hidden.len()).ok_or(BadPassword::Length)?;
    let end = clear.iter().rposition(|byte| *byte != 0).ok_or(BadPassword::Empty)?;
    clear.get(..=end).ok_or(BadPassword::Empty)
}

/// Hides `clear` into `out`; gives the attribute's value.
pub(crate) fn hide<'o>(
    clear: &[u8],
    authenticator: &[u8; 16],
    secret: &[u8],
    out: &'o mut [u8; PASSWORD_MAX],
) -> Result<&'o [u8], BadPassword> {
    if clear.len() > PASSWORD_MAX {
        return Err(BadPassword::Length);
    }
    let length = clear.len().next_multiple_of(16).max(16);
    let mut before = *authenticator;
    for (at, hidden) in out.as_chunks_mut::<16>().0.iter_mut().enumerate().take(length / 16) {
        let mut block = [0; 16];
        let part = clear.get(at * 16..).unwrap_or_default();
        for (byte, of) in block.iter_mut().zip(part) {
            *byte = *of;
        }
        mask(secret, &before, &block, hidden);
        before = *hidden;
    }
    out.get(..length).ok_or(BadPassword::Length)
}

/// `to` = `from` xor MD5(secret, before): the same both ways.
fn mask(secret: &[u8], before: &[u8; 16], from: &[u8; 16], to: &mut [u8; 16]) {
    let pad = md5(&[secret, before]);
    for ((to, from), pad) in to.iter_mut().zip(from).zip(pad) {
        *to = from ^ pad;
    }
}
