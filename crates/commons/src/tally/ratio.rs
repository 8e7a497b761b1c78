//! An exact fraction, for what a tally says about itself: what each paid, what was left.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};
use std::fmt;

/// An exact fraction in lowest terms, not below zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratio {
    over: BigInt,
    under: BigInt,
}

impl Ratio {
    /// `over / under`; zero where that is none, or below zero.
    pub(super) fn new(over: BigInt, under: BigInt) -> Self {
        if !over.is_positive() || !under.is_positive() {
            return Self { over: BigInt::zero(), under: BigInt::from(1) };
        }
        let common = over.gcd(&under);
        Self { over: over / &common, under: under / common }
    }

    /// Divided by a whole number above zero.
    #[must_use]
    pub fn divided_by(&self, by: u128) -> Self {
        Self::new(self.over.clone(), &self.under * BigInt::from(by))
    }

    /// Taken so many times.
    #[must_use]
    pub fn times(&self, by: u128) -> Self {
        Self::new(&self.over * BigInt::from(by), self.under.clone())
    }

    /// A whole number.
    pub fn whole(number: u128) -> Self {
        Self { over: BigInt::from(number), under: BigInt::from(1) }
    }

    /// Whether it is a whole number.
    pub fn is_whole(&self) -> bool {
        self.under == BigInt::from(1)
    }

    /// The number rounded to so many digits after the point, halves up: 4.347… with two is "4.35".
    pub fn rounded(&self, digits: u32) -> String {
        let scale = BigInt::from(10).pow(digits);
        let rounded = (&self.over * &scale * 2_u8 + &self.under) / (&self.under * 2_u8);
        let (whole, part) = rounded.div_rem(&scale);
        if digits == 0 {
            return whole.to_string();
        }
        let part = part.to_string();
        format!("{whole}.{part:0>width$}", width = digits as usize)
    }
}

impl fmt::Display for Ratio {
    /// "100/23", or "7" for a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_whole() {
            return write!(f, "{}", self.over);
        }
        write!(f, "{}/{}", self.over, self.under)
    }
}

/// A floating-point number next to `over / under`, both above zero: off by less than two parts in 2^53
/// where it is not tiny.
pub(super) fn approximate(over: &BigInt, under: &BigInt) -> f64 {
    // Enough bits stay that cutting the quotient off loses less than one part in 2^63.
    let shift = (64 + under.bits() as i64 - over.bits() as i64).max(0);
    let quotient = (over << shift as u64) / under;
    let (first, second) = (shift.min(1_000), (shift - 1_000).clamp(0, 1_000));
    let value = quotient.to_f64().unwrap_or(f64::MAX);
    value * 2f64.powi(-(first as i32)) * 2f64.powi(-(second as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_print_in_lowest_terms_and_are_rounded_halves_up() {
        let share = Ratio::new(BigInt::from(200), BigInt::from(46));
        assert_eq!((share.to_string().as_str(), share.rounded(2).as_str()), ("100/23", "4.35"));
        let half = share.divided_by(10);
        assert_eq!(half.to_string(), "10/23");
        assert_eq!(Ratio::new(BigInt::from(14), BigInt::from(2)).to_string(), "7");
        assert_eq!(Ratio::new(BigInt::from(7), BigInt::from(100)).rounded(2), "0.07");
        assert_eq!(Ratio::new(BigInt::from(999), BigInt::from(1_000)).rounded(2), "1.00");
        assert_eq!(Ratio::whole(7).rounded(0), "7");
    }

    #[test]
    fn the_approximation_is_close_for_large_and_small() {
        for (over, under) in [(1, 3), (3, 1), (1, 1), (7, 1_000_000_007_i64), (i64::MAX, 1)] {
            let got = approximate(&BigInt::from(over), &BigInt::from(under));
            let want = over as f64 / under as f64;
            assert!((got - want).abs() <= want * 4.0 * f64::EPSILON, "{over}/{under}: {got} {want}");
        }
        let huge = BigInt::from(10).pow(900);
        assert!((approximate(&(&huge * 2), &huge) - 2.0).abs() < 1e-15);
    }
}
