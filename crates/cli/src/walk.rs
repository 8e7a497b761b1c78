//! A walk through the log: the entries of some kinds, from the first to the last.

use crate::context::Context;
use crate::error::Outcome;
use crate::expect_answer;
use crate::session::{Session, read_record};
use lifeboat_log::{Position, Record};
use lifeboat_node::ask::{Entered, Range};
use lifeboat_node::limits::MAX_RECORDS_ANSWERED;
use lifeboat_node::{Answer, Ask};

/// All entries of these kinds that have an effect, in the order of the log.
///
/// # Errors
/// When the home cannot be asked.
pub fn of_kinds(context: &mut Context, session: &Session, kinds: &[u16]) -> Outcome<Vec<(Entered, Record)>> {
    find(context, session, kinds, |entered, _| entered.void.is_none())
}

/// The entries of these kinds that are looked for, in the order of the log.
///
/// # Errors
/// When the home cannot be asked.
pub fn find(
    context: &mut Context,
    session: &Session,
    kinds: &[u16],
    wanted: impl Fn(&Entered, &Record) -> bool,
) -> Outcome<Vec<(Entered, Record)>> {
    let (mut from, mut found) = (Position(0), Vec::new());
    loop {
        let count = u32::try_from(MAX_RECORDS_ANSWERED).unwrap_or(u32::MAX);
        let kinds = kinds.to_vec();
        let range = Range { from: Some(from), count, newest: false, kinds, authors: Vec::new() };
        let answer = session.ask(context, Ask::Log { cell: session.cell.cell, range })?;
        let records = expect_answer!(answer, Answer::Records(records) => records)?;
        let asked = records.len();
        for entered in records {
            let record = read_record(&entered)?;
            from = record.link().position.next();
            if wanted(&entered, &record) {
                found.push((entered, record));
            }
        }
        if asked < MAX_RECORDS_ANSWERED {
            return Ok(found);
        }
    }
}
