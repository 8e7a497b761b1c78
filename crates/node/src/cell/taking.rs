//! A cell's part in takeovers, whatever its role: the board of calls, the promises of this home's member,
//! and the bid of this home's node. It signs nothing: endorsements arrive signed by the member's key, and
//! leave only once their promise is on disk.

use super::carrier::{Parts, now};
use super::facts::{changed, notice};
use super::shelf::Shelf;
use super::{CallList, Outward, asking, reading, writing};
use crate::fold::LogHistory;
use crate::keys::Keys;
use lifeboat_commons::{State, terms};
use lifeboat_log::codec::List;
use lifeboat_log::opening::Right;
use lifeboat_log::{Call, Endorsement, Floor, Link, Nonce, Origin, PublicKey, Record, Term, Time};
use lifeboat_protocol::takeover::{
    Bids, Board, CallNews, Known, Next, compose_opening, floor_of_close, free_era, may_close,
};
use lifeboat_store::{PromiseError, Promises, Storage, Vows};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How often peers are told of the calls that are open, in milliseconds.
const TELL_MS: u64 = 5_000;
/// How often they are asked for calls where none is known here, in milliseconds.
const ASK_MS: u64 = 20_000;
/// How long to wait after a term could not be opened, in milliseconds.
const AGAIN_MS: u64 = 10_000;

/// The calls, and this home's bids.
#[derive(Default)]
pub struct Taking {
    board: Board,
    bids: Bids,
    told: Option<Time>,
    /// When the term could not be opened: it is tried again after a while.
    failed: Option<Time>,
    /// What the bid waits for, in the machine's words.
    next: Option<(Call, Next)>,
}

/// What a person is told of a call.
#[derive(Debug, Clone)]
pub struct CalledHere {
    /// The call.
    pub call: Call,
    /// The keys that endorse it.
    pub endorsers: Vec<PublicKey>,
    /// How many members endorse it, and the electorate.
    pub given: (usize, usize),
    /// How many witnesses have closed for it, and how many must.
    pub closes: (usize, usize),
    /// Whether it is this home's own bid.
    pub own: bool,
    /// Whether a key of this home has endorsed it.
    pub endorsed: bool,
    /// The largest floor under it so far.
    pub reach: Option<Floor>,
}

/// How a cell stands to being taken over.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The open term, and whether it was forced.
    pub term: Term,
    /// Whether it was taken over without enough of the witnesses.
    pub forced: bool,
    /// The calls that are open.
    pub calls: Vec<CalledHere>,
    /// The largest signed checkpoint held here: the floor of an endorsement.
    pub floor: Option<Floor>,
    /// The era of a new call.
    pub free: Option<u16>,
    /// How many members may endorse.
    pub electorate: usize,
}

impl Taking {
    /// What this home's promises tell: its own call goes on.
    pub fn load(parts: &Parts) -> Self {
        let mut taking = Self::default();
        let Ok(vows) = open_vows(parts) else { return taking };
        let shelf = reading(&parts.shelf);
        let keys = Keys::of(&parts.config.home);
        let open = open_term(&shelf);
        for promised in vows.endorsed().iter().filter(|promised| promised.call.term.era() > open.era()) {
            taking.note(promised.call, promised.endorsement, shelf.state());
            taking.bid_for(promised.call, &parts.config.node, &keys);
        }
        taking
    }

    /// What a peer knows of calls.
    pub fn heard(&mut self, calls: &[CallNews], parts: &Parts) {
        let shelf = reading(&parts.shelf);
        for news in calls {
            self.board.take(news, shelf.state());
        }
    }

    /// Whether members ask that another home keep the log.
    pub fn is_called(&self) -> bool {
        !self.board.is_empty()
    }

    /// All calls, for a peer.
    pub fn news(&self, parts: &Parts) -> CallList {
        self.board.news(reading(&parts.shelf).state())
    }

    /// How the cell stands.
    pub fn standing(&self, parts: &Parts) -> Standing {
        let shelf = reading(&parts.shelf);
        let state = shelf.state();
        let vows = open_vows(parts).ok();
        let promised = |call: &Call| {
            vows.as_ref().is_some_and(|vows| vows.endorsed().iter().any(|promised| promised.call == *call))
        };
        let needed = state.keeper().map_or(0, terms::Keeper::closes_needed);
        let calls = self.board.calls().map(|(call, known)| CalledHere {
            call: *call,
            endorsers: known.endorsements.keys().copied().collect(),
            given: (known.given(state), terms::electorate(state)),
            closes: (known.closes.len(), needed),
            own: self.bids.has(call),
            endorsed: promised(call),
            reach: known.endorsements.values().map(|e| e.floor).max_by_key(Floor::reach),
        });
        let own = Keys::of(&parts.config.home).member_public().ok();
        let told = own.into_iter().flat_map(|own| self.board.endorsed_by(own));
        let promised_calls = vows.iter().flat_map(|v| v.endorsed()).map(|e| &e.call);
        let endorsed: BTreeSet<u16> = promised_calls.chain(told).map(|call| call.term.era()).collect();
        Standing {
            term: open_term(&shelf),
            forced: state.keeper().is_some_and(|keeper| keeper.forced),
            calls: calls.collect(),
            floor: floor(&shelf),
            free: free_era(&self.board, state, &endorsed),
            electorate: terms::electorate(state),
        }
    }

    /// Promises an endorsement of this home's member, and tells of it.
    pub fn endorse(&mut self, call: Call, endorsement: Endorsement, parts: &Parts) -> Result<(), String> {
        let shelf = reading(&parts.shelf);
        if shelf.state().endorser(&endorsement.key).is_none() {
            return Err(
                "this key may not endorse: its member is in the waiting time, dormant, or gone".to_owned()
            );
        }
        call.check_endorsement(&parts.config.cell, &endorsement).map_err(|e| e.to_string())?;
        let era = call.term.era();
        let rival = |other: &Call| other.term.era() == era && *other != call;
        if self.board.endorsed_by(endorsement.key).any(rival) {
            return Err(format!(
                "others hold your endorsement of another proposal for era {era}, which this home does not know of: it is one of two devices, or its disk is an old backup. You endorse one proposal in each era"
            ));
        }
        let mut vows = open_vows(parts)?;
        let endorsement = vows.endorse(call, endorsement).map_err(|e| e.to_string())?;
        self.note(call, endorsement, shelf.state());
        self.bid_for(call, &parts.config.node, &Keys::of(&parts.config.home));
        self.told = None;
        Ok(())
    }

    /// Takes over without the closes of enough witnesses, for this home's own call.
    pub fn force(&mut self) -> bool {
        self.bids.force()
    }

    /// Tells peers of calls, when it is time.
    pub fn tick(&mut self, connected: &BTreeSet<PublicKey>, parts: &Parts) {
        self.forget(open_term(&reading(&parts.shelf)));
        self.close(parts);
        let (now, wait) = (now(), if self.board.is_empty() { ASK_MS } else { TELL_MS });
        if self.told.is_some_and(|told| told <= now && now < told.plus_ms(wait)) {
            return;
        }
        self.told = Some(now);
        let news = self.news(parts);
        for peer in connected {
            let _ = parts.outward.try_send(Outward::TellCalls { peer: *peer, calls: news.clone() });
        }
    }

    /// Forgets the calls of eras that are over.
    fn forget(&mut self, open: Term) {
        self.board.forget(open);
        self.bids.forget(open);
    }

    /// The witness of this home closes the older eras for what more than half endorse.
    fn close(&mut self, parts: &Parts) {
        if self.board.is_empty() || !asking::may_sign(parts) {
            return;
        }
        let Ok(vows) = open_vows(parts) else { return };
        let (shelf, cosigner) = (reading(&parts.shelf), &parts.config.cosigner);
        let (key, closed) = (cosigner.key(), vows.closed_era(&cosigner.key()));
        let may = |(call, known): &(&Call, &Known)| may_close(&key, closed, call, known, shelf.state());
        let Some(call) = self.board.calls().find(may).map(|(call, _)| *call) else { return };
        let Some(open) = shelf.store.chain().open() else { return };
        let origin = Origin { cell: parts.config.cell, term: open.term };
        let (held, history) = (shelf.store.checkpoint(), LogHistory(&shelf.store));
        let floor = |given: Option<&_>| floor_of_close(open, held, given, shelf.state(), &history);
        match cosigner.close(&origin, call, floor) {
            Ok(close) => {
                let closes = List::new(vec![close]).unwrap_or_default();
                let news = CallNews { call, endorsements: List::default(), closes };
                self.board.take(&news, shelf.state());
                self.told = None;
                let word = format!(
                    "This home's witness cosigns nothing more of an era before {}: more than half of the members want another keeper.",
                    call.term.era()
                );
                changed(&parts.facts, word);
            }
            Err(error) => {
                let word = format!("This home's witness does not close for the takeover: {error}.");
                notice(&parts.facts, word);
            }
        }
    }

    /// What the bids ask for next: to open its term, or to cut what is uncovered.
    pub fn next(&mut self, parts: &Parts) -> Option<(Call, Next)> {
        let waits = |failed: Time| failed <= now() && now() < failed.plus_ms(AGAIN_MS);
        if self.failed.is_some_and(waits) {
            return None;
        }
        let shelf = reading(&parts.shelf);
        self.forget(open_term(&shelf));
        let history = LogHistory(&shelf.store);
        let checkpoint = shelf.store.checkpoint();
        let next = self.bids.next(&self.board, shelf.state(), checkpoint, &history, now())?;
        if let (call, Next::Open(_)) = &next {
            match has_signed(call.term, parts) {
                Ok(false) => {}
                // The log went back behind it: another opening would begin a second history of it.
                Ok(true) => {
                    self.bids.forget(call.term);
                    return None;
                }
                Err(error) => {
                    notice(&parts.facts, format!("What this home has signed cannot be read: {error}."));
                    return None;
                }
            }
        }
        if self.next.as_ref() != Some(&next) {
            tracing::info!(?next, "the takeover that this home proposes");
            self.next = Some(next.clone());
        }
        Some(next)
    }

    /// A later era than that of this term has opened: no bid of this home's is opened any more up to it.
    pub fn replaced(&mut self, term: Term) {
        self.bids.forget(term);
    }

    /// The term could not be opened.
    pub fn failed(&mut self) {
        self.failed = Some(now());
    }

    /// Opens the term of a call of this home at the end of the log here.
    pub fn open(&mut self, call: Call, right: Right, parts: &Parts) -> Result<(), String> {
        let keys = Keys::of(&parts.config.home);
        let node = keys.node().map_err(|e| e.to_string())?;
        let term_key = keys.term(&call.term_key).map_err(|e| e.to_string())?;
        let nonce = Nonce(crate::keys::random().map_err(|e| e.to_string())?);
        let mut shelf = writing(&parts.shelf);
        let base = shelf.store.checkpoint().cloned().ok_or("there is no checkpoint here to go on from")?;
        let chain = shelf.store.chain().clone();
        let now = now().max(chain.last_time());
        let pair = (&node, &term_key);
        let entry = compose_opening(&call, right, &base, chain.head(), shelf.state(), pair, now, nonce);
        let entry = entry.ok_or("the opening is longer than an entry can carry")?;
        let link = Link::new(call.term, chain.next(), chain.head(), now, entry.id());
        let record = Record::place(link, entry).ok_or("the opening cannot be placed")?;
        shelf.open_term(&record)
    }

    fn bid_for(&mut self, call: Call, node: &PublicKey, keys: &Keys) {
        if call.node == *node && keys.has_term(&call.term_key) {
            self.bids.add(call);
        }
    }

    fn note(&mut self, call: Call, endorsement: Endorsement, state: &State) {
        let endorsements = List::new(vec![endorsement]).unwrap_or_default();
        self.board.take(&CallNews { call, endorsements, closes: List::default() }, state);
    }
}

/// The largest signed checkpoint held, with its keeper's signature. None binds where the key is proven to have
/// signed what cannot be true: which of two histories stands is for the members to say.
fn floor(shelf: &Shelf) -> Option<Floor> {
    if shelf.is_stopped() {
        return Some(Floor::NONE);
    }
    let (open, held) = shelf.store.chain().open().zip(shelf.store.checkpoint())?;
    Floor::of(held, &open.opening.term_key)
}

fn open_term(shelf: &Shelf) -> Term {
    shelf.store.chain().open().map_or(Term::FIRST, |open| open.term)
}

/// Whether this home has signed in this term or a later one.
fn has_signed(term: Term, parts: &Parts) -> Result<bool, PromiseError> {
    let storage: Arc<dyn Storage> = parts.config.storage.clone();
    let promises = Promises::open(storage, parts.config.cell)?;
    Ok(promises.last().is_some_and(|last| last.term >= term))
}

fn open_vows(parts: &Parts) -> Result<Vows, String> {
    let storage: Arc<dyn Storage> = parts.config.storage.clone();
    Vows::open(storage, parts.config.cell).map_err(|e| e.to_string())
}
