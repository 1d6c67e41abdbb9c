//! A small HTTP/1.1 client that lives in a namespace: one connection a request, TLS validated against the lab's
//! authority, the body counted as it comes. Enough of a browser to pass a captive portal, and exact about bytes.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, SocketAddrV6, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use socket2::{Domain, Protocol, Socket, Type};

mod answer;
mod url;

pub use answer::{Answer, Exchange, Stream, read_answer};
pub use url::Url;

use answer::{read_head, whole};

use super::netns::Netns;
use super::resolve::{Family, resolve};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const READ_LIMIT: Duration = Duration::from_secs(15);

/// A client on a phone or anywhere else in the lab.
#[derive(Clone)]
pub struct Client {
    netns: Arc<Netns>,
    resolver: IpAddr,
    tls: Arc<ClientConfig>,
    language: String,
    family: Family,
    source: Option<IpAddr>,
    cookies: Arc<Mutex<Vec<(String, String)>>>,
}

/// What is sent.
pub struct Request<'a> {
    /// GET, POST, …
    pub method: &'a str,
    /// Where.
    pub url: &'a str,
    /// Further header fields.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// A GET of `url`.
    #[must_use]
    pub fn get(url: &'a str) -> Self {
        Self { method: "GET", url, headers: &[], body: &[] }
    }
}

impl Client {
    /// A client inside `netns` that asks `resolver` for names and trusts what `tls` trusts.
    #[must_use]
    pub fn new(netns: Arc<Netns>, resolver: IpAddr, tls: Arc<ClientConfig>, language: &str) -> Self {
        let language = language.to_owned();
        Self { netns, resolver, tls, language, family: Family::V4, source: None, cookies: Arc::default() }
    }

    /// The same client over one address family.
    #[must_use]
    pub fn over(&self, family: Family) -> Self {
        Self { family, ..self.clone() }
    }

    /// The same client speaking from one of the phone's addresses, and over its family.
    #[must_use]
    pub fn from_address(&self, source: IpAddr) -> Self {
        let family = if source.is_ipv4() { Family::V4 } else { Family::V6 };
        Self { source: Some(source), family, ..self.clone() }
    }

    /// The same client asking another resolver.
    #[must_use]
    pub fn asking(&self, resolver: IpAddr) -> Self {
        Self { resolver, ..self.clone() }
    }

    /// The languages it asks for, an Accept-Language value.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The namespace it lives in.
    #[must_use]
    pub fn netns(&self) -> &Netns {
        &self.netns
    }

    /// Gets `url`.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn get(&self, url: &str) -> Result<Answer> {
        self.send(&Request::get(url))
    }

    /// Posts a form to `url` as a page of the same origin does.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn post_form(&self, url: &str, fields: &[(String, String)]) -> Result<Answer> {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let asked = Url::parse(url)?;
        let origin = format!("{}://{}", asked.scheme(), asked.authority);
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        self.send(&Request { method: "POST", url, headers: &headers, body: body.join("&").as_bytes() })
    }

    /// Sends `request` and reads the whole answer.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn send(&self, request: &Request<'_>) -> Result<Answer> {
        whole(self.begin(request)?, request.url)
    }

    /// Sends `request` and reads the head of the answer; the body is read from the [`Exchange`].
    ///
    /// # Errors
    /// When no head comes.
    pub fn begin(&self, request: &Request<'_>) -> Result<Exchange> {
        self.begin_on(self.connect(&Url::parse(request.url)?)?, request)
    }

    /// Sends `request` on a connection that is open already and reads the head of the answer.
    ///
    /// # Errors
    /// When no head comes.
    pub fn begin_on(&self, mut stream: Box<dyn Stream>, request: &Request<'_>) -> Result<Exchange> {
        let url = Url::parse(request.url)?;
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        stream.write_all(&head_bytes(request, &url, &self.language, &cookies))?;
        stream.write_all(request.body)?;
        stream.flush()?;
        let sent = Instant::now();
        let exchange =
            read_head(stream, sent).with_context(|| format!("{} {}", request.method, request.url))?;
        self.keep_cookies(&exchange.headers);
        Ok(exchange)
    }

    /// Sends `request` on a connection that is open already and reads the whole answer.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn send_on(&self, stream: Box<dyn Stream>, request: &Request<'_>) -> Result<Answer> {
        whole(self.begin_on(stream, request)?, request.url)
    }

    /// Opens a connection to where `url` points, TLS included for https.
    ///
    /// # Errors
    /// When the name has no address, nobody listens, or the certificate is not valid.
    pub fn connect(&self, url: &Url) -> Result<Box<dyn Stream>> {
        let tcp = self.connect_tcp(url)?;
        if url.tls { self.secure(tcp, url) } else { Ok(Box::new(tcp)) }
    }

    /// Begins TLS with `url`'s host on a connection that is open already, however it was opened.
    ///
    /// # Errors
    /// When the certificate is not valid or the other side breaks off.
    pub fn secure(&self, stream: impl Stream + 'static, url: &Url) -> Result<Box<dyn Stream>> {
        let name = ServerName::try_from(url.host.clone()).context("not a server's name")?;
        let mut tls = StreamOwned::new(ClientConnection::new(self.tls.clone(), name)?, stream);
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock).with_context(|| format!("TLS with {} failed", url.host))?;
        }
        Ok(Box::new(tls))
    }

    /// Opens a TCP connection to where `url` points.
    ///
    /// # Errors
    /// When the name has no address or nobody listens.
    pub fn connect_tcp(&self, url: &Url) -> Result<TcpStream> {
        let address = match url.host.trim_matches(['[', ']']).parse() {
            Ok(address) => address,
            Err(_) => *resolve(&self.netns, self.resolver, &url.host, self.family)?
                .first()
                .with_context(|| format!("{} has no address of this family", url.host))?,
        };
        let to = SocketAddr::new(address, url.port);
        let source = self.source;
        self.netns.run(|| connect_from(source, to))?.with_context(|| format!("cannot connect to {to}"))
    }

    fn keep_cookies(&self, headers: &[(String, String)]) {
        let mut jar = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, value) in headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = value.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                jar.retain(|(kept, _)| kept != name);
                jar.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

/// Opens a TCP connection with limits on connecting, reading and writing, in the namespace of the calling thread.
///
/// # Errors
/// When nobody listens there.
pub fn connect_from(source: Option<IpAddr>, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
    if let Some(source) = source {
        socket.bind(&local_end(source)?.into())?;
    }
    socket.connect_timeout(&to.into(), CONNECT_LIMIT)?;
    socket.set_read_timeout(Some(READ_LIMIT))?;
    socket.set_write_timeout(Some(READ_LIMIT))?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

/// The local end at `source`; a link-local address means nothing without its interface, and a phone has one.
fn local_end(source: IpAddr) -> io::Result<SocketAddr> {
    let scope = match source {
        IpAddr::V6(v6) if v6.is_unicast_link_local() => nix::net::if_::if_nametoindex("wlan0")?,
        IpAddr::V4(_) | IpAddr::V6(_) => 0,
    };
    Ok(match source {
        IpAddr::V4(v4) => SocketAddr::from((v4, 0)),
        IpAddr::V6(v6) => SocketAddrV6::new(v6, 0, 0, scope).into(),
    })
}

fn head_bytes(request: &Request<'_>, url: &Url, language: &str, cookies: &[(String, String)]) -> Vec<u8> {
    let mut head = format!(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: text/html,*/*;q=0.8\r\n\
         Accept-Language: {language}\r\nUser-Agent: Mozilla/5.0 (Linux; lab)\r\n",
        request.method, url.path, url.authority
    );
    let given = |name: &str| request.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    if given("accept") {
        head = head.replace("Accept: text/html,*/*;q=0.8\r\n", "");
    }
    if !request.body.is_empty() || request.method == "POST" {
        head += &format!("Content-Length: {}\r\n", request.body.len());
    }
    if !cookies.is_empty() {
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        head += &format!("Cookie: {}\r\n", pairs.join("; "));
    }
    for (name, value) in request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    head.into_bytes()
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests;
