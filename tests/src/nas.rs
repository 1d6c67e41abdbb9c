//! An access point of another make: asks the controller by RADIUS (UDP) and believes only genuine replies.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use radius_core::client::{Query, Sent};
use radius_core::{Code, LENGTH_MAX, kind};

use crate::lab::netns::Netns;

/// Where the controller listens, seen from its own namespace.
pub const SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;
const AUTH_PORT: u16 = 1812;
const ACCT_PORT: u16 = 1813;
const LIMIT: Duration = Duration::from_secs(5);

/// Acct-Status-Type Start.
pub const START: u32 = 1;
/// Acct-Status-Type Stop.
pub const STOP: u32 = 2;
/// Acct-Status-Type Interim-Update.
pub const INTERIM: u32 = 3;
/// Acct-Status-Type Accounting-On.
pub const ON: u32 = 7;
/// Acct-Status-Type Accounting-Off.
pub const OFF: u32 = 8;

/// Which of the server's two ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// Authentication.
    Auth,
    /// Accounting.
    Acct,
}

/// A genuine reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it says.
    pub code: Code,
    /// Its attributes in order.
    pub attributes: Vec<(u8, Vec<u8>)>,
    /// All its bytes.
    pub bytes: Vec<u8>,
}

/// A request that can be sent as often as wanted.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What checks its reply.
    pub sent: Sent,
}

/// One NAS: two sockets with an address of their own, a secret, and identifiers that go round.
pub struct Nas {
    auth: UdpSocket,
    acct: UdpSocket,
    secret: Vec<u8>,
    identifier: u8,
}

impl Nas {
    /// A NAS at the address `from` inside `netns`, which asks the server there.
    ///
    /// # Errors
    /// When the namespace has no such address.
    pub fn new(netns: &Netns, from: Ipv4Addr, secret: &str) -> Result<Self> {
        let open = |port| -> Result<UdpSocket> {
            let socket = netns.run(|| UdpSocket::bind((from, 0)))?.context("cannot open a NAS's socket")?;
            socket.connect(SocketAddr::new(IpAddr::V4(SERVER), port))?;
            socket.set_read_timeout(Some(LIMIT))?;
            Ok(socket)
        };
        Ok(Self {
            auth: open(AUTH_PORT)?,
            acct: open(ACCT_PORT)?,
            secret: secret.as_bytes().to_vec(),
            identifier: 0,
        })
    }

    /// Its socket to one of the ports.
    #[must_use]
    pub fn socket(&self, port: Port) -> &UdpSocket {
        match port {
            Port::Auth => &self.auth,
            Port::Acct => &self.acct,
        }
    }

    /// An identifier that was not used lately.
    pub fn next_identifier(&mut self) -> u8 {
        self.identifier = self.identifier.wrapping_add(1);
        self.identifier
    }

    /// An Access-Request with PAP, signed, and with these attributes.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn access(&mut self, user: &[u8], password: &[u8], more: &[(u8, &[u8])]) -> Result<Asked> {
        let mut buffer = [0; LENGTH_MAX];
        let query = Query::access(self.next_identifier(), authenticator()?, &mut buffer);
        self.finish_access(query, user, password, more)
    }

    /// The same without Message-Authenticator.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn unsigned_access(&mut self, user: &[u8], password: &[u8], more: &[(u8, &[u8])]) -> Result<Asked> {
        let mut buffer = [0; LENGTH_MAX];
        let query = Query::unsigned_access(self.next_identifier(), authenticator()?, &mut buffer);
        self.finish_access(query, user, password, more)
    }

    fn finish_access(
        &self,
        mut query: Query<'_>,
        user: &[u8],
        password: &[u8],
        more: &[(u8, &[u8])],
    ) -> Result<Asked> {
        query.add(kind::USER_NAME, user)?;
        query.add_password(password, &self.secret)?;
        for (kind, value) in more {
            query.add(*kind, value)?;
        }
        let (bytes, sent) = query.finish(&self.secret);
        Ok(Asked { bytes: bytes.to_vec(), sent })
    }

    /// An Accounting-Request of this status for this session, with these attributes.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn accounting(&mut self, status: u32, session: &[u8], more: &[(u8, &[u8])]) -> Result<Asked> {
        let mut buffer = [0; LENGTH_MAX];
        let mut query = Query::accounting(self.next_identifier(), &mut buffer);
        query.add_u32(kind::ACCT_STATUS_TYPE, status)?;
        if !session.is_empty() {
            query.add(kind::ACCT_SESSION_ID, session)?;
        }
        for (kind, value) in more {
            query.add(*kind, value)?;
        }
        let (bytes, sent) = query.finish(&self.secret);
        Ok(Asked { bytes: bytes.to_vec(), sent })
    }

    /// A Status-Server.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn status_server(&mut self) -> Result<Asked> {
        let mut buffer = [0; LENGTH_MAX];
        let query = Query::status(self.next_identifier(), authenticator()?, &mut buffer);
        let (bytes, sent) = query.finish(&self.secret);
        Ok(Asked { bytes: bytes.to_vec(), sent })
    }

    /// Sends a request once and waits for its reply.
    ///
    /// # Errors
    /// When none comes, or the first that comes is not genuine.
    pub fn ask(&self, port: Port, asked: &Asked) -> Result<Answer> {
        self.socket(port).send(&asked.bytes).context("cannot send")?;
        self.receive(port, asked)
    }

    /// Waits for the reply to a request that was sent.
    ///
    /// # Errors
    /// When none comes, or the first that comes is not genuine.
    pub fn receive(&self, port: Port, asked: &Asked) -> Result<Answer> {
        let mut buffer = [0; LENGTH_MAX];
        let length = self.socket(port).recv(&mut buffer).context("the server gave no reply")?;
        let bytes = buffer.get(..length).unwrap_or_default();
        let reply = asked.sent.check(bytes, &self.secret).context("a reply is not genuine")?;
        let attributes =
            reply.attributes().map(|attribute| (attribute.kind, attribute.value.to_vec())).collect();
        Ok(Answer { code: reply.code(), attributes, bytes: bytes.to_vec() })
    }

    /// Whether a login is accepted.
    ///
    /// # Errors
    /// When it is neither accepted nor rejected.
    pub fn login(&mut self, user: &str, password: &str) -> Result<bool> {
        let asked = self.access(user.as_bytes(), password.as_bytes(), &[])?;
        let code = self.ask(Port::Auth, &asked)?.code;
        if code != Code::AccessAccept && code != Code::AccessReject {
            bail!("a login was answered with {code:?}");
        }
        Ok(code == Code::AccessAccept)
    }

    /// Reports one record and waits until it is acknowledged.
    ///
    /// # Errors
    /// When it is not.
    pub fn record(&mut self, status: u32, session: &[u8], more: &[(u8, &[u8])]) -> Result<()> {
        let asked = self.accounting(status, session, more)?;
        let answer = self.ask(Port::Acct, &asked)?;
        ensure!(answer.code == Code::AccountingResponse, "a record was answered with {:?}", answer.code);
        Ok(())
    }

    /// Waits for a Status-Server to be answered: the server takes datagrams in their order, so everything sent before
    /// on this port has been taken by then.
    ///
    /// # Errors
    /// When no reply comes, or another datagram comes before it.
    pub fn flush(&mut self, port: Port) -> Result<()> {
        let asked = self.status_server()?;
        self.ask(port, &asked).map(drop)
    }

    /// Sends `asked` until it is answered: for servers that are flooded.
    ///
    /// # Errors
    /// When it is not answered within `limit`.
    pub fn insist(&self, port: Port, asked: &Asked, limit: Duration) -> Result<Duration> {
        let begin = Instant::now();
        let socket = self.socket(port);
        socket.set_read_timeout(Some(Duration::from_millis(500)))?;
        let mut done = None;
        while done.is_none() && begin.elapsed() < limit {
            if self.ask(port, asked).is_ok() {
                done = Some(begin.elapsed());
            }
        }
        socket.set_read_timeout(Some(LIMIT))?;
        done.with_context(|| format!("no reply in {limit:?}"))
    }
}

/// 16 random bytes.
///
/// # Errors
/// When the system has none.
pub fn authenticator() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the system has no randomness")?;
    Ok(bytes)
}
