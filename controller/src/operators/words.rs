//! Names that strangers chose, as text: SSIDs, User-Names and the like are bytes, and any bytes.

/// The bytes as text from which they can be had back: a backslash is doubled, and a byte that is no UTF-8 or a control
/// character is written as `\x` and two hexadecimal digits.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => out.push_str("\\\\"),
                control if control.is_ascii_control() => escape(&mut out, u8::try_from(control).unwrap_or(0)),
                other => out.push(other),
            }
        }
        chunk.invalid().iter().for_each(|byte| escape(&mut out, *byte));
    }
    out
}

fn escape(out: &mut String, byte: u8) {
    out.push_str(&format!("\\x{byte:02x}"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The way back, as a reader of the API would write it.
    fn bytes(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            match (first, after) {
                (b'\\', [b'\\', after @ ..]) => {
                    out.push(b'\\');
                    rest = after;
                }
                (b'\\', [b'x', high, low, after @ ..]) => {
                    let digits = [*high, *low];
                    out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                    rest = after;
                }
                (byte, after) => {
                    out.push(*byte);
                    rest = after;
                }
            }
        }
        out
    }

    #[test]
    fn what_cannot_be_read_is_escaped_and_the_rest_stays() {
        assert_eq!(text("Hồ Gươm \"<b>\"".as_bytes()), "Hồ Gươm \"<b>\"");
        assert_eq!(text(b"a\0b\xffc\\x41\r\n\x1b["), "a\\x00b\\xffc\\\\x41\\x0d\\x0a\\x1b[");
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(given in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(bytes(&text(&given)), given);
        }
    }
}
