//! The node's key: seals at rest what protocols need in clear, and keys the digests of machine-made secrets.
//!
//! One file of 32 random bytes in the data directory, made on first use and read by the commands too. Every purpose has
//! a key of its own derived from it, so that a digest made for one proves nothing for another.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

const FILE: &str = "node.key";
const KEY_LEN: usize = 32;

/// The node's key. Deliberately without `Debug`.
pub struct NodeKey {
    key: hmac::Key,
}

/// Keys digests of one purpose. Deliberately without `Debug`.
#[derive(Clone)]
pub struct DigestKey {
    key: hmac::Key,
}

/// Why there is no node's key, or a secret cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file cannot be read or written.
    #[error("the node's key {path} cannot be {verb}: {source}; check that this user owns the data directory")]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        verb: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no such key.
    #[error(
        "{path} is no key of 32 bytes; put the right file back from the backup, or move it away and add every NAS and voucher again"
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(getrandom::Error),
    /// It was sealed under another key, or changed.
    #[error(
        "a secret in the database was sealed under another key than node.key; put that file back from the backup, or give the secret again with: hotspot-controller nas add"
    )]
    OtherKey,
}

impl NodeKey {
    /// Reads the key, or makes it on first use (mode 0600).
    ///
    /// # Errors
    /// [`SealError`]; an existing file is never overwritten.
    pub fn load_or_make(data_dir: &Path) -> Result<Self, SealError> {
        let path = data_dir.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) if bytes.len() == KEY_LEN => Ok(Self::of(&bytes)),
            Ok(_) => Err(SealError::NotAKey { path }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(&path),
            Err(source) => Err(SealError::File { path, verb: "read", source }),
        }
    }

    fn make(path: &Path) -> Result<Self, SealError> {
        let mut bytes = [0; KEY_LEN];
        getrandom::fill(&mut bytes).map_err(SealError::Randomness)?;
        // Two commands may begin at once: whoever links its file first has made the key.
        let draft = path.with_extension(format!("key.{}", std::process::id()));
        let failed = |source| SealError::File { path: path.to_path_buf(), verb: "written", source };
        let written = (|| {
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&draft)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            match std::fs::hard_link(&draft, path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => std::fs::read(path),
                linked => linked.map(|()| bytes.to_vec()),
            }
        })();
        let _ = std::fs::remove_file(&draft);
        let bytes = written.map_err(failed)?;
        if bytes.len() == KEY_LEN {
            Ok(Self::of(&bytes))
        } else {
            Err(SealError::NotAKey { path: path.to_path_buf() })
        }
    }

    fn of(bytes: &[u8]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, bytes) }
    }

    /// A key for digests of one purpose.
    #[must_use]
    pub fn digests(&self, purpose: &str) -> DigestKey {
        let derived = hmac::sign(&self.key, format!("digest:{purpose}").as_bytes());
        DigestKey { key: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()) }
    }

    /// Seals a secret; `of` names whose it is, and it opens for nobody else.
    ///
    /// # Errors
    /// [`SealError::Randomness`].
    pub fn seal(&self, secret: &[u8], of: &str) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(SealError::Randomness)?;
        let mut sealed = secret.to_vec();
        self.sealing_key()
            .and_then(|key| {
                key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(of), &mut sealed)
            })
            .map_err(|_| SealError::OtherKey)?;
        sealed.splice(0..0, nonce);
        Ok(sealed)
    }

    /// Opens what [`NodeKey::seal`] made.
    ///
    /// # Errors
    /// [`SealError::OtherKey`].
    pub fn open(&self, sealed: &[u8], of: &str) -> Result<Vec<u8>, SealError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealError::OtherKey)?;
        let mut body = body.to_vec();
        let key = self.sealing_key().map_err(|_| SealError::OtherKey)?;
        let opened = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(of), &mut body);
        opened.map(|secret| secret.to_vec()).map_err(|_| SealError::OtherKey)
    }

    fn sealing_key(&self) -> Result<LessSafeKey, ring::error::Unspecified> {
        let derived = hmac::sign(&self.key, b"seal");
        UnboundKey::new(&CHACHA20_POLY1305, derived.as_ref()).map(LessSafeKey::new)
    }
}

impl DigestKey {
    /// A key of this process alone, for what is kept in memory only.
    ///
    /// # Errors
    /// [`SealError::Randomness`].
    pub fn of_this_process() -> Result<Self, SealError> {
        let mut bytes = [0; KEY_LEN];
        getrandom::fill(&mut bytes).map_err(SealError::Randomness)?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &bytes) })
    }

    /// HMAC-SHA-256 over the parts; where one ends is part of what is signed.
    #[must_use]
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        // The algorithm's output is as long as this array.
        tag.as_ref().try_into().unwrap_or([0; 32])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_key_of_the_same_folder_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = NodeKey::load_or_make(folder.path()).unwrap().seal(b"s3cret", "nas:cafe").unwrap();
        let again = NodeKey::load_or_make(folder.path()).unwrap();
        assert_eq!(again.open(&sealed, "nas:cafe").unwrap(), b"s3cret");
        assert!(!sealed.windows(6).any(|window| window == b"s3cret"));
        assert!(matches!(again.open(&sealed, "nas:other"), Err(SealError::OtherKey)));
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(again.open(&changed, "nas:cafe").is_err());
        assert!(again.open(b"short", "nas:cafe").is_err());
        let elsewhere = tempfile::tempdir().unwrap();
        let other = NodeKey::load_or_make(elsewhere.path()).unwrap();
        assert!(other.open(&sealed, "nas:cafe").unwrap_err().to_string().contains("node.key"));
    }

    #[test]
    fn a_file_that_is_no_key_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), b"short").unwrap();
        assert!(matches!(NodeKey::load_or_make(folder.path()), Err(SealError::NotAKey { .. })));
        assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), b"short");
    }

    #[test]
    fn digests_differ_by_purpose_and_by_where_parts_end() {
        let folder = tempfile::tempdir().unwrap();
        let key = NodeKey::load_or_make(folder.path()).unwrap();
        let (a, b) = (key.digests("voucher"), key.digests("visit"));
        assert_ne!(a.digest(&[b"x"]), b.digest(&[b"x"]));
        assert_ne!(a.digest(&[b"ab", b"c"]), a.digest(&[b"a", b"bc"]));
        assert_eq!(a.digest(&[b"ab", b"c"]), key.digests("voucher").digest(&[b"ab", b"c"]));
    }
}
