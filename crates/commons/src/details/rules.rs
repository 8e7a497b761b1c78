//! The rules of erasure: who may erase what, and from where on it counts.

use super::{Details, DetailsStatement, Erase, Gone};
use crate::body::Unreadable;
use crate::common::{Common, MemberId};
use crate::effect::Reason;
use crate::history::History;
use crate::membership::MembershipStatement;
use crate::practices::{Practice, Saying, Statement};
use crate::state::State;
use lifeboat_log::{BlobHash, DetailHash, DetailRef, DetailTag, Kind, Position, Time};

impl Practice for Details {
    type Statement = DetailsStatement;
    const KINDS: &'static [Kind] = DetailsStatement::KINDS;

    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<DetailsStatement, Unreadable> {
        DetailsStatement::read(kind, version, body)
    }
    fn common(statement: &DetailsStatement) -> &Common {
        statement.common()
    }
    fn look(
        state: &State,
        author: &MemberId,
        statement: &DetailsStatement,
        history: &dyn History,
    ) -> Result<(), Reason> {
        let DetailsStatement::Erase(erase) = statement;
        may_erase(state, author, erase, history)
    }
    fn apply(state: &mut State, saying: &Saying<'_>, said: DetailsStatement) -> Result<(), Reason> {
        let DetailsStatement::Erase(erase) = said;
        if saying.corrects.is_some() {
            return Err(Reason::NotCorrectable);
        }
        if erase.at >= saying.position {
            return Err(Reason::UnknownEntry);
        }
        let mut news = false;
        for hash in erase.what.iter() {
            let from = handle_from(state, saying, &DetailHash(*hash));
            let handle = from.map_or(erase.at, |from| from.min(erase.at));
            news |= state.parts.details.erase(*hash, erase.at, handle, saying.position);
        }
        if news { Ok(()) } else { Err(Reason::AlreadyErased) }
    }
    fn advance(state: &mut State, now: Time) {
        state.parts.details.expire(now);
    }
}

/// Whether a member may, alone, erase what this names: who signed the entry may, but a handle that somebody
/// bears is that person's alone. (What a decision erases is not asked about here.)
fn may_erase(state: &State, author: &MemberId, erase: &Erase, history: &dyn History) -> Result<(), Reason> {
    let record = history.find(&erase.entry).ok_or(Reason::UnknownEntry)?;
    if record.entry().id() != erase.entry || record.link().position != erase.at {
        return Err(Reason::UnknownEntry);
    }
    let statement = Statement::decode(record.entry()).ok();
    let photo = statement.as_ref().and_then(photo_of);
    let signer = state.members().of_key(&record.entry().author);
    for hash in erase.what.iter() {
        let detail = record.entry().details.iter().find(|detail| detail.hash.0 == *hash);
        if detail.is_none() && photo.is_none_or(|photo| photo.0 != *hash) {
            return Err(Reason::NothingToErase);
        }
        let bearer = detail.and_then(|detail| bearer(state, statement.as_ref(), detail));
        if bearer.or(signer) != Some(*author) {
            return Err(Reason::NotTheAuthor);
        }
    }
    Ok(())
}

/// The member whose handle a detail is, where that is not who signed the entry: the newcomer of a vouch.
fn bearer(state: &State, statement: Option<&Statement>, detail: &DetailRef) -> Option<MemberId> {
    match statement {
        Some(Statement::Membership(MembershipStatement::Vouch(vouch))) if detail.tag == DetailTag::HANDLE => {
            state.members().of_key(&vouch.acceptance.key)
        }
        _ => None,
    }
}

/// The first entry that named a handle which the author bears (by a decision: anyone): several may have
/// vouched.
fn handle_from(state: &State, saying: &Saying<'_>, hash: &DetailHash) -> Option<Position> {
    let may = |id: &MemberId| saying.decided.is_some() || *id == saying.author;
    let bearers = state.members().all().filter(|(id, member)| member.handle == *hash && may(id));
    bearers.map(|(_, member)| member.handle_from).min()
}

fn photo_of(statement: &Statement) -> Option<BlobHash> {
    statement.common().and_then(|common| common.paper).and_then(|paper| paper.photo)
}

impl Details {
    /// Erases what the entry at `at` names by this hash: an attachment, where no earlier entry named it, or
    /// a detail (a handle from `handle` on). Returns whether that changes anything.
    fn erase(&mut self, hash: [u8; 32], at: Position, handle: Position, by: Position) -> bool {
        if let Some(blob) = self.blobs.get_mut(&BlobHash(hash)) {
            let news = blob.erased.is_none() && at <= blob.named;
            if news {
                blob.erased = Some(by);
                self.changes = self.changes.saturating_add(1);
            }
            return news;
        }
        let hash = DetailHash(hash);
        let news = self.gone(&hash, handle).is_none();
        if news {
            self.drop_detail(hash, Gone { named: handle, by: Some(by) });
        }
        news
    }
}
