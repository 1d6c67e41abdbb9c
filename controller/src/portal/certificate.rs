//! The portal's certificate: the operator's files (read again on SIGHUP), or a self-made one for a first look.

use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::extensions::GeneralName;

use crate::config::TlsFiles;
use crate::listen::certificate::{self, Certificate, CertificateError};

const SELF_MADE_CERT: &str = "portal-self-made.crt";
const SELF_MADE_KEY: &str = "portal-self-made.key";

/// Why the portal has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum PortalCertificateError {
    /// The files cannot be used.
    #[error(transparent)]
    Files(#[from] CertificateError),
    /// The self-made certificate cannot be made or kept.
    #[error(
        "the portal's self-made certificate cannot be made: {0}; set portal.tls, or make the data directory writable"
    )]
    SelfMade(String),
}

/// The certificate in use; can be replaced while connections are open.
#[derive(Debug)]
pub struct PortalCertificate {
    self_made: bool,
    certificate: Arc<Certificate>,
}

impl PortalCertificate {
    /// Loads the operator's files, or the self-made certificate for `host` (made when it is missing or for another
    /// host). `today` is a civil date, used for the dates of a new one.
    ///
    /// # Errors
    /// [`PortalCertificateError`].
    pub fn open(
        tls: Option<&TlsFiles>,
        data_dir: &Path,
        host: &str,
        today: jiff::civil::Date,
    ) -> Result<Self, PortalCertificateError> {
        let (files, self_made) = match tls {
            Some(files) => (files.clone(), false),
            None => (self_made_files(data_dir, host, today)?, true),
        };
        let certificate = Arc::new(Certificate::load("portal", files)?);
        Ok(Self { self_made, certificate })
    }

    /// Whether phones will refuse it, because nobody they trust has signed it.
    #[must_use]
    pub fn is_self_made(&self) -> bool {
        self.self_made
    }

    /// Reads the files again. New connections get the new certificate; on an error the old one stays.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn reload(&self) -> Result<(), CertificateError> {
        self.certificate.reload()
    }

    /// What the listener shows.
    #[must_use]
    pub fn resolver(&self) -> Arc<Certificate> {
        Arc::clone(&self.certificate)
    }
}

fn self_made_files(
    data_dir: &Path,
    host: &str,
    today: jiff::civil::Date,
) -> Result<TlsFiles, PortalCertificateError> {
    let files = TlsFiles { cert: data_dir.join(SELF_MADE_CERT), key: data_dir.join(SELF_MADE_KEY) };
    if !is_for(&files, host) {
        make(&files, host, today).map_err(PortalCertificateError::SelfMade)?;
    }
    Ok(files)
}

fn is_for(files: &TlsFiles, host: &str) -> bool {
    let Ok(certificate) = CertificateDer::from_pem_file(&files.cert) else { return false };
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(&certificate) else { return false };
    let Ok(Some(names)) = parsed.subject_alternative_name() else { return false };
    let address: Option<IpAddr> = host.parse().ok();
    let named = names.value.general_names.iter().any(|name| {
        if let GeneralName::IPAddress(bytes) = name {
            address.is_some_and(|address| match address {
                IpAddr::V4(own) => own.octets() == *bytes,
                IpAddr::V6(own) => own.octets() == *bytes,
            })
        } else {
            matches!(name, GeneralName::DNSName(name) if *name == host)
        }
    });
    named && parsed.validity().is_valid() && certificate::read("portal", files).is_ok()
}

fn make(files: &TlsFiles, host: &str, today: jiff::civil::Date) -> Result<(), String> {
    let pair = KeyPair::generate().map_err(|error| error.to_string())?;
    let mut params = CertificateParams::new(vec![host.to_owned()]).map_err(|error| error.to_string())?;
    // A day back for clocks that are late; 397 days is the most browsers accept at all.
    let from = today.yesterday().unwrap_or(today);
    let until = today.checked_add(jiff::Span::new().days(396)).unwrap_or(today);
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    params.not_before = date_time_ymd(i32::from(from.year()), part(from.month()), part(from.day()));
    params.not_after = date_time_ymd(i32::from(until.year()), part(until.month()), part(until.day()));
    let certificate = params.self_signed(&pair).map_err(|error| error.to_string())?;
    write(&files.key, &pair.serialize_pem(), 0o600)?;
    write(&files.cert, &certificate.pem(), 0o644)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), String> {
    let _ = std::fs::remove_file(path);
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 24);

    #[test]
    fn a_self_made_certificate_is_kept_until_the_host_changes() {
        let folder = tempfile::tempdir().unwrap();
        let today = jiff::ZonedDateTime::now().date();
        let first = PortalCertificate::open(None, folder.path(), "localhost", today).unwrap();
        assert!(first.is_self_made());
        let kept = std::fs::read(folder.path().join(SELF_MADE_CERT)).unwrap();
        PortalCertificate::open(None, folder.path(), "localhost", today).unwrap();
        assert_eq!(std::fs::read(folder.path().join(SELF_MADE_CERT)).unwrap(), kept);
        PortalCertificate::open(None, folder.path(), "192.0.2.4", today).unwrap();
        let changed = std::fs::read(folder.path().join(SELF_MADE_CERT)).unwrap();
        assert_ne!(changed, kept);
        PortalCertificate::open(None, folder.path(), "192.0.2.4", today).unwrap();
        assert_eq!(std::fs::read(folder.path().join(SELF_MADE_CERT)).unwrap(), changed);
    }

    #[test]
    fn files_that_are_missing_empty_or_of_two_certificates_are_named() {
        let folder = tempfile::tempdir().unwrap();
        for host in ["a.example", "b.example"] {
            let files = TlsFiles {
                cert: folder.path().join(format!("{host}.crt")),
                key: folder.path().join(format!("{host}.key")),
            };
            make(&files, host, TODAY).unwrap();
        }
        let of = |cert: &str, key: &str| {
            let files = TlsFiles { cert: folder.path().join(cert), key: folder.path().join(key) };
            PortalCertificate::open(Some(&files), folder.path(), "a.example", TODAY)
        };
        assert!(of("a.example.crt", "a.example.key").is_ok());
        let missing = of("none.crt", "a.example.key").err().unwrap().to_string();
        assert!(missing.starts_with("portal.tls.cert ="), "{missing}");
        let not_a_key = of("a.example.crt", "a.example.crt").err().unwrap().to_string();
        assert!(not_a_key.starts_with("portal.tls.key ="), "{not_a_key}");
        let mixed = of("a.example.crt", "b.example.key").err().unwrap().to_string();
        assert!(mixed.contains("do not belong together"), "{mixed}");
    }

    #[test]
    fn a_reload_that_fails_keeps_the_certificate_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let files = TlsFiles { cert: folder.path().join("a.crt"), key: folder.path().join("a.key") };
        make(&files, "a.example", TODAY).unwrap();
        let certificate = PortalCertificate::open(Some(&files), folder.path(), "a.example", TODAY).unwrap();
        let before = certificate.certificate.current();
        std::fs::write(&files.cert, "").unwrap();
        assert!(certificate.reload().is_err());
        assert!(Arc::ptr_eq(&before, &certificate.certificate.current()));
        make(&files, "a.example", TODAY).unwrap();
        certificate.reload().unwrap();
        assert!(!Arc::ptr_eq(&before, &certificate.certificate.current()));
    }
}
