//! What a small cell shows when it is asked.

use crate::say::*;
use lifeboat_commons::ledger::{Fit, Given, Received, Source};
use lifeboat_commons::testing::TestCell;
use lifeboat_commons::{Day, MemberId};
use std::fmt::Write;

/// Everything that the command line asks of a state, in plain lines.
pub fn shown(cell: &TestCell) -> String {
    let (mut out, state) = (String::new(), cell.state.at(cell.now));
    let mut line = |text: String| writeln!(out, "{text}").unwrap();
    let name = |id: &MemberId| {
        let handle = state.members().get(id).map(|member| member.handle);
        let detail = cell.details().iter().find(|detail| Some(detail.hash()) == handle);
        detail.and_then(|detail| detail.text()).unwrap_or("?").to_owned()
    };
    let mut people: Vec<_> = state.members().all().collect();
    people.sort_by_key(|(_, member)| member.position);
    for (id, member) in people {
        let votes = Day::of(member.vote_from);
        line(format!(
            "#{} {} since {}, may vote from {votes}",
            member.position,
            name(id),
            Day::of(member.since)
        ));
    }
    line(format!("electors {}", state.members().electors(cell.now).count()));
    for (_, candidate) in state.members().candidates() {
        let needed = state.charter().vouching.needed(state.members().active().count());
        line(format!("waiting: {} of {needed} vouches", state.members().counted(candidate)));
    }
    for (currency, category, flow) in state.ledger().money() {
        let pool = category.and_then(|c| state.charter().category(c)).unwrap_or("no category");
        let (came, went) = (flow.received.money(), flow.given.money());
        line(format!("{currency}, {pool}: {came} in, {went} out, {} left", flow.balance().money()));
    }
    for (item, unit, place, held) in state.ledger().stock() {
        let place = place.and_then(|p| state.charter().place(p)).unwrap_or("no place");
        line(format!("{held} {unit} {item} at {place}"));
    }
    for need in state.ledger().open_needs() {
        line(format!("#{} needs {}, {} open", need.position, need.quantity, need.open()));
        for fit in state.ledger().fits_need(need) {
            match fit {
                Fit::Offer(offer) => line(format!("  fits #{}, {} open", offer.position, offer.open())),
                Fit::Stock { held, .. } => line(format!("  fits stock, {held} held")),
            }
        }
    }
    for offer in state.ledger().open_offers() {
        line(format!("#{} offers {}, {} open", offer.position, offer.quantity, offer.open()));
    }
    for slip in state.ledger().slips() {
        line(format!("slip #{}: {}", slip.position, slip.quantity));
    }
    line(format!("{} void", state.voids()));
    out
}

#[test]
fn a_small_cell_shows() {
    let mut cell = pair();
    cell.admit("finch");
    let (acceptance, handle) = cell.acceptance("robin");
    cell.vouch("wren", &acceptance, &handle);
    cell.must("wren", &received("40 EUR"));
    cell.must("wren", &Received { common: at(KITCHEN), quantity: quantity("20 kg rice") });
    let rice = need(&cell, "20 kg rice");
    let rice = cell.must("finch", &rice);
    let some = offer(&cell, "12 kg rice");
    let some = cell.must("heron", &some);
    cell.must("wren", &meet(rice, Source::Offer(some), "10"));
    cell.must("wren", &Given { slip: true, ..given("5 EUR") });
    cell.say("wren", &given("50 EUR"));
    insta::assert_snapshot!(shown(&cell));
}
