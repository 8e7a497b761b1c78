//! Quantities: how much of what. Money is in a currency; goods are an item in a unit. Names are compared
//! byte by byte: who composes an entry writes them in one way.

use crate::amount::Amount;
use crate::body::BadBody;
use crate::limits::{MAX_CURRENCY, MAX_ITEM, MAX_UNIT};
use bincode::{Decode, Encode};
use lifeboat_log::codec::Text;
use std::fmt;

/// The name of a thing: `rice`.
pub type Item = Text<MAX_ITEM>;
/// A unit: `kg`; empty where things are counted.
pub type Unit = Text<MAX_UNIT>;
/// The code of a currency: `EUR`.
pub type Currency = Text<MAX_CURRENCY>;

/// Money or goods. Layout: u32 0 and the currency, or u32 1, the item and the unit; each a length u64
/// and UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Thing {
    /// 0: money.
    Money {
        /// In this currency.
        currency: Currency,
    },
    /// 1: goods.
    Goods {
        /// What.
        item: Item,
        /// Counted in this; empty for pieces.
        unit: Unit,
    },
}

/// How much of what: `20 kg rice`, `40.00 EUR`, `3 tents`. Layout: amount i64 in millionths, thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Quantity {
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub thing: Thing,
}

impl Quantity {
    /// So much money, or nothing when the code is too long.
    pub fn money(amount: Amount, currency: &str) -> Option<Self> {
        Some(Self { amount, thing: Thing::Money { currency: Currency::new(currency)? } })
    }
    /// So much of an item, or nothing when a name is too long.
    pub fn goods(amount: Amount, unit: &str, item: &str) -> Option<Self> {
        let thing = Thing::Goods { item: Item::new(item)?, unit: Unit::new(unit)? };
        Some(Self { amount, thing })
    }
    /// The same thing in another amount.
    #[must_use]
    pub fn with(&self, amount: Amount) -> Self {
        Self { amount, thing: self.thing.clone() }
    }
}

impl Thing {
    /// Checks its names.
    ///
    /// # Errors
    /// [`BadBody`] when a name is not written as it should be.
    pub fn check(&self) -> Result<(), BadBody> {
        match self {
            Self::Money { currency } if !is_currency(currency) => Err(BadBody::BadCurrency),
            Self::Money { .. } => Ok(()),
            Self::Goods { item, .. } if item.is_empty() || spaced(item) => Err(BadBody::BadItem),
            Self::Goods { unit, .. } if unit.contains(' ') => Err(BadBody::BadUnit),
            Self::Goods { .. } => Ok(()),
        }
    }
}

/// Whether this is written as the code of a currency: two to eight capital letters or digits of ASCII.
pub fn is_currency(code: &Currency) -> bool {
    code.len() >= 2 && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn spaced(name: &str) -> bool {
    name.starts_with(' ') || name.ends_with(' ')
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.thing {
            Thing::Money { currency } => write!(f, "{} {currency}", self.amount.money()),
            Thing::Goods { item, unit } if unit.is_empty() => write!(f, "{} {item}", self.amount),
            Thing::Goods { item, unit } => write!(f, "{} {unit} {item}", self.amount),
        }
    }
}
