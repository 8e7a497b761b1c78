//! Draws on the fold: the whole way of one, and every entry that has no effect, with its reason.

use crate::draw::secret;
use lifeboat_commons::draw::{Secret, Try};
use lifeboat_commons::rotation::*;
use lifeboat_commons::testing::{TestCell, charter};
use lifeboat_commons::{Common, Day, Effect, Reason, State};
use lifeboat_log::codec::List;
use lifeboat_log::{EntryId, Time};

pub const PEOPLE: [&str; 4] = ["heron", "wren", "finch", "robin"];
pub const DAY: u64 = 86_400_000;

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A role with terms of a week, beginning with the first day of test cells.
pub fn role(text: &str) -> RoleSet {
    RoleSet {
        common: Common::default(),
        name: name(text),
        duty: Duty::Facilitator,
        seats: 1,
        first: Day::from_date(2026, 1, 1).unwrap(),
        every: Every::Days(7),
        conditions: Conditions::default(),
        ended: false,
    }
}

/// A cell whose founder set these roles while alone, with these people, who may all vote at once.
pub fn cell_with(roles: &[RoleSet], people: &[&str]) -> TestCell {
    let mut charter = charter();
    charter.waiting_days = 0;
    let mut cell = TestCell::found_with(7, people[0], &charter);
    for role in roles {
        cell.must(people[0], role);
    }
    for who in &people[1..] {
        cell.admit(who);
    }
    cell
}

pub fn cell() -> TestCell {
    cell_with(&[role("facilitator")], &PEOPLE)
}

/// The call that fits a cell now.
pub fn call_for(cell: &TestCell, role: &str, way: Way) -> DrawCalled {
    let (rotation, now) = (cell.state.rotation(), cell.now);
    let term = rotation.role(&name(role)).unwrap().next_term(now);
    let pool = rotation.pool(cell.state.members(), &name(role), term, now);
    DrawCalled {
        common: Common::default(),
        purpose: Purpose::Role { role: name(role), term },
        first: List::new(pool.first).unwrap(),
        then: List::new(pool.then).unwrap(),
        way,
    }
}

pub const WAY: Way = Way::Reveals { quorum: 3, commit: 3600, reveal: 3600 };

pub fn call(cell: &mut TestCell) -> EntryId {
    let call = call_for(cell, "facilitator", WAY);
    cell.must("heron", &call)
}

/// The secret of a person in an attempt: from their name, which no product may do.
pub fn secret_of(who: &str, attempt: u8) -> Secret {
    secret(u64::from(attempt), who.bytes().fold(0, |n, byte| n * 31 + u64::from(byte)))
}

pub fn commitment(cell: &TestCell, draw: EntryId, who: &str, attempt: u8) -> Committed {
    let of = Try { cell: cell.cell(), draw, attempt };
    let commitment = of.commitment(cell.id(who), secret_of(who, attempt));
    Committed { common: Common::default(), draw, attempt, commitment }
}

pub fn reveal(draw: EntryId, who: &str, attempt: u8) -> Revealed {
    Revealed { common: Common::default(), draw, attempt, secret: secret_of(who, attempt) }
}

pub fn commit_all(cell: &mut TestCell, draw: EntryId, people: &[&str], attempt: u8) {
    for who in people {
        let commitment = commitment(cell, draw, who, attempt);
        cell.must(who, &commitment);
    }
}

pub fn reveal_all(cell: &mut TestCell, draw: EntryId, people: &[&str], attempt: u8) {
    for who in people {
        cell.must(who, &reveal(draw, who, attempt));
    }
}

fn void(effect: Effect, reason: Reason) {
    assert_eq!(effect, Effect::Void(reason));
}

#[test]
fn a_whole_draw_gives_the_order_that_the_sheet_says() {
    let mut cell = cell();
    let draw = call(&mut cell);
    commit_all(&mut cell, draw, &PEOPLE, 1);
    let stage = |cell: &TestCell| cell.state.rotation().draw(&draw).unwrap().stage.clone();
    assert!(matches!(stage(&cell), Stage::Revealing(_)), "all have committed: nobody waits");
    reveal_all(&mut cell, draw, &["robin", "heron", "finch"], 1);
    let mut sheet = cell.state.rotation().draw(&draw).unwrap().sheet(cell.cell()).unwrap();
    sheet.revealed.insert(1, (cell.id("wren"), secret_of("wren", 1)));
    reveal_all(&mut cell, draw, &["wren"], 1);
    let done = cell.state.rotation().draw(&draw).unwrap();
    assert_eq!(done.order, sheet.order());
    assert_eq!(done.holders, sheet.order()[..1]);
    let on_duty = cell.state.rotation().on_duty(Duty::Facilitator, cell.now);
    assert_eq!(on_duty, done.holders);
    assert_eq!(State::decode(&cell.state.encode()).unwrap(), cell.state);
}

#[test]
fn the_keeper_cannot_choose_by_the_order_of_commitments_and_reveals() {
    let mut orders = Vec::new();
    for people in [["heron", "wren", "finch", "robin"], ["robin", "finch", "wren", "heron"]] {
        let mut cell = cell();
        let draw = call(&mut cell);
        commit_all(&mut cell, draw, &people, 1);
        cell.wait_ms(1000 * people[0].len() as u64);
        reveal_all(&mut cell, draw, &people, 1);
        orders.push(cell.state.rotation().draw(&draw).unwrap().order.clone());
    }
    assert_eq!(orders[0], orders[1]);
}

#[test]
fn a_draw_needs_its_pool_its_term_and_enough_commitments() {
    let mut cell = cell();
    let good = call_for(&cell, "facilitator", WAY);
    let mut other = good.clone();
    other.first = List::new(other.first[1..].to_vec()).unwrap();
    void(cell.say("heron", &other), Reason::NotThePool);
    let mut turned = good.first.to_vec();
    turned.reverse();
    void(
        cell.say("heron", &DrawCalled { first: List::new(turned).unwrap(), ..good.clone() }),
        Reason::NotThePool,
    );
    let purpose = Purpose::Role { role: name("facilitator"), term: 1 };
    void(cell.say("heron", &DrawCalled { purpose, ..good.clone() }), Reason::OtherTerm { next: 0 });
    let purpose = Purpose::Role { role: name("gardener"), term: 0 };
    void(cell.say("heron", &DrawCalled { purpose, ..good.clone() }), Reason::UnknownRole);
    let way = Way::Reveals { quorum: 2, commit: 60, reveal: 60 };
    void(cell.say("heron", &DrawCalled { way, ..good.clone() }), Reason::BadQuorum { least: 3, most: 4 });
    let way = Way::Reveals { quorum: 5, commit: 60, reveal: 60 };
    void(cell.say("heron", &DrawCalled { way, ..good.clone() }), Reason::BadQuorum { least: 3, most: 4 });
    cell.must("heron", &good);
    void(cell.say("wren", &good), Reason::DrawOpen);
    void(cell.say("wren", &role("gardener")), Reason::NeedsDecision);
}

#[test]
fn every_misuse_of_a_commitment_or_reveal_has_its_reason() {
    let mut cell = cell();
    let draw = call(&mut cell);
    let unknown = EntryId([9; 32]);
    let commitment_of = |cell: &TestCell, who| commitment(cell, draw, who, 1);
    commit_all(&mut cell, draw, &["heron"], 1);
    let again = commitment_of(&cell, "heron");
    void(cell.say("heron", &again), Reason::AlreadyCommitted);
    let strange = commitment(&cell, unknown, "heron", 1);
    void(cell.say("heron", &strange), Reason::UnknownDraw);
    let second = commitment(&cell, draw, "wren", 2);
    void(cell.say("wren", &second), Reason::NotCommitting);
    void(cell.say("heron", &reveal(draw, "heron", 1)), Reason::RevealEarly);
    // Somebody else's commitment, copied, cannot be revealed: it names its member.
    let copied = again.clone();
    cell.must("wren", &copied);
    commit_all(&mut cell, draw, &["finch"], 1);
    cell.wait_ms(3_600_000);
    let late = commitment_of(&cell, "robin");
    void(cell.say("robin", &late), Reason::NotCommitting);
    void(cell.say("robin", &reveal(draw, "robin", 1)), Reason::NotCommitted);
    void(cell.say("heron", &reveal(draw, "wren", 1)), Reason::RevealMismatch);
    void(cell.say("wren", &reveal(draw, "heron", 1)), Reason::RevealMismatch);
    cell.must("heron", &reveal(draw, "heron", 1));
    void(cell.say("heron", &reveal(draw, "heron", 1)), Reason::AlreadyRevealed);
    cell.wait_ms(3_600_000);
    void(cell.say("finch", &reveal(draw, "finch", 1)), Reason::RevealLate);
    let voids = &cell.state.rotation().draw(&draw).unwrap().voids;
    assert_eq!((voids.len(), voids[0].committed), (1, 3));
    assert_eq!(voids[0].missing, [cell.id("wren"), cell.id("finch")]);
}

#[test]
fn a_newcomer_who_may_not_vote_yet_takes_no_part() {
    let mut cell = TestCell::found_with(7, "heron", &charter());
    cell.must("heron", &role("facilitator"));
    cell.admit("wren");
    let call = call_for(&cell, "facilitator", Way::Reveals { quorum: 1, commit: 60, reveal: 60 });
    assert_eq!(*call.first, [cell.id("heron")]);
    let draw = cell.must("heron", &call);
    let early = commitment(&cell, draw, "wren", 1);
    void(cell.say("wren", &early), Reason::NotOnRoster);
}

#[test]
fn after_two_void_attempts_it_is_a_hat() {
    let mut cell = cell();
    let draw = call(&mut cell);
    let hat = |cell: &TestCell, people: &[&str]| HatDrawn {
        common: Common::default(),
        draw,
        order: List::new(people.iter().map(|who| cell.id(who)).collect()).unwrap(),
    };
    let one = hat(&cell, &["wren"]);
    void(cell.say("heron", &one), Reason::NoHat);
    // Too few commit: void.
    commit_all(&mut cell, draw, &["heron", "wren"], 1);
    cell.wait_ms(3_600_000);
    // Three commit, one withholds: void again.
    commit_all(&mut cell, draw, &["heron", "wren", "finch"], 2);
    cell.wait_ms(3_600_000);
    reveal_all(&mut cell, draw, &["heron", "wren"], 2);
    cell.wait_ms(3_600_000);
    let strangers =
        HatDrawn { order: List::new(vec![lifeboat_commons::MemberId([8; 32])]).unwrap(), ..one.clone() };
    void(cell.say("heron", &strangers), Reason::NotTheHat);
    let voids = cell.state.rotation().draw(&draw).unwrap().voids.clone();
    assert_eq!([voids[0].missing.len(), voids[1].missing.len()], [0, 1]);
    assert_eq!(voids[1].missing, [cell.id("finch")]);
    // One teller errs, and says it again.
    cell.must("heron", &one);
    cell.must("wren", &hat(&cell, &["robin"]));
    cell.must("finch", &one);
    assert!(!cell.state.rotation().draw(&draw).unwrap().is_done());
    cell.must("wren", &one);
    let done = cell.state.rotation().draw(&draw).unwrap();
    assert_eq!(done.holders, [cell.id("wren")]);
}

#[test]
fn a_hat_from_the_start_is_as_good() {
    let mut cell = cell();
    let call = call_for(&cell, "facilitator", Way::Hat);
    let draw = cell.must("heron", &call);
    let order = List::new(vec![cell.id("finch"), cell.id("robin")]).unwrap();
    let hat = HatDrawn { common: Common::default(), draw, order };
    for who in ["heron", "wren", "finch"] {
        cell.must(who, &hat);
    }
    assert_eq!(cell.state.rotation().draw(&draw).unwrap().holders, [cell.id("finch")]);
}

#[test]
fn a_refused_turn_goes_to_the_next_in_the_drawn_order() {
    let mut cell = cell();
    let draw = call(&mut cell);
    commit_all(&mut cell, draw, &PEOPLE, 1);
    reveal_all(&mut cell, draw, &PEOPLE, 1);
    let order = cell.state.rotation().draw(&draw).unwrap().order.clone();
    let who = |id| PEOPLE.into_iter().find(|who| cell.id(who) == id).unwrap();
    let names: Vec<&str> = order.iter().map(|id| who(*id)).collect();
    let refusal = Refused { common: Common::default(), draw };
    void(cell.say(names[1], &refusal), Reason::NoTurn);
    cell.must(names[0], &refusal);
    assert_eq!(cell.state.rotation().draw(&draw).unwrap().holders, [order[1]]);
    void(cell.say(names[0], &refusal), Reason::NoTurn);
    // Who leaves the cell passes their turn on too.
    if names[1] == "heron" {
        cell.must(names[1], &refusal);
    } else {
        cell.must(names[1], &lifeboat_commons::membership::Leave { common: Common::default() });
    }
    // What falls due is done before the next record.
    cell.say(names[3], &refusal);
    assert_eq!(cell.state.rotation().draw(&draw).unwrap().holders, [order[2]]);
}

#[test]
fn roles_keep_their_calendar_and_can_be_given_up() {
    let mut cell = TestCell::found_with(7, "heron", &charter());
    void(cell.say("heron", &RoleSet { ended: true, ..role("cook") }), Reason::UnknownRole);
    cell.must("heron", &role("cook"));
    void(cell.say("heron", &RoleSet { every: Every::Days(8), ..role("cook") }), Reason::RoleFixed);
    cell.must("heron", &RoleSet { seats: 2, ended: true, ..role("cook") });
    assert_eq!(cell.state.rotation().role(&name("cook")).unwrap().seats, 2);
    let meeting = MeetingSet {
        common: Common::default(),
        name: name("weekly circle"),
        first: Day::from_date(2026, 1, 6).unwrap(),
        every: Every::Days(7),
        minute: 19 * 60,
        minutes: 90,
        ended: false,
    };
    void(cell.say("heron", &MeetingSet { ended: true, ..meeting.clone() }), Reason::UnknownRole);
    cell.must("heron", &meeting);
    assert_eq!(cell.state.rotation().meetings().count(), 1);
    cell.must("heron", &MeetingSet { ended: true, ..meeting });
    assert_eq!(cell.state.rotation().meetings().count(), 0);
}

#[test]
fn a_draw_is_forgotten_a_year_after_its_turn() {
    let mut cell = cell();
    let draw = call(&mut cell);
    assert!(cell.state.rotation().draw(&draw).is_some());
    let later = |days: u64| cell.state.at(Time::from_ms(cell.now.ms() + days * DAY));
    assert!(later(370).rotation().draw(&draw).is_some());
    let forgotten = later(375);
    assert!(forgotten.rotation().draw(&draw).is_none());
    assert_eq!(forgotten.rotation().role(&name("facilitator")).unwrap().drawing, None);
}
