//! Decimals: digits with a point or comma, as whole numbers of a smallest unit.

/// Most digits before the point.
const MAX_WHOLE: usize = 12;
/// Most digits after the point.
pub(super) const MAX_PART: usize = 6;

/// A decimal number as it is written: its digits, and how many of them stand after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    value: i128,
    digits: u32,
}

impl Decimal {
    /// Reads digits with at most one point or comma, and a minus sign perhaps.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (negative, number) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
        let part = part.trim_end_matches('0');
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > MAX_PART {
            return None;
        }
        if whole.trim_start_matches('0').len() > MAX_WHOLE {
            return None;
        }
        let value: i128 = format!("{whole}{part}").parse().ok()?;
        Some(Self { value: if negative { -value } else { value }, digits: part.len() as u32 })
    }

    /// How many digits stand after the point.
    pub(super) fn digits(self) -> u32 {
        self.digits
    }

    /// The number in units that have so many digits after the point, not fewer than it has.
    pub(super) fn units(self, digits: u32) -> i128 {
        self.value * 10_i128.pow(digits.saturating_sub(self.digits))
    }
}

/// So many units, written with a point where they have digits after it.
pub(super) fn decimal(units: u128, digits: u32) -> String {
    let scale = 10_u128.pow(digits);
    if digits == 0 {
        return units.to_string();
    }
    format!("{}.{:0>width$}", units / scale, units % scale, width = digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_with_point_or_comma() {
        for (text, units) in [("10", 1_000), ("10,5", 1_050), ("0.25", 25), ("-3.10", -310), ("007", 700)] {
            assert_eq!(Decimal::read(text).map(|d| d.units(2)), Some(units), "{text}");
        }
        for text in ["", "-", ".5", "1.2.3", "1 000", "+4", "1e3", "1.2345678", "1234567890123", "٣"] {
            assert_eq!(Decimal::read(text), None, "{text}");
        }
        assert_eq!(decimal(1_050, 2), "10.50");
        assert_eq!(decimal(7, 0), "7");
        assert_eq!(decimal(7, 2), "0.07");
    }
}
