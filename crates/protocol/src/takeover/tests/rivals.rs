//! Two openings of one era: which a home takes, and how the next takeover leads from one to the other.

use super::*;
use crate::follower::Fault;
use lifeboat_log::BadCheckpoint;
use lifeboat_log::opening::Right;

const ERA: Term = Term(1 << 16);

pub(super) fn present() -> lifeboat_commons::membership::Present {
    lifeboat_commons::membership::Present { common: Default::default() }
}

pub(super) fn witnesses() -> [SecretKey; 3] {
    [81, 82, 83].map(|n| SecretKey::from_seed(&[n; 32]))
}

/// A cell with three witnesses, two of whom make a checkpoint witnessed.
fn witnessed() -> TestCell {
    let mut cell = cell();
    assert!(cell.hand_over(&witnesses().each_ref(), 2).is_applied());
    cell.must("heron", &present());
    cell
}

/// The log of whoever follows the opening that this member's home made, `more` entries on.
fn opened(mut cell: TestCell, era: u16, by: &str, closes: bool, more: usize) -> TestCell {
    let call = call(&cell, era, by);
    let endorsements = news(&cell, call, &["heron", "finch", "owl"]).endorsements;
    let floor = floor(&cell);
    let mut given: Vec<_> =
        witnesses().iter().filter(|_| closes).map(|key| call.close(&cell.cell(), floor, key)).collect();
    given.sort_by_key(|close| close.key);
    let right = Right::Takeover { endorsements, closes: List::new(given).unwrap() };
    open(&mut cell, call, by, right);
    for _ in 0..more {
        cell.must(by, &present());
    }
    cell
}

/// Opens the term of a call at the end of this log.
pub(super) fn open(cell: &mut TestCell, call: Call, by: &str, right: Right) {
    let era = call.term.era();
    let (node, term_key) = (cell.key(&format!("{by}'s laptop")), cell.key(&format!("{by}'s term {era}")));
    let (base, head, keys) = (cell.checkpoint(), cell.chain.head(), (&node, &term_key));
    let entry =
        compose_opening(&call, right, &base, head, &cell.state, keys, cell.now, Nonce([9; 16])).unwrap();
    assert!(cell.open_term(call.term, entry, term_key).is_applied());
}

/// The record that opens the first term of an era.
pub(super) fn shown(cell: &TestCell, era: u16) -> Vec<u8> {
    let opens = |record: &&lifeboat_log::Record| record.link().term == Term::new(era, 0);
    cell.records().iter().find(opens).unwrap().to_bytes()
}

fn told(cell: &TestCell, note: &SignedCheckpoint) -> Look {
    let mut look = Look::default();
    assert!(look.tell(cell.cell(), ERA, &note.to_bytes()));
    look
}

fn judged(cell: &TestCell, bytes: &[u8], look: &Look) -> Opened {
    judge(cell.cell(), cell.chain.open().unwrap().term, bytes, look, &InMemory(cell))
}

/// The other one's checkpoint, cosigned by so many witnesses.
fn cosigned(cell: &TestCell, count: usize) -> SignedCheckpoint {
    let keys = witnesses();
    let keys: Vec<&SecretKey> = keys.iter().take(count).collect();
    cell.cosigned(&keys, 1_800_000_000)
}

#[test]
fn of_two_openings_the_one_with_enough_cosignatures_is_taken() {
    let here = opened(witnessed(), 1, "wren", true, 2);
    let other = opened(witnessed(), 1, "finch", true, 1);
    let (bytes, base) = (shown(&other, 1), witnessed().checkpoint());
    for count in 0..4 {
        match judged(&here, &bytes, &told(&here, &cosigned(&other, count))) {
            Opened::Back(call, to) => {
                assert!(count >= 2 && to.size == base.size && call.term == ERA, "{count} cosigned");
            }
            Opened::Rival(_) => assert!(count < 2, "{count} cosigned"),
            other => panic!("{count}: {other:?}"),
        }
    }
    assert!(matches!(judged(&here, &bytes, &Look::default()), Opened::Rival(_)), "nothing was told");
    // The own one is none, whatever was told with it.
    let own = judged(&here, &shown(&here, 1), &told(&here, &cosigned(&other, 3)));
    assert!(matches!(own, Opened::Same));
}

#[test]
fn a_term_without_witnesses_is_not_left_for_another_of_its_era() {
    let here = opened(cell(), 1, "wren", false, 2);
    let other = opened(cell(), 1, "finch", false, 5);
    let look = told(&here, &cosigned(&other, 3));
    assert!(matches!(judged(&here, &shown(&other, 1), &look), Opened::Rival(_)));
}

#[test]
fn a_checkpoint_that_the_opening_shown_has_not_signed_is_a_fault() {
    let here = opened(witnessed(), 1, "wren", true, 2);
    let other = opened(witnessed(), 1, "finch", true, 1);
    let third = opened(witnessed(), 1, "owl", true, 1);
    let fault = judged(&here, &shown(&other, 1), &told(&here, &cosigned(&third, 3)));
    let missing = Fault::Checkpoint(BadCheckpoint::MissingSignature);
    assert!(matches!(fault, Opened::Fault(fault) if fault == missing));
    // Nor does one without a right to lead anywhere, however many cosign it.
    let few = {
        let mut few = witnessed();
        let call = call(&few, 1, "finch");
        let endorsements = news(&few, call, &["heron", "finch"]).endorsements;
        let (node, term_key) = (few.key("finch's laptop"), few.key("finch's term 1"));
        let right = Right::Takeover { endorsements, closes: List::default() };
        let (base, head, keys) = (few.checkpoint(), few.chain.head(), (&node, &term_key));
        let entry =
            compose_opening(&call, right, &base, head, &few.state, keys, few.now, Nonce([9; 16])).unwrap();
        assert!(!few.open_term(ERA, entry, term_key).is_applied());
        few
    };
    let fault = judged(&here, &shown(&few, 1), &told(&here, &cosigned(&few, 3)));
    assert!(matches!(fault, Opened::Fault(Fault::Unjust(_))));
}

/// A log whose newest checkpoint is cosigned.
pub(super) struct Cosigned<'a>(pub InMemory<'a>, pub SignedCheckpoint);

impl History for Cosigned<'_> {
    fn find(&self, id: &EntryId) -> Option<lifeboat_log::Record> {
        self.0.find(id)
    }
    fn root(&self, term: Term, size: u64) -> Option<TreeHash> {
        self.0.root(term, size)
    }
}

impl HeldLog for Cosigned<'_> {
    fn term(&self, term: Term) -> Option<TermStand> {
        self.0.term(term)
    }
    fn head(&self, end: Position) -> Option<LinkHash> {
        self.0.head(end)
    }
    fn state_at(&self, end: Position) -> Option<lifeboat_commons::State> {
        self.0.state_at(end)
    }
    fn checkpoint(&self, term: Term) -> Option<SignedCheckpoint> {
        if self.1.origin.term == term { Some(self.1.clone()) } else { self.0.checkpoint(term) }
    }
    fn before(&self, term: Term) -> Option<SignedCheckpoint> {
        self.0.before(term)
    }
}

#[test]
fn what_is_witnessed_here_is_never_given_up_for_the_same_era() {
    let here = opened(witnessed(), 1, "wren", true, 2);
    let other = opened(witnessed(), 1, "finch", true, 1);
    let (bytes, look) = (shown(&other, 1), told(&here, &cosigned(&other, 3)));
    for count in 0..4 {
        let log = Cosigned(InMemory(&here), cosigned(&here, count));
        let stays = matches!(judge(here.cell(), ERA, &bytes, &look, &log), Opened::Rival(_));
        assert_eq!(stays, count >= 2, "{count} cosigned here");
    }
}

#[test]
fn a_later_era_leads_from_one_rival_to_the_other() {
    let here = opened(cell(), 1, "wren", false, 2);
    let other = opened(cell(), 1, "finch", false, 3);
    let later = opened(opened(cell(), 1, "finch", false, 3), 2, "owl", false, 0);
    let bytes = shown(&later, 2);
    assert!(matches!(judged(&here, &bytes, &Look::default()), Opened::Across(1)));
    let mut look = Look::default();
    assert!(look.leads_across(1));
    assert_eq!(look.asks_after(1, true), 0, "the rival is asked for first");
    let Opened::Rival(rival) = judged(&here, &shown(&other, 1), &look) else { panic!("it holds") };
    assert!(look.follows(*rival));
    assert_eq!(look.asks_after(1, true), 1);
    match judged(&here, &bytes, &look) {
        Opened::Back(call, base) => {
            assert_eq!((call.term, base.size), (Term::new(2, 0), cell().checkpoint().size));
        }
        other => panic!("{other:?}"),
    }
    // Another opening that the rival did not sign, or with too few behind it, does not.
    let third = opened(opened(cell(), 1, "owl", false, 1), 2, "wren", false, 0);
    assert!(matches!(judged(&here, &shown(&third, 2), &look), Opened::Fault(Fault::OtherBranch)));
}

/// Two tries of different eras open on one base: a home that follows the higher one never had the other, and
/// the next takeover may go on from that.
#[test]
fn a_later_era_leads_to_one_that_was_left_out() {
    let here = opened(witnessed(), 2, "wren", true, 2);
    let left_out = opened(witnessed(), 1, "finch", true, 2);
    let third = opened(left_out, 3, "finch", true, 1);
    assert!(matches!(judged(&here, &shown(&third, 3), &Look::default()), Opened::Across(1)));
    let mut look = Look::default();
    assert!(look.leads_across(1));
    let Opened::Rival(rival) = judged(&here, &shown(&third, 1), &look) else { panic!("it holds") };
    assert!(look.follows(*rival));
    match judged(&here, &shown(&third, 3), &look) {
        Opened::Back(call, base) => {
            assert_eq!((call.term, base.size), (Term::new(3, 0), witnessed().checkpoint().size));
        }
        other => panic!("{other:?}"),
    }
    // By itself an older era leads nowhere.
    assert!(matches!(judged(&here, &shown(&third, 1), &Look::default()), Opened::NotHeld));
}

#[test]
fn floors_of_both_rivals_stand_under_the_next_takeover() {
    let (here, other) = (opened(cell(), 1, "wren", false, 2), opened(cell(), 1, "finch", false, 3));
    let call = call(&here, 2, "wren");
    let mut board = Board::default();
    board.take(&news(&here, call, &["wren", "heron"]), &here.state);
    board.take(&news(&other, call, &["owl"]), &here.state);
    let mut bid = Bid::new(call);
    let known = board.get(&call).unwrap().clone();
    let next = bid.next(&known, &here.state, Some(&here.checkpoint()), &here, here.now);
    let Next::Open(right) = next else { panic!("three of four: {next:?}") };
    let mut united = here;
    open(&mut united, call, "wren", *right);
    // In the first era nobody is a rival: there the floor of another log does not count.
    let mut fork = cell();
    fork.must("owl", &present());
    let mut here = cell();
    here.must("wren", &present());
    let call = super::call(&here, 1, "wren");
    let mut board = Board::default();
    board.take(&news(&here, call, &["wren", "heron"]), &here.state);
    board.take(&news(&fork, call, &["owl"]), &here.state);
    let known = board.get(&call).unwrap().clone();
    let next = Bid::new(call).next(&known, &here.state, Some(&here.checkpoint()), &here, here.now);
    assert_eq!(next, Next::Endorsements { given: 2, of: 4 });
}

#[test]
fn the_close_of_a_rival_counts_for_nothing() {
    let here = opened(witnessed(), 1, "wren", true, 2);
    let other = opened(witnessed(), 1, "finch", true, 1);
    let call = call(&here, 2, "wren");
    let close = |cell: &TestCell, key: &SecretKey| call.close(&cell.cell(), floor(cell), key);
    let [one, two, three] = witnesses();
    let mut board = Board::default();
    board.take(&news(&here, call, &["wren", "heron", "owl"]), &here.state);
    let next = |closes: Vec<lifeboat_log::Close>| {
        let mut board = board.clone();
        let mut closes = closes;
        closes.sort_by_key(|close| close.key);
        let closes = List::new(closes).unwrap();
        board.take(&CallNews { call, endorsements: List::default(), closes }, &here.state);
        let known = board.get(&call).unwrap().clone();
        Bid::new(call).next(&known, &here.state, Some(&here.checkpoint()), &here, here.now)
    };
    let split = vec![close(&here, &one), close(&other, &two)];
    assert_eq!(next(split), Next::Closes { given: 1, needed: 2 });
    let more = vec![close(&here, &one), close(&other, &two), close(&here, &three)];
    assert!(matches!(next(more), Next::Open(_)));
}

#[test]
fn who_shows_a_rival_is_asked_again_only_when_it_is_witnessed_or_another() {
    let here = opened(witnessed(), 1, "wren", true, 2);
    let other = opened(witnessed(), 1, "finch", true, 1);
    let mut look = told(&here, &cosigned(&other, 0));
    let Opened::Rival(rival) = judged(&here, &shown(&other, 1), &look) else { panic!("it holds") };
    assert!(!look.follows(*rival));
    let tell = |look: &mut Look, note: SignedCheckpoint| look.tell(here.cell(), ERA, &note.to_bytes());
    assert!(!tell(&mut look, cosigned(&other, 1)));
    assert!(tell(&mut look, cosigned(&other, 2)));
    let third = opened(witnessed(), 1, "owl", true, 1);
    assert!(tell(&mut look, cosigned(&third, 0)) && !look.knows_rival());
}
