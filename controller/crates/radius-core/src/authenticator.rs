//! The two digests of RADIUS, over parts that lie in different places, compared in constant time.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;

pub(crate) const ZERO: [u8; 16] = [0; 16];

/// MD5 over the parts in their order.
pub(crate) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut digest = Md5::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

/// HMAC-MD5 over the parts in their order (RFC 3579 section 3.2).
pub(crate) fn hmac_md5(secret: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(secret).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether the two are equal; takes equally long wherever they differ.
pub(crate) fn equal(one: &[u8; 16], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// A packet's bytes with another authenticator in the header, in parts: digests are made over them.
///
/// `None` if there are fewer bytes than a header.
pub(crate) fn with_authenticator<'p>(bytes: &'p [u8], authenticator: &'p [u8; 16]) -> Option<[&'p [u8]; 3]> {
    let (head, rest) = bytes.split_at_checked(4)?;
    let (_, attributes) = rest.split_at_checked(16)?;
    Some([head, authenticator, attributes])
}

/// The Message-Authenticator of a packet: `authenticator` in the header, 16 zero bytes at `at`, the value's place.
///
/// `None` if there is no such place in the packet.
pub(crate) fn message_authenticator(
    bytes: &[u8],
    authenticator: &[u8; 16],
    at: usize,
    secret: &[u8],
) -> Option<[u8; 16]> {
    let [head, authenticator, attributes] = with_authenticator(bytes, authenticator)?;
    let (before, rest) = attributes.split_at_checked(at.checked_sub(20)?)?;
    let (_, after) = rest.split_at_checked(16)?;
    Some(hmac_md5(secret, &[head, authenticator, before, &ZERO, after]))
}
