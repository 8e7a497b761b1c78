//! One person at one cell: the state as their home knows it, the names, the day it is there; and the way
//! from a draft to a signed entry: signed here, tried on the state, shown as the sentence that will be
//! public for ever, and only then handed on.

use crate::context::{Context, clock, random};
use crate::error::{Code, Failure, Outcome};
use crate::names::Names;
use crate::sentence::Teller;
use crate::trial::{Known, Lookup, Trial};
use crate::ui::{Look, plain};
use crate::{carried, cells, day, expect_answer, fate, reasons, reference, text, unlock};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lifeboat_commons::ledger::{Given, LedgerStatement, Need, Offer, OpeningStock, Received, Thing};
use lifeboat_commons::{History, Inadmissible, MemberId, Reason, Said, State};
use lifeboat_log::codec::List;
use lifeboat_log::{
    Detail, DetailTag, Entry, EntryId, KeyCache, Nonce, PublicKey, Record, SecretKey, Seen, SignedEntry, Time,
};
use lifeboat_node::ask::{CellOverview, Entered, Fate, Reference, Role, Signed, View};
use lifeboat_node::limits::MAX_SUBMIT;
use lifeboat_node::{Answer, Ask, Desk, Home};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// How long an entry may wait to be placed: it can travel by USB stick.
pub const LIFETIME_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// How long an entry that is held back may wait: two attempts of a draw at their longest.
const HELD_MS: u64 = 130 * 24 * 60 * 60 * 1000;
/// Seconds to wait for the keeper when the person does not say otherwise.
pub const WAIT: u64 = 5;
/// Seconds to look for news before an entry is said to have no effect.
const NEWS_WAIT: u64 = 3;

/// One person at one cell.
pub struct Session {
    /// The home.
    pub home: Home,
    /// Where to ask; shared with the fold, which looks earlier entries up.
    pub desk: RefCell<Desk>,
    /// The cell, as the home knows it.
    pub cell: CellOverview,
    /// What the home said of the cell's state.
    pub view: View,
    /// The state, with everything closed that is due now.
    pub state: State,
    /// The people's names.
    pub names: Names,
    /// The cell's time zone.
    pub zone: TimeZone,
    /// The day it is there.
    pub today: Date,
    /// The clock.
    pub now: Time,
}

/// What a command wants to say, before it is signed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The statement.
    pub said: Said,
    /// Its details, in plain text.
    pub details: Vec<(DetailTag, String)>,
    /// Texts for chosen keys alone.
    pub sealed: Vec<(String, Vec<PublicKey>)>,
    /// When honest homes drop the texts; [`Time::ZERO`] for never.
    pub until: Time,
    /// Details that others made, as they are.
    pub carried: Vec<(DetailTag, Detail)>,
    /// Details of the entry that a proposal carries, each with its end.
    pub of_payload: Vec<(DetailTag, Detail, Time)>,
    /// Entries that must stand before it.
    pub after: Vec<EntryId>,
    /// Its nonce, where the same statement shall be known again; random otherwise.
    pub nonce: Option<Nonce>,
}

impl Draft {
    /// A statement without details.
    pub fn plain(said: Said) -> Self {
        let (details, sealed, carried, of_payload, after) = Default::default();
        Self { said, details, sealed, until: Time::ZERO, carried, of_payload, after, nonce: None }
    }

    /// Adds a remark, when there is one.
    #[must_use]
    pub fn note(mut self, note: Option<&str>) -> Self {
        if let Some(note) = note.map(str::trim).filter(|note| !note.is_empty()) {
            self.details.push((DetailTag::NOTE, note.to_owned()));
        }
        self
    }
}

/// A draft that was signed and not yet handed on.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The entry.
    pub entry: SignedEntry,
    /// Its details.
    pub details: Vec<Detail>,
    /// What it says, as everyone will read it.
    pub sentence: String,
    /// Why it would have no effect, as far as this home knows.
    pub void: Option<Reason>,
}

impl Session {
    /// Opens the cell that the command means.
    ///
    /// # Errors
    /// When there is no home or no cell, or what the home answers cannot be read.
    pub fn open(context: &mut Context) -> Outcome<Self> {
        let home = context.home()?;
        let mut desk = Desk::open(&home)?;
        let cell = cells::choose(context, &mut desk)?;
        cells::warn_of_misconduct(context, &cell);
        Self::at(context, home, desk, cell)
    }

    /// One person at this cell, asking at a desk that is open.
    ///
    /// # Errors
    /// When what the home answers cannot be read.
    pub fn at(context: &mut Context, home: Home, mut desk: Desk, cell: CellOverview) -> Outcome<Self> {
        let (view, state) = look(context, &mut desk, &cell)?;
        let zone = day::zone(state.charter().zone.as_str()).unwrap_or(TimeZone::UTC);
        let names = Names::of(&state, &view.handles);
        let now = clock();
        let today = day::of_moment(now.ms(), &zone);
        Ok(Self { home, desk: RefCell::new(desk), cell, view, state, names, zone, today, now })
    }

    /// Looks again at what the home knows of the cell by now.
    ///
    /// # Errors
    /// When what the home answers cannot be read.
    pub fn refresh(&mut self, context: &mut Context) -> Outcome {
        (self.view, self.state) = look(context, self.desk.get_mut(), &self.cell)?;
        self.names = Names::of(&self.state, &self.view.handles);
        Ok(())
    }

    /// Asks the home.
    ///
    /// # Errors
    /// What it says.
    pub fn ask(&self, context: &mut Context, ask: Ask) -> Outcome<Answer> {
        context.ask(&mut self.desk.borrow_mut(), ask)
    }

    /// Who tells entries as sentences; `history` is where entries that others name are looked up.
    pub fn teller<'a>(&'a self, history: &'a dyn History) -> Teller<'a> {
        Teller { state: &self.state, names: &self.names, today: self.today, zone: &self.zone, history }
    }

    /// The log of the home, to look earlier entries up.
    pub fn lookup(&self) -> Lookup<'_> {
        Lookup { desk: &self.desk, cell: self.cell.cell }
    }

    /// The member whom this home's key serves.
    ///
    /// # Errors
    /// Exit code 4 when there is none.
    pub fn member(&self) -> Outcome<MemberId> {
        let key = lifeboat_node::Keys::of(&self.home).member_public()?;
        self.state.members().of_key(&key).ok_or_else(|| {
            Failure::with(Code::NoIdentity, text!("not-a-member", cell = plain(&self.cell.name)))
                .hint(text!("not-a-member-hint"))
        })
    }

    /// The record that a person names.
    ///
    /// # Errors
    /// When there is none, or its letters are others.
    pub fn find(&self, context: &mut Context, written: &str) -> Outcome<(Entered, Record)> {
        let wanted = reference::parse(written).map_err(Failure::usage)?;
        let missing = || {
            Failure::new(text!("entry-missing", number = reference::short(wanted.position)))
                .hint(text!("entry-missing-hint"))
        };
        let found = self.known(context, Reference::At(wanted.position))?;
        let (entered, record) = found.ok_or_else(missing)?;
        let mark = reference::mark(&record.entry().id());
        if wanted.mark.as_ref().is_some_and(|letters| *letters != mark) {
            let is = reference::precise(wanted.position, &record.entry().id());
            return Err(Failure::new(text!("entry-other", written = written, is = is))
                .hint(text!("entry-other-hint")));
        }
        Ok((entered, record))
    }

    /// A record of the log here, if it has it.
    ///
    /// # Errors
    /// When what the home answers cannot be read.
    pub fn known(&self, context: &mut Context, reference: Reference) -> Outcome<Option<(Entered, Record)>> {
        let ask = Ask::Find { cell: self.cell.cell, reference };
        let mut records = expect_answer!(self.ask(context, ask)?, Answer::Records(records) => records)?;
        let Some(entered) = records.pop() else { return Ok(None) };
        let record = read_record(&entered)?;
        Ok(Some((entered, record)))
    }

    /// What an entry of one's own says, placed or not; nothing when its bytes are none.
    pub fn own_sentence(&self, signed: &Signed) -> Option<String> {
        let entry = SignedEntry::verify(signed.entry.to_vec(), &mut KeyCache::default()).ok()?;
        let details: Vec<Detail> =
            signed.details.iter().filter_map(|bytes| Detail::from_bytes(bytes.to_vec())).collect();
        let text = |reference: &lifeboat_log::DetailRef| {
            let detail = details.iter().find(|detail| detail.matches(reference))?;
            text_of((reference, detail))
        };
        let texts: Vec<(u16, String)> = entry.details.iter().filter_map(text).collect();
        Some(self.teller(&self.lookup()).entry(&entry, &texts))
    }

    /// The id by which others name what this record says: of a need or offer that was corrected, its first
    /// version's.
    pub fn first_version(&self, record: &Record) -> EntryId {
        let id = record.entry().id();
        let ledger = self.state.ledger();
        let posts = ledger.open_needs().into_iter().chain(ledger.open_offers());
        posts.into_iter().find(|post| post.newest == id).map_or(id, |post| post.id)
    }

    /// Signs drafts and tries them, one after another, on the state. Nothing leaves this process yet. A
    /// home that only follows may know less than the keeper: before it says that an entry would have no
    /// effect it looks for news, and without any it warns and leaves the choice to the person.
    ///
    /// # Errors
    /// When the key cannot be had, or an entry would be void: its reason.
    pub fn prepare(&mut self, context: &mut Context, drafts: Vec<Draft>) -> Outcome<Vec<Ready>> {
        let follows = self.cell.role == Role::Follower;
        if !follows {
            self.member()?;
        }
        let key = unlock::member_key(context, &self.home)?;
        let mut ready = self.try_all(&drafts, &key)?;
        let mut reached = !follows;
        if follows && ready.iter().any(|entry| entry.void.is_some()) {
            reached = self.look_for_news(context)?;
            ready = self.try_all(&drafts, &key)?;
        }
        for (entry, draft) in ready.iter().zip(&drafts) {
            let Some(reason) = &entry.void else { continue };
            let stranger = matches!(reason, Reason::Inadmissible(Inadmissible::NotAMember));
            if reached || stranger {
                self.member()?;
                let mut failure = void(reason, &entry.sentence);
                if matches!(reason, Reason::NotEnough { .. })
                    && let Some(hint) = self
                        .thing_of(&draft.said)
                        .and_then(|thing| reasons::hint_at_stock(&self.state, &thing))
                {
                    failure = failure.hint(hint);
                }
                return Err(carried::point_to_decision(context, self, failure, reason, &drafts));
            }
            let reason = reasons::text(reason);
            context.ui.warn(text!("may-be-void", sentence = &entry.sentence, reason = reason));
        }
        Ok(ready)
    }

    /// Fetches what is new from the keeper; false when it could not be reached.
    pub(crate) fn look_for_news(&mut self, context: &mut Context) -> Outcome<bool> {
        let ask = Ask::Sync { wait_ms: context.wait_ms(NEWS_WAIT) };
        let reports = expect_answer!(self.ask(context, ask)?, Answer::Synced(reports) => reports)?;
        let reached = reports.iter().any(|report| report.cell == self.cell.cell && report.reached);
        self.refresh(context)?;
        Ok(reached)
    }

    /// Signs drafts and tries them in order. Where one has an effect only because of an earlier one that
    /// is not placed yet, all about the same thing are made to stand in that order: on their way to the
    /// keeper they could overtake each other.
    fn try_all(&self, drafts: &[Draft], key: &SecretKey) -> Outcome<Vec<Ready>> {
        let (ready, leaning) = self.try_in_order(drafts, key, &BTreeSet::new())?;
        if leaning.is_empty() {
            return Ok(ready);
        }
        Ok(self.try_in_order(drafts, key, &leaning)?.0)
    }

    /// As [`Session::try_all`], with those about `chained` things after each other; also returns the
    /// things of which an entry leans on one that is not placed yet.
    fn try_in_order(
        &self,
        drafts: &[Draft],
        key: &SecretKey,
        chained: &BTreeSet<Thing>,
    ) -> Outcome<(Vec<Ready>, BTreeSet<Thing>)> {
        let mut trial = self.trial();
        let mut time = self.now.max(self.view.last_author_time.plus_ms(1));
        let (mut ready, mut leaning) = (Vec::with_capacity(drafts.len()), BTreeSet::new());
        let lookup = self.lookup();
        for draft in drafts {
            let mut draft = draft.clone();
            let thing = self.thing_of(&draft.said);
            if let Some(thing) = thing.as_ref().filter(|thing| chained.contains(thing)) {
                draft.after.extend(trial.last.get(thing));
            }
            let (entry, details) = self.sign(&draft, time, key)?;
            time = time.plus_ms(1);
            let texts: Vec<(u16, String)> = entry.details.iter().zip(&details).filter_map(text_of).collect();
            let known = Known { placed: &trial.placed, lookup: &lookup };
            let sentence = self.teller(&known).entry(&entry, &texts);
            let alone = trial.last.is_empty() || self.state.preview(&entry, self.now, &lookup).is_applied();
            let void = trial.apply(&entry, self.now, &lookup).reason().cloned();
            if let Some(thing) = thing {
                if !alone && void.is_none() {
                    leaning.insert(thing.clone());
                }
                trial.last.insert(thing, entry.id());
            }
            ready.push(Ready { entry, details, sentence, void });
        }
        Ok((ready, leaning))
    }

    /// What a statement of the ledger is about.
    fn thing_of(&self, said: &Said) -> Option<Thing> {
        let ledger = self.state.ledger();
        match LedgerStatement::read(said.kind, said.version, &said.body).ok()? {
            LedgerStatement::Received(Received { quantity, .. })
            | LedgerStatement::Given(Given { quantity, .. })
            | LedgerStatement::OpeningStock(OpeningStock { quantity, .. })
            | LedgerStatement::Need(Need { quantity, .. })
            | LedgerStatement::Offer(Offer { quantity, .. }) => Some(quantity.thing),
            LedgerStatement::Meet(meet) => ledger.need(&meet.need).map(|need| need.quantity.thing.clone()),
            LedgerStatement::ReceiptConfirmed(_) | LedgerStatement::Withdraw(_) => None,
        }
    }

    /// Signs an entry that the home holds back until its time has come. It is tried by who hands it in.
    ///
    /// # Errors
    /// When the key cannot be had.
    pub fn sign_to_hold(&self, context: &mut Context, draft: &Draft) -> Outcome<SignedEntry> {
        let key = unlock::member_key(context, &self.home)?;
        let time = clock().max(self.now).max(self.view.last_author_time).plus_ms(1);
        let (mut entry, _) = self.compose(draft, time, key.public())?;
        entry.not_after = time.plus_ms(HELD_MS);
        entry.sign(&key).map_err(|error| Failure::new(text!("entry-unfit")).because(error))
    }

    fn sign(&self, draft: &Draft, time: Time, key: &SecretKey) -> Outcome<(SignedEntry, Vec<Detail>)> {
        let (entry, details) = self.compose(draft, time, key.public())?;
        let entry = entry.sign(key).map_err(|error| Failure::new(text!("entry-unfit")).because(error))?;
        Ok((entry, details))
    }

    fn compose(&self, draft: &Draft, time: Time, author: PublicKey) -> Outcome<(Entry, Vec<Detail>)> {
        let details = carried::details(draft)?;
        let not_after = time.plus_ms(LIFETIME_MS);
        let nonce = draft.nonce.map_or_else(|| random().map(Nonce), Ok)?;
        let mut entry = draft.said.clone().entry(self.cell.cell, author, time, not_after, nonce);
        if let Some(seen) = self.view.seen {
            entry.seen = Seen { term: seen.term, size: seen.size, root: seen.root };
        }
        let unfit = || Failure::new(text!("entry-unfit"));
        let references = details.iter().map(|(tag, detail, until)| detail.reference(*tag, *until)).collect();
        entry.details = List::new(references).ok_or_else(unfit)?;
        let mut after = draft.after.clone();
        // Placed again after a takeover, it is to come after what it is about.
        let ledger = LedgerStatement::read(draft.said.kind, draft.said.version, &draft.said.body);
        after.extend(ledger.iter().flat_map(LedgerStatement::about));
        after.sort_unstable();
        after.dedup();
        entry.after = List::new(after).ok_or_else(unfit)?;
        Ok((entry, details.into_iter().map(|(_, detail, _)| detail).collect()))
    }

    /// The state with one's own entries that are still under way, as far as they can be read.
    pub(crate) fn trial(&self) -> Trial {
        let mut trial = Trial::on(self.state.clone());
        let mut keys = KeyCache::default();
        for signed in &self.view.waiting {
            let Ok(entry) = SignedEntry::verify(signed.entry.to_vec(), &mut keys) else { continue };
            trial.apply(&entry, self.now, &self.lookup());
            let said = Said { kind: entry.kind, version: entry.version, body: entry.body.clone() };
            if let Some(thing) = self.thing_of(&said) {
                trial.last.insert(thing, entry.id());
            }
        }
        trial
    }

    /// Shows what will be public for ever and asks whether to sign it.
    ///
    /// # Errors
    /// When nobody can answer, or the answer is no.
    pub fn confirm(&self, context: &mut Context, ready: &[Ready]) -> Outcome {
        for entry in ready {
            context.ui.aside(Look::Strong, text!("public-for-ever", sentence = &entry.sentence));
        }
        let question =
            if ready.len() == 1 { text!("ask-sign") } else { text!("ask-sign-all", count = ready.len()) };
        if context.ui.ask_yes(&question)? { Ok(()) } else { Err(not_done()) }
    }

    /// Hands signed entries to the home, which keeps and delivers them.
    ///
    /// # Errors
    /// What the home says.
    pub fn submit(&self, context: &mut Context, ready: &[Ready]) -> Outcome<Vec<Fate>> {
        let mut fates = Vec::with_capacity(ready.len());
        for part in ready.chunks(MAX_SUBMIT) {
            let entries = part.iter().map(signed).collect();
            let ask = Ask::Submit { cell: self.cell.cell, entries, wait_ms: context.wait_ms(WAIT) };
            fates.extend(expect_answer!(self.ask(context, ask)?, Answer::Submitted(fates) => fates)?);
        }
        Ok(fates)
    }

    /// From draft to fate, for the one entry of a command; shows each step.
    ///
    /// # Errors
    /// Those of each step; a failure that was told already when the entry was refused or is void.
    pub fn say(&mut self, context: &mut Context, draft: Draft) -> Outcome<Fate> {
        self.say_if(context, draft, |context| {
            if context.ui.ask_yes(&text!("ask-sign"))? { Ok(()) } else { Err(not_done()) }
        })
    }

    /// As [`Session::say`], with another question before it is signed for good.
    ///
    /// # Errors
    /// As [`Session::say`].
    pub fn say_if(
        &mut self,
        context: &mut Context,
        draft: Draft,
        ask: impl FnOnce(&mut Context) -> Outcome,
    ) -> Outcome<Fate> {
        let ready = self.prepare(context, vec![draft])?;
        let sentence = ready.first().map(|entry| entry.sentence.clone()).unwrap_or_default();
        context.ui.aside(Look::Strong, text!("public-for-ever", sentence = &sentence));
        ask(context)?;
        let fate = self.submit(context, &ready)?.pop().ok_or_else(crate::context::unexpected)?;
        fate::show(context, &fate, &sentence)?;
        let mut object = fate::object(&fate);
        object["text"] = sentence.into();
        context.ui.object(object)?;
        fate::exit(std::slice::from_ref(&fate)).map(|()| fate)
    }
}

/// What the home knows of a cell.
fn look(context: &mut Context, desk: &mut Desk, cell: &CellOverview) -> Outcome<(View, State)> {
    let view = expect_answer!(context.ask(desk, Ask::View { cell: cell.cell })?, Answer::View(view) => view)?;
    let state = State::decode(&view.state).map_err(|error| {
        Failure::new(text!("state-unreadable")).because(error).hint(text!("state-unreadable-hint"))
    })?;
    let now = clock().max(state.time());
    Ok((view, state.at(now)))
}

/// The record of an answer; it was verified before it was stored, and is read strictly again.
///
/// # Errors
/// When it cannot be read.
pub fn read_record(entered: &Entered) -> Outcome<Record> {
    Record::verify(&entered.record, &mut KeyCache::default()).map_err(|error| {
        Failure::new(text!("record-unreadable")).because(error).hint(text!("state-unreadable-hint"))
    })
}

fn text_of((reference, detail): (&lifeboat_log::DetailRef, &Detail)) -> Option<(u16, String)> {
    Some((reference.tag.0, detail.text()?.to_owned()))
}

fn signed(ready: &Ready) -> Signed {
    Signed {
        entry: ready.entry.bytes().into(),
        details: ready.details.iter().map(|detail| detail.as_bytes().into()).collect(),
    }
}

/// Nothing was signed, because the person said no.
pub fn not_done() -> Failure {
    Failure::new(text!("nothing-signed"))
}

/// The failure of an entry that would be void.
pub fn void(reason: &Reason, sentence: &str) -> Failure {
    Failure::new(text!("would-be-void", sentence = sentence))
        .because(reasons::text(reason))
        .hint(reasons::hint(reason))
}
