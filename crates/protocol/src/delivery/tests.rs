//! Delivery: entries go on being offered until their receipts hold, and refusals are shown.

mod eras;
mod handing;

use super::*;
use crate::limits::{MAX_RETRY_MS, PATIENCE_MS};
use crate::testing::{MemoryLog, peer};
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::limits::MAX_LIFETIME_MS;
use lifeboat_log::testing::draft;
use lifeboat_log::{Record, SecretKey};
use proptest::prelude::*;

/// A home with an outbox, and the keeper's log that answers it.
struct Home {
    log: MemoryLog,
    delivery: Delivery,
    now: Time,
    effects: Vec<Effect>,
    entropy: u64,
}

impl Home {
    fn new() -> Self {
        let log = MemoryLog::grown(1, 3);
        let mut delivery = Delivery::new(log.log.cell(), peer(99));
        let open = log.log.chain.open().unwrap();
        let (term, node, signers) = (open.term, open.opening.node, open.signers());
        let now = Time::from_ms(lifeboat_log::testing::START_MS + 10_000);
        delivery.handle(Event::Term { term, node, signers }, now, 0);
        Self { log, delivery, now, effects: Vec::new(), entropy: 1 }
    }

    fn keeper(&self) -> PublicKey {
        self.log.log.node.public()
    }

    fn event(&mut self, event: Event) {
        self.entropy = self.entropy.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.effects.extend(self.delivery.handle(event, self.now, self.entropy));
    }

    fn wait(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.event(Event::Tick);
    }

    fn entry(&mut self) -> SignedEntry {
        self.log.log.entry(b"rice")
    }

    fn add(&mut self, entry: &SignedEntry) {
        self.event(Event::Add { entry: Box::new(entry.clone()), details: vec![] });
    }

    /// The offers that were made since the last look, by peer.
    fn offers(&mut self) -> Vec<(PublicKey, EntryId)> {
        let offer = |effect: &Effect| match effect {
            Effect::Offer { peer, id, .. } => Some((*peer, *id)),
            _ => None,
        };
        let offers = self.effects.iter().filter_map(offer).collect();
        self.effects.retain(|effect| !matches!(effect, Effect::Offer { .. }));
        offers
    }

    /// The keeper places the entry and gives its receipt.
    fn receipt(&mut self, entry: &SignedEntry) -> (Position, Vec<u8>) {
        let place = self.log.records.iter().position(|record| record.entry().id() == entry.id());
        let place = place.unwrap_or_else(|| {
            let record = self.log.log.place(entry.clone());
            self.log.records.push(record);
            self.log.records.len() - 1
        });
        (Position(place as u64), self.proof(place))
    }

    fn proof(&self, place: usize) -> Vec<u8> {
        let size = self.log.records.len() as u64;
        let leaf = |at: u64| self.log.records[at as usize].leaf();
        fn node(
            leaf: &dyn Fn(u64) -> lifeboat_log::TreeHash,
            level: u8,
            index: u64,
        ) -> lifeboat_log::TreeHash {
            match level {
                0 => leaf(index),
                _ => lifeboat_log::tree::node_hash(
                    &node(leaf, level - 1, 2 * index),
                    &node(leaf, level - 1, 2 * index + 1),
                ),
            }
        }
        let hashes = lifeboat_log::tree::inclusion_proof(place as u64, size, |level, index| {
            Ok::<_, std::convert::Infallible>(node(&leaf, level, index))
        });
        let proof = Proof {
            record: Record::to_bytes(&self.log.records[place]),
            index: place as u64,
            hashes: hashes.unwrap(),
            checkpoint: self.log.checkpoint(size).to_bytes(),
        };
        proof.to_bytes()
    }

    fn answer(&mut self, peer: PublicKey, id: EntryId, response: Response) {
        self.event(Event::Answer { id, peer, response: Box::new(response) });
    }
}

fn receipt(proof: Vec<u8>) -> Response {
    Response::Receipt { proof: Bytes::new(proof).unwrap() }
}

#[test]
fn who_does_not_follow_the_cell_says_nothing_of_an_entry_and_gets_no_more() {
    let mut home = Home::new();
    let entry = home.entry();
    home.event(Event::Connected(peer(1)));
    home.add(&entry);
    assert_eq!(home.offers(), [(peer(1), entry.id())]);
    let response = Box::new(Response::refused(Refusal::NOT_FOLLOWED));
    home.event(Event::Answer { id: entry.id(), peer: peer(1), response });
    assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Waiting));
    home.wait(10 * MAX_RETRY_MS);
    assert_eq!(home.offers(), []);
    home.event(Event::Connected(home.keeper()));
    assert_eq!(home.offers(), [(home.keeper(), entry.id())]);
}

#[test]
fn an_entry_goes_to_the_keeper_and_is_placed_by_its_receipt() {
    let mut home = Home::new();
    let (entry, keeper) = (home.entry(), home.keeper());
    home.add(&entry);
    assert_eq!(home.offers(), vec![], "nobody is there");
    home.event(Event::Connected(peer(1)));
    assert_eq!(home.offers(), vec![(peer(1), entry.id())], "any peer may pass it on");
    home.answer(peer(1), entry.id(), Response::refused(Refusal::NOT_KEEPER));
    assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Waiting));
    home.event(Event::Connected(keeper));
    assert_eq!(home.offers(), vec![(keeper, entry.id())]);
    let (position, proof) = home.receipt(&entry);
    home.answer(keeper, entry.id(), receipt(proof.clone()));
    let placed = Step::Placed { position, proof: Some(proof) };
    assert_eq!(home.delivery.step(&entry.id()), Some(&placed));
    home.wait(MAX_RETRY_MS);
    assert_eq!((home.offers(), home.delivery.waiting()), (vec![], 0));
    home.event(Event::Held(vec![Position(9), position, position]));
    assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Replicated { position, homes: 1 }));
    home.event(Event::Held(vec![Position(9), position.next()]));
    assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Replicated { position, homes: 2 }));
}

#[test]
fn a_receipt_that_does_not_hold_places_nothing() {
    let mut home = Home::new();
    let (entry, other) = (home.entry(), home.entry());
    let (_, good) = home.receipt(&entry);
    let (_, of_other) = home.receipt(&other);
    let mut forged = MemoryLog::grown(2, 5);
    forged.log.chain = home.log.log.chain.clone();
    let by_stranger = {
        let mut proof = Proof::parse(&good).unwrap();
        let note = home.log.checkpoint(5).checkpoint().sign(&SecretKey::from_seed(&[9; 32]));
        proof.checkpoint = note.to_bytes();
        proof.to_bytes()
    };
    let mut cut = Proof::parse(&home.proof(4)).unwrap();
    cut.hashes.pop();
    let bad = [
        (receipt(of_other), "another entry"),
        (receipt(by_stranger), "not sign"),
        (receipt(cut.to_bytes()), "do not lead"),
        (receipt(vec![1, 2, 3]), "not a proof file"),
        (Response::Noted, "no answer"),
    ];
    for (n, (response, what)) in bad.into_iter().enumerate() {
        let liar = peer(n as u8);
        home.event(Event::Connected(liar));
        if n == 0 {
            home.add(&entry);
        }
        home.wait(MAX_RETRY_MS * 2);
        home.event(Event::Connected(liar));
        let offered = home.offers().pop().unwrap();
        home.answer(offered.0, entry.id(), response);
        let Some(Effect::PutAside { fault, .. }) = home.effects.last() else { panic!("{what}") };
        assert!(fault.to_string().contains(what), "{fault}");
        assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Waiting), "{what}");
    }
}

#[test]
fn before_a_term_is_known_nothing_is_offered() {
    let mut home = Home::new();
    let entry = home.entry();
    home.delivery = Delivery::new(home.log.log.cell(), peer(99));
    home.add(&entry);
    home.event(Event::Connected(peer(1)));
    assert_eq!(home.offers(), vec![]);
}

#[test]
fn what_is_refused_is_shown_and_offered_again_or_not() {
    let mut home = Home::new();
    let keeper = home.keeper();
    home.event(Event::Connected(keeper));
    let (later, never, soon) = (home.entry(), home.entry(), home.entry());
    for entry in [&later, &never, &soon] {
        home.add(entry);
    }
    assert_eq!(home.offers().len(), 3);
    home.answer(keeper, later.id(), Response::refused(Refusal::NOT_ADMISSIBLE));
    home.answer(keeper, never.id(), Response::refused(Refusal::WRONG_CELL));
    home.answer(keeper, soon.id(), Response::refused(Refusal::BUSY));
    let step = |home: &Home, entry: &SignedEntry| home.delivery.step(&entry.id()).cloned().unwrap();
    assert_eq!(step(&home, &later), Step::Refused(Refusal::new(Refusal::NOT_ADMISSIBLE)));
    assert_eq!(step(&home, &never), Step::Refused(Refusal::new(Refusal::WRONG_CELL)));
    assert_eq!(step(&home, &soon), Step::Waiting);
    home.wait(REFUSED_RETRY_MS * 2);
    let again: Vec<_> = home.offers().into_iter().map(|(_, id)| id).collect();
    assert_eq!(again, vec![later.id(), soon.id()]);
}

#[test]
fn what_has_run_out_is_marked_and_kept() {
    let mut home = Home::new();
    let (keeper, entry) = (home.keeper(), home.entry());
    home.add(&entry);
    home.wait(MAX_LIFETIME_MS);
    assert_eq!(home.delivery.step(&entry.id()), Some(&Step::Expired));
    // It may have been placed in time all the same: one more offer tells.
    home.event(Event::Connected(keeper));
    assert_eq!(home.offers().len(), 1);
    home.answer(keeper, entry.id(), Response::refused(Refusal::NOT_ADMISSIBLE));
    home.wait(MAX_RETRY_MS);
    assert_eq!((home.offers(), home.delivery.steps().count()), (vec![], 1));
    home.event(Event::Remove(entry.id()));
    assert_eq!(home.delivery.steps().count(), 0);
}

#[test]
fn an_entry_waits_for_the_one_that_it_comes_after() {
    let mut home = Home::new();
    let (keeper, first) = (home.keeper(), home.entry());
    let mut second = draft(&home.log.log.member, home.log.log.cell(), 77, lifeboat_log::testing::TEST_KIND);
    second.after = List::new(vec![first.id()]).unwrap();
    let second = second.sign(&home.log.log.member).unwrap();
    home.event(Event::Connected(keeper));
    home.add(&first);
    home.add(&second);
    assert_eq!(home.offers(), vec![(keeper, first.id())]);
    let (_, proof) = home.receipt(&first);
    home.answer(keeper, first.id(), receipt(proof));
    assert_eq!(home.offers(), vec![(keeper, second.id())]);
}

#[test]
fn what_stands_in_the_own_log_is_replicated_unless_the_home_is_the_keepers() {
    let mut home = Home::new();
    let entry = home.entry();
    home.add(&entry);
    home.event(Event::InLog { id: entry.id(), position: Position(4) });
    let replicated = Step::Replicated { position: Position(4), homes: 1 };
    assert_eq!(home.delivery.step(&entry.id()), Some(&replicated));
    home.delivery.own = home.keeper();
    let other = home.entry();
    home.add(&other);
    home.event(Event::InLog { id: other.id(), position: Position(5) });
    assert_eq!(home.delivery.step(&other.id()), Some(&Step::Placed { position: Position(5), proof: None }));
}

#[derive(Debug, Clone)]
enum Act {
    Connect(u8),
    Disconnect(u8),
    Receipt(usize),
    WrongReceipt(usize),
    Refuse(usize, &'static str),
    Fail(usize),
    Wait(u64),
    Back(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let names = prop::sample::select(vec![Refusal::BUSY, Refusal::NOT_ADMISSIBLE, Refusal::NOT_KEEPER]);
    prop_oneof![
        (0u8..3).prop_map(Act::Connect),
        (0u8..3).prop_map(Act::Disconnect),
        (0usize..6).prop_map(Act::Receipt),
        (0usize..6).prop_map(Act::WrongReceipt),
        ((0usize..6), names).prop_map(|(n, name)| Act::Refuse(n, name)),
        (0usize..6).prop_map(Act::Fail),
        (0u64..100_000).prop_map(Act::Wait),
        (0u64..100_000).prop_map(Act::Back),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens: no entry is lost or said to be placed without its proof, not too much is on its
    /// way, and once the keeper answers everything is placed.
    #[test]
    fn everything_is_placed_in_the_end(acts in prop::collection::vec(act(), 0..60)) {
        let mut home = Home::new();
        let entries: Vec<_> = (0..6).map(|_| home.entry()).collect();
        entries.iter().for_each(|entry| home.add(entry));
        let mut offered: BTreeMap<EntryId, PublicKey> = BTreeMap::new();
        for act in acts {
            offered.extend(home.offers().into_iter().map(|(peer, id)| (id, peer)));
            let to = |n: usize| offered.get(&entries[n].id()).copied();
            match act {
                Act::Connect(n) => home.event(Event::Connected(peer(n))),
                Act::Disconnect(n) => home.event(Event::Disconnected(peer(n))),
                Act::Receipt(n) => if let Some(who) = to(n) {
                    let (_, proof) = home.receipt(&entries[n]);
                    home.answer(who, entries[n].id(), receipt(proof));
                },
                Act::WrongReceipt(n) => if let Some(who) = to(n) {
                    let proof = home.proof(0);
                    home.answer(who, entries[n].id(), receipt(proof));
                },
                Act::Refuse(n, name) => if let Some(who) = to(n) {
                    home.answer(who, entries[n].id(), Response::refused(name));
                },
                Act::Fail(n) => if let Some(peer) = to(n) {
                    home.event(Event::Failed { id: entries[n].id(), peer });
                },
                Act::Wait(ms) => home.wait(ms),
                Act::Back(ms) => home.now = Time::from_ms(home.now.ms() - ms),
            }
            prop_assert_eq!(home.delivery.steps().count(), entries.len());
            let on_their_way = home.delivery.items.values().filter(|item| item.offered.is_some()).count();
            prop_assert_eq!(home.delivery.offered, on_their_way);
            for (id, step) in home.delivery.steps() {
                if let Step::Placed { position, .. } = step {
                    prop_assert_eq!(home.log.records[position.0 as usize].entry().id(), id);
                }
            }
        }
        let keeper = home.keeper();
        home.event(Event::Connected(keeper));
        for _ in 0..20 {
            home.wait(MAX_RETRY_MS + 2 * PATIENCE_MS);
            for (who, id) in home.offers() {
                let entry = entries.iter().find(|entry| entry.id() == id).unwrap();
                let (_, proof) = home.receipt(entry);
                home.answer(who, id, receipt(proof));
            }
        }
        prop_assert_eq!(home.delivery.waiting(), 0);
    }
}
