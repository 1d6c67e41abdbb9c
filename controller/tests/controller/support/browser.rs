//! A browser of an operator: a cookie jar of one cookie, and the headers browsers send with a form.

use http::header::{
    ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT,
};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::{Controller, Files, LIMIT};

/// An answer of the operators' listener.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The sentence of a problem, which must be one.
    pub fn problem(&self) -> String {
        assert_eq!(self.header(CONTENT_TYPE), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }
}

/// A browser, or a program with a token.
#[derive(Clone, Default)]
pub struct Browser {
    /// The cookie as it is sent.
    pub cookie: Option<String>,
    pub token: Option<String>,
    /// What it says of where a request comes from.
    pub site: Option<&'static str>,
    pub origin: Option<String>,
    /// The fields of a form that it sends with a post.
    pub form: Option<String>,
}

impl Browser {
    /// A browser that was given nothing yet.
    pub fn new() -> Self {
        Self { site: Some("same-origin"), ..Self::default() }
    }

    /// A program with a token.
    pub fn with_token(token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::default() }
    }

    /// A browser in which a new operator of this role has signed in.
    pub async fn signed_in(controller: &Controller, files: &Files, email: &str, role: &str) -> Self {
        let link = files.done(&["operator", "add", email, "--role", role]);
        let mut browser = Self::new();
        let answer = browser.sign_in(controller, &link).await;
        assert_eq!((answer.status, answer.header(LOCATION)), (303, "/"), "{answer:?}");
        browser
    }

    /// Presses the button behind a link, and keeps the cookie.
    pub async fn sign_in(&mut self, controller: &Controller, link: &str) -> Page {
        let answer = self.ask(controller, "POST", path(link)).await;
        if let Some(cookie) = answer.headers.get(SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        answer
    }

    pub async fn get(&self, controller: &Controller, path: &str) -> Page {
        self.ask(controller, "GET", path).await
    }

    /// The entries of one page of a list.
    pub async fn items(&self, controller: &Controller, path: &str) -> Vec<Value> {
        let answer = self.get(controller, path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["items"].as_array().unwrap().clone()
    }

    pub async fn ask(&self, controller: &Controller, method: &str, path: &str) -> Page {
        let stream = TcpStream::connect(controller.address("admin")).await.unwrap();
        self.ask_on(stream, method, path).await
    }

    /// One request on a stream of its own.
    pub async fn ask_on<S>(&self, stream: S, method: &str, path: &str) -> Page
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let exchange = async {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
            let connection = tokio::spawn(connection);
            let answer = sender.send_request(self.request(method, path)).await.unwrap();
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            drop(sender);
            let _ = connection.await;
            Page { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
        };
        tokio::time::timeout(LIMIT, exchange).await.expect("no answer came")
    }

    pub fn request(&self, method: &str, path: &str) -> Request<Full<bytes::Bytes>> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(HOST, "localhost").header(USER_AGENT, "a browser of the tests");
        request = request.header(ACCEPT_LANGUAGE, "en");
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(site) = self.site {
            request = request.header("sec-fetch-site", site);
        }
        if let Some(origin) = &self.origin {
            request = request.header(ORIGIN, origin);
        }
        if let Some(form) = self.form.as_ref().filter(|_| method == "POST") {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            return request.body(form.clone().into()).unwrap();
        }
        request.body(Full::default()).unwrap()
    }
}

/// The path of a link.
pub fn path(link: &str) -> &str {
    let (_, rest) = link.split_once("://").unwrap();
    &rest[rest.find('/').unwrap()..]
}
