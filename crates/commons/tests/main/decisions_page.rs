//! The worked example of `docs/practices/decisions.md` is what the fold computes.

use crate::deciding::*;
use crate::pages::Story;
use lifeboat_commons::charter::{CharterChange, Setting};
use lifeboat_commons::decisions::{Ballot, Counts, Method, Propose, Terms, Verdict};
use lifeboat_commons::{Body, Common};
use lifeboat_log::EntryId;
use lifeboat_log::codec::{Bytes, List, encode};

const NAMES: [&str; 3] = ["hall", "kitchen", "park"];

fn tell(story: &mut Story, who: &str, what: &str, body: &impl Body) -> EntryId {
    let effect = say_noted(&mut story.cell, who, body);
    story.note(who, what, &effect);
    story.cell.last().entry().id()
}

fn proposes(story: &mut Story, who: &str, what: &str, terms: Terms) -> EntryId {
    tell(story, who, what, &Propose { common: Common::default(), terms })
}

fn votes(story: &mut Story, who: &str, what: &str, id: EntryId, cast: Ballot) {
    tell(story, who, what, &ballot(id, cast));
}

fn result(story: &mut Story, id: EntryId) {
    let outcome = decision(&story.cell, id).outcome().unwrap();
    let name = |option: &u8| NAMES[usize::from(*option)];
    let counts = match &outcome.tally.counts {
        Counts::Stances([agree, _, aside, against, block]) => {
            format!("{agree} for, {against} against, {aside} aside, {block} object")
        }
        Counts::Sums(sums) | Counts::Seats { approvals: sums, .. } => format!("{sums:?}"),
        Counts::Pairs { order, .. } => {
            let equal = |options: &Vec<u8>| options.iter().map(name).collect::<Vec<_>>().join(" = ");
            order.iter().map(equal).collect::<Vec<_>>().join(" > ")
        }
    };
    let verdict = match &outcome.verdict {
        Verdict::Carried => "carried".to_owned(),
        Verdict::NotCarried => "not carried".to_owned(),
        Verdict::NoQuorum => "no quorum".to_owned(),
        Verdict::Chosen(options) => format!("{} chosen", name(&options[0])),
        Verdict::Tied(_) => "a tie".to_owned(),
    };
    let (cast, all, proxy) = (outcome.tally.cast, outcome.tally.electorate, outcome.tally.by_proxy);
    story.show(&format!("{verdict}: {counts}; {cast} of {all} cast, {proxy} by proxy"));
}

#[test]
fn the_page_on_decisions_shows_what_happens() {
    let page = include_str!("../../../../docs/practices/decisions.md");
    let mut story = Story::new();
    let _ = ["wren", "finch", "robin", "swift"].map(|name| story.cell.admit(name));
    story.cell.wait_days(8);
    let setting = Setting { id: 3, version: 1, value: Bytes::new(encode(&14_u16)).unwrap() };
    let change = CharterChange { common: Common::default(), settings: List::new(vec![setting]).unwrap() };
    let terms_of = carrying(&story.cell, &change);
    let id =
        proposes(&mut story, "wren", "shall newcomers wait 14 days before they vote? (two days)", terms_of);
    votes(&mut story, "heron", "yes", id, YES);
    votes(&mut story, "finch", "no", id, NO);
    let to_wren = proxy(&story.cell, None, Some("wren"));
    story.tell("robin", "wren votes for me when I do not", &to_wren);
    votes(&mut story, "wren", "yes", id, YES);
    votes(&mut story, "finch", "object", id, BLOCK);
    story.cell.wait_days(2);
    votes(&mut story, "swift", "no", id, NO);
    result(&mut story, id);
    let days = story.cell.state.charter().waiting_days;
    story.show(&format!("who joins may vote after {days} days"));
    story.is_in(page);

    story.lines.clear();
    let rank = |ranks: [u8; 3]| Ballot::Rank(list(&ranks));
    let where_to = terms(&story.cell, Method::Ranked, 3);
    let id = proposes(&mut story, "heron", "where do we meet: hall, kitchen or park?", where_to);
    votes(&mut story, "heron", "hall > kitchen > park", id, rank([1, 2, 3]));
    votes(&mut story, "wren", "hall > kitchen > park", id, rank([1, 2, 3]));
    votes(&mut story, "finch", "kitchen > park = hall", id, rank([2, 1, 2]));
    votes(&mut story, "robin", "park > kitchen", id, rank([0, 2, 1]));
    votes(&mut story, "swift", "park > kitchen > hall", id, rank([3, 2, 1]));
    let sunday = terms(&story.cell, Method::Consent, 0);
    let sunday = proposes(&mut story, "wren", "we open on Sundays, by consent", sunday);
    votes(&mut story, "heron", "yes", sunday, YES);
    votes(&mut story, "finch", "aside", sunday, ASIDE);
    votes(&mut story, "robin", "object, because nobody has the key on Sundays", sunday, BLOCK);
    close(&mut story.cell);
    result(&mut story, id);
    result(&mut story, sunday);
    story.is_in(page);
}
