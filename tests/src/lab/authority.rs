//! The lab's certificate authority: what a public one is to the world, for every phone and access point of one lab.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::command::output;

/// The lab's certificate authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pem: PathBuf,
}

/// Files of a certificate and its key, PEM.
pub struct CertificateFiles {
    /// The certificate.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Authority {
    /// Makes an authority and writes its certificate as `ca.pem` into `folder`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(folder: &Path) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Hoan Kiem lab authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_dates(&mut params);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let pem = folder.join("ca.pem");
        fs::write(&pem, issuer.pem()).with_context(|| format!("cannot write {}", pem.display()))?;
        Ok(Self { issuer, pem })
    }

    /// Where its certificate is, PEM.
    #[must_use]
    pub fn pem(&self) -> &Path {
        &self.pem
    }

    /// Issues a certificate for `names` and writes it and its key into `folder`.
    ///
    /// # Errors
    /// When a name is not one or a file cannot be written.
    pub fn issue_files(&self, names: &[&str], folder: &Path) -> Result<CertificateFiles> {
        let (cert, key) = self.issue(names)?;
        let files = CertificateFiles { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
        fs::write(&files.cert, cert.pem()).context("cannot write the certificate")?;
        fs::write(&files.key, key.serialize_pem()).context("cannot write the key")?;
        Ok(files)
    }

    /// A TLS server's configuration with a certificate for `names`.
    ///
    /// # Errors
    /// When a name is not one.
    pub fn server(&self, names: &[&str]) -> Result<Arc<ServerConfig>> {
        let (cert, key) = self.issue(names)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_single_cert(vec![cert.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// A TLS client's configuration that trusts this authority alone.
    ///
    /// # Errors
    /// When the authority's certificate is no root.
    pub fn client(&self) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone())?;
        let mut config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_root_certificates(roots)
                .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn issue(&self, names: &[&str]) -> Result<(rcgen::Certificate, KeyPair)> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).context("not a name for a certificate")?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        set_dates(&mut params);
        let key = KeyPair::generate()?;
        Ok((params.signed_by(&key, &self.issuer)?, key))
    }
}

/// Puts the certificate at `pem` into the store that Chromium reads below `home`.
///
/// # Errors
/// When `certutil` complains.
pub fn trust_in_browser(home: &Path, pem: &Path) -> Result<()> {
    let store = home.join(".pki/nssdb");
    if store.exists() {
        return Ok(());
    }
    fs::create_dir_all(&store).context("cannot make the certificate store")?;
    let place = format!("sql:{}", store.display());
    // It never ends when its folder goes away under it.
    output(Command::new("timeout").args(["20", "certutil", "-N", "--empty-password", "-d", &place]))?;
    let import = ["-A", "-t", "C,,", "-n", "lab", "-d", &place, "-i"];
    output(Command::new("timeout").args(["20", "certutil"]).args(import).arg(pem)).map(drop)
}

fn set_dates(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
}
