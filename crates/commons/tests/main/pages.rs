//! The worked examples of `docs/practices` are what the fold computes: each block of an example is made
//! here, and the page must hold it word for word.

use crate::say::*;
use lifeboat_commons::charter::{CharterChange, Setting};
use lifeboat_commons::ledger::{Given, Received, Source};
use lifeboat_commons::membership::{Acceptance, KeyAdded};
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Body, Charter, Common, Day, Effect, Powers};
use lifeboat_log::codec::{Bytes, List, encode};
use lifeboat_log::{Detail, EntryId, Time};
use std::collections::BTreeMap;

/// A log as a page shows it: what was said, and what it did.
pub struct Story {
    pub cell: TestCell,
    joining: BTreeMap<String, (Acceptance, Detail)>,
    pub lines: Vec<String>,
}

impl Story {
    pub fn new() -> Self {
        Self { cell: TestCell::found(1, "heron"), joining: BTreeMap::new(), lines: vec![] }
    }
    pub fn tell(&mut self, who: &str, what: &str, body: &impl Body) -> EntryId {
        let effect = self.cell.say(who, body);
        self.note(who, what, &effect);
        self.cell.last().entry().id()
    }
    pub fn note(&mut self, who: &str, what: &str, effect: &Effect) {
        let at = self.cell.last().link().position;
        let void = effect.reason().map(|reason| format!("   VOID: {reason}")).unwrap_or_default();
        self.lines.push(format!("#{at}  {who}: {what}{void}"));
    }
    pub fn admit(&mut self, by: &str, newcomer: &str) {
        let signed = || self.cell.acceptance(newcomer);
        let (acceptance, handle) = self.joining.entry(newcomer.to_owned()).or_insert_with(signed).clone();
        let effect = self.cell.vouch(by, &acceptance, &handle);
        self.note(by, &format!("I vouch for {newcomer}"), &effect);
        let members = self.cell.state.members();
        let said = match members.of_key(&acceptance.key).and_then(|id| members.get(&id)) {
            Some(member) => {
                format!("{newcomer} is a member, and may vote from {}", Day::of(member.vote_from))
            }
            None => {
                let needed = self.cell.state.charter().vouching.needed(members.active().count());
                let counted = members.candidates().map(|(_, c)| members.counted(c)).max().unwrap_or(0);
                format!("{newcomer} has {counted} of {needed} vouches")
            }
        };
        self.show(&said);
    }
    pub fn show(&mut self, text: &str) {
        self.lines.push(format!("    {text}"));
    }
    /// Shows the money that is held.
    fn held(&mut self) {
        let ledger = self.cell.state.ledger();
        let mut held: Vec<String> =
            ledger.balances().iter().map(|(code, sum)| format!("{} {code}", sum.money())).collect();
        held.extend(ledger.stock().map(|(item, unit, _, n)| format!("{n} {unit} {item}")));
        self.show(&format!("held: {}", held.join(", ")));
    }
    #[track_caller]
    pub fn is_in(&self, page: &str) {
        let block = format!("```\n{}\n```", self.lines.join("\n"));
        assert!(page.contains(&block), "the page must hold this example:\n{block}");
    }
}

#[test]
fn the_page_on_membership_shows_what_happens() {
    let mut story = Story::new();
    story.admit("heron", "wren");
    story.admit("wren", "finch");
    story.admit("heron", "robin");
    story.admit("finch", "robin");
    let (robin, wren) = (story.cell.key("robin").public(), story.cell.id("wren"));
    assert!(story.cell.state.members().of_key(&robin).is_some());
    let phone = story.cell.key("phone");
    let until = Time::from_ms(story.cell.now.ms() + 30 * 86_400_000);
    let added = KeyAdded::sign(story.cell.cell(), wren, &phone, Powers::SIGN, until);
    story.tell("wren", "my phone signs for me until 2026-01-31", &added);
    story.tell("phone", "40 EUR in", &received("40 EUR"));
    story.is_in(include_str!("../../../../docs/practices/membership.md"));
}

#[test]
fn the_page_on_the_ledger_shows_what_happens() {
    let mut story = Story::new();
    story.cell.admit("wren");
    let money = story.tell("wren", "40 EUR in", &received("40 EUR"));
    let rice = need(&story.cell, "20 kg rice");
    let rice = story.tell("heron", "20 kg rice needed", &rice);
    let some = offer(&story.cell, "12 kg rice");
    let some = story.tell("wren", "12 kg rice offered", &some);
    story.tell("heron", "#3 met with #4: 12 kg", &meet(rice, Source::Offer(some), "12"));
    let open = story.cell.state.ledger().need(&rice).unwrap().open();
    story.show(&format!("#3: {open} of 20 kg still open"));
    story.tell("wren", "10 kg rice in", &Received { common: at(KITCHEN), quantity: quantity("10 kg rice") });
    story.tell("heron", "#3 met from the kitchen: 8 kg", &meet(rice, Source::Stock(Some(KITCHEN)), "8"));
    story.held();
    let bus = story.tell("heron", "5 EUR out, with a slip", &Given { slip: true, ..given("5 EUR") });
    story.tell("wren", "slip #8: 5 EUR received", &confirm(bus, "5", false));
    story.tell("wren", "36 EUR out", &given("36 EUR"));
    let right = Received { common: fixing(money), quantity: quantity("4 EUR") };
    story.tell("wren", "#2 was 4 EUR in", &right);
    let right = Received { common: fixing(money), quantity: quantity("41 EUR") };
    story.tell("wren", "#2 was 41 EUR in", &right);
    story.held();
    story.is_in(include_str!("../../../../docs/practices/ledger.md"));
}

#[test]
fn the_page_on_the_charter_shows_what_happens() {
    let mut story = Story::new();
    let page = include_str!("../../../../docs/practices/charter.md");
    let days = |days: u16| {
        let value = Bytes::new(encode(&days)).unwrap();
        let settings = List::new(vec![Setting { id: 3, version: 1, value }]).unwrap();
        CharterChange { common: Common::default(), settings }
    };
    let said = |story: &mut Story| {
        let days = story.cell.state.charter().waiting_days;
        story.show(&format!("who joins may vote after {days} days"));
    };
    said(&mut story);
    story.tell("heron", "newcomers may vote after 14 days", &days(14));
    said(&mut story);
    story.admit("heron", "wren");
    story.tell("heron", "newcomers may vote after 0 days", &days(0));
    said(&mut story);
    story.is_in(page);
    let default = Charter::default();
    let table = [
        format!(
            "| 2 | vouching | {} until {} members, then {} |",
            default.vouching.first, default.vouching.until, default.vouching.then
        ),
        format!("| 3 | waiting time before voting | {} days |", default.waiting_days),
        format!("| 4 | clock skew | {} seconds |", default.skew_seconds),
        format!("| 7 | k of consensus minus k | {} |", default.k),
        format!("| 8 | cosignatures asked | {} |", default.witnesses),
        format!("| 9 | entries a member a day | {} |", default.quota),
        format!("| 10 | placing time | {} hours |", default.placing_hours),
        format!(
            "| 20 | least time that a vote is open on what takes effect by itself | {} hours |",
            default.voting_hours
        ),
        format!("| 21 | least quorum of such a vote | {} in a hundred |", default.decision_quorum),
        format!(
            "| 22 | least majority of such a vote | {} in a hundred (more than half) |",
            default.majority
        ),
        format!("| 23 | for how many others a member may vote | {} |", default.proxies),
        format!("| 13 | notice of absence | {} days |", default.notice_days),
        format!("| 14 | notices needed | {} |", default.notices),
        format!("| 15 | grace after a takeover | {} days |", default.grace_days),
    ];
    for row in table {
        assert!(page.contains(&row), "the page must hold this row: {row}");
    }
    assert_eq!(default.list().unwrap().len(), page.lines().filter(|line| line.starts_with("| ")).count() - 1);
}
