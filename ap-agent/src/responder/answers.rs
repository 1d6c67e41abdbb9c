//! Every answer as bytes, made once for a situation.

use super::{Situation, page};

/// Seconds between the local page's own reloads.
pub(super) const RELOAD_SECS: u32 = 20;

/// One answer: head, then body.
#[derive(Debug)]
pub(super) struct Answer {
    bytes: Vec<u8>,
    head: usize,
}

/// The answers of a situation.
#[derive(Debug)]
pub(super) struct Answers {
    /// To GET and HEAD: the way to the portal, or the local page.
    page: Answer,
    /// The local page that does not reload itself; only while away.
    still: Option<Answer>,
    /// To other methods.
    pub(super) login_needed: Answer,
    /// To what is no request.
    pub(super) malformed: Answer,
    /// To a head that is too long.
    pub(super) too_long: Answer,
}

impl Answers {
    pub(super) fn new(situation: &Situation) -> Self {
        let url = situation.portal_url.as_deref().filter(|url| is_plain(url));
        let (page, still) = match url {
            Some(url) if !situation.away => {
                (Answer::new("302 Found", &format!("Location: {url}/\r\n"), &link(url)), None)
            }
            Some(_) | None => {
                let reload = format!("{LOCAL_PAGE}Refresh: {RELOAD_SECS}\r\n");
                let reloading = page::away(&situation.ap_name, Some(RELOAD_SECS));
                let still = page::away(&situation.ap_name, None);
                (Answer::new("200 OK", &reload, &reloading), Some(Answer::new("200 OK", LOCAL_PAGE, &still)))
            }
        };
        let login =
            url.map_or_else(|| text("Wi-Fi: chưa có trang kết nối.", "Wi-Fi: no page to connect yet."), link);
        let malformed =
            text("Không hiểu yêu cầu này.", "This is no HTTP request the access point understands.");
        let too_long = text("Yêu cầu quá dài.", "The head of this request is too long.");
        Self {
            page,
            still,
            login_needed: Answer::new("511 Network Authentication Required", "", &login),
            malformed: Answer::new("400 Bad Request", "", &malformed),
            too_long: Answer::new("431 Request Header Fields Too Large", "", &too_long),
        }
    }

    /// Whether GET and HEAD are sent to the portal.
    pub(super) fn redirects(&self) -> bool {
        self.still.is_none()
    }

    /// The answer to GET and HEAD.
    pub(super) fn page(&self, still: bool) -> &Answer {
        match &self.still {
            Some(answer) if still => answer,
            Some(_) | None => &self.page,
        }
    }
}

/// The local page loads nothing and runs nothing.
const LOCAL_PAGE: &str = "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                          base-uri 'none'; form-action 'none'\r\nX-Content-Type-Options: nosniff\r\n";

impl Answer {
    fn new(status: &str, fields: &str, body: &str) -> Self {
        let head = format!(
            "HTTP/1.1 {status}\r\n{fields}Cache-Control: no-store\r\nContent-Type: text/html; charset=utf-8\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut bytes = head.into_bytes();
        let head = bytes.len();
        bytes.extend_from_slice(body.as_bytes());
        Self { bytes, head }
    }

    /// What is sent: all of it, or the head alone.
    pub(super) fn bytes(&self, with_body: bool) -> &[u8] {
        let end = if with_body { self.bytes.len() } else { self.head };
        self.bytes.get(..end).unwrap_or_default()
    }
}

/// A URL that may stand in a header and in an attribute as it is.
fn is_plain(url: &str) -> bool {
    url.strip_prefix("https://").is_some_and(|rest| {
        !rest.is_empty()
            && rest.len() <= 261
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]_~/%".contains(&byte))
    })
}

fn link(url: &str) -> String {
    document(&format!(
        "<h1>Wi-Fi</h1><p><a href=\"{url}/\">Mở trang Wi-Fi · <span lang=\"en\">Open the Wi-Fi page</span></a></p>"
    ))
}

fn text(vi: &str, en: &str) -> String {
    document(&format!("<h1>{vi}</h1><p lang=\"en\">{en}</p>"))
}

fn document(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><title>Wi-Fi</title><style>body{{background:Canvas;color:CanvasText}}</style></head>\
         <body><main>{body}</main></body></html>\n"
    )
}
