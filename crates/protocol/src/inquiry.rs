//! The inquiry: what a home asks at every start, before it signs anything as keeper or as witness. Its disk
//! may be an old backup, which forgot what was signed after it; others did not. As long as too few of them
//! have answered, and as long as its log lacks what they showed, the home follows the log and signs nothing.
//!
//! ```text
//! start ─> ask who is connected ─Recalled─> enough have answered, or a person vouches ─> over
//! ```
//!
//! **How many.** What `w` of `W` witnesses have cosigned was seen by one of any `W - w + 1`: so many of the
//! others must answer a keeper. A witness may be connected to nobody but the keeper, so one answer of any
//! home is enough for it. A keeper whose term has no witnesses asks nobody, unless it is plain that its disk
//! forgot: there is no log, or one with more under its key than it promised. Then one answer of any home is
//! needed. It is counted anew for each term that opens: an old backup may name this home a witness where a
//! later term has it as keeper.

use crate::limits::{ASK_AGAIN_MS, MAX_PEERS};
use crate::message::{Recalled, term_of_note};
use lifeboat_log::cosignature::{check_cosignature, witness_name};
use lifeboat_log::note::Note;
use lifeboat_log::{
    Call, CellId, Checkpoint, Close, Given, OpenTerm, Opening, Origin, PublicKey, SecretKey, Signature, Term,
    Time, TreeHash,
};
use std::collections::{BTreeMap, BTreeSet};

/// A fresh random number: an answer holds for the start that asked for it, and no other.
pub type StartNonce = [u8; 16];

/// What a witness key signs in an answer, before the rest.
const PREFIX: &[u8] = b"lifeboat/recalled/v1\0";

/// The machine. It lives as long as the process does, whatever the home's role is meanwhile.
#[derive(Debug, Clone)]
pub struct Inquiry {
    nonce: StartNonce,
    /// The peers that are connected, and when each was asked last.
    peers: BTreeMap<PublicKey, Option<Time>>,
    /// The witness keys that have answered.
    heard: BTreeSet<PublicKey>,
    /// The largest checkpoint of the newest term that answers showed, under the key of that term.
    shown: Option<Checkpoint>,
    /// Whether the disk is known to have forgotten what this home's keys have signed.
    forgot: bool,
    over: bool,
}

/// What an answer is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// It counts.
    Counts,
    /// It is of a term that the log here does not have: what it shows cannot be held against this home's log
    /// yet. The log is fetched, and the peer is asked again.
    Later,
    /// The signature does not hold.
    Forged,
}

impl Inquiry {
    /// The inquiry of a home that has just started.
    pub fn new(nonce: StartNonce) -> Self {
        Self {
            nonce,
            peers: BTreeMap::new(),
            heard: BTreeSet::new(),
            shown: None,
            forgot: false,
            over: false,
        }
    }

    /// Notes how the disk was found at the start: how many records the log has, where it stands under a
    /// checkpoint, and up to where this home has promised one.
    pub fn found(&mut self, records: u64, held: Option<(Term, u64)>, promised: Option<(Term, u64)>) {
        self.forgot = records == 0 || held > promised;
    }

    /// The nonce of this start.
    pub fn nonce(&self) -> StartNonce {
        self.nonce
    }

    /// Asks nothing any more: a person vouches for the disk, or the home has begun to sign.
    pub fn end(&mut self) {
        self.over = true;
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// A peer that serves the cell is connected.
    pub fn connected(&mut self, peer: PublicKey) {
        if self.peers.len() < MAX_PEERS {
            self.peers.insert(peer, None);
        }
    }

    /// It is not any more.
    pub fn disconnected(&mut self, peer: &PublicKey) {
        self.peers.remove(peer);
    }

    /// Whom to ask now. Who has not answered, or was no witness, is asked again after a while.
    pub fn due(&mut self, now: Time) -> Vec<PublicKey> {
        if self.over {
            return Vec::new();
        }
        let waits = |at: Time| at <= now && now < at.plus_ms(ASK_AGAIN_MS);
        let due = self.peers.iter_mut().filter(|(_, asked)| !asked.is_some_and(waits));
        due.map(|(peer, asked)| {
            *asked = Some(now);
            *peer
        })
        .collect()
    }

    /// A peer answered the node `own`, whose log has this term open. What this home's witness has promised
    /// by the answer ([`cosigned`], [`closes`]) is to be on the disk before this.
    pub fn answered(
        &mut self,
        cell: CellId,
        own: &PublicKey,
        recalled: &Recalled,
        open: Option<&OpenTerm>,
    ) -> Worth {
        let message = message(cell, own, &self.nonce);
        if recalled.witness.verify(&message, &recalled.signature).is_err() {
            return Worth::Forged;
        }
        if term_of_note(&recalled.checkpoint) > open.map(|open| open.term) {
            return Worth::Later;
        }
        let signed = open.and_then(|open| open.verify(cell, &recalled.checkpoint).ok());
        if let Some(signed) = signed.filter(|_| !self.over) {
            let new = signed.checkpoint();
            let stand = |shown: &Checkpoint| (shown.origin.term, shown.size);
            if self.shown.as_ref().is_none_or(|shown| stand(shown) < stand(new)) {
                self.shown = Some(*new);
            }
        }
        if self.heard.len() < MAX_PEERS {
            self.heard.insert(recalled.witness);
        }
        Worth::Counts
    }

    /// How many homes must answer yet before the node `node`, whose home's witness key is `own`, signs
    /// anything in this term.
    pub fn lacks(&self, opening: &Opening, node: &PublicKey, own: &PublicKey) -> usize {
        let (all, quorum) = (opening.witnesses.len(), usize::from(opening.quorum));
        let (keeps, witnesses) = (opening.node == *node, opening.witnesses.contains(own));
        let nobody_else = || usize::from(self.heard.iter().all(|witness| witness == own));
        if self.over || !(keeps || witnesses) {
            return 0;
        }
        if quorum == 0 {
            return if keeps && self.forgot { nobody_else() } else { 0 };
        }
        let others = opening.witnesses.iter().filter(|witness| *witness != own);
        if keeps {
            let heard = others.clone().filter(|witness| self.heard.contains(witness)).count();
            (all + 1).saturating_sub(quorum).min(others.count()).saturating_sub(heard)
        } else {
            nobody_else()
        }
    }

    /// Whether this home may sign as keeper or witness of the open term: enough have answered, and what they
    /// showed stands in the log here. `root` gives the root over the term's first records here.
    pub fn may_sign(
        &mut self,
        open: &OpenTerm,
        node: &PublicKey,
        own: &PublicKey,
        root: impl Fn(u64) -> Option<TreeHash>,
    ) -> bool {
        if self.lacks(&open.opening, node, own) > 0 {
            return false;
        }
        if self.over {
            return true;
        }
        let holds = |shown: &mut Checkpoint| {
            shown.origin.term != open.term || root(shown.size).is_some_and(|root| root == shown.root)
        };
        self.shown.take_if(holds); // what is held is held from here on
        self.shown.is_none()
    }
}

/// What the witness `own` has cosigned, as an answer shows it. Nothing but its own signature is needed for
/// that: the term may be one that the log here does not have.
pub fn cosigned(cell: CellId, recalled: &Recalled, own: &PublicKey) -> Option<(Origin, Given)> {
    let note = Note::parse(&recalled.checkpoint).ok()?;
    let Checkpoint { origin, size, root } = Checkpoint::parse_text(&note.text).ok()?;
    let name = witness_name(own);
    let lines = note.signatures.iter().filter(|line| line.name == name);
    let cosigned = lines.filter_map(|line| check_cosignature(&note.text, line, *own).ok());
    let seconds = cosigned.map(|cosigned| cosigned.seconds).max()?;
    (origin.cell == cell).then_some((origin, Given { size, root, seconds }))
}

/// The promise to write down, where a cosignature that was shown is larger than the one that the disk knows.
pub fn promise(known: Option<&Given>, shown: Given) -> Option<Given> {
    match known {
        Some(known) if known.size >= shown.size => None,
        Some(known) => Some(Given { seconds: shown.seconds.max(known.seconds), ..shown }),
        None => Some(shown),
    }
}

/// What the witness `own` has closed, as an answer shows it.
pub fn closes<'a>(
    cell: CellId,
    recalled: &'a Recalled,
    own: &'a PublicKey,
) -> impl Iterator<Item = (Call, Close)> + 'a {
    let all = recalled.calls.iter().flat_map(|news| news.closes.iter().map(|close| (news.call, *close)));
    all.filter(move |(call, close)| close.key == *own && call.check_close(&cell, close).is_ok())
}

/// A witness's word that it is the one who answers: its signature for the node that asked.
pub fn answer(cell: CellId, asker: &PublicKey, nonce: &StartNonce, witness: &SecretKey) -> Signature {
    witness.sign(&message(cell, asker, nonce))
}

fn message(cell: CellId, asker: &PublicKey, nonce: &StartNonce) -> Vec<u8> {
    [PREFIX, &cell.0[..], &asker.0, nonce].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::takeover::CallNews;
    use crate::testing::peer;
    use lifeboat_log::checkpoint::cosign;
    use lifeboat_log::codec::{Bytes, List};
    use lifeboat_log::testing::TestLog;

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32])
    }

    fn opening(log: &TestLog, witnesses: &[u8], quorum: u16) -> Opening {
        let mut keys: Vec<PublicKey> = witnesses.iter().map(|seed| key(*seed).public()).collect();
        keys.sort_unstable();
        let opening = log.chain.open().unwrap().opening.clone();
        Opening { witnesses: List::new(keys).unwrap(), quorum, ..opening }
    }

    fn recalled(log: &TestLog, asker: u8, nonce: StartNonce, witness: u8) -> Recalled {
        let signature = answer(log.cell(), &peer(asker), &nonce, &key(witness));
        Recalled {
            checkpoint: Default::default(),
            calls: List::default(),
            witness: key(witness).public(),
            signature,
        }
    }

    #[test]
    fn so_many_witnesses_answer_a_keeper_that_one_of_them_has_seen_what_was_witnessed() {
        let (log, _) = TestLog::found(1);
        let keeper = log.chain.open().unwrap().opening.node;
        for (witnesses, quorum, asks, asks_as_both) in [
            (&[][..], 0, 0, 0),
            (&[1], 1, 1, 0), // nobody else could know
            (&[1, 2], 2, 1, 1),
            (&[1, 2, 3], 2, 2, 2),
            (&[1, 2, 3], 3, 1, 1),
            (&[1, 2, 3, 4, 5], 3, 3, 3),
        ] {
            let opening = opening(&log, witnesses, quorum);
            let lacks = |node, own| Inquiry::new([7; 16]).lacks(&opening, &node, &key(own).public());
            assert_eq!((lacks(keeper, 9), lacks(keeper, 1)), (asks, asks_as_both), "{witnesses:?} {quorum}");
            let named = usize::from(!witnesses.is_empty());
            assert_eq!((lacks(peer(4), 1), lacks(peer(4), 9)), (named, 0), "{witnesses:?} {quorum}");
        }
    }

    /// Hears an answer in a home that holds all of this log, as the node 4.
    fn hear(inquiry: &mut Inquiry, log: &TestLog, recalled: &Recalled) -> Worth {
        inquiry.answered(log.cell(), &peer(4), recalled, log.chain.open())
    }

    #[test]
    fn a_keeper_without_witnesses_asks_where_its_disk_has_plainly_forgotten() {
        let (log, _) = TestLog::found(1);
        let (keeper, own) = (peer(4), key(9).public());
        let opening = Opening { node: keeper, ..opening(&log, &[], 0) };
        let at = |size| Some((Term::FIRST, size));
        for (records, held, promised, asks) in [
            (3, at(3), at(3), 0),
            (4, at(3), at(4), 0),
            (3, at(3), at(2), 1),
            (3, at(3), None, 1),
            (0, None, None, 1),
            (1, None, None, 0), // it was founded just now
        ] {
            let mut inquiry = Inquiry::new([7; 16]);
            inquiry.found(records, held, promised);
            let lacks = |inquiry: &Inquiry| inquiry.lacks(&opening, &keeper, &own);
            assert_eq!(lacks(&inquiry), asks, "{held:?} {promised:?}");
            assert_eq!(inquiry.lacks(&opening, &peer(5), &own), 0, "who follows asks nobody");
            // Its own witness is nobody else.
            for (witness, left) in [(9, asks), (1, 0)] {
                assert_eq!(hear(&mut inquiry, &log, &recalled(&log, 4, [7; 16], witness)), Worth::Counts);
                assert_eq!(lacks(&inquiry), left);
            }
        }
    }

    #[test]
    fn a_witness_is_content_with_one_answer_of_another_home() {
        let (log, _) = TestLog::found(1);
        let (opening, own) = (opening(&log, &[1, 2, 3], 2), key(1).public());
        let mut inquiry = Inquiry::new([7; 16]);
        for (witness, left) in [(1, 1), (8, 0)] {
            assert_eq!(hear(&mut inquiry, &log, &recalled(&log, 4, [7; 16], witness)), Worth::Counts);
            assert_eq!(inquiry.lacks(&opening, &peer(4), &own), left);
        }
        let kept = Opening { node: peer(4), ..opening };
        assert_eq!(inquiry.lacks(&kept, &peer(4), &own), 2, "in a later term it may be the keeper");
    }

    #[test]
    fn it_is_over_when_enough_have_answered_and_only_for_this_start_and_node() {
        let (log, _) = TestLog::found(1);
        let (opening, own) = (opening(&log, &[1, 2, 3], 2), key(9).public());
        let keeper = opening.node;
        let mut inquiry = Inquiry::new([7; 16]);
        for foreign in [recalled(&log, 5, [7; 16], 1), recalled(&log, 4, [8; 16], 1)] {
            assert_eq!(hear(&mut inquiry, &log, &foreign), Worth::Forged, "asked by another, or before");
        }
        assert_eq!(hear(&mut inquiry, &log, &recalled(&log, 4, [7; 16], 8)), Worth::Counts);
        assert_eq!(inquiry.lacks(&opening, &keeper, &own), 2, "8 is no witness");
        for (witness, left) in [(1, 1), (1, 1), (3, 0)] {
            assert_eq!(hear(&mut inquiry, &log, &recalled(&log, 4, [7; 16], witness)), Worth::Counts);
            assert_eq!(inquiry.lacks(&opening, &keeper, &own), left);
        }
        let mut vouched = Inquiry::new([7; 16]);
        vouched.end();
        assert_eq!(vouched.lacks(&opening, &keeper, &own), 0);
    }

    #[test]
    fn it_signs_nothing_before_its_log_holds_what_was_shown_though_who_showed_it_is_gone() {
        let (mut log, _) = TestLog::found(1);
        let mut open = log.chain.open().unwrap().clone();
        open.opening = opening(&log, &[1], 1);
        log.grow(3);
        let late = log.checkpoint();
        let mut answer = recalled(&log, 4, [7; 16], 1);
        answer.checkpoint = Bytes::new(late.to_bytes()).unwrap();
        let mut inquiry = Inquiry::new([7; 16]);
        let none = inquiry.answered(log.cell(), &peer(4), &answer, None);
        assert_eq!(none, Worth::Later, "its term is not open here");
        let may = |inquiry: &mut Inquiry, root: Option<TreeHash>| {
            let (node, own) = (open.opening.node, key(9).public());
            inquiry.may_sign(&open, &node, &own, |size| root.filter(|_| size == late.size))
        };
        assert!(!may(&mut inquiry, Some(late.root)), "nobody has answered");
        assert_eq!(inquiry.answered(log.cell(), &peer(4), &answer, Some(&open)), Worth::Counts);
        inquiry.disconnected(&peer(8));
        assert!(!may(&mut inquiry, None), "it lacks what was shown");
        assert!(!may(&mut inquiry, Some(TreeHash([7; 32]))), "it has something else there");
        assert!(may(&mut inquiry, Some(late.root)));
        assert!(may(&mut inquiry, None), "once is enough");
    }

    #[test]
    fn a_witness_knows_its_own_promises_in_an_answer_whatever_else_is_in_it() {
        let (mut log, _) = TestLog::found(1);
        log.grow(3);
        let (signed, own) = (log.checkpoint(), key(1));
        let line = cosign(&signed.text(), &witness_name(&own.public()), &own, 50);
        let signed = signed.with_cosignature(line, own.public()).unwrap();
        let mut answer = recalled(&log, 4, [7; 16], 2);
        answer.checkpoint = Bytes::new(signed.to_bytes()).unwrap();
        let shown = |cell, own: &SecretKey| cosigned(cell, &answer, &own.public());
        let given = Given { size: signed.size, root: signed.root, seconds: 50 };
        assert_eq!(shown(log.cell(), &own), Some((signed.origin, given)));
        assert_eq!(shown(log.cell(), &key(2)), None);
        assert_eq!(shown(CellId([1; 32]), &own), None, "of another cell");
        let earlier = Given { size: 2, root: TreeHash([2; 32]), seconds: 70 };
        assert_eq!(promise(None, given), Some(given));
        assert_eq!(promise(Some(&earlier), given), Some(Given { seconds: 70, ..given }));
        assert_eq!(promise(Some(&given), earlier), None);

        let call = Call { term: lifeboat_log::Term::new(1, 0), node: peer(3), term_key: peer(5) };
        let floor = lifeboat_log::Floor::of(&signed, &log.term_key.public()).unwrap();
        let by = |key: &SecretKey| call.close(&log.cell(), floor, key);
        let forged = Close { key: own.public(), ..by(&key(3)) };
        let of_calls = |closes| {
            let news = CallNews { call, endorsements: List::default(), closes: List::new(closes).unwrap() };
            Recalled { calls: List::new(vec![news]).unwrap(), ..answer.clone() }
        };
        let (told, own) = (of_calls(vec![by(&key(2)), by(&own)]), own.public());
        assert_eq!(closes(log.cell(), &told, &own).map(|(_, close)| close.key).collect::<Vec<_>>(), [own]);
        assert_eq!(closes(log.cell(), &of_calls(vec![forged]), &own).count(), 0);
    }

    #[test]
    fn who_is_connected_is_asked_until_it_is_over() {
        let (mut inquiry, at) = (Inquiry::new([7; 16]), Time::from_ms(1_000));
        inquiry.connected(peer(1));
        inquiry.connected(peer(2));
        assert_eq!(inquiry.due(at).len(), 2);
        inquiry.disconnected(&peer(2));
        assert!(inquiry.due(at.plus_ms(1)).is_empty());
        assert_eq!(inquiry.due(at.plus_ms(ASK_AGAIN_MS)), [peer(1)]);
        assert_eq!(inquiry.due(at), [peer(1)], "also after the clock was set back");
        inquiry.connected(peer(2));
        inquiry.end();
        assert!(inquiry.due(at.plus_ms(9 * ASK_AGAIN_MS)).is_empty());
    }
}
