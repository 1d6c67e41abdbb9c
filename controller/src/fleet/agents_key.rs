//! The controller's agents-key: made once, kept in the data directory, named in every enrolment token.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use agent_protocol::enroll::KeyPin;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};

const FILE: &str = "agents.key";

/// The key access points pin. Deliberately without `Debug`.
pub struct AgentsKey {
    pair: KeyPair,
}

/// Why there is no agents-key.
#[derive(Debug, thiserror::Error)]
pub enum AgentsKeyError {
    /// The file cannot be read or written.
    #[error("the agents-key {path} cannot be {verb}: {source}; check that this user owns the data directory")]
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
        "{path} is no PKCS #8 key of the kind this controller makes; put the right file back from the backup, or move it away and enrol every access point again"
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// No key could be made.
    #[error("no key could be made: {0}")]
    Generation(rcgen::Error),
}

impl AgentsKey {
    /// Reads the key, or makes it on the first start (mode 0600).
    ///
    /// # Errors
    /// [`AgentsKeyError`]; an existing file is never overwritten.
    pub fn load_or_make(data_dir: &Path) -> Result<Self, AgentsKeyError> {
        let path = data_dir.join(FILE);
        match std::fs::read(&path) {
            Ok(pem) => Self::read(&pem).ok_or(AgentsKeyError::NotAKey { path }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(&path),
            Err(source) => Err(AgentsKeyError::File { path, verb: "read", source }),
        }
    }

    /// What enrolment tokens and agents know this key by.
    #[must_use]
    pub fn pin(&self) -> KeyPin {
        pin_of(&self.pair.subject_public_key_info())
    }

    /// A self-signed certificate of the key, and the key, as rustls takes them.
    ///
    /// # Errors
    /// What the certificate's maker says; the key itself has been checked.
    pub fn certificate(&self) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
        let certificate =
            CertificateParams::new(vec!["hotspot-controller".to_owned()])?.self_signed(&self.pair)?;
        let key = PrivatePkcs8KeyDer::from(self.pair.serialized_der().to_vec());
        Ok((certificate.der().clone(), key.into()))
    }

    fn read(pem: &[u8]) -> Option<Self> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256).ok()?;
        Some(Self { pair })
    }

    fn make(path: &Path) -> Result<Self, AgentsKeyError> {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(AgentsKeyError::Generation)?;
        match write_secret(path, pair.serialize_pem().as_bytes()) {
            Ok(()) => Ok(Self { pair }),
            // A command and `serve` may make the first key at the same moment: the one that was written counts.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let pem = std::fs::read(path).map_err(|source| AgentsKeyError::File {
                    path: path.to_path_buf(),
                    verb: "read",
                    source,
                })?;
                Self::read(&pem).ok_or_else(|| AgentsKeyError::NotAKey { path: path.to_path_buf() })
            }
            Err(source) => Err(AgentsKeyError::File { path: path.to_path_buf(), verb: "written", source }),
        }
    }
}

/// SHA-256 over the DER of a SubjectPublicKeyInfo.
#[must_use]
pub fn pin_of(spki_der: &[u8]) -> KeyPin {
    KeyPin(Sha256::digest(spki_der).into())
}

/// The pin of the key in a certificate, or `None` when it is no certificate.
#[must_use]
pub fn pin_of_certificate(certificate: &CertificateDer<'_>) -> Option<KeyPin> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(pin_of(parsed.public_key().raw))
}

/// Writes a new file that only its owner may read: whole or not at all, and never over an existing one.
fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unique = std::process::id();
    let beside = path.with_extension(format!("new-{unique}"));
    let _ = std::fs::remove_file(&beside);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&beside, path));
    let _ = std::fs::remove_file(&beside);
    linked
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = AgentsKey::load_or_make(folder.path()).unwrap();
        let again = AgentsKey::load_or_make(folder.path()).unwrap();
        assert_eq!(first.pin(), again.pin());
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_certificate_carries_the_pinned_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = AgentsKey::load_or_make(folder.path()).unwrap();
        let (certificate, _) = key.certificate().unwrap();
        assert_eq!(pin_of_certificate(&certificate), Some(key.pin()));
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, "not a key").unwrap();
        let refused = AgentsKey::load_or_make(folder.path()).err().unwrap();
        assert!(refused.to_string().contains("backup"), "{refused}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a key");
    }
}
