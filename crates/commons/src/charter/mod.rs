//! The charter: the cell's settings, a list that grows. Each setting has a number, a version and a value;
//! those that this version does not know are kept as they are and decide nothing. While one member alone
//! is the cell, that member may change the charter; from then on only a decision may.

mod settings;

pub use settings::{CharterText, Setting, Vouching};

use crate::body::{BadBody, Body, Unreadable, statements};
use crate::common::{CategoryId, Common, PlaceId};
use crate::effect::Reason;
use crate::ledger::Currency;
use crate::limits::{DAY_MS, MAX_LISTED, MAX_SETTINGS};
use crate::practices::{Practice, Saying};
use crate::state::State;
use bincode::{Decode, Encode};
use lifeboat_log::Kind;
use lifeboat_log::codec::{self, List, Malformed};
use lifeboat_log::limits::MAX_CHARTER;
use std::collections::BTreeMap;

/// The cell's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// 1: what the cell calls itself.
    pub name: CharterText,
    /// 2: how many members must vouch for a newcomer.
    pub vouching: Vouching,
    /// 3: days from admission until a member may vote.
    pub waiting_days: u16,
    /// 4: seconds by which an author's clock may be ahead of the keeper's.
    pub skew_seconds: u32,
    /// 5: the time zone in which days are shown, by its IANA name; no rule reads it.
    pub zone: CharterText,
    /// 6: the currencies in use; an empty list sets no limit.
    pub currencies: Vec<Currency>,
    /// 7: the k of consensus minus k.
    pub k: u16,
    /// 8: how many cosignatures the cell asks for a checkpoint.
    pub witnesses: u16,
    /// 9: how many entries a member may place in a day.
    pub quota: u32,
    /// 10: hours after which an admissible entry that is not placed is overdue.
    pub placing_hours: u16,
    /// 11: the places, by number.
    pub places: BTreeMap<u16, CharterText>,
    /// 12: the categories, by number.
    pub categories: BTreeMap<u16, CharterText>,
    /// 30: how many members other than who spent it must look at an expenditure of a grant.
    pub reviews: u16,
    /// 31: whether only a decision opens a round of the budget.
    pub rounds_by_decision: bool,
    /// 20: least hours that a vote is open on what takes effect by itself.
    pub voting_hours: u16,
    /// 21: least quorum of such a vote, in a hundred.
    pub decision_quorum: u8,
    /// 22: least majority of such a vote, in a hundred; 50 is more than half.
    pub majority: u8,
    /// 23: for how many others a member may vote as their proxy.
    pub proxies: u16,
    /// 16: MiB of attachments that a home keeps of the cell at most.
    pub blob_mib: u32,
    /// 35: the fewest commitments of a draw; all members where they are fewer.
    pub commitments: u16,
    /// 36: how many tellers must record the same of a hat or a count of paper; all members where they are
    /// fewer.
    pub tellers: u16,
    /// 40: the fewest members of a secret ballot by ring.
    pub ring: u16,
    /// 13: days from enough notices until a member who does not answer is dormant.
    pub notice_days: u16,
    /// 14: how many members must give notice.
    pub notices: u16,
    /// 15: days after a takeover in which what it set aside is placed again.
    pub grace_days: u16,
    /// Settings from a newer version: number -> (version, value).
    newer: BTreeMap<u16, (u16, Vec<u8>)>,
}

impl Default for Charter {
    fn default() -> Self {
        let categories = [(1, "survival"), (2, "capacity-building"), (3, "power-shifting")];
        Self {
            name: CharterText::default(),
            vouching: Vouching { first: 1, until: 3, then: 2 },
            waiting_days: 7,
            skew_seconds: 600,
            zone: settings::text("UTC"),
            currencies: Vec::new(),
            k: 1,
            witnesses: 0,
            quota: 10_000,
            placing_hours: 24,
            places: BTreeMap::new(),
            categories: categories.map(|(id, name)| (id, settings::text(name))).into(),
            reviews: 1,
            rounds_by_decision: false,
            voting_hours: 24,
            decision_quorum: 50,
            majority: 50,
            proxies: 2,
            blob_mib: 1024,
            commitments: 3,
            tellers: 3,
            ring: 7,
            notice_days: 30,
            notices: 2,
            grace_days: 7,
            newer: BTreeMap::new(),
        }
    }
}

impl Charter {
    /// Number of the category that keeps people alive: food, medicine, repairs.
    pub const SURVIVAL: CategoryId = CategoryId(1);
    /// Number of the category of tools that sustain the work.
    pub const CAPACITY: CategoryId = CategoryId(2);
    /// Number of the category of what makes the cell less dependent.
    pub const POWER: CategoryId = CategoryId(3);

    /// The default charter under this name, or nothing when it is too long or holds control characters.
    pub fn named(name: &str) -> Option<Self> {
        Some(Self { name: CharterText::new(name)?, ..Self::default() })
    }

    /// The bytes that a founding entry carries.
    ///
    /// # Errors
    /// [`BadBody::BadCharter`] when a setting is out of its range, [`BadBody::TooLong`] when it is too long.
    pub fn to_bytes(&self) -> Result<codec::Bytes<MAX_CHARTER>, BadBody> {
        let bytes = codec::encode(&self.list()?);
        let bytes = codec::Bytes::new(bytes).ok_or(BadBody::TooLong)?;
        match Self::from_bytes(&bytes) {
            Ok(read) if read == *self => Ok(bytes),
            _ => Err(BadBody::BadCharter),
        }
    }

    /// The charter that these bytes of a founding entry are; no bytes at all are the default one.
    /// A setting that is not among them has its default.
    ///
    /// # Errors
    /// [`Malformed`] when they are no charter.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let list: List<Setting, MAX_SETTINGS> = codec::decode(bytes)?;
        Self::of_list(&list)
    }

    /// The settings that make this charter, in the order of their numbers: to show, or to change some.
    ///
    /// # Errors
    /// [`BadBody::TooLong`] when there are too many or one is too long.
    pub fn list(&self) -> Result<List<Setting, MAX_SETTINGS>, BadBody> {
        let mut all: Vec<Setting> = settings::write(self).ok_or(BadBody::TooLong)?;
        for (id, (version, value)) in &self.newer {
            let value = codec::Bytes::new(value.clone()).ok_or(BadBody::TooLong)?;
            all.push(Setting { id: *id, version: *version, value });
        }
        all.sort_by_key(|setting| setting.id);
        List::new(all).ok_or(BadBody::TooLong)
    }

    /// Sets one setting. One that this version does not know is kept and decides nothing.
    ///
    /// # Errors
    /// [`Malformed`] when its value is not laid out as its number and version say.
    pub fn set(&mut self, setting: &Setting) -> Result<(), Malformed> {
        if settings::read(self, setting)? {
            self.newer.remove(&setting.id);
        } else {
            self.newer.insert(setting.id, (setting.version, setting.value.to_vec()));
        }
        Ok(())
    }

    /// The place of this number.
    pub fn place(&self, id: PlaceId) -> Option<&str> {
        self.places.get(&id.0).map(|name| name.as_str())
    }
    /// The category of this number.
    pub fn category(&self, id: CategoryId) -> Option<&str> {
        self.categories.get(&id.0).map(|name| name.as_str())
    }
    /// The place with this name, capital letters of ASCII or not.
    pub fn place_named(&self, name: &str) -> Option<PlaceId> {
        let found = self.places.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
        found.map(|(id, _)| PlaceId(*id))
    }
    /// The category with this name, capital letters of ASCII or not.
    pub fn category_named(&self, name: &str) -> Option<CategoryId> {
        let found = self.categories.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
        found.map(|(id, _)| CategoryId(*id))
    }
    /// Adds a place under the next free number, or nothing when the list is full or the name too long.
    pub fn add_place(&mut self, name: &str) -> Option<PlaceId> {
        let name = CharterText::new(name)?;
        let next = self.places.last_key_value().map_or(1, |(id, _)| id.saturating_add(1));
        if self.places.len() >= MAX_LISTED || self.places.contains_key(&next) {
            return None;
        }
        self.places.insert(next, name);
        Some(PlaceId(next))
    }
    /// Whether entries may be in this currency.
    pub fn uses(&self, currency: &Currency) -> bool {
        self.currencies.is_empty() || self.currencies.contains(currency)
    }
    /// Bytes of attachments that a home keeps of the cell at most.
    pub fn blob_quota(&self) -> u64 {
        u64::from(self.blob_mib) << 20
    }
    /// Milliseconds by which an author's clock may be ahead.
    pub fn skew_ms(&self) -> u64 {
        u64::from(self.skew_seconds) * 1000
    }
    /// Milliseconds from admission until a member may vote.
    pub fn waiting_ms(&self) -> u64 {
        u64::from(self.waiting_days) * DAY_MS
    }

    /// Milliseconds from enough notices until a member who does not answer is dormant.
    pub fn notice_ms(&self) -> u64 {
        u64::from(self.notice_days) * DAY_MS
    }
    /// Milliseconds of grace after a takeover.
    pub fn grace_ms(&self) -> u64 {
        u64::from(self.grace_days) * DAY_MS
    }

    fn of_list(list: &[Setting]) -> Result<Self, Malformed> {
        if list.windows(2).any(|pair| pair[0].id >= pair[1].id) {
            return Err(Malformed::NotCanonical);
        }
        let mut charter = Self::default();
        list.iter().try_for_each(|setting| charter.set(setting))?;
        Ok(charter)
    }
}

/// Changes the charter: each setting takes the place of the one with the same number. Layout: common,
/// then a list of settings, ascending by number: id u16, version u16, value (length u64, bytes).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CharterChange {
    /// What every body begins with.
    pub common: Common,
    /// The new settings, ascending by number and each once.
    pub settings: List<Setting, MAX_SETTINGS>,
}

impl Body for CharterChange {
    const KIND: Kind = Kind(16);
    fn common(&self) -> &Common {
        &self.common
    }
    fn check(&self) -> Result<(), BadBody> {
        let changed = Charter::of_list(&self.settings).map_err(|_| BadBody::BadCharter)?;
        if self.settings.is_empty() {
            return Err(BadBody::BadCharter);
        }
        changed.to_bytes().map(drop)
    }
}

statements! {
    /// What an entry of the charter says.
    pub enum CharterStatement {
        /// It changes settings.
        Change(CharterChange),
    }
}

impl Practice for Charter {
    type Statement = CharterStatement;
    const KINDS: &'static [Kind] = CharterStatement::KINDS;

    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<CharterStatement, Unreadable> {
        CharterStatement::read(kind, version, body)
    }
    fn common(statement: &CharterStatement) -> &Common {
        statement.common()
    }
    fn apply(state: &mut State, saying: &Saying<'_>, said: CharterStatement) -> Result<(), Reason> {
        let CharterStatement::Change(change) = said;
        if saying.corrects.is_some() {
            return Err(Reason::NotCorrectable);
        }
        if state.members().active().count() != 1 {
            saying.by_the_cell()?;
        }
        let mut changed = state.parts.charter.clone();
        change.settings.iter().try_for_each(|s| changed.set(s)).map_err(|_| Reason::Malformed)?;
        changed.to_bytes()?;
        state.parts.charter = changed;
        Ok(())
    }
}
