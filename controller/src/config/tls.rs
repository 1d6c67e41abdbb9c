//! `….tls`: the PEM files of a listener's certificate.

use std::path::PathBuf;

use super::read::Reader;

/// PEM files of a certificate chain and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the listener's own certificate first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl TlsFiles {
    /// Reads the two keys, of which both or neither must be set.
    pub(super) fn read(reader: &mut Reader, cert_key: &'static str, key_key: &'static str) -> Option<Self> {
        let cert = reader.optional_path(cert_key);
        let key = reader.optional_path(key_key);
        reader.know(cert_key);
        reader.know(key_key);
        match (cert, key) {
            (Some(cert), Some(key)) => Some(Self { cert, key }),
            (None, None) => None,
            (Some(_), None) => {
                reader.fault(format!("{cert_key} is set without {key_key}: set both or neither"));
                None
            }
            (None, Some(_)) => {
                reader.fault(format!("{key_key} is set without {cert_key}: set both or neither"));
                None
            }
        }
    }
}
