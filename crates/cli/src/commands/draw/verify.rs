//! `lifeboat draw verify`: a draw redone from the entries of the log alone, step by step, and held against
//! what the home's fold says. Whoever doubts this program redoes it with a hash tool.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Session, read_record};
use crate::ui::Look;
use crate::{expect_answer, text};
use lifeboat_commons::draw::{BeaconRound, BeaconSignature, DIGITS, Secret, Sheet, Try};
use lifeboat_commons::rotation::{ATTEMPTS, DrawCalled, OnRoster, RotationStatement};
use lifeboat_commons::{MemberId, Statement};
use lifeboat_log::{EntryId, Position, Record};
use lifeboat_node::ask::Range;
use lifeboat_node::limits::MAX_RECORDS_ANSWERED;
use lifeboat_node::{Answer, Ask};
use serde_json::json;
use std::collections::BTreeMap;

/// The kinds of commitments, reveals and beacons.
const KINDS: [u16; 3] = [100, 101, 106];

/// What the log holds of one attempt.
#[derive(Default)]
struct Found {
    committed: BTreeMap<OnRoster, Position>,
    revealed: BTreeMap<OnRoster, Secret>,
    beacon: Option<(BeaconRound, BeaconSignature)>,
}

/// Runs the command.
///
/// # Errors
/// When there is no such draw, or it is not what the home says.
pub fn run(context: &mut Context, session: &Session, written: &str) -> Outcome {
    let (_, record) = session.find(context, written)?;
    let id = record.entry().id();
    let Ok(Statement::Rotation(RotationStatement::Draw(called))) = Statement::decode(record.entry()) else {
        return Err(Failure::new(text!("draw-unknown", number = written)).hint(text!("draw-unknown-hint")));
    };
    let found = read(context, session, &record, id)?;
    let complete = (1..=ATTEMPTS).find_map(|attempt| {
        let found = found.get(&attempt)?;
        let revealed = !found.revealed.is_empty() && found.committed.keys().eq(found.revealed.keys());
        let whole = revealed && found.beacon.is_some() == called.way.network().is_some();
        whole.then(|| (sheet(session, id, &called, attempt, found), found.beacon))
    });
    let Some((sheet, beacon)) = complete else {
        return hat_or_open(context, session, id);
    };
    show(context, session, &sheet)?;
    if let (Some((round, signature)), Some(network)) = (beacon, called.way.network()) {
        let (number, written) = (round.to_string(), signature.to_string());
        if network.randomness(round, &signature).is_none() {
            return Err(
                Failure::new(text!("verify-beacon-bad", round = number)).hint(text!("verify-differs-hint"))
            );
        }
        context.ui.line(text!("verify-beacon", round = number, signature = written))?;
    }
    let known = session.state.rotation().draw(&id);
    match known.filter(|known| known.order != sheet.order()) {
        None => context.ui.styled(Look::Good, text!("verify-holds")),
        Some(_) => Err(Failure::new(text!("verify-differs")).hint(text!("verify-differs-hint"))),
    }
}

/// The commitments and reveals of a draw that had an effect, by attempt.
fn read(
    context: &mut Context,
    session: &Session,
    call: &Record,
    draw: EntryId,
) -> Outcome<BTreeMap<u8, Found>> {
    let mut all: BTreeMap<u8, Found> = BTreeMap::new();
    let mut next = call.link().position;
    loop {
        let count = u32::try_from(MAX_RECORDS_ANSWERED).unwrap_or(u32::MAX);
        let range = Range { kinds: KINDS.to_vec(), ..Range::from(next, count) };
        let answer = session.ask(context, Ask::Log { cell: session.cell.cell, range })?;
        let records = expect_answer!(answer, Answer::Records(records) => records)?;
        for entered in records.iter().filter(|entered| entered.void.is_none()) {
            let record = read_record(entered)?;
            let Some(member) = session.state.members().of_key(&record.entry().author) else { continue };
            let roster = session.state.members().get(&member).map_or(Position(0), |known| known.position);
            let who: OnRoster = (roster, member);
            match Statement::decode(record.entry()) {
                Ok(Statement::Rotation(RotationStatement::Committed(said))) if said.draw == draw => {
                    let found = all.entry(said.attempt).or_default();
                    found.committed.insert(who, record.link().position);
                }
                Ok(Statement::Rotation(RotationStatement::Revealed(said))) if said.draw == draw => {
                    all.entry(said.attempt).or_default().revealed.insert(who, said.secret);
                }
                Ok(Statement::Rotation(RotationStatement::Beacon(said))) if said.draw == draw => {
                    all.entry(said.attempt).or_default().beacon = Some((said.round, said.signature));
                }
                _ => {}
            }
        }
        match records.last() {
            Some(last) if records.len() >= MAX_RECORDS_ANSWERED => {
                next = read_record(last)?.link().position.next();
            }
            _ => return Ok(all),
        }
    }
}

fn sheet(session: &Session, draw: EntryId, called: &DrawCalled, attempt: u8, found: &Found) -> Sheet {
    Sheet {
        of: Try { cell: session.cell.cell, draw, attempt },
        first: called.first.to_vec(),
        then: called.then.to_vec(),
        revealed: found.revealed.iter().map(|((_, id), secret)| (*id, *secret)).collect(),
        beacon: found.beacon.map(|(round, signature)| (round, signature.hash())),
    }
}

fn hat_or_open(context: &mut Context, session: &Session, id: EntryId) -> Outcome {
    let names = |ids: &[MemberId]| ids.iter().map(|id| session.names.member(id)).collect::<Vec<_>>();
    match session.state.rotation().draw(&id).filter(|draw| draw.is_done()) {
        Some(draw) => {
            for (teller, order) in &draw.hats {
                let (teller, people) = (session.names.member(teller), names(order).join(", "));
                context.ui.line(text!("verify-hat", teller = teller, people = people))?;
            }
            context.ui.object(json!({"draw": id.to_string(), "hat": true, "order": names(&draw.order)}))
        }
        None => Err(Failure::new(text!("verify-open")).hint(text!("verify-open-hint"))),
    }
}

fn show(context: &mut Context, session: &Session, sheet: &Sheet) -> Outcome {
    context.ui.styled(Look::Strong, text!("verify-sheet"))?;
    for line in sheet.text().lines() {
        context.ui.line(format!("  {line}"))?;
    }
    let seed = sheet.seed();
    context.ui.styled(Look::Strong, text!("verify-seed"))?;
    context.ui.line(format!("  {seed}"))?;
    context.ui.styled(Look::Strong, text!("verify-steps", digits = DIGITS))?;
    let steps = sheet.steps();
    for step in &steps {
        let digits = format!("{:012x}", step.number.value);
        let value = step.number.value.to_string();
        let end = match (step.index, &step.drawn) {
            (Some(index), Some(id)) => {
                let who = session.names.member(id);
                text!("verify-step", value = value, left = step.left, index = index, who = who)
            }
            _ => text!("verify-thrown", value = value, left = step.left),
        };
        context.ui.line(format!("  {:>3}  {digits}  {end}", step.step))?;
    }
    context.ui.object(json!({
        "draw": sheet.of.draw.to_string(), "attempt": sheet.of.attempt, "sheet": sheet.text(),
        "seed": seed.to_string(),
        "steps": steps.iter().map(|step| json!({
            "step": step.step, "line": seed.line(step.step), "number": step.number.value as u64, "left": step.left,
            "index": step.index, "drawn": step.drawn.map(|id| id.to_string()),
        })).collect::<Vec<_>>(),
        "order": sheet.order().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "people": sheet.order().iter().map(|id| session.names.member(id)).collect::<Vec<_>>(),
    }))
}
