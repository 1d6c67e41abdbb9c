//! A listener's certificate from PEM files, which can be read again while connections are open.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config::TlsFiles;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read, or holds nothing of the kind.
    #[error("{key} = {path} cannot be used: {reason}; give the PEM files of that certificate")]
    File {
        /// The configuration's key.
        key: String,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key do not belong together.
    #[error(
        "{section}.tls.cert and {section}.tls.key do not belong together: {error}; give both of one certificate"
    )]
    Mismatch {
        /// The configuration's section.
        section: &'static str,
        /// What rustls says.
        error: rustls::Error,
    },
}

/// The certificate in use.
pub struct Certificate {
    section: &'static str,
    files: TlsFiles,
    current: RwLock<Arc<CertifiedKey>>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Certificate").field("section", &self.section).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Loads the files that `section`.tls names.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn load(section: &'static str, files: TlsFiles) -> Result<Self, CertificateError> {
        let current = RwLock::new(Arc::new(read(section, &files)?));
        Ok(Self { section, files, current })
    }

    /// Reads the files again. New connections get the new certificate; on an error the old one stays.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn reload(&self) -> Result<(), CertificateError> {
        let fresh = Arc::new(read(self.section, &self.files)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The certificate new connections get.
    #[must_use]
    pub fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

/// Reads certificate and key and checks that they belong together.
///
/// # Errors
/// [`CertificateError`].
pub fn read(section: &'static str, files: &TlsFiles) -> Result<CertifiedKey, CertificateError> {
    let fault = |key, path: &Path, reason: String| CertificateError::File {
        key: format!("{section}.tls.{key}"),
        path: path.to_path_buf(),
        reason,
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect)
        .map_err(|error| fault("cert", &files.cert, error.to_string()))?;
    if chain.is_empty() {
        return Err(fault("cert", &files.cert, "it holds no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| fault("key", &files.key, error.to_string()))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|error| CertificateError::Mismatch { section, error })
}
