//! Why a project is funded or not, as a sentence.

use crate::text;
use lifeboat_commons::tally::{Method, Ratio, Utility, Verdict};

/// How an election writes its money.
#[derive(Debug, Clone, Copy)]
pub struct Coin {
    /// How many of the smallest unit make one.
    pub unit: u128,
    /// How many digits after the point are shown.
    pub digits: u32,
    /// How many of the smallest unit of points make one.
    pub point: u128,
}

impl Coin {
    /// The money of an election whose smallest unit has so many digits after the point; the same of points.
    pub fn with(digits: u32, point_digits: u32) -> Self {
        Self { unit: 10_u128.pow(digits), digits, point: 10_u128.pow(point_digits) }
    }
    /// A price in the smallest units, as what is paid for one project or, by points, for each point.
    pub fn price(self, price: &Ratio, method: &Method) -> Ratio {
        let by = if method.utility == Utility::Points { self.point } else { 1 };
        price.times(by)
    }
    /// The same money with fewer digits shown.
    pub fn shown(self, digits: u32) -> Self {
        Self { digits, ..self }
    }
    /// A whole number of the smallest unit.
    pub fn whole(self, units: u128) -> String {
        self.fraction(&Ratio::whole(units))
    }
    /// A fraction of the smallest unit, rounded to the digits that are shown: none for a whole number
    /// of an election without decimals, else at least two.
    pub fn fraction(self, units: &Ratio) -> String {
        let value = units.divided_by(self.unit);
        let digits = if self.digits == 0 && value.is_whole() { 0 } else { self.digits.max(2) };
        value.rounded(digits)
    }
}

/// The sentence.
pub fn sentence(verdict: &Verdict, cost: u128, coin: Coin, method: &Method) -> String {
    match verdict {
        Verdict::Bought { payers, price, short, short_paid } => {
            let price = coin.fraction(&coin.price(price, method));
            let paid = coin.fraction(short_paid);
            match (method.utility, *short) {
                (Utility::Points, 0) => text!("tally-bought-points", payers = *payers, price = price),
                (Utility::Points, short) => {
                    let id = "tally-bought-points-short";
                    text::message(id, bought(*payers, price, short, paid))
                }
                (_, 0) => text!("tally-bought", payers = *payers, price = price),
                (_, short) => text::message("tally-bought-short", bought(*payers, price, short, paid)),
            }
        }
        Verdict::Free => text!("tally-free"),
        Verdict::Fits { ballots: 0, left } => text!("tally-fits-unwanted", left = coin.whole(*left)),
        Verdict::Fits { ballots, left } => {
            text!("tally-fits", ballots = *ballots, left = coin.whole(*left))
        }
        Verdict::SupportersShort { supporters, together } => text!(
            "tally-short",
            supporters = *supporters,
            together = coin.fraction(together),
            cost = coin.whole(cost)
        ),
        Verdict::DoesNotFit { ballots, left } => {
            text!("tally-no-fit", ballots = *ballots, left = coin.whole(*left), cost = coin.whole(cost))
        }
        Verdict::NoSupport => text!("tally-no-support"),
    }
}

fn bought(payers: u64, price: String, short: u64, paid: String) -> Vec<(&'static str, text::Arg)> {
    vec![("payers", payers.into()), ("price", price.into()), ("short", short.into()), ("paid", paid.into())]
}
