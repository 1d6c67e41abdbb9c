//! Just enough of HTTP/1.x (RFC 9112) to know a request from what is none. Names and paths are not kept.

/// Most bytes of a request's head.
pub(super) const LONGEST_HEAD: usize = 8 << 10;
/// Most header lines.
const MOST_FIELDS: usize = 100;

/// What the bytes so far are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The beginning of a request, perhaps.
    More,
    /// A whole head.
    Request {
        /// Its method.
        method: Method,
        /// The query is `still`: the local page without its reload.
        still: bool,
    },
    /// No request.
    Malformed,
    /// A head beyond [`LONGEST_HEAD`].
    TooLong,
}

/// Methods that are answered differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Other,
}

/// Looks at `bytes`, of which the first `seen` were looked at before.
pub(super) fn look(bytes: &[u8], seen: usize) -> Look {
    // Empty lines before a request are allowed (RFC 9112, section 2.2).
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let head = bytes.get(blank..).unwrap_or_default();
    let seen = seen.saturating_sub(blank);
    let Some(end) = head_end(head, seen) else {
        return match first_line(head) {
            _ if bytes.len() > LONGEST_HEAD => Look::TooLong,
            FirstLine::Malformed => Look::Malformed,
            FirstLine::Partly | FirstLine::Good { .. } => Look::More,
        };
    };
    if blank + end > LONGEST_HEAD {
        return Look::TooLong;
    }
    let FirstLine::Good { method, still, needs_host } = first_line(head) else { return Look::Malformed };
    let fields = head.get(..end).unwrap_or_default().split(|byte| *byte == b'\n').skip(1);
    if are_good(fields, needs_host) { Look::Request { method, still } } else { Look::Malformed }
}

/// Where the empty line begins that ends the head. A bare LF ends a line too (RFC 9112, section 2.2).
fn head_end(head: &[u8], seen: usize) -> Option<usize> {
    let from = seen.saturating_sub(3);
    let fresh = head.get(from..)?;
    let ends = |at: &usize| {
        let rest = fresh.get(*at..).unwrap_or_default();
        rest.starts_with(b"\n\r\n") || rest.starts_with(b"\n\n")
    };
    (0..fresh.len()).find(ends).map(|at| from + at + 1)
}

enum FirstLine {
    /// Its end is not there yet, and nothing is wrong so far.
    Partly,
    Good {
        method: Method,
        still: bool,
        needs_host: bool,
    },
    Malformed,
}

fn first_line(head: &[u8]) -> FirstLine {
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else {
        let controls = head.iter().any(|byte| is_control(*byte) && *byte != b'\r');
        return if controls { FirstLine::Malformed } else { FirstLine::Partly };
    };
    let line = without_cr(head.get(..end).unwrap_or_default());
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return FirstLine::Malformed;
    };
    let needs_host = match version {
        b"HTTP/1.1" => true,
        b"HTTP/1.0" => false,
        _ => return FirstLine::Malformed,
    };
    if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
        return FirstLine::Malformed;
    }
    if target.is_empty() || target.iter().any(|byte| is_control(*byte)) {
        return FirstLine::Malformed;
    }
    let method = match method {
        b"GET" => Method::Get,
        b"HEAD" => Method::Head,
        _ => Method::Other,
    };
    FirstLine::Good { method, still: target.ends_with(b"?still"), needs_host }
}

/// Header lines: no folding, no space before the colon, one Host, one way to tell the body's length.
fn are_good<'a>(lines: impl Iterator<Item = &'a [u8]>, needs_host: bool) -> bool {
    let (mut hosts, mut lengths, mut encodings, mut fields) = (0, 0, 0, 0);
    for line in lines {
        let line = without_cr(line);
        if line.is_empty() {
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
        let (name, value) = line.split_at(colon);
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
            return false;
        }
        if value.iter().any(|byte| is_control(*byte) && *byte != b'\t') {
            return false;
        }
        fields += 1;
        hosts += u32::from(name.eq_ignore_ascii_case(b"host"));
        encodings += u32::from(name.eq_ignore_ascii_case(b"transfer-encoding"));
        if name.eq_ignore_ascii_case(b"content-length") {
            lengths += 1;
            let digits = value.get(1..).unwrap_or_default().trim_ascii();
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                return false;
            }
        }
    }
    let hosts_good = if needs_host { hosts == 1 } else { hosts <= 1 };
    hosts_good && lengths + encodings <= 1 && fields <= MOST_FIELDS
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 || byte == 0x7f
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
