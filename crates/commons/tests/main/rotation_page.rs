//! The worked example of `docs/practices/rotation.md` is what the fold computes.

use crate::rotation::*;
use lifeboat_commons::rotation::*;
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Body, Common, MemberId};
use lifeboat_log::EntryId;

struct Story {
    cell: TestCell,
    lines: Vec<String>,
}

impl Story {
    fn tell(&mut self, who: &str, what: &str, body: &impl Body) -> EntryId {
        let effect = self.cell.say(who, body);
        let at = self.cell.last().link().position;
        let void = effect.reason().map(|reason| format!("   VOID: {reason}")).unwrap_or_default();
        self.lines.push(format!("#{at}  {who}: {what}{void}"));
        self.cell.last().entry().id()
    }
    fn show(&mut self, text: &str) {
        self.lines.push(format!("    {text}"));
    }
    fn name(&self, id: &MemberId) -> &'static str {
        PEOPLE.into_iter().find(|who| self.cell.id(who) == *id).unwrap()
    }
    fn names(&self, ids: &[MemberId]) -> String {
        ids.iter().map(|id| self.name(id)).collect::<Vec<_>>().join(", ")
    }
    fn commit(&mut self, draw: EntryId, who: &str, attempt: u8) {
        let body = commitment(&self.cell, draw, who, attempt);
        let short = body.commitment.to_string()[..8].to_owned();
        self.tell(who, &format!("I commit to {short}…"), &body);
    }
    fn reveal(&mut self, draw: EntryId, who: &str, attempt: u8) {
        let body = reveal(draw, who, attempt);
        let short = body.secret.to_string()[..8].to_owned();
        self.tell(who, &format!("my secret is {short}…"), &body);
    }
    fn pool(&mut self) {
        let call = call_for(&self.cell, "facilitator", WAY);
        let (first, then) = (self.names(&call.first), self.names(&call.then));
        self.show(&format!("first {first}; then {}", if then.is_empty() { "nobody" } else { &then }));
    }
}

#[test]
fn the_page_on_rotation_shows_what_happens() {
    let mut cell = TestCell::found_plain(7, "heron");
    cell.must("heron", &role("facilitator"));
    for who in &PEOPLE[1..] {
        cell.admit(who);
    }
    cell.wait_days(7);
    let mut story = Story { cell, lines: vec![] };
    story.pool();
    let called = call_for(&story.cell, "facilitator", WAY);
    let draw = story.tell("heron", "I call a draw for the second week", &called);
    for who in ["heron", "wren", "robin"] {
        story.commit(draw, who, 1);
    }
    story.cell.wait_ms(3_600_000);
    story.show("an hour later nobody can commit any more");
    story.reveal(draw, "robin", 1);
    let wrong = Revealed { secret: secret_of("wren", 2), ..reveal(draw, "wren", 1) };
    story.tell("wren", "my secret is another", &wrong);
    story.reveal(draw, "heron", 1);
    story.cell.wait_ms(3_600_000);
    story.reveal(draw, "wren", 1);
    let missing = story.cell.state.rotation().draw(&draw).unwrap().voids[0].missing.clone();
    let missing = story.names(&missing);
    story.show(&format!("attempt 1 is void: not revealed by {missing}"));
    for who in PEOPLE {
        story.commit(draw, who, 2);
    }
    let sheet = |story: &Story| story.cell.state.rotation().draw(&draw).unwrap().sheet(story.cell.cell());
    for who in &PEOPLE[..3] {
        story.reveal(draw, who, 2);
    }
    let mut whole = sheet(&story).unwrap();
    story.reveal(draw, "robin", 2);
    whole.revealed.push((story.cell.id("robin"), secret_of("robin", 2)));
    story.show(&format!("seed {}", whole.seed()));
    for step in whole.steps() {
        let (value, left, index) = (step.number.value, step.left, step.index.unwrap());
        let who = story.name(&step.drawn.unwrap());
        story.show(&format!("step {}: {value:012x} = {value}; modulo {left} is {index}: {who}", step.step));
    }
    let order = story.cell.state.rotation().draw(&draw).unwrap().order.clone();
    let drawn = story.name(&order[0]);
    story.tell(drawn, "I cannot this week", &Refused { common: Common::default(), draw });
    let holders = story.cell.state.rotation().draw(&draw).unwrap().holders.clone();
    assert_eq!(holders, order[1..2]);
    let holders = story.names(&holders);
    story.show(&format!("{holders} facilitates from 2026-01-08 to 2026-01-14"));
    story.cell.wait_days(7);
    story.pool();
    let page = include_str!("../../../../docs/practices/rotation.md");
    let block = format!("```\n{}\n```", story.lines.join("\n"));
    assert!(page.contains(&block), "the page must hold this example:\n{block}");
}
