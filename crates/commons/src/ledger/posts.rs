//! Needs and offers while they are alive. Each closes by itself at its time; one that is met stays for
//! some days, so that a meeting of it can still be corrected.

use super::quantity::Quantity;
use crate::amount::Amount;
use crate::common::{CategoryId, MemberId, PlaceId};
use crate::limits::{DAY_MS, MET_KEPT_DAYS};
use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use lifeboat_log::{EntryId, Position, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A need or an offer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Post {
    /// Its entry: what meetings name.
    pub id: EntryId,
    /// The newest version of it: what a correction names.
    pub newest: EntryId,
    /// The place of its first entry.
    pub position: Position,
    /// Who posted it.
    pub author: MemberId,
    /// How much of what.
    pub quantity: Quantity,
    /// How much of it has been met, or used up.
    pub met: Amount,
    /// Where.
    pub place: Option<PlaceId>,
    /// For what.
    pub category: Option<CategoryId>,
    /// When it closes by itself.
    pub until: Time,
    closes: Time,
}

impl Post {
    pub(super) fn new(
        saying: &crate::practices::Saying<'_>,
        common: &crate::common::Common,
        quantity: Quantity,
        until: Time,
    ) -> Self {
        Self {
            id: saying.id,
            newest: saying.id,
            position: saying.position,
            author: saying.author,
            quantity,
            met: Amount::ZERO,
            place: common.place,
            category: common.category,
            until,
            closes: until,
        }
    }

    /// How much is still open.
    pub fn open(&self) -> Amount {
        self.quantity.amount.checked_sub(self.met).unwrap_or_default()
    }

    /// The same with so much met, at `now`.
    pub(super) fn with_met(mut self, met: Amount, now: Time) -> Self {
        self.met = met;
        let kept = now.plus_ms(MET_KEPT_DAYS * DAY_MS);
        self.closes = if self.open().is_zero() { self.until.min(kept) } else { self.until };
        self
    }
}

/// Posts by entry, and by when they close.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Posts {
    live: BTreeMap<EntryId, Post>,
    due: BTreeSet<(Time, EntryId)>,
}

impl Posts {
    pub(super) fn get(&self, id: &EntryId) -> Option<&Post> {
        self.live.get(id)
    }
    pub(super) fn iter(&self) -> impl Iterator<Item = &Post> {
        self.live.values()
    }
    /// The post of which this is the newest version.
    pub(super) fn newest(&self, id: &EntryId) -> Option<&Post> {
        self.live.get(id).filter(|post| post.newest == *id).or_else(|| self.iter().find(|p| p.newest == *id))
    }
    /// Puts a post in, in place of its former self.
    pub(super) fn put(&mut self, post: Post) {
        self.remove(&post.id);
        self.due.insert((post.closes, post.id));
        self.live.insert(post.id, post);
    }
    pub(super) fn remove(&mut self, id: &EntryId) -> Option<Post> {
        let post = self.live.remove(id)?;
        self.due.remove(&(post.closes, post.id));
        Some(post)
    }
    /// Closes what is due at or before `now`.
    pub(super) fn advance(&mut self, now: Time) {
        while let Some(&(closes, id)) = self.due.first()
            && closes <= now
        {
            self.due.pop_first();
            self.live.remove(&id);
        }
    }
}

// Only the posts are written; when they close is said in each.
impl Encode for Posts {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.live.encode(encoder)
    }
}

impl<C> Decode<C> for Posts {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let live: BTreeMap<EntryId, Post> = BTreeMap::decode(decoder)?;
        let due = live.values().map(|post| (post.closes, post.id)).collect();
        Ok(Self { live, due })
    }
}

impl<'de, C> BorrowDecode<'de, C> for Posts {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}
