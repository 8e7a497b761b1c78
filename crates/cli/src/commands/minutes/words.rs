//! What people said about decisions: why they object, and how it went.

use crate::commands::log;
use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::walk;
use lifeboat_commons::decisions::{DecisionStatement, OpenBallot, Review, Vote};
use lifeboat_commons::{Body, MemberId, Statement};
use lifeboat_log::{EntryId, Time};
use std::collections::BTreeMap;

/// The objections that stand, with their reasons, by the version of the decision that they are to.
pub struct Objections(BTreeMap<(EntryId, MemberId), (Time, EntryId, Option<String>)>);

impl Objections {
    /// Reads all of the log: of several votes the one counts that its member signed last.
    ///
    /// # Errors
    /// When the home cannot be asked.
    pub fn read(context: &mut Context, session: &Session) -> Outcome<Self> {
        let mut last = BTreeMap::new();
        for (entered, record) in walk::of_kinds(context, session, &[Vote::KIND.0, OpenBallot::KIND.0])? {
            let entry = record.entry();
            let (version, ballot) = match Statement::decode(entry) {
                Ok(Statement::Decisions(DecisionStatement::Vote(said))) => (said.version, said.ballot),
                Ok(Statement::Decisions(DecisionStatement::Open(said))) => (said.version, said.ballot),
                _ => continue,
            };
            let Some(member) = session.state.members().of_key(&entry.author) else { continue };
            let objects = ballot.needs_reason().then(|| log::sentence(session, &entered, &record));
            let said = (entry.author_time, entry.id(), objects);
            let known = last.entry((version, member)).or_insert_with(|| said.clone());
            if (said.0, said.1) > (known.0, known.1) {
                *known = said;
            }
        }
        Ok(Self(last))
    }

    /// Those to this version, each as a sentence.
    pub fn to(&self, version: &EntryId) -> Vec<String> {
        let of = self.0.iter().filter(|((to, _), _)| to == version);
        of.filter_map(|(_, (_, _, objects))| objects.clone()).collect()
    }
}

/// How decisions went, each as a sentence with its number.
///
/// # Errors
/// When the home cannot be asked.
pub fn reviews(
    context: &mut Context,
    session: &Session,
    within: impl Fn(Time) -> bool,
) -> Outcome<Vec<(u64, String)>> {
    let all = walk::of_kinds(context, session, &[Review::KIND.0])?;
    let written = all.into_iter().filter(|(_, record)| within(record.link().time));
    let line = |(entered, record)| {
        let sentence = log::sentence(session, &entered, &record);
        (record.link().position.0, sentence)
    };
    Ok(written.map(line).collect())
}
