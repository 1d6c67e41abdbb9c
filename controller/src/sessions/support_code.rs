//! The code a visitor reads to the help desk, such as `HK-16 · 4F2Q`: names the spot and the visit, not the device.

/// No 0, 1, I or O: they look alike on a phone in the sun.
const LETTERS: [char; 32] = [
    '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
];

/// The code for what happened at `ap_id`, made from the first bytes of an id of the visit.
#[must_use]
pub fn support_code(ap_id: &str, id: &[u8; 16]) -> String {
    format!("{} · {}", ap_id.to_ascii_uppercase(), letters(id))
}

/// The four letters of a code, made from the first bytes of an id of the visit.
#[must_use]
pub fn letters(id: &[u8; 16]) -> String {
    let [first, second, third, ..] = *id;
    let bits = u32::from_be_bytes([0, first, second, third]) >> 4;
    (0..4).rev().filter_map(|place| LETTERS.get((bits >> (place * 5)) as usize & 31)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_the_spot_and_four_letters() {
        assert_eq!(support_code("hk-16", &[0; 16]), "HK-16 · 2222");
        assert_eq!(support_code("hk-16", &[0xff; 16]), "HK-16 · ZZZZ");
        let mut id = [0; 16];
        id[0] = 0b0000_1000;
        assert_eq!(support_code("hk-01", &id), "HK-01 · 3222");
    }
}
