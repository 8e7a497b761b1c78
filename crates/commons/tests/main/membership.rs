//! How people join, leave and change keys, and each reason for which they do not.

use crate::say::*;
use lifeboat_commons::limits::{DAY_MS, MAX_KEYS, MAX_NODES, MAX_WAITING};
use lifeboat_commons::membership::{Acceptance, HandleChanged, KeyAdded, KeyEnded, Leave, NodeNamed, Vouch};
use lifeboat_commons::testing::{TestCell, handle};
use lifeboat_commons::{Common, Effect, Inadmissible, MemberId, Powers, Reason, compose};
use lifeboat_log::codec::List;
use lifeboat_log::{Detail, DetailTag, Position, SecretKey, Time};

fn leave() -> Leave {
    Leave { common: Common::default() }
}

#[test]
fn the_founder_is_the_first_member_and_may_vote_at_once() {
    let cell = TestCell::found(1, "heron");
    let members = cell.state.members();
    assert_eq!(
        members.electors(cell.now).map(|(id, _)| *id).collect::<Vec<_>>(),
        [MemberId::founder(cell.cell())]
    );
    assert_eq!(members.get(&cell.id("heron")).unwrap().handle, handle("heron").hash());
    assert_eq!(members.nodes().count(), 1);
}

#[test]
fn one_vouch_admits_until_three_members_and_two_from_then_on() {
    let mut cell = pair();
    cell.admit("finch");
    let (acceptance, name) = cell.acceptance("robin");
    assert_eq!(cell.vouch("wren", &acceptance, &name), Effect::Applied);
    let waiting: Vec<_> = cell.state.members().candidates().collect();
    assert_eq!((waiting.len(), waiting[0].1.vouches.len()), (1, 1));
    void(cell.vouch("wren", &acceptance, &name), Reason::AlreadyVouched);
    assert_eq!(cell.vouch("finch", &acceptance, &name), Effect::Applied);
    let id = MemberId::admitted_by(cell.last().entry().id());
    let robin = cell.state.members().get(&id).unwrap();
    assert_eq!(robin.vouched.len(), 2);
    assert_eq!(robin.position, Position(5));
    assert_eq!(robin.vote_from, robin.since.plus_ms(7 * DAY_MS));
    assert!(!cell.state.members().is_elector(&id, robin.since));
    assert!(cell.state.members().is_elector(&id, robin.vote_from));
    assert_eq!(cell.state.members().candidates().count(), 0);
}

#[test]
fn the_vouch_of_who_left_does_not_count() {
    let mut cell = pair();
    cell.admit("finch");
    cell.admit("robin");
    let (acceptance, name) = cell.acceptance("swift");
    cell.vouch("finch", &acceptance, &name);
    cell.must("finch", &leave());
    assert_eq!(cell.vouch("wren", &acceptance, &name), Effect::Applied);
    assert!(cell.state.members().of_key(&acceptance.key).is_none());
    assert_eq!(cell.vouch("robin", &acceptance, &name), Effect::Applied);
    assert!(cell.state.members().of_key(&acceptance.key).is_some());
}

#[test]
fn an_acceptance_must_hold() {
    let mut cell = pair();
    let (good, name) = cell.acceptance("robin");
    let key = cell.key("robin");
    let forged = Acceptance { expiry: good.expiry.plus_ms(1), ..good.clone() };
    void(cell.vouch("wren", &forged, &name), Reason::BadAcceptance);
    let elsewhere =
        Acceptance::sign(lifeboat_log::CellId([9; 32]), good.invite, good.handle, good.expiry, &key);
    void(cell.vouch("wren", &elsewhere, &name), Reason::BadAcceptance);
    void(cell.vouch("wren", &good, &handle("somebody else")), Reason::HandleMissing);
    let serving = Acceptance::sign(cell.cell(), good.invite, good.handle, good.expiry, &cell.key("wren"));
    void(cell.vouch("heron", &serving, &name), Reason::KeyTaken);
    let node = cell.node.clone();
    let node = Acceptance::sign(cell.cell(), good.invite, good.handle, good.expiry, &node);
    void(cell.vouch("heron", &node, &name), Reason::KeyTaken);
    let used = cell.state.members().get(&cell.id("wren")).unwrap().invite;
    let used = Acceptance::sign(cell.cell(), used, good.handle, good.expiry, &key);
    void(cell.vouch("heron", &used, &name), Reason::InviteUsed);
    cell.wait_days(8);
    void(cell.vouch("wren", &good, &name), Reason::AcceptanceExpired);
}

#[test]
fn vouches_for_different_acceptances_do_not_add_up() {
    let mut cell = pair();
    cell.admit("finch");
    let (good, name) = cell.acceptance("robin");
    cell.vouch("wren", &good, &name);
    let other = Acceptance::sign(cell.cell(), [3; 16], good.handle, good.expiry, &cell.key("robin"));
    void(cell.vouch("heron", &other, &name), Reason::OtherAcceptance);
    cell.wait_days(8);
    cell.must("wren", &received("1 EUR"));
    assert_eq!(cell.state.members().candidates().count(), 0, "it ran out");
}

#[test]
fn a_vouch_can_be_renewed_and_completes_when_the_cell_has_shrunk() {
    let mut cell = pair();
    cell.admit("finch");
    let (first, name) = cell.acceptance("robin");
    cell.vouch("wren", &first, &name);
    cell.wait_days(1);
    let (second, name) = cell.acceptance("robin");
    assert_eq!(cell.vouch("wren", &second, &name), Effect::Applied);
    assert_eq!(cell.state.members().candidates().next().unwrap().1.acceptance, second);
    void(cell.vouch("wren", &second, &name), Reason::AlreadyVouched);
    cell.must("finch", &leave());
    assert_eq!(cell.vouch("wren", &second, &name), Effect::Applied);
    assert!(cell.state.members().of_key(&second.key).is_some());
}

#[test]
fn a_member_has_few_newcomers_waiting() {
    let mut cell = pair();
    cell.admit("finch");
    for i in 0..MAX_WAITING {
        let (acceptance, name) = cell.acceptance(&format!("bird {i}"));
        assert_eq!(cell.vouch("wren", &acceptance, &name), Effect::Applied);
    }
    let (acceptance, name) = cell.acceptance("one too many");
    void(cell.vouch("wren", &acceptance, &name), Reason::TooMany);
    assert_eq!(cell.vouch("finch", &acceptance, &name), Effect::Applied);
}

#[test]
fn who_left_says_nothing_more_and_the_last_member_stays() {
    let mut cell = pair();
    cell.must("wren", &leave());
    void(cell.say("wren", &received("1 EUR")), Inadmissible::MemberLeft.into());
    void(cell.say("heron", &leave()), Reason::LastMember);
    assert_eq!(cell.state.members().active().count(), 1);
    assert_eq!(cell.state.faults().map(|(_, n)| n).collect::<Vec<_>>(), [1]);
    cell.admit("wren again");
}

#[test]
fn a_second_key_does_what_it_may_until_it_ends() {
    let mut cell = pair();
    let (phone, wren) = (cell.key("phone"), cell.id("wren"));
    let until = in_days(&cell, 2);
    let added = KeyAdded::sign(cell.cell(), wren, &phone, Powers::SIGN, until);
    void(cell.say("heron", &added), Reason::BadPossession);
    cell.must("wren", &added);
    void(cell.say("wren", &added), Reason::KeyTaken);
    cell.must("phone", &received("1 EUR"));
    void(
        cell.say("phone", &KeyEnded { common: Common::default(), key: phone.public() }),
        Inadmissible::NoPower.into(),
    );
    void(cell.say("heron", &KeyEnded { common: Common::default(), key: phone.public() }), Reason::UnknownKey);
    let home = cell.key("wren").public();
    void(cell.say("wren", &KeyEnded { common: Common::default(), key: home }), Reason::LastKey);
    cell.now = until;
    let entry = cell.sign("phone", compose(&received("1 EUR")).unwrap());
    assert_eq!(cell.place(entry), Effect::Applied, "its last moment");
    cell.wait_ms(1);
    void(cell.say("phone", &received("1 EUR")), Inadmissible::KeyEnded.into());
    let late = KeyAdded::sign(cell.cell(), wren, &cell.key("tablet"), Powers::SIGN, until);
    void(cell.say("wren", &late), Reason::PastItsDay);
    let tablet = KeyAdded::sign(cell.cell(), wren, &cell.key("tablet"), Powers::HOME, Time::ZERO);
    cell.must("wren", &tablet);
    cell.must("tablet", &KeyEnded { common: Common::default(), key: home });
    void(cell.say("wren", &received("1 EUR")), Inadmissible::KeyEnded.into());
    let back = KeyAdded::sign(cell.cell(), wren, &cell.key("wren"), Powers::SIGN, Time::ZERO);
    void(cell.say("tablet", &back), Reason::KeyTaken);
}

#[test]
fn a_paper_key_only_endorses() {
    let mut cell = pair();
    let paper = cell.key("paper");
    let added = KeyAdded::sign(cell.cell(), cell.id("heron"), &paper, Powers::ENDORSE, Time::ZERO);
    cell.must("heron", &added);
    void(cell.say("paper", &received("1 EUR")), Inadmissible::NoPower.into());
    assert_eq!(cell.state.members().endorser(&paper.public(), cell.now), Some(cell.id("heron")));
    assert_eq!(
        cell.state.members().endorser(&cell.key("wren").public(), cell.now),
        None,
        "not an elector yet"
    );
}

#[test]
fn keys_and_nodes_have_a_limit_and_powers_are_known_ones() {
    let mut cell = pair();
    let wren = cell.id("wren");
    let key = |i: usize| SecretKey::from_seed(&[i as u8 + 100; 32]);
    for i in 1..MAX_KEYS {
        let added = KeyAdded::sign(cell.cell(), wren, &key(i), Powers::SIGN, Time::ZERO);
        cell.must("wren", &added);
    }
    let added = KeyAdded::sign(cell.cell(), wren, &key(MAX_KEYS), Powers::SIGN, Time::ZERO);
    void(cell.say("wren", &added), Reason::TooMany);
    for i in 0..MAX_NODES {
        let named = NodeNamed::sign(cell.cell(), wren, &key(50 + i));
        cell.must("wren", &named);
    }
    let named = NodeNamed::sign(cell.cell(), wren, &key(80));
    void(cell.say("wren", &named), Reason::TooMany);
    let odd = KeyAdded::sign(cell.cell(), wren, &key(90), Powers::from_bits(64), Time::ZERO);
    assert!(compose(&odd).is_err());
}

#[test]
fn a_node_serves_one_member_until_it_is_ended() {
    let mut cell = pair();
    let laptop = cell.key("laptop");
    let named = NodeNamed::sign(cell.cell(), cell.id("wren"), &laptop);
    void(cell.say("heron", &named), Reason::BadPossession);
    cell.must("wren", &named);
    let others = NodeNamed::sign(cell.cell(), cell.id("heron"), &laptop);
    void(cell.say("heron", &others), Reason::KeyTaken);
    void(cell.say("heron", &NodeNamed::ends(laptop.public())), Reason::UnknownKey);
    cell.must("wren", &NodeNamed::ends(laptop.public()));
    void(cell.say("wren", &NodeNamed::ends(laptop.public())), Reason::UnknownKey);
    assert_eq!(cell.state.members().nodes().count(), 1);
    void(cell.say("laptop", &received("1 EUR")), Inadmissible::KeyEnded.into());
    cell.must("wren", &named);
    void(cell.say("laptop", &received("1 EUR")), Inadmissible::NoPower.into());
}

#[test]
fn a_lost_key_is_replaced_by_vouching() {
    let mut cell = pair();
    cell.admit("finch");
    let (acceptance, name) = cell.acceptance("wren's new laptop");
    let wren = cell.id("wren");
    let again = |cell: &mut TestCell, by: &str, member: MemberId| {
        let vouch =
            Vouch { common: Common::default(), acceptance: acceptance.clone(), replaces: Some(member) };
        let entry = cell.sign_with(by, compose(&vouch).unwrap(), |draft| {
            draft.details = List::new(vec![name.reference(DetailTag::HANDLE, Time::ZERO)]).unwrap();
        });
        cell.wait_ms(1);
        cell.place(entry)
    };
    void(again(&mut cell, "heron", MemberId([5; 32])), Reason::UnknownMember);
    void(again(&mut cell, "wren", wren), Reason::UnknownMember);
    assert_eq!(again(&mut cell, "heron", wren), Effect::Applied);
    let heron = cell.id("heron");
    void(again(&mut cell, "finch", heron), Reason::OtherAcceptance);
    assert_eq!(again(&mut cell, "finch", wren), Effect::Applied);
    assert_eq!(cell.state.members().of_key(&acceptance.key), Some(wren));
    assert_eq!(cell.state.members().active().count(), 3);
    void(cell.say("wren", &received("1 EUR")), Inadmissible::KeyEnded.into());
    cell.must("wren's new laptop", &received("1 EUR"));
}

#[test]
fn a_handle_changes_with_its_detail_and_nothing_here_is_corrected() {
    let mut cell = pair();
    let changed = HandleChanged { common: Common::default() };
    void(cell.say("wren", &changed), Reason::HandleMissing);
    let name = Detail::open([7; 16], "jenny").unwrap();
    let with_name = |cell: &mut TestCell, body: &HandleChanged| {
        cell.sign_with("wren", compose(body).unwrap(), |draft| {
            draft.details = List::new(vec![name.reference(DetailTag::HANDLE, Time::ZERO)]).unwrap();
        })
    };
    let entry = with_name(&mut cell, &changed);
    let id = entry.id();
    assert_eq!(cell.place(entry), Effect::Applied);
    let wren = cell.state.members().get(&cell.id("wren")).unwrap();
    assert_eq!((wren.handle, wren.handle_entry), (name.hash(), id));
    let entry = with_name(&mut cell, &HandleChanged { common: fixing(id) });
    void(cell.place(entry), Reason::NotCorrectable);
}
