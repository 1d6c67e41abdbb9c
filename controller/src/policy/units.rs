//! Times, rates and amounts as people write them: `12h`, `10M`, `2G`.

/// Seconds of a time such as `90s`, `15m`, `12h`, `1d` or `1h30m`.
///
/// # Errors
/// One sentence that says what is allowed.
pub fn seconds(text: &str) -> Result<u64, String> {
    let refusal = || format!("{text:?} is no time: write a number with s, m, h or d, such as 12h or 1h30m");
    let mut total = 0_u64;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refusal)?;
        let (number, tail) = rest.split_at_checked(digits).ok_or_else(refusal)?;
        let unit = tail.chars().next().ok_or_else(refusal)?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(refusal()),
        };
        let number: u64 = number.parse().map_err(|_| refusal())?;
        total = number.checked_mul(factor).and_then(|part| total.checked_add(part)).ok_or_else(refusal)?;
        rest = tail.get(unit.len_utf8()..).unwrap_or("");
    }
    if total == 0 { Err(refusal()) } else { Ok(total) }
}

/// Bits per second of a rate such as `512K`, `10M` or `1G` (powers of 1,000).
///
/// # Errors
/// One sentence that says what is allowed.
pub fn bits_per_second(text: &str) -> Result<u64, String> {
    scaled(text).ok_or_else(|| format!("{text:?} is no rate: write bits per second, such as 512K, 10M or 1G"))
}

/// Bytes of an amount such as `500M` or `2G` (powers of 1,000).
///
/// # Errors
/// One sentence that says what is allowed.
pub fn bytes(text: &str) -> Result<u64, String> {
    scaled(text).ok_or_else(|| format!("{text:?} is no amount of data: write bytes, such as 500M or 2G"))
}

fn scaled(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let factor: u64 = match unit {
        "" => 1,
        "K" | "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        _ => return None,
    };
    // SQLite's integers end at 2^63 - 1, and so do ours.
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .filter(|value| *value > 0 && i64::try_from(*value).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(seconds("12h"), Ok(43_200));
        assert_eq!(seconds("1h30m"), Ok(5_400));
        assert_eq!(seconds(" 90s "), Ok(90));
        assert_eq!(seconds("1d"), Ok(86_400));
    }

    #[test]
    fn rates_and_amounts_are_powers_of_a_thousand() {
        assert_eq!(bits_per_second("10M"), Ok(10_000_000));
        assert_eq!(bytes("2G"), Ok(2_000_000_000));
        assert_eq!(bytes("1500"), Ok(1_500));
    }

    #[test]
    fn anything_else_is_answered_with_what_is_allowed() {
        for text in ["", "h", "12", "12w", "-1h", "0s", "99999999999999999999h", "1h 30m", "ü"] {
            assert!(seconds(text).unwrap_err().contains("such as 12h"), "{text:?}");
        }
        for text in ["", "fast", "10 M", "-1", "0", "1.5G", "99999999999999T"] {
            assert!(bits_per_second(text).is_err(), "{text:?}");
            assert!(bytes(text).unwrap_err().contains("such as 500M"), "{text:?}");
        }
    }
}
