//! What the client makes of URLs and answers.

use std::io::{Cursor, Read};

use super::*;

struct Canned(Cursor<Vec<u8>>);

impl Read for Canned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Canned {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn body_of(answer: &str) -> (u16, io::Result<String>) {
    let mut exchange = read_head(Box::new(Canned(Cursor::new(answer.into()))), Instant::now()).unwrap();
    let mut body = String::new();
    let read = exchange.read_to_string(&mut body);
    (exchange.status, read.map(|_| body))
}

#[test]
fn a_url_is_taken_apart() {
    let url = Url::parse("https://wifi.hoankiem.lab/session?lang=vi#top").unwrap();
    assert_eq!(
        (url.tls, url.host.as_str(), url.port, url.path.as_str()),
        (true, "wifi.hoankiem.lab", 443, "/session?lang=vi")
    );
    let url = Url::parse("http://[2001:db8::1]:8080").unwrap();
    assert_eq!((url.host.as_str(), url.port, url.path.as_str()), ("[2001:db8::1]", 8080, "/"));
    assert!(Url::parse("ftp://example.com/").is_err());
}

#[test]
fn a_body_ends_where_its_length_says() {
    let (status, body) = body_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloworld");
    assert_eq!((status, body.unwrap().as_str()), (200, "hello"));
}

#[test]
fn a_chunked_body_is_put_together() {
    let (_, body) =
        body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(body.unwrap(), "abcde");
}

#[test]
fn a_body_that_breaks_off_is_an_error() {
    let (_, body) = body_of("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
    assert!(body.is_err());
}
