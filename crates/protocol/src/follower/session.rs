//! One stream of a range, from the peer's first frame to its last: every frame is verified against the
//! log as it will stand when all that is on its way has been stored.

use super::{Alarm, Effect, Fault, Follower, StreamId, peers};
use crate::accuse::BadStretch;
use crate::range::{Batch, RangeFrame, ReadFrame, Under};
use lifeboat_log::record::BadRecord;
use lifeboat_log::tree::{Frontier, leaf_hash, verify_consistency};
use lifeboat_log::{BadCheckpoint, Chain, OpenTerm, PublicKey, Record, SignedCheckpoint, Term, Time};
use std::collections::BTreeMap;

/// A stream that is open.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub stream: StreamId,
    pub peer: PublicKey,
    /// How far the peer said to be when it was asked.
    hoped: Option<(Term, u64)>,
    /// Where the log will stand once all that is on its way is stored.
    ahead: Chain,
    under: Option<Stage>,
    touched: Time,
}

/// What the records that come stand under.
#[derive(Debug, Clone)]
enum Stage {
    /// A checkpoint of the open term, verified.
    Signed(Box<SignedCheckpoint>),
    /// A checkpoint of a term whose opening has not come yet: its key is not known.
    Unread(Term, Vec<u8>),
}

impl Session {
    pub fn new(
        stream: StreamId,
        peer: PublicKey,
        hoped: Option<(Term, u64)>,
        ahead: Chain,
        now: Time,
    ) -> Self {
        Self { stream, peer, hoped, ahead, under: None, touched: now }
    }

    /// Notes a sign of life.
    pub fn touch(&mut self, now: Time) {
        self.touched = now;
    }

    /// Whether nothing came for too long.
    pub fn is_stalled(&self, now: Time) -> bool {
        peers::is_over(self.touched, now)
    }
}

/// What a frame that holds brings about.
enum Verified {
    /// Nothing to store yet.
    Nothing,
    /// The peer has less than was hoped for.
    Behind,
    /// Records, and the checkpoint when they complete what it covers.
    Records(Vec<Record>, Option<Box<SignedCheckpoint>>),
    /// The checkpoint contradicts what is held.
    Contradicts(Box<Alarm>),
    /// The checkpoint covers records that do not hold, after these that do.
    Invalid(Vec<Record>, Box<BadStretch>, Fault),
    /// Records up to the point where the term's key contradicted itself; no more are taken.
    Stopped(Vec<Record>),
}

impl Follower {
    pub(super) fn frame(
        &mut self,
        stream: StreamId,
        frame: ReadFrame,
        now: Time,
        entropy: u64,
        effects: &mut Vec<Effect>,
    ) {
        let full = !self.wants_frame();
        let Some(session) = self.session.as_mut().filter(|session| session.stream == stream) else { return };
        let peer = session.peer;
        session.touch(now);
        let (frame, records) = frame.into_parts();
        let verified = match frame {
            RangeFrame::Under(under) => match session.under(&under, self.held.as_ref()) {
                Err(Fault::Checkpoint(BadCheckpoint::MissingSignature)) if under.term.era() > 0 => {
                    return self.serves_rival(peer, &under.checkpoint, now, entropy, effects);
                }
                verified => verified,
            },
            RangeFrame::Batch(_) if full => Err(Fault::OutOfOrder),
            RangeFrame::Batch(batch) => session.batch(&batch, records, &self.stops),
            RangeFrame::End => Ok(Verified::Behind),
            RangeFrame::Refused(_) => {
                effects.push(Effect::CloseRange(stream));
                self.closed(stream, now, entropy);
                return;
            }
        };
        match verified {
            Err(fault) => self.put_aside(peer, fault, now, effects),
            Ok(Verified::Nothing) => {}
            Ok(Verified::Behind) => {
                let stand = session.ahead.open().map(|open| (open.term, open.tree.size()));
                self.peers.exhausted(&peer, session.hoped, stand);
                self.end_session(|_| true, effects);
            }
            Ok(Verified::Records(records, checkpoint)) => {
                let ahead = session.ahead.clone();
                self.peers.served(&peer);
                self.server = Some(peer);
                let newest = checkpoint.filter(|new| is_newer(self.held.as_ref(), new));
                self.persists.push_back((ahead, newest.as_deref().cloned()));
                effects.push(Effect::Persist { records, checkpoint: newest });
            }
            Ok(Verified::Contradicts(alarm)) => self.contradiction(*alarm, (now, entropy), effects),
            Ok(Verified::Invalid(records, stretch, fault)) => {
                self.keep_beginning(records, effects);
                effects.push(Effect::Accuse(stretch));
                self.put_aside(peer, fault, now, effects);
            }
            Ok(Verified::Stopped(records)) => self.keep_beginning(records, effects),
        }
    }

    /// Keeps the good beginning of a batch that is proven as a whole, and takes no more of the stream.
    fn keep_beginning(&mut self, records: Vec<Record>, effects: &mut Vec<Effect>) {
        let Some(session) = self.end_session(|_| true, effects) else { return };
        if !records.is_empty() {
            self.server = Some(session.peer);
            self.persists.push_back((session.ahead, None));
            effects.push(Effect::Persist { records, checkpoint: None });
        }
    }
}

/// Whether a checkpoint tells more than the one held; an equal one may restore what was lost.
fn is_newer(held: Option<&SignedCheckpoint>, new: &SignedCheckpoint) -> bool {
    held.is_none_or(|held| (new.origin.term, new.size) >= (held.origin.term, held.size))
}

impl Session {
    fn under(&mut self, under: &Under, held: Option<&SignedCheckpoint>) -> Result<Verified, Fault> {
        if self.under.as_ref().is_some_and(|stage| !self.is_complete(stage)) {
            return Err(Fault::OutOfOrder);
        }
        let open = match self.ahead.open() {
            Some(open) if open.term == under.term && self.under.is_none() => open,
            open => {
                let follows = open.map_or(under.term == Term::FIRST, |o| o.term.may_become(under.term));
                if !follows || under.known != 0 {
                    return Err(Fault::OutOfOrder);
                }
                self.under = Some(Stage::Unread(under.term, under.checkpoint.to_vec()));
                return Ok(Verified::Nothing);
            }
        };
        let signed = open.verify(self.ahead.cell(), &under.checkpoint)?;
        let (known, root) = (open.tree.size(), open.tree.root());
        if signed.size < known {
            return Ok(Verified::Behind);
        }
        if under.known != known
            || !verify_consistency(known, signed.size, &under.proof, &under.root, &signed.root)
        {
            return Err(Fault::NotProven);
        }
        if under.root != root {
            let alarm = Alarm {
                peer: self.peer,
                held: held.cloned(),
                other: signed,
                size: known,
                root,
                other_root: under.root,
                proof: under.proof.to_vec(),
            };
            return Ok(Verified::Contradicts(Box::new(alarm)));
        }
        self.under = Some(Stage::Signed(Box::new(signed)));
        Ok(Verified::Nothing)
    }

    fn batch(
        &mut self,
        batch: &Batch,
        verified: Vec<Result<Record, BadRecord>>,
        stops: &BTreeMap<Term, u64>,
    ) -> Result<Verified, Fault> {
        let stage = self.under.as_ref().ok_or(Fault::OutOfOrder)?;
        if batch.records.is_empty() || self.is_complete(stage) {
            return Err(Fault::OutOfOrder);
        }
        let mut ahead = self.ahead.clone();
        let (records, extended) = ahead.extend_with_verified(verified);
        if let Err(broken) = extended {
            let stretch = self.bad_stretch(stage, &ahead, batch, records.len());
            let stretch = stretch.ok_or_else(|| Fault::from(broken.clone()))?;
            self.ahead = ahead;
            return Ok(Verified::Invalid(records, Box::new(stretch), broken.into()));
        }
        let open = ahead.open().ok_or(Fault::OutOfOrder)?;
        let signed = match stage {
            Stage::Signed(signed) => signed.clone(),
            Stage::Unread(term, _) if *term != open.term => return Err(Fault::OutOfOrder),
            Stage::Unread(_, bytes) => Box::new(open.verify(ahead.cell(), bytes)?),
        };
        check_proven(open, &signed, &batch.proof)?;
        if let Some(stop) = self.stop(open, stops) {
            // All of the batch is proven, and so is its beginning.
            let mut before = self.ahead.clone();
            let held = before.open().map_or(0, |open| open.tree.size());
            let taken = usize::try_from(stop.saturating_sub(held)).unwrap_or(usize::MAX).min(records.len());
            for record in &records[..taken] {
                before.extend(record)?;
            }
            let records = records[..taken].to_vec();
            self.ahead = before;
            return Ok(Verified::Stopped(records));
        }
        let complete = open.tree.size() == signed.size;
        self.ahead = ahead;
        self.under = Some(Stage::Signed(signed.clone()));
        Ok(Verified::Records(records, complete.then_some(signed)))
    }

    /// Where to stop in this term, when that is before its end as it stands. A peer that says to be in a later
    /// term leads past it: what comes next shows where that term goes on from.
    fn stop(&self, open: &OpenTerm, stops: &BTreeMap<Term, u64>) -> Option<u64> {
        let later = self.hoped.is_some_and(|(term, _)| term > open.term);
        stops.get(&open.term).copied().filter(|stop| !later && *stop < open.tree.size())
    }

    /// What proves that the checkpoint covers records that do not hold; nothing when it does not, and the
    /// peer made them up. So many of the batch were good, and the chain stands after them.
    fn bad_stretch(&self, stage: &Stage, after: &Chain, batch: &Batch, good: usize) -> Option<BadStretch> {
        let (signed, mut tree) = match stage {
            Stage::Signed(signed) => {
                let open = self.ahead.open().filter(|open| open.term == signed.origin.term)?;
                ((**signed).clone(), open.tree.clone())
            }
            // The batch is the first of its term, and its opening was good.
            Stage::Unread(term, bytes) => {
                let open = after.open().filter(|open| open.term == *term)?;
                (open.verify(after.cell(), bytes).ok()?, Frontier::default())
            }
        };
        let known = tree.size();
        batch.records.iter().for_each(|record| tree.push(leaf_hash(record)));
        let proven = verify_consistency(tree.size(), signed.size, &batch.proof, &tree.root(), &signed.root);
        proven.then(|| BadStretch {
            signed,
            known,
            records: batch.records.iter().map(|record| record.to_vec()).collect(),
            proof: batch.proof.to_vec(),
            at: known + good as u64,
        })
    }

    /// Whether all that the checkpoint covers has come.
    fn is_complete(&self, stage: &Stage) -> bool {
        let Stage::Signed(signed) = stage else { return false };
        self.ahead
            .open()
            .is_some_and(|open| open.term == signed.origin.term && open.tree.size() >= signed.size)
    }
}

/// Whether the open term as it stands is the beginning of what the checkpoint covers.
fn check_proven(
    open: &OpenTerm,
    signed: &SignedCheckpoint,
    proof: &[lifeboat_log::TreeHash],
) -> Result<(), Fault> {
    let (size, root) = (open.tree.size(), open.tree.root());
    if signed.origin.term != open.term {
        return Err(BadCheckpoint::WrongOrigin.into());
    }
    let proven = verify_consistency(size, signed.size, proof, &root, &signed.root);
    if proven { Ok(()) } else { Err(Fault::NotProven) }
}
