//! Amounts: exact decimals in millionths. Arithmetic is checked; nothing here rounds.

use bincode::{Decode, Encode};
use std::fmt;

const MILLION: u64 = 1_000_000;

/// An exact decimal number, counted in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Amount(i64);

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// It is not written as digits with at most one point.
    #[error("not a number: write digits and at most one point, such as 12 or 2.5")]
    NotANumber,
    /// It has more than six digits after the point.
    #[error("a number with more than six digits after the point")]
    TooFine,
    /// It is larger than the format can hold.
    #[error("a number over nine million million")]
    TooLarge,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that can be written.
    pub const MAX: Self = Self(i64::MAX);

    /// The amount of so many millionths.
    pub const fn from_millionths(millionths: i64) -> Self {
        Self(millionths)
    }
    /// The amount of so many whole units, or nothing when that is too much.
    pub fn whole(units: i64) -> Option<Self> {
        units.checked_mul(MILLION as i64).map(Self)
    }
    /// The millionths.
    pub const fn millionths(self) -> i64 {
        self.0
    }
    /// Whether it is more than zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }
    /// Whether it is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
    /// The sum, or nothing when it is too large.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
    /// The difference, or nothing when it is too large.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
    /// The text of a sum of money: at least two digits after the point.
    pub fn money(self) -> String {
        self.text(2)
    }

    fn text(self, least: usize) -> String {
        let value = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!("{:06}", value % MILLION);
        let kept = digits.trim_end_matches('0').len().max(least);
        let point = if kept > 0 { "." } else { "" };
        format!("{sign}{}{point}{}", value / MILLION, &digits[..kept])
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text(0))
    }
}

impl std::str::FromStr for Amount {
    type Err = BadAmount;
    /// Reads digits with at most one point and an optional minus sign; no separators of thousands.
    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let (negative, number) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return Err(BadAmount::NotANumber);
        }
        let part = part.trim_end_matches('0');
        if part.len() > 6 {
            return Err(BadAmount::TooFine);
        }
        let millionths: i64 = format!("{part:0<6}").parse().map_err(|_| BadAmount::TooFine)?;
        let whole: i64 = whole.parse().map_err(|_| BadAmount::TooLarge)?;
        let value = whole.checked_mul(MILLION as i64).and_then(|v| v.checked_add(millionths));
        let value = value.ok_or(BadAmount::TooLarge)?;
        Ok(Self(if negative { -value } else { value }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_print_short_and_money_with_two_digits() {
        let cases = [("40", "40", "40.00"), ("2.50", "2.5", "2.50"), ("0.123456", "0.123456", "0.123456")];
        for (text, plain, money) in cases {
            let amount: Amount = text.parse().unwrap();
            assert_eq!((amount.to_string().as_str(), amount.money().as_str()), (plain, money));
        }
        assert_eq!(Amount::from_millionths(-1).to_string(), "-0.000001");
        assert_eq!(Amount::from_millionths(i64::MIN).to_string(), "-9223372036854.775808");
    }

    #[test]
    fn what_is_no_number_is_refused_with_its_reason() {
        for text in ["", ".", "1,5", "1.", ".5", "+1", "1 0", "--1", "1.2.3", "٣"] {
            assert_eq!(text.parse::<Amount>(), Err(BadAmount::NotANumber), "{text}");
        }
        assert_eq!("0.1234567".parse::<Amount>(), Err(BadAmount::TooFine));
        assert_eq!("9223372036855".parse::<Amount>(), Err(BadAmount::TooLarge));
        assert_eq!("99999999999999999999".parse::<Amount>(), Err(BadAmount::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(millionths in -i64::MAX..=i64::MAX) {
            let amount = Amount::from_millionths(millionths);
            prop_assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount));
            prop_assert_eq!(amount.money().parse::<Amount>(), Ok(amount));
        }
    }
}
