//! Making packets byte by byte, right and wrong ones, without the crate's own writer.

/// The secret of most tests.
pub const SECRET: &[u8] = b"a secret of the lake";

/// Bytes of hexadecimal text; blanks are ignored.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|letter| letter.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A packet with these attribute bytes, whatever they are, and the right Length.
pub fn packet(code: u8, identifier: u8, attributes: &[u8]) -> Vec<u8> {
    let mut bytes = vec![code, identifier, 0, 0];
    bytes.extend((1..=16).map(|byte| byte * 7));
    bytes.extend_from_slice(attributes);
    set_length(&mut bytes);
    bytes
}

/// One attribute.
pub fn attribute(kind: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, u8::try_from(value.len() + 2).unwrap()];
    bytes.extend_from_slice(value);
    bytes
}

/// Writes the true length into the header.
pub fn set_length(bytes: &mut [u8]) {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
}

/// Numbers that look random and are the same in every run (xorshift64*).
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 33) as usize) % end
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 40) as u8).collect()
    }

    /// 16 bytes.
    pub fn authenticator(&mut self) -> [u8; 16] {
        self.bytes(16).try_into().unwrap()
    }
}
