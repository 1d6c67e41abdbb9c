//! TLS towards the controller: our key is born here, theirs is pinned; no CA, no names, no dates.
//!
//! An access point whose clock says 1970 connects, a wrong key never does.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent_protocol::enroll::KeyPin;
use rcgen::{CertificateParams, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};

const KEY_FILE: &str = "agent.key";
const CERTIFICATE_FILE: &str = "agent.crt";
/// The controller's key in the data directory, as text.
pub const PIN_FILE: &str = "controller.pin";

/// Why the agent has no key to show.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file cannot be read or written.
    #[error("{path} cannot be used ({source}); the agent needs its data directory for itself", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The key on disk is none.
    #[error("the agent's key in {path} is damaged; move agent.key and agent.crt away and enrol again with: ap-agent enroll", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The controller's key on disk is none, or is not there.
    #[error(
        "this access point is not enrolled; make a token with: hotspot-controller ap token ID, then: ap-agent enroll --controller URL --token TOKEN"
    )]
    NotEnrolled,
    /// No key can be made.
    #[error("no key can be made on this machine")]
    Make,
}

/// The agent's key and self-signed certificate. Deliberately without `Debug`.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    /// Reads the key of the data directory, or makes it there (mode 0600).
    ///
    /// # Errors
    /// [`IdentityError`] says which file, and what to do.
    pub fn load_or_make(folder: &Path) -> Result<Self, IdentityError> {
        let key_path = folder.join(KEY_FILE);
        let file = |path: &Path, source| IdentityError::File { path: path.to_owned(), source };
        match fs::read(&key_path) {
            Ok(key) => {
                let certificate_path = folder.join(CERTIFICATE_FILE);
                let certificate = fs::read(&certificate_path).map_err(|e| file(&certificate_path, e))?;
                let key = PrivatePkcs8KeyDer::from(key);
                let fine =
                    KeyPair::try_from(key.secret_pkcs8_der()).is_ok() && pin_of(&certificate).is_some();
                if !fine {
                    return Err(IdentityError::Damaged { path: key_path });
                }
                Ok(Self { certificate: certificate.into(), key })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(folder).map_err(|e| file(folder, e))?;
                let pair = KeyPair::generate().map_err(|_| IdentityError::Make)?;
                let params = CertificateParams::new(Vec::new()).map_err(|_| IdentityError::Make)?;
                let certificate = params.self_signed(&pair).map_err(|_| IdentityError::Make)?;
                let certificate_path = folder.join(CERTIFICATE_FILE);
                // The certificate first: a key file alone would be taken for a whole identity.
                write_private(&certificate_path, certificate.der())
                    .map_err(|e| file(&certificate_path, e))?;
                let key = pair.serialize_der();
                write_private(&key_path, &key).map_err(|e| file(&key_path, e))?;
                Ok(Self { certificate: certificate.der().clone(), key: key.into() })
            }
            Err(error) => Err(file(&key_path, error)),
        }
    }

    /// A key in memory alone, for simulated access points.
    ///
    /// # Errors
    /// [`IdentityError::Make`] when none can be made.
    pub fn in_memory() -> Result<Self, IdentityError> {
        let pair = KeyPair::generate().map_err(|_| IdentityError::Make)?;
        let params = CertificateParams::new(Vec::new()).map_err(|_| IdentityError::Make)?;
        let certificate = params.self_signed(&pair).map_err(|_| IdentityError::Make)?;
        Ok(Self { certificate: certificate.der().clone(), key: pair.serialize_der().into() })
    }

    /// A client configuration that shows this key, trusts only `controller`, and speaks one protocol.
    ///
    /// # Errors
    /// What rustls says against the key.
    pub fn client_config(&self, controller: KeyPin, alpn: &[u8]) -> Result<ClientConfig, Error> {
        let provider = Arc::new(ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned { controller, algorithms }))
            .with_client_auth_cert(
                vec![self.certificate.clone()],
                PrivateKeyDer::Pkcs8(self.key.clone_key()),
            )?;
        config.alpn_protocols = vec![alpn.to_vec()];
        config.enable_sni = false;
        Ok(config)
    }
}

/// Reads the controller's pin that enrolment wrote.
///
/// # Errors
/// [`IdentityError::NotEnrolled`] when there is none.
pub fn read_pin(folder: &Path) -> Result<KeyPin, IdentityError> {
    let text = fs::read_to_string(folder.join(PIN_FILE)).map_err(|_| IdentityError::NotEnrolled)?;
    KeyPin::from_text(text.trim()).map_err(|_| IdentityError::NotEnrolled)
}

/// Writes the controller's pin.
///
/// # Errors
/// [`IdentityError::File`] when the data directory cannot be written.
pub fn write_pin(folder: &Path, pin: KeyPin) -> Result<(), IdentityError> {
    let path = folder.join(PIN_FILE);
    let text = format!("{}\n", pin.to_text());
    write_private(&path, text.as_bytes()).map_err(|source| IdentityError::File { path, source })
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // The name has to survive a cut of the power as well as the bytes.
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// SHA-256 over the certificate's SubjectPublicKeyInfo; `None` when it is no certificate.
#[must_use]
pub fn pin_of(certificate: &[u8]) -> Option<KeyPin> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(KeyPin(Sha256::digest(parsed.public_key().raw).into()))
}

/// Whether a failed connection means that somebody else answered at the controller's address.
#[must_use]
pub fn is_wrong_key(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    matches!(inner, Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)))
}

#[derive(Debug)]
struct Pinned {
    controller: KeyPin,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if pin_of(end_entity) == Some(self.controller) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A client that trusts what phones trust: the system's roots (`SSL_CERT_FILE` names others). Without any it trusts
/// nobody.
///
/// # Errors
/// What rustls says.
pub fn system_roots(time: Arc<dyn TimeProvider>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // A root this library cannot read is one that is not trusted.
        let _ = roots.add(certificate);
    }
    let config = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), time)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
