//! Witnessing: which homes offer to witness, and how much of the log is anchored, that is, stands under a
//! checkpoint that as many witnesses cosigned as the term asks, and that the log itself holds. The rules
//! check the signatures; that the root is the log's own is checked where the tree is: by witnesses, and by
//! an audit.

mod body;

pub use body::{Anchor, WITNESS_PREFIX, WitnessOffered, WitnessingStatement};

use crate::body::Unreadable;
use crate::common::{Common, MemberId};
use crate::effect::Reason;
use crate::limits::MAX_OFFERS;
use crate::membership::Powers;
use crate::practices::{Practice, Saying};
use crate::state::State;
use crate::terms::Keeper;
use bincode::{Decode, Encode};
use lifeboat_log::checkpoint::Signers;
use lifeboat_log::{CellId, Kind, Link, Opening, Origin, Position, PublicKey, SignedCheckpoint, Time};
use std::collections::BTreeMap;

/// The offers to witness, and how far the log is anchored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Witnessing {
    /// Everything before this position is anchored.
    anchored: Position,
    /// When the newest anchor was placed.
    time: Time,
    /// The position after the newest record that is no anchor.
    said: Position,
    offers: BTreeMap<PublicKey, MemberId>,
}

/// How certain it is that what was decided at some place of the log stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finality {
    /// An anchor covers it: witnesses have seen it, and what they have seen is never lost.
    Anchored,
    /// The cell has witnesses and no anchor covers it yet.
    Provisional,
    /// The cell has no witnesses: it is final at once, and reads as unwitnessed.
    Unwitnessed,
}

impl Witnessing {
    /// The keys that are offered, and by whom.
    pub fn offers(&self) -> impl Iterator<Item = (&PublicKey, MemberId)> {
        self.offers.iter().map(|(key, member)| (key, *member))
    }
    /// When the newest anchor was placed; [`Time::ZERO`] when there is none.
    pub fn newest_anchor(&self) -> Time {
        self.time
    }

    /// Notes a record that was folded.
    pub(crate) fn note(&mut self, kind: Kind, link: &Link) {
        if kind != Kind::ANCHOR {
            self.said = link.position.next();
        }
    }

    /// A term opens: where as many witnesses as were asked had cosigned its base, all before it is anchored.
    pub(crate) fn open(&mut self, cell: CellId, old: &Keeper, opening: &Opening, link: &Link) {
        let base = opening.base.as_ref();
        if base.and_then(|base| witnessed(cell, old, &base.checkpoint)).is_some() {
            self.anchored = link.position;
        }
    }

    fn anchor(
        &mut self,
        keeper: &Keeper,
        saying: &Saying<'_>,
        cell: CellId,
        said: &Anchor,
    ) -> Result<(), Reason> {
        let size = witnessed(cell, keeper, &said.checkpoint).ok_or(Reason::BadAnchor)?;
        let upto = Position(keeper.since.0.saturating_add(size));
        if upto > saying.position {
            return Err(Reason::BadAnchor);
        }
        if upto <= self.anchored {
            return Err(Reason::OldAnchor);
        }
        self.anchored = upto;
        self.time = saying.time;
        Ok(())
    }

    fn offer(&mut self, saying: &Saying<'_>, cell: CellId, said: &WitnessOffered) -> Result<(), Reason> {
        let own = self.offers.get(&said.key) == Some(&saying.author);
        if !said.offered {
            return if own {
                self.offers.remove(&said.key).map(drop).ok_or(Reason::UnknownKey)
            } else {
                Err(Reason::UnknownKey)
            };
        }
        if self.offers.contains_key(&said.key) && !own {
            return Err(Reason::KeyTaken);
        }
        let message = body::message(cell, saying.author, said.key);
        said.key.verify(&message, &said.possession).map_err(|_| Reason::BadPossession)?;
        if !own && self.offers.values().filter(|member| **member == saying.author).count() >= MAX_OFFERS {
            return Err(Reason::TooMany);
        }
        self.offers.insert(said.key, saying.author);
        Ok(())
    }
}

/// The size of the checkpoint that this note is, when this keeper signed it and as many of the term's
/// witnesses cosigned it as the term asks.
fn witnessed(cell: CellId, keeper: &Keeper, note: &[u8]) -> Option<u64> {
    let signers = Signers { term_key: keeper.term_key, witnesses: keeper.witnesses.clone() };
    let signed = SignedCheckpoint::verify(note, &Origin { cell, term: keeper.term }, &signers).ok()?;
    let enough = keeper.quorum > 0 && signed.witnesses() >= usize::from(keeper.quorum);
    enough.then_some(signed.size)
}

impl Practice for Witnessing {
    type Statement = WitnessingStatement;
    const KINDS: &'static [Kind] = WitnessingStatement::KINDS;

    fn power(_kind: Kind) -> Powers {
        Powers::NODE
    }
    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<WitnessingStatement, Unreadable> {
        WitnessingStatement::read(kind, version, body)
    }
    fn common(statement: &WitnessingStatement) -> &Common {
        statement.common()
    }
    fn apply(state: &mut State, saying: &Saying<'_>, said: WitnessingStatement) -> Result<(), Reason> {
        if saying.corrects.is_some() {
            return Err(Reason::NotCorrectable);
        }
        let cell = state.cell();
        let keeper = state.keeper().cloned().ok_or(Reason::NoRight)?;
        let witnessing = &mut state.parts.witnessing;
        match said {
            WitnessingStatement::Anchor(anchor) => witnessing.anchor(&keeper, saying, cell, &anchor),
            WitnessingStatement::Offered(offered) => witnessing.offer(saying, cell, &offered),
        }
    }
}

impl State {
    /// Everything before this position is anchored: it stands under a checkpoint of its term that as many
    /// witnesses cosigned as that term asks, and that an anchor or the opening of the next term brought into
    /// the log.
    pub fn anchored(&self) -> Position {
        self.parts.witnessing.anchored
    }

    /// How certain it is that what followed from the record at this position stays. For what closed by the
    /// clock it is the position of the first record placed at or after the close.
    pub fn finality(&self, at: Position) -> Finality {
        let witnessed = self.keeper().is_some_and(|keeper| keeper.quorum > 0);
        match (at < self.anchored(), witnessed) {
            (true, _) => Finality::Anchored,
            (false, true) => Finality::Provisional,
            (false, false) => Finality::Unwitnessed,
        }
    }

    /// Whether an anchor of a checkpoint that covers everything before `covered` says something new: there
    /// is something that is not anchored yet and is no anchor itself.
    pub fn wants_anchor(&self, covered: Position) -> bool {
        self.parts.witnessing.said > self.anchored() && covered > self.anchored()
    }
}
