//! What a decision carries: a statement of any kind, said in the name of the cell once the decision is
//! carried. No practice knows another for it; each asks [`Saying::by_the_cell`] where only the cell may speak.

use crate::body::{BadBody, Said, Unreadable};
use crate::common::MemberId;
use crate::effect::Reason;
use crate::limits::MAX_PAYLOAD;
use crate::practices::{self, Saying, Statement};
use crate::state::State;
use bincode::{Decode, Encode};
use lifeboat_log::codec::Bytes;
use lifeboat_log::{DetailRef, EntryId, Kind, PublicKey, Time};

/// A statement that a decision carries. Layout: kind u16, version u16, body (length u64, bytes). Its
/// details are those that the carrying entry names after the first, which is the question.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Payload {
    /// The kind.
    pub kind: Kind,
    /// The version of the body's layout.
    pub version: u16,
    /// The body.
    pub body: Bytes<MAX_PAYLOAD>,
}

impl Payload {
    /// The payload that says this.
    ///
    /// # Errors
    /// [`BadBody::TooLong`], or why a decision cannot carry it.
    pub fn new(said: Said) -> Result<Self, BadBody> {
        let body = Bytes::new(said.body.to_vec()).ok_or(BadBody::TooLong)?;
        let payload = Self { kind: said.kind, version: said.version, body };
        payload.check().map(|()| payload)
    }

    /// What it says.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn statement(&self) -> Result<Statement, Unreadable> {
        Statement::read(self.kind, self.version, &self.body)
    }

    /// Checks what the payload alone can tell. A kind or version that is not known here passes: it is kept,
    /// and void for those who do not know it.
    ///
    /// # Errors
    /// [`BadBody`].
    pub fn check(&self) -> Result<(), BadBody> {
        if self.kind <= Kind::ANCHOR {
            return Err(BadBody::BadPayload); // zero means nothing; the others open terms or come from nodes
        }
        match self.statement() {
            Ok(said) if said.common().is_some_and(|common| common.corrects.is_some()) => {
                Err(BadBody::BadPayload)
            }
            Ok(_) | Err(Unreadable::NewerVersion) => Ok(()),
            Err(Unreadable::Malformed(_)) => Err(BadBody::BadPayload),
            Err(Unreadable::Body(bad)) => Err(bad),
        }
    }
}

impl State {
    /// Whether this would take effect if the next entry carried it, signed by this member's key, and were
    /// decided at this time. Nothing is changed.
    ///
    /// # Errors
    /// The [`Reason`] for which it would change nothing.
    pub fn would_enact(
        &self,
        payload: &Payload,
        details: &[DetailRef],
        proposer: (MemberId, PublicKey),
        time: Time,
    ) -> Result<(), Reason> {
        let (author, key) = proposer;
        let id = EntryId([0; 32]); // no entry has it: what it is to have is not known before it is signed
        let saying = Saying {
            id,
            position: self.next(),
            time,
            author_time: time,
            author,
            key,
            details,
            corrects: None,
            decided: Some(id),
        };
        self.clone().enact(&saying, payload)
    }

    /// Says this in the name of the cell, wholly or not at all. `saying` names the decision.
    ///
    /// # Errors
    /// The [`Reason`] for which it changes nothing.
    pub(crate) fn enact(&mut self, saying: &Saying<'_>, payload: &Payload) -> Result<(), Reason> {
        payload.check()?;
        let statement = payload.statement()?;
        self.check_common(&statement.common().copied().unwrap_or_default(), saying.time)?;
        practices::apply(self, saying, statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{Body, compose};
    use crate::charter::{CharterChange, Setting};
    use crate::common::{Common, PlaceId};
    use crate::ledger::{Quantity, Received};
    use crate::membership::{Removal, Vouch};
    use crate::testing::TestCell;
    use lifeboat_log::codec::{List, encode};
    use lifeboat_log::{DetailTag, Position};

    fn three() -> TestCell {
        let mut cell = TestCell::found(1, "heron");
        let _ = ["wren", "finch"].map(|name| cell.admit(name));
        cell
    }

    /// Wren proposed it, and a decision carried it.
    fn enact(cell: &mut TestCell, payload: &Payload, details: &[DetailRef]) -> Result<(), Reason> {
        let saying = Saying {
            id: EntryId([7; 32]),
            position: Position(2),
            time: cell.now,
            author_time: cell.now,
            author: cell.id("wren"),
            key: cell.key("wren").public(),
            details,
            corrects: None,
            decided: Some(EntryId([6; 32])),
        };
        cell.state.enact(&saying, payload)
    }

    fn payload(body: &impl Body) -> Payload {
        Payload::new(compose(body).unwrap()).unwrap()
    }

    #[test]
    fn the_cell_changes_its_charter_and_ends_a_membership() {
        let mut cell = three();
        let setting = Setting { id: 3, version: 1, value: Bytes::new(encode(&9_u16)).unwrap() };
        let change = CharterChange { common: Common::default(), settings: List::new(vec![setting]).unwrap() };
        assert_eq!(cell.say("wren", &change).reason(), Some(&Reason::NeedsDecision));
        assert_eq!(enact(&mut cell, &payload(&change), &[]), Ok(()));
        assert_eq!(cell.state.charter().waiting_days, 9);

        let gone = Removal { common: Common::default(), member: cell.id("finch") };
        assert_eq!(cell.say("wren", &gone).reason(), Some(&Reason::NeedsDecision));
        assert_eq!(enact(&mut cell, &payload(&gone), &[]), Ok(()));
        assert_eq!(enact(&mut cell, &payload(&gone), &[]), Err(Reason::UnknownMember));
        assert_eq!(cell.state.members().active().count(), 2);
    }

    #[test]
    fn what_would_take_effect_is_told_and_changes_nothing() {
        let cell = three();
        let before = cell.state.encode();
        let wren = (cell.id("wren"), cell.key("wren").public());
        let would = |payload: &Payload| cell.state.would_enact(payload, &[], wren, cell.now);
        let gone = Removal { common: Common::default(), member: cell.id("finch") };
        assert_eq!(would(&payload(&gone)), Ok(()));
        let nobody = Removal { member: MemberId([9; 32]), ..gone };
        assert_eq!(would(&payload(&nobody)), Err(Reason::UnknownMember));
        assert_eq!(cell.state.encode(), before);
    }

    #[test]
    fn the_cell_admits_without_another_vouch() {
        let mut cell = three();
        let (acceptance, handle) = cell.acceptance("robin");
        let key = acceptance.key;
        let vouch = payload(&Vouch { common: Common::default(), acceptance, replaces: None });
        assert_eq!(enact(&mut cell, &vouch, &[]), Err(Reason::HandleMissing));
        let named = [handle.reference(DetailTag::HANDLE, Time::ZERO)];
        assert_eq!(enact(&mut cell, &vouch, &named), Ok(()));
        let robin = cell.state.members().of_key(&key).unwrap();
        assert_eq!(robin.entry(), EntryId([7; 32]), "named by the entry that carried the admission");
        assert_eq!(enact(&mut cell, &vouch, &named), Err(Reason::KeyTaken));
    }

    #[test]
    fn the_cell_erases_what_nobody_else_could() {
        let mut cell = three();
        let note = lifeboat_log::Detail::open([7; 16], "a neighbour's name").unwrap();
        let said = compose(&Received {
            common: Common::default(),
            quantity: Quantity::money("3".parse().unwrap(), "EUR").unwrap(),
        });
        let named = List::new(vec![note.reference(DetailTag::NOTE, Time::ZERO)]).unwrap();
        let entry = cell.sign_with("wren", said.unwrap(), |draft| draft.details = named);
        let (id, at) = (entry.id(), Position(cell.records().len() as u64));
        assert!(cell.place(entry).is_applied());
        let what = List::new(vec![note.hash().0]).unwrap();
        let erase = crate::Erase { common: Common::default(), entry: id, at, what };
        assert_eq!(cell.say("heron", &erase).reason(), Some(&Reason::NotTheAuthor));
        let erase = payload(&erase);
        assert_eq!(enact(&mut cell, &erase, &[]), Err(Reason::UnknownEntry), "said before what it erases");
        let later = |cell: &mut TestCell| {
            let decided = Some(EntryId([6; 32]));
            let (author, key) = (cell.id("finch"), cell.key("finch").public());
            let (time, position) = (cell.now, at.next());
            let id = EntryId([7; 32]);
            let (author_time, details, corrects) = (time, &[][..], None);
            let saying = Saying { id, position, time, author_time, author, key, details, corrects, decided };
            cell.state.enact(&saying, &erase)
        };
        assert_eq!(later(&mut cell), Ok(()));
        assert!(cell.state.details().gone(&note.hash(), at).is_some());
        assert_eq!(later(&mut cell), Err(Reason::AlreadyErased));
    }

    #[test]
    fn what_comes_from_a_newer_version_is_carried_and_changes_nothing() {
        let mut cell = three();
        let before = cell.state.encode();
        let newer = Payload { kind: Kind(9_000), version: 1, body: Bytes::new(vec![1, 2]).unwrap() };
        assert_eq!(newer.check(), Ok(()));
        assert_eq!(enact(&mut cell, &newer, &[]), Err(Reason::NewerVersion));
        let common = Common { place: Some(PlaceId(77)), ..Common::default() };
        let quantity = Quantity::money("3".parse().unwrap(), "EUR").unwrap();
        let nowhere = payload(&Received { common, quantity });
        assert_eq!(enact(&mut cell, &nowhere, &[]), Err(Reason::UnknownPlace));
        assert_eq!(cell.state.encode(), before);
    }

    #[test]
    fn a_decision_does_not_carry_openings_corrections_or_garbage() {
        let quantity = Quantity::money("3".parse().unwrap(), "EUR").unwrap();
        let common = Common::default().correcting(EntryId([1; 32]));
        let corrects = compose(&Received { common, quantity }).unwrap();
        assert_eq!(Payload::new(corrects.clone()), Err(BadBody::BadPayload));
        for kind in [Kind(0), Kind::FOUNDING, Kind::OPENING, Kind::ANCHOR] {
            assert_eq!(Payload::new(Said { kind, ..corrects.clone() }), Err(BadBody::BadPayload));
        }
        let garbage = Said { body: Bytes::new(vec![9]).unwrap(), ..corrects };
        assert_eq!(Payload::new(garbage), Err(BadBody::BadPayload));
    }
}
