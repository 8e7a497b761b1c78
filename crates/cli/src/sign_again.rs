//! Signing again what waits under a key that has ended: the same statements, with the same nonces, so that
//! each is placed once whatever became of the earlier ones.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::fate;
use crate::session::{LIFETIME_MS, Session, not_done};
use crate::ui::Look;
use crate::{expect_answer, text, unlock};
use lifeboat_log::codec::List;
use lifeboat_log::{EntryId, KeyCache, SecretKey, Seen, SignedEntry, Time};
use lifeboat_node::ask::{Fate, OwnEntry, Signed, Step};
use lifeboat_node::{Answer, Ask};
use std::collections::BTreeMap;

/// The entries of these that wait under another key of the member than the one of this home.
pub fn of_ended_keys(session: &Session, entries: &[OwnEntry]) -> Vec<(OwnEntry, SignedEntry)> {
    let (Ok(member), Some(own)) = (session.member(), session.home.member_key()) else { return Vec::new() };
    let mut keys = KeyCache::default();
    let mut found = Vec::new();
    for waiting in entries.iter().filter(|e| e.cell == session.cell.cell && not_placed(&e.step)) {
        let Ok(entry) = SignedEntry::verify(waiting.signed.entry.to_vec(), &mut keys) else { continue };
        let members = session.state.members();
        let ended = members.key(&entry.author).is_none_or(|key| !key.is_live(session.now));
        if entry.author != own && ended && members.of_key(&entry.author) == Some(member) {
            found.push((waiting.clone(), entry));
        }
    }
    found
}

fn not_placed(step: &Step) -> bool {
    matches!(step, Step::Waiting | Step::HandedOn { .. } | Step::Refused { .. })
}

/// Signs them again with the key of this home, and takes the earlier ones out of the outbox.
///
/// # Errors
/// When the key cannot be had, or the person says no.
pub fn run(context: &mut Context, session: &Session, entries: &[OwnEntry]) -> Outcome {
    let old = of_ended_keys(session, entries);
    if old.is_empty() {
        return context.ui.line(text!("sign-again-none"));
    }
    for (waiting, _) in &old {
        let sentence = session.own_sentence(&waiting.signed).unwrap_or_default();
        context.ui.aside(Look::Strong, text!("public-for-ever", sentence = sentence));
    }
    if !context.ui.ask_yes(&text!("sign-again-ask", count = old.len()))? {
        return Err(not_done());
    }
    let key = unlock::member_key(context, &session.home)?;
    let (mut time, mut new_ids) =
        (session.now.max(session.view.last_author_time.plus_ms(1)), BTreeMap::new());
    let mut fates = Vec::new();
    for (waiting, entry) in &old {
        let again = sign(session, entry, time, &key, &new_ids)?;
        time = time.plus_ms(1);
        new_ids.insert(entry.id(), again.id());
        let signed = Signed { entry: again.bytes().into(), details: waiting.signed.details.clone() };
        let ask = Ask::Submit {
            cell: waiting.cell,
            entries: vec![signed],
            wait_ms: context.wait_ms(crate::session::WAIT),
        };
        let answer = session.ask(context, ask)?;
        for fate in expect_answer!(answer, Answer::Submitted(fates) => fates)? {
            let sentence = session.own_sentence(&waiting.signed).unwrap_or_default();
            fate::show(context, &fate, &sentence)?;
            context.ui.object(fate::object(&fate))?;
            if !matches!(fate, Fate::Refused { .. }) {
                session.ask(context, Ask::OutboxDrop { id: waiting.id })?;
            }
            fates.push(fate);
        }
    }
    fate::exit(&fates)
}

/// The same statement, by this key.
fn sign(
    session: &Session,
    old: &SignedEntry,
    time: Time,
    key: &SecretKey,
    new_ids: &BTreeMap<EntryId, EntryId>,
) -> Outcome<SignedEntry> {
    let unfit = || Failure::new(text!("entry-unfit"));
    let mut entry = lifeboat_log::Entry::clone(old);
    entry.author = key.public();
    entry.author_time = time;
    entry.not_after = match old.not_after > session.now {
        true => old.not_after.min(time.plus_ms(LIFETIME_MS)),
        false => time.plus_ms(LIFETIME_MS),
    };
    if let Some(seen) = session.view.seen {
        entry.seen = Seen { term: seen.term, size: seen.size, root: seen.root };
    }
    let after = old.after.iter().map(|id| *new_ids.get(id).unwrap_or(id)).collect();
    entry.after = List::new(after).ok_or_else(unfit)?;
    entry.sign(key).map_err(|error| unfit().because(error))
}
