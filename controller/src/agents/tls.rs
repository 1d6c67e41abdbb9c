//! TLS of the agents' listener: version 1.3 only, any self-signed client key that proves itself, no CA and no dates.
//!
//! Whether a key is known is decided after the handshake by its pin, because an access point with a clock of 1970
//! must get in and a revoked one must be told.

use std::sync::Arc;

use agent_protocol::{ALPN_CONTROL, ALPN_ENROLL, ALPN_RELAY};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
};

use crate::fleet::pin_of_certificate;

/// The longest client certificate that is looked at, in bytes.
const MAX_CERTIFICATE_BYTES: usize = 8 * 1024;

/// The configuration of the listener with the controller's own certificate and key.
///
/// # Errors
/// What rustls says against the key or the certificate.
pub fn server_config(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(AnyProvenKey { algorithms }))
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![ALPN_CONTROL.to_vec(), ALPN_RELAY.to_vec(), ALPN_ENROLL.to_vec()];
    // Relay connections are many and short; a resumed one skips the client's signature, but not its pin.
    config.send_tls13_tickets = 1;
    Ok(config)
}

#[derive(Debug)]
struct AnyProvenKey {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyProvenKey {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if end_entity.len() > MAX_CERTIFICATE_BYTES || pin_of_certificate(end_entity).is_none() {
            return Err(CertificateError::BadEncoding.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not offered".to_owned()))
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
