//! What entries of the ledger say. Each body begins with [`Common`]. No names of persons: from whom and
//! to whom are details, if anything.

use super::quantity::Quantity;
use crate::amount::Amount;
use crate::body::{BadBody, Body, statements};
use crate::common::{Common, PlaceId};
use bincode::{Decode, Encode};
use lifeboat_log::{EntryId, Kind, Time};

/// Kind 48: the cell received something. Layout: common, quantity. A correction to amount zero strikes
/// the entry out.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Received {
    /// What every body begins with; goods lie at its place, money comes into its category.
    pub common: Common,
    /// How much of what.
    pub quantity: Quantity,
}

/// Kind 49: the cell gave something. Layout: common, quantity, slip u8. A correction to amount zero
/// strikes the entry out.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Given {
    /// What every body begins with; goods come from its place, money from its category.
    pub common: Common,
    /// How much of what.
    pub quantity: Quantity,
    /// Whether there is a hand-over slip, with the entry's number and no name, to be confirmed.
    pub slip: bool,
}

/// Kind 50: something is needed. Layout: common, quantity, until u64.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Need {
    /// What every body begins with.
    pub common: Common,
    /// How much of what.
    pub quantity: Quantity,
    /// When it closes by itself.
    pub until: Time,
}

/// Kind 51: something is offered. Layout: common, quantity, until u64.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Offer {
    /// What every body begins with.
    pub common: Common,
    /// How much of what.
    pub quantity: Quantity,
    /// When it closes by itself.
    pub until: Time,
}

/// What a need is met with. Layout: u32 0 and an entry id, or u32 1 and (byte, u16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Source {
    /// 0: an offer, by its entry.
    Offer(EntryId),
    /// 1: what the cell has: goods at this place, or money of the category.
    Stock(Option<PlaceId>),
}

/// Kind 52: a need is met, wholly or in part. Layout: common, need 32, source, amount i64.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Meet {
    /// What every body begins with.
    pub common: Common,
    /// The need, by its entry.
    pub need: EntryId,
    /// What it is met with.
    pub source: Source,
    /// How much of it, in the need's unit.
    pub amount: Amount,
}

/// Kind 53: something was there when the records began. Layout: common, quantity.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OpeningStock {
    /// What every body begins with.
    pub common: Common,
    /// How much of what.
    pub quantity: Quantity,
}

/// Kind 54: what a hand-over slip says was received. Layout: common, given 32, amount i64, on_behalf u8.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReceiptConfirmed {
    /// What every body begins with.
    pub common: Common,
    /// The entry that gave it.
    pub given: EntryId,
    /// How much was received.
    pub amount: Amount,
    /// Whether the member says so on behalf of who received, rather than as the one who did.
    pub on_behalf: bool,
}

/// Kind 55: a need or offer is taken back by who posted it. Layout: common, what 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Withdraw {
    /// What every body begins with.
    pub common: Common,
    /// The need or offer, by its entry.
    pub what: EntryId,
}

fn positive(amount: Amount) -> Result<(), BadBody> {
    if amount.is_positive() { Ok(()) } else { Err(BadBody::AmountNotPositive) }
}

/// A correction may strike out; a first statement must say something.
fn strikeable(common: &Common, amount: Amount) -> Result<(), BadBody> {
    match common.corrects {
        None => positive(amount),
        Some(_) if amount < Amount::ZERO => Err(BadBody::AmountNegative),
        Some(_) => Ok(()),
    }
}

fn quantity(common: &Common, quantity: &Quantity) -> Result<(), BadBody> {
    strikeable(common, quantity.amount)?;
    quantity.thing.check()
}

macro_rules! body {
    ($Type:ty, $kind:literal, $self:ident => $check:expr) => {
        impl Body for $Type {
            const KIND: Kind = Kind($kind);
            fn common(&self) -> &Common {
                &self.common
            }
            fn check(&$self) -> Result<(), BadBody> {
                $check
            }
        }
    };
}

body!(Received, 48, self => quantity(&self.common, &self.quantity));
body!(Given, 49, self => quantity(&self.common, &self.quantity));
body!(Need, 50, self => positive(self.quantity.amount).and_then(|()| self.quantity.thing.check()));
body!(Offer, 51, self => positive(self.quantity.amount).and_then(|()| self.quantity.thing.check()));
body!(Meet, 52, self => strikeable(&self.common, self.amount));
body!(OpeningStock, 53, self => quantity(&self.common, &self.quantity));
body!(ReceiptConfirmed, 54, self => if self.amount < Amount::ZERO {
    Err(BadBody::AmountNegative)
} else {
    Ok(())
});
body!(Withdraw, 55, self => Ok(()));

statements! {
    /// What an entry of the ledger says.
    pub enum LedgerStatement {
        /// The cell received something.
        Received(Received),
        /// The cell gave something.
        Given(Given),
        /// Something is needed.
        Need(Need),
        /// Something is offered.
        Offer(Offer),
        /// A need is met.
        Meet(Meet),
        /// Something was there when the records began.
        OpeningStock(OpeningStock),
        /// What a hand-over slip says was received.
        ReceiptConfirmed(ReceiptConfirmed),
        /// A need or offer is taken back.
        Withdraw(Withdraw),
    }
}

impl LedgerStatement {
    /// The entries that it is about: without them in the log it has no effect.
    pub fn about(&self) -> Vec<EntryId> {
        let named = match self {
            Self::Meet(meet) => match meet.source {
                Source::Offer(offer) => vec![meet.need, offer],
                Source::Stock(_) => vec![meet.need],
            },
            Self::ReceiptConfirmed(confirmed) => vec![confirmed.given],
            Self::Withdraw(withdraw) => vec![withdraw.what],
            _ => Vec::new(),
        };
        named.into_iter().chain(self.common().corrects).collect()
    }
}
