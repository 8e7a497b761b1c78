//! Judging a charge: the signatures, the hashes, and whether what they show can all be true.

use super::{BadMisconduct, Charge, Fault, Placed};
use crate::checkpoint::{Checkpoint, Origin, SignedCheckpoint, Signers};
use crate::codec::Malformed;
use crate::entry::{BadEntry, Kind};
use crate::hash::{CellId, LinkHash};
use crate::key::{KeyCache, PublicKey};
use crate::link::BadLink;
use crate::record::{BadRecord, Record, split};
use crate::time::{Position, Term};
use crate::tree::{leaf_hash, verify_consistency, verify_inclusion};

impl Charge {
    /// What the key did, and which witnesses did it with it.
    pub(super) fn verify(
        &self,
        origin: &Origin,
        signers: &Signers,
    ) -> Result<(Fault, Vec<PublicKey>), BadMisconduct> {
        let check = |note: &[u8]| SignedCheckpoint::verify(note, origin, signers);
        match self {
            Self::SameSize { one, other } => {
                let (one, other) = (check(one)?, check(other)?);
                if one.size != other.size || one.root == other.root {
                    return Err(BadMisconduct::NoContradiction);
                }
                if one.root > other.root {
                    return Err(Malformed::NotCanonical.into());
                }
                Ok((Fault::TwoLogs { size: one.size }, both(&one, &other)))
            }
            Self::Prefix { older, newer, root, proof } => {
                let (older, newer) = (check(older)?, check(newer)?);
                if older.size >= newer.size || *root == older.root {
                    return Err(BadMisconduct::NoContradiction);
                }
                if !verify_consistency(older.size, newer.size, proof, root, &newer.root) {
                    return Err(BadMisconduct::NotIncluded);
                }
                Ok((Fault::Rewrote { old: older.size, new: newer.size }, both(&older, &newer)))
            }
            Self::Record { checkpoint, placed } => {
                placed.stands(&*check(checkpoint)?)?;
                let name = placed.fault(origin).ok_or(BadMisconduct::NoContradiction)?;
                Ok((Fault::BadRecord { index: placed.index, name }, Vec::new()))
            }
            Self::Neighbours { checkpoint, first, second } => {
                let checkpoint = check(checkpoint)?;
                first.stands(&checkpoint)?;
                second.stands(&checkpoint)?;
                let name = first.fault_after(second).ok_or(BadMisconduct::NoContradiction)?;
                Ok((Fault::BadLink { index: second.index, name }, Vec::new()))
            }
        }
    }
}

/// The witnesses who cosigned both.
fn both(one: &SignedCheckpoint, other: &SignedCheckpoint) -> Vec<PublicKey> {
    let signed = |witness: &PublicKey| other.cosigned().iter().any(|line| line.witness == *witness);
    let mut both: Vec<PublicKey> = one.cosigned().iter().map(|line| line.witness).filter(signed).collect();
    both.sort();
    both.dedup();
    both
}

impl Placed {
    fn stands(&self, under: &Checkpoint) -> Result<(), BadMisconduct> {
        let leaf = leaf_hash(&self.record);
        let stands = verify_inclusion(self.index, under.size, &leaf, &self.hashes, &under.root);
        if stands { Ok(()) } else { Err(BadMisconduct::NotIncluded) }
    }

    /// The name of what forbids this record at its place in any log of the term; nothing where a newer
    /// version of the format may allow it.
    fn fault(&self, origin: &Origin) -> Option<&'static str> {
        let record = match Record::verify(&self.record, &mut KeyCache::default()) {
            Err(
                BadRecord::Link(BadLink::UnknownFormat(_))
                | BadRecord::Entry(BadEntry::UnknownFormat(_) | BadEntry::BadKind),
            ) => return None,
            Err(bad) => return Some(bad.name()),
            Ok(record) => record,
        };
        let (link, entry) = (record.link(), record.entry());
        let (first, first_term) = (self.index == 0, origin.term == Term::FIRST);
        if link.term != origin.term {
            return Some("WrongTerm");
        }
        if first_term && link.position != Position(self.index) {
            return Some("WrongPosition");
        }
        if first_term && first && link.previous != LinkHash::ZERO {
            return Some("WrongPrevious");
        }
        let cell = if first_term && first { CellId::of_founding(entry.id()) } else { entry.cell };
        if cell != origin.cell {
            return Some("WrongCell");
        }
        let opens = matches!(entry.kind, Kind::FOUNDING | Kind::OPENING);
        match (first, opens) {
            (true, false) => Some("WrongTerm"),
            (false, true) => Some("BadBase"),
            (false, false) => None,
            (true, true) => {
                let opening = entry.opening().ok().flatten();
                opening.is_some_and(|opening| opening.term != link.term).then_some("WrongTerm")
            }
        }
    }

    /// The name of what forbids `next` after this record; nothing when it may follow.
    fn fault_after(&self, next: &Self) -> Option<&'static str> {
        if self.index.checked_add(1) != Some(next.index) {
            return None;
        }
        let ((link, _), (after, _)) = (split(&self.record).ok()?, split(&next.record).ok()?);
        if after.position != link.position.next() {
            Some("WrongPosition")
        } else if after.previous != link.hash() {
            Some("WrongPrevious")
        } else if after.time < link.time {
            Some("TimeRunsBack")
        } else {
            None
        }
    }
}
