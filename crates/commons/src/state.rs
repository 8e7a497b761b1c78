//! The fold over a cell's log. It is pure and exact: the same records give the same state, byte for byte.
//! It never panics, whatever the records say; what does not hold is void with its reason.

use crate::charter::Charter;
use crate::common::{Common, Day, MemberId};
use crate::duplicates::{self, Duplicates};
use crate::effect::{Effect, Inadmissible, Reason};
use crate::history::History;
use crate::limits::RULES;
use crate::practices::{self, Earlier, Parts, Saying, Statement};
use crate::snapshot;
use crate::terms::{self, Keeper, Terms};
use crate::voids::Voids;
use lifeboat_log::codec::Malformed;
use lifeboat_log::hash::{STATE_CONTEXT, derive};
use lifeboat_log::opening::Right;
use lifeboat_log::{
    CellId, EntryId, Kind, Link, LinkHash, Opening, Position, PublicKey, Record, SignedEntry, StateHash,
    Term, Time,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a cell's log means, up to some position.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    cell: CellId,
    rules: u16,
    next: Position,
    head: LinkHash,
    time: Time,
    keeper: Option<Keeper>,
    terms: Terms,
    voids: Voids,
    faults: BTreeMap<Term, u64>,
    corrected: BTreeMap<Position, Position>,
    pub(crate) parts: Parts,
    // Shared, so that trying an entry on a copy of the state does not copy what was ever said.
    duplicates: Arc<Duplicates>,
}

/// Who signed an entry, once it was found admissible.
#[derive(Debug, Clone, Copy)]
struct Author {
    member: MemberId,
    name: u64,
}

impl State {
    /// The state of a cell before its founding record.
    pub fn new(cell: CellId) -> Self {
        Self {
            cell,
            rules: RULES,
            next: Position(0),
            head: LinkHash::ZERO,
            time: Time::ZERO,
            keeper: None,
            terms: Terms::default(),
            voids: Voids::default(),
            faults: BTreeMap::new(),
            corrected: BTreeMap::new(),
            parts: Parts::default(),
            duplicates: Arc::default(),
        }
    }

    /// The cell.
    pub fn cell(&self) -> CellId {
        self.cell
    }
    /// The rules version in force. When it is not [`RULES`], this version stores and serves the log, but
    /// every effect reads "from a newer version".
    pub fn rules(&self) -> u16 {
        self.rules
    }
    /// The position of the next record: the number of records folded.
    pub fn next(&self) -> Position {
        self.next
    }
    /// The hash of the newest link; zero when there is none.
    pub fn head(&self) -> LinkHash {
        self.head
    }
    /// The time of the newest link.
    pub fn time(&self) -> Time {
        self.time
    }
    /// Who keeps the log now; nobody before the founding record.
    pub fn keeper(&self) -> Option<&Keeper> {
        self.keeper.as_ref()
    }
    /// The terms before, and the grace after a takeover.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }
    /// The member for whom this key endorses a takeover on this state.
    pub fn endorser(&self, key: &PublicKey) -> Option<MemberId> {
        let member = self.members().endorser(key, self.time)?;
        let dormant = self.members().is_dormant(&member, self.time, self.charter().notice_ms());
        (!dormant).then_some(member)
    }
    /// Whether this opening would open a term by right on this state, and whether it would be forced.
    ///
    /// # Errors
    /// The [`Reason`] for which it would be void.
    pub fn judge_opening(&self, opening: &Opening, history: &dyn History) -> Result<bool, Reason> {
        terms::judge(self, opening, self.hash(), history)
    }
    /// How many entries are void.
    pub fn voids(&self) -> u64 {
        self.voids.count()
    }
    /// How many entries the keeper of each term placed that were not admissible.
    pub fn faults(&self) -> impl Iterator<Item = (Term, u64)> + '_ {
        self.faults.iter().map(|(term, count)| (*term, *count))
    }
    /// What the entry at this position did; nothing when it is not folded yet. An entry that was applied
    /// and corrected later stays applied: see [`State::corrected_by`].
    pub fn effect(&self, at: Position) -> Option<Effect> {
        (at < self.next).then(|| self.voids.get(at).cloned().map_or(Effect::Applied, Effect::Void))
    }
    /// The position of the entry that corrected the one at this position.
    pub fn corrected_by(&self, at: Position) -> Option<Position> {
        self.corrected.get(&at).copied()
    }

    /// Folds the next record. One that is not the next changes nothing.
    pub fn apply(&mut self, record: &Record, history: &dyn History) -> Effect {
        let (link, entry) = (record.link(), record.entry());
        if link.position != self.next || link.previous != self.head {
            return Effect::Void(Reason::OutOfOrder);
        }
        let result = match entry.kind {
            Kind::FOUNDING if link.position == Position(0) => self.found(entry, link),
            Kind::OPENING => self.open(entry, link, history),
            _ => self.place(entry, link, history),
        };
        if self.rules == RULES {
            // Texts end when their time is over, whether or not the entry has an effect.
            self.parts.details.note(entry, link.position, link.time);
        }
        self.next = link.position.next();
        self.head = record.hash();
        self.time = link.time;
        self.parts.witnessing.note(entry.kind, link);
        match result {
            Ok(()) => Effect::Applied,
            Err(reason) => {
                // Rules that are not known here are no fault of the keeper's.
                if matches!(reason, Reason::Inadmissible(why) if why != Inadmissible::NewerRules) {
                    let faults = self.faults.entry(link.term).or_default();
                    *faults = faults.saturating_add(1);
                }
                self.voids.note(link.position, reason.clone());
                Effect::Void(reason)
            }
        }
    }

    /// Whether a keeper may place this entry at `now`.
    ///
    /// # Errors
    /// [`Inadmissible`], to be told to its author.
    pub fn admissible(
        &self,
        entry: &SignedEntry,
        now: Time,
        history: &dyn History,
    ) -> Result<(), Inadmissible> {
        // The fold closes what is due before it judges: a decision may have admitted the author, or ended
        // their key. A copy is made only where one is due.
        let decides = [self.decisions().next_close(), self.ballots().next_close()];
        let closing = self.terms.closing(now);
        if decides.into_iter().flatten().any(|at| at <= closing) {
            return self.at(now).author_of(entry, now, history).map(drop);
        }
        self.author_of(entry, now, history).map(drop)
    }

    /// Who says it, where it is admissible on this state, in which everything is closed that is due.
    fn author_of(
        &self,
        entry: &SignedEntry,
        now: Time,
        history: &dyn History,
    ) -> Result<Author, Inadmissible> {
        let (author, found) = self.identify(entry, now);
        found?;
        let author = author.ok_or(Inadmissible::NotAMember)?;
        self.admit(entry, author, now, history).map(|()| author)
    }

    /// What this entry would do if it were placed next, at `now`.
    pub fn preview(&self, entry: &SignedEntry, now: Time, history: &dyn History) -> Effect {
        let now = now.max(self.time);
        let mut trial = self.at(now);
        let author = match trial.author_of(entry, now, history) {
            Ok(author) => author,
            Err(reason) => return Effect::Void(reason.into()),
        };
        let link = Link::new(Term::FIRST, self.next, self.head, now, entry.id());
        match trial.judge(entry, &link, author, history) {
            Ok(()) => Effect::Applied,
            Err(reason) => Effect::Void(reason),
        }
    }

    /// This state with everything closed that is due at or before `now`: what to show between entries.
    /// The fold itself closes before each record, by the record's time.
    #[must_use]
    pub fn at(&self, now: Time) -> Self {
        let mut later = self.clone();
        later.time = now.max(self.time);
        practices::advance(&mut later, self.terms.closing(now));
        later
    }

    /// The hash of the state.
    pub fn hash(&self) -> StateHash {
        StateHash(derive(STATE_CONTEXT, &self.encode()))
    }

    /// The state's one encoding.
    pub fn encode(&self) -> Vec<u8> {
        let known = (self.rules, self.cell, self.next, self.head, self.time);
        let noted = (&self.keeper, &self.terms, &self.voids, &self.faults, &self.corrected);
        let mut bytes = snapshot::encode(&(known, noted, &self.parts));
        self.duplicates.encode_into(&mut bytes);
        bytes
    }

    /// The state that these bytes encode.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly the encoding of a state.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let ((rules, cell, next, head, time), rest) = snapshot::decode(bytes)?;
        let ((keeper, terms, voids, faults, corrected), rest) = snapshot::decode(rest)?;
        let (parts, rest) = snapshot::decode(rest)?;
        let duplicates = Arc::new(Duplicates::decode(rest)?);
        let state = Self {
            cell,
            rules,
            next,
            head,
            time,
            keeper,
            terms,
            voids,
            faults,
            corrected,
            parts,
            duplicates,
        };
        if state.encode() == bytes { Ok(state) } else { Err(Malformed::NotCanonical) }
    }

    fn found(&mut self, entry: &SignedEntry, link: &Link) -> Result<(), Reason> {
        if CellId::of_founding(entry.id()) != self.cell {
            return Err(Inadmissible::WrongCell.into());
        }
        let Ok(Statement::Founding(founding)) = Statement::decode(entry) else {
            return Err(Reason::Malformed);
        };
        self.rules = founding.opening.rules;
        self.keeper = Some(Keeper::of(&founding.opening, link.position, false));
        if self.rules != RULES {
            return Err(Inadmissible::NewerRules.into());
        }
        self.parts.charter = Charter::from_bytes(&founding.charter).map_err(|_| Reason::Malformed)?;
        let node = founding.opening.node;
        self.parts.members.found(self.cell, entry, node, link);
        Ok(())
    }

    fn open(&mut self, entry: &SignedEntry, link: &Link, history: &dyn History) -> Result<(), Reason> {
        let Ok(Some(opening)) = entry.opening() else { return Err(Reason::Malformed) };
        let judged = self.judge_opening(&opening, history);
        let forced = matches!(judged, Ok(true));
        if let Some(old) = self.keeper.take() {
            if let Some(base) = terms::base_of(&opening) {
                self.terms.end(&old, &base);
            }
            self.parts.witnessing.open(self.cell, &old, &opening, link);
        }
        self.keeper = Some(Keeper::of(&opening, link.position, forced));
        self.rules = opening.rules;
        if judged.is_ok() && matches!(opening.right, Right::Takeover { .. }) {
            self.terms.begin_grace(self.time, link.time, self.parts.charter.grace_ms());
        }
        practices::advance(self, self.terms.closing(link.time));
        judged.map(drop)
    }

    fn place(&mut self, entry: &SignedEntry, link: &Link, history: &dyn History) -> Result<(), Reason> {
        self.time = link.time;
        if self.rules != RULES {
            return Err(Inadmissible::NewerRules.into());
        }
        let closing = self.terms.closing(link.time);
        practices::advance(self, closing);
        if self.duplicates.due(closing) {
            Arc::make_mut(&mut self.duplicates).forget(closing);
        }
        let (author, found) = self.identify(entry, link.time);
        let admitted = match author {
            Some(author) => found.and_then(|()| self.admit(entry, author, link.time, history)),
            None => found.and(Err(Inadmissible::NotAMember)),
        };
        if let Some(author) = author {
            if entry.not_after >= closing {
                Arc::make_mut(&mut self.duplicates).insert(author.name, entry.not_after);
            }
            if !self.terms.spares(entry, link.time) {
                self.parts.members.count(&author.member, Day::of(link.time));
            }
        }
        admitted?;
        let author = author.ok_or(Inadmissible::NotAMember)?;
        self.parts.members.heard(&author.member);
        self.judge(entry, link, author, history)
    }

    /// Who says it, and whether they may by the entry and the key alone.
    fn identify(&self, entry: &SignedEntry, now: Time) -> (Option<Author>, Result<(), Inadmissible>) {
        if self.rules != RULES {
            return (None, Err(Inadmissible::NewerRules));
        }
        if self.keeper.is_none() {
            return (None, Err(Inadmissible::NotFounded));
        }
        if matches!(entry.kind, Kind::FOUNDING | Kind::OPENING) {
            return (None, Err(Inadmissible::NeverSubmitted));
        }
        if entry.cell != self.cell {
            return (None, Err(Inadmissible::WrongCell));
        }
        let needed = practices::power(entry.kind);
        let (member, may) = self.members().may_sign(&entry.author, needed, now);
        let author = member.map(|member| Author { member, name: duplicates::name(&member, &entry.nonce) });
        (author, may)
    }

    fn admit(
        &self,
        entry: &SignedEntry,
        author: Author,
        now: Time,
        history: &dyn History,
    ) -> Result<(), Inadmissible> {
        let spared = self.terms.spares(entry, now);
        if now > entry.not_after && !spared {
            return Err(Inadmissible::Expired);
        }
        if entry.author_time > now.plus_ms(self.charter().skew_ms()) {
            return Err(Inadmissible::ClockAhead);
        }
        if self.duplicates.contains(author.name) {
            return Err(Inadmissible::Duplicate);
        }
        if !spared && self.members().placed(&author.member, Day::of(now)) >= self.charter().quota {
            return Err(Inadmissible::OverQuota);
        }
        let stands = |id: &EntryId| id.0 == self.cell.0 || history.find(id).is_some();
        if entry.after.iter().all(stands) { Ok(()) } else { Err(Inadmissible::AfterMissing) }
    }

    fn judge(
        &mut self,
        entry: &SignedEntry,
        link: &Link,
        author: Author,
        history: &dyn History,
    ) -> Result<(), Reason> {
        let statement = Statement::decode(entry)?;
        let common = statement.common().copied().unwrap_or_default();
        self.check_common(&common, link.time)?;
        let corrects = match common.corrects {
            Some(id) => Some(self.earlier(&id, entry.kind, &author.member, history)?),
            None => None,
        };
        let replaced = corrects.as_ref().map(|earlier| earlier.position);
        let saying = Saying {
            id: entry.id(),
            position: link.position,
            time: link.time,
            author_time: entry.author_time,
            author: author.member,
            key: entry.author,
            details: &entry.details,
            corrects,
            decided: None,
        };
        practices::look(self, &author.member, &statement, history)?;
        practices::apply(self, &saying, statement)?;
        if let Some(photo) = common.paper.and_then(|paper| paper.photo) {
            self.parts.details.note_blob(photo, link.position);
        }
        if let Some(replaced) = replaced {
            self.corrected.insert(replaced, link.position);
        }
        Ok(())
    }

    pub(crate) fn check_common(&self, common: &Common, now: Time) -> Result<(), Reason> {
        if common.place.is_some_and(|place| self.charter().place(place).is_none()) {
            return Err(Reason::UnknownPlace);
        }
        if common.category.is_some_and(|category| self.charter().category(category).is_none()) {
            return Err(Reason::UnknownCategory);
        }
        // East of Greenwich the day begins earlier than by UTC, by up to 14 hours.
        if common.day.is_some_and(|day| day.0 > Day::of(now).0 + 1) {
            return Err(Reason::DayAhead);
        }
        Ok(())
    }

    /// The entry that one of `member` corrects, once it is known that it may be.
    fn earlier(
        &self,
        id: &EntryId,
        kind: Kind,
        member: &MemberId,
        history: &dyn History,
    ) -> Result<Earlier, Reason> {
        let record = history.find(id).ok_or(Reason::UnknownEntry)?;
        let position = record.link().position;
        if record.entry().id() != *id || position >= self.next {
            return Err(Reason::UnknownEntry);
        }
        if record.entry().kind != kind {
            return Err(Reason::OtherKind);
        }
        if self.members().of_key(&record.entry().author) != Some(*member) {
            return Err(Reason::NotTheAuthor);
        }
        if self.voids.get(position).is_some() {
            return Err(Reason::CorrectsVoid);
        }
        if let Some(by) = self.corrected_by(position) {
            return Err(Reason::AlreadyCorrected { by });
        }
        let statement = Statement::decode(record.entry()).map_err(|_| Reason::CorrectsVoid)?;
        Ok(Earlier { id: *id, position, statement })
    }
}
