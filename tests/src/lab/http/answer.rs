//! Answers: the head first, then a body that may still be coming.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::url::Url;

const MAX_HEAD_BYTES: u64 = 64 * 1024;

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The URL that was asked.
    pub url: String,
    /// The status code.
    pub status: u16,
    /// The header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// From the request's last byte sent to the head received.
    pub waited: Duration,
}

impl Answer {
    /// The first value of a header field, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The absolute URL a redirect points to.
    ///
    /// # Errors
    /// When the answer has no location.
    pub fn location(&self) -> Result<String> {
        let to = self.header("location").with_context(|| format!("{} is no redirect", self.url))?;
        if to.starts_with('/') {
            let asked = Url::parse(&self.url)?;
            return Ok(format!("{}://{}{to}", asked.scheme(), asked.authority));
        }
        Ok(to.to_owned())
    }
}

/// A byte stream: TCP, or TLS on it.
pub trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// An answer whose body is still coming.
pub struct Exchange {
    /// The status code.
    pub status: u16,
    /// The header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// From the request's last byte sent to the head received.
    pub waited: Duration,
    stream: BufReader<Box<dyn Stream>>,
    left: Left,
}

enum Left {
    Bytes(u64),
    Chunk(u64),
    ToTheEnd,
    Nothing,
}

impl Read for Exchange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (left, chunked) = match self.left {
            Left::Nothing | Left::Bytes(0) => return Ok(0),
            Left::Bytes(left) => (left, false),
            Left::ToTheEnd => (u64::MAX, false),
            Left::Chunk(0) => match self.next_chunk()? {
                0 => return Ok(0),
                size => (size, true),
            },
            Left::Chunk(left) => (left, true),
        };
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.stream.read(buffer.get_mut(..most).unwrap_or_default())?;
        if read == 0 && !matches!(self.left, Left::ToTheEnd) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let left = left - u64::try_from(read).unwrap_or(0);
        match (&mut self.left, chunked) {
            (Left::ToTheEnd, _) => {}
            (state, true) => *state = Left::Chunk(left),
            (state, false) => *state = Left::Bytes(left),
        }
        if chunked && left == 0 {
            self.stream.read_line(&mut String::new())?;
        }
        Ok(read)
    }
}

impl Exchange {
    /// Reads and drops the rest of the body and returns how many bytes that were.
    ///
    /// # Errors
    /// When the body breaks off.
    pub fn drain(&mut self) -> io::Result<u64> {
        io::copy(self, &mut io::sink())
    }

    fn next_chunk(&mut self) -> io::Result<u64> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let size = line.trim().split(';').next().and_then(|size| u64::from_str_radix(size, 16).ok());
        let size = size.ok_or(io::ErrorKind::InvalidData)?;
        if size == 0 {
            self.left = Left::Nothing;
        }
        Ok(size)
    }
}

/// Reads the whole answer to a request that was sent on `stream` to `url`.
///
/// # Errors
/// When no whole answer comes.
pub fn read_answer(stream: Box<dyn Stream>, url: &Url) -> Result<Answer> {
    let text = format!("{}://{}{}", url.scheme(), url.authority, url.path);
    whole(read_head(stream, Instant::now())?, &text)
}

pub(super) fn whole(mut exchange: Exchange, url: &str) -> Result<Answer> {
    let mut body = Vec::new();
    exchange.read_to_end(&mut body).with_context(|| format!("{url}: the body broke off"))?;
    let Exchange { status, headers, waited, .. } = exchange;
    Ok(Answer { url: url.to_owned(), status, headers, body, waited })
}

pub(super) fn read_head(stream: Box<dyn Stream>, sent: Instant) -> Result<Exchange> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let mut head = (&mut stream).take(MAX_HEAD_BYTES);
    head.read_line(&mut line).context("no answer")?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.with_context(|| format!("not an answer: {line:?}"))?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if head.read_line(&mut line).context("the head broke off")? == 0 {
            bail!("the head broke off");
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let left = if matches!(status, 204 | 304) {
        Left::Nothing
    } else if header(&headers, "transfer-encoding") == Some("chunked") {
        Left::Chunk(0)
    } else {
        let length = header(&headers, "content-length").map(|length| length.parse().context("not a length"));
        length.transpose()?.map_or(Left::ToTheEnd, Left::Bytes)
    };
    Ok(Exchange { status, headers, waited: sent.elapsed(), stream, left })
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(kept, _)| kept == name).map(|(_, value)| value.as_str())
}
