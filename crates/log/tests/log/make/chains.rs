//! Vectors of chains: whole logs, with a handover and a takeover, and each way in which one can break.

use super::openings::{TERM_KEY, opening};
use super::{VectorFile, flipped, hex, key};
use lifeboat_log::checkpoint::{Checkpoint, cosign, witness_name};
use lifeboat_log::codec::{self, Bytes, List};
use lifeboat_log::opening::{Base, Opening, Right};
use lifeboat_log::testing::{START_MS, TestLog, draft};
use lifeboat_log::tree::Frontier;
use lifeboat_log::{
    CellId, Entry, Kind, Link, LinkHash, Position, Record, SecretKey, Signature, SignedEntry, Term, Time,
};
use serde_json::{Value, json};

/// A log under construction, right or wrong: nothing is checked while it grows.
#[derive(Clone)]
pub struct Growing {
    pub cell: CellId,
    pub records: Vec<Vec<u8>>,
    pub head: LinkHash,
    pub tree: Frontier,
    pub term: Term,
    pub term_key: SecretKey,
    time: u64,
}

impl Growing {
    /// A log of `count` records in its first term.
    pub fn new(count: u64) -> Self {
        let (mut log, founding) = TestLog::found(9);
        let mut growing = Self {
            cell: log.cell(),
            records: Vec::new(),
            head: LinkHash::ZERO,
            tree: Frontier::default(),
            term: Term::FIRST,
            term_key: log.term_key.clone(),
            time: START_MS + 1_000_000,
        };
        growing.push(&founding);
        log.grow(count - 1).iter().for_each(|record| growing.push(record));
        growing
    }

    fn push(&mut self, record: &Record) {
        self.head = record.link().hash();
        self.tree.push(record.leaf());
        self.records.push(record.to_bytes());
    }

    /// Places an entry, its link changed.
    pub fn place(&mut self, entry: SignedEntry, change: impl FnOnce(&mut Link)) {
        self.time += 1000;
        let at = Position(self.records.len() as u64);
        let mut link = Link::new(self.term, at, self.head, Time::from_ms(self.time), entry.id());
        change(&mut link);
        self.push(&Record::place(link, entry).expect("the link names it"));
    }

    /// An entry of a member for this log.
    pub fn entry(&self, n: u64) -> SignedEntry {
        let entry = draft(&key(1), self.cell, n, lifeboat_log::testing::TEST_KIND);
        entry.sign(&key(1)).expect("a valid entry")
    }

    /// The checkpoint over all records of the term, cosigned by these witnesses.
    pub fn checkpoint(&self, witnesses: &[u8]) -> Vec<u8> {
        let origin = lifeboat_log::Origin { cell: self.cell, term: self.term };
        let signed =
            Checkpoint { origin, size: self.tree.size(), root: self.tree.root() }.sign(&self.term_key);
        let mut note = signed.note().clone();
        for n in witnesses {
            let name = witness_name(&key(*n).public());
            note.signatures.push(cosign(&note.text, &name, &key(*n), 1_800_000_000));
        }
        note.to_bytes()
    }

    /// What opens `term` from here on: by handover, else (a later era) by takeover. Changed twice: before
    /// the old term key signs it over, and after.
    pub fn open(&mut self, term: Term, before: impl FnOnce(&mut Opening), after: impl FnOnce(&mut Opening)) {
        let checkpoint = Bytes::new(self.checkpoint(&[])).expect("short");
        let base = Some(Base { checkpoint, head: self.head });
        let handover = term.turn() > 0;
        let right = if handover {
            Right::Handover(Signature([0; 64]))
        } else {
            Right::Takeover { endorsements: List::default(), closes: List::default() }
        };
        let draft = draft(&key(1), self.cell, 1000 + u64::from(term.0), Kind::OPENING);
        let mut opening = opening(&draft, term, base, right, &key(TERM_KEY));
        before(&mut opening);
        if handover {
            let message = opening.handover_message(&self.cell);
            opening.right = Right::Handover(self.term_key.sign(&message));
        }
        after(&mut opening);
        let body = Bytes::new(codec::encode(&opening)).expect("short");
        let entry = Entry { body, ..draft }.sign(&key(1)).expect("a valid opening");
        (self.term, self.term_key, self.tree) = (term, key(TERM_KEY), Frontier::default());
        self.place(entry, |_| {});
    }
}

/// A log that went through a handover, with two witnesses, and a takeover.
pub fn three_terms() -> Growing {
    let mut log = Growing::new(5);
    let mut witnesses = vec![key(30).public(), key(31).public()];
    witnesses.sort();
    let witnesses = List::new(witnesses).expect("few");
    log.open(Term::new(0, 1), |o| (o.witnesses, o.quorum) = (witnesses, 2), |_| {});
    for n in 0..3 {
        log.place(log.entry(100 + n), |_| {});
    }
    log.open(Term::new(2, 0), |_| {}, |_| {});
    log.place(log.entry(200), |_| {});
    log
}

fn records(log: &Growing) -> Vec<String> {
    log.records.iter().map(|record| hex(record)).collect()
}

fn good(name: &str, log: &Growing) -> Value {
    json!({"name": name, "cell": log.cell.to_string(), "records": records(log),
        "head": log.head.to_string(), "root": log.tree.root().to_string()})
}

fn broken(name: &str, error: &str, position: u64, log: &Growing) -> Value {
    json!({"name": name, "cell": log.cell.to_string(), "records": records(log),
        "error": error, "position": position})
}

pub fn chains() -> VectorFile {
    let mut cases = vec![
        good("a founding alone", &Growing::new(1)),
        good("five records", &Growing::new(5)),
        good("three terms: a founding, a handover, a takeover", &three_terms()),
    ];
    cases.extend(bad_links());
    cases.extend(bad_cells());
    cases.extend(bad_terms());
    VectorFile { name: "chains.json", what: "Chains of records from the founding on", cases }
}

fn bad_links() -> Vec<Value> {
    let placed = |name: &str, error: &str, change: fn(&mut Link)| {
        let mut log = Growing::new(3);
        log.place(log.entry(50), change);
        log.place(log.entry(51), |_| {});
        broken(name, error, 3, &log)
    };
    let moved = |name: &str, error: &str, position: u64, change: fn(&mut Vec<Vec<u8>>)| {
        let mut log = Growing::new(6);
        change(&mut log.records);
        broken(name, error, position, &log)
    };
    vec![
        placed("a position left out", "WrongPosition", |link| link.position = Position(4)),
        placed("a position twice", "WrongPosition", |link| link.position = Position(2)),
        placed("another previous", "WrongPrevious", |link| link.previous.0[9] ^= 1),
        placed("no previous", "WrongPrevious", |link| link.previous = LinkHash::ZERO),
        placed("placed before the record before it", "TimeRunsBack", |link| {
            link.time = Time::from_ms(START_MS)
        }),
        placed("another turn", "WrongTerm", |link| link.term = Term::new(0, 1)),
        placed("another era", "WrongTerm", |link| link.term = Term::new(1, 0)),
        moved("a record left out", "WrongPosition", 2, |records| drop(records.remove(2))),
        moved("two records in the other order", "WrongPosition", 2, |records| records.swap(2, 3)),
        moved("a record twice", "WrongPosition", 3, |records| records.insert(3, records[2].clone())),
        moved("a link's time changed: the next one misses it", "WrongPrevious", 3, |records| {
            records[2] = flipped(&records[2], 45);
        }),
        moved("a bit of an entry changed", "WrongEntry", 4, |records| records[4] = flipped(&records[4], 300)),
        moved("a record cut", "Truncated", 5, |records| records[5].truncate(50)),
    ]
}

fn bad_cells() -> Vec<Value> {
    let mut stranger = Growing::new(3);
    let foreign = draft(&key(1), CellId([1; 32]), 60, lifeboat_log::testing::TEST_KIND);
    stranger.place(foreign.sign(&key(1)).expect("valid"), |_| {});
    let mut refounded = Growing::new(3);
    let (_, founding) = TestLog::found(10);
    refounded.place(founding.entry().clone(), |_| {});
    let mut other = Growing::new(2);
    other.cell = CellId([2; 32]);
    let mut unfounded = Growing::new(1);
    let entry = unfounded.entry(70);
    unfounded.records.clear();
    unfounded.head = LinkHash::ZERO;
    unfounded.place(entry.clone(), |_| {});
    let mut usurped = unfounded.clone();
    usurped.cell = CellId::of_founding(entry.id());
    vec![
        broken("an entry for another cell", "WrongCell", 3, &stranger),
        broken("a second founding", "WrongCell", 3, &refounded),
        broken("the log of another cell", "WrongCell", 0, &other),
        broken("a log without its founding", "WrongCell", 0, &unfounded),
        broken("a cell whose id is that of an entry that founds nothing", "WrongTerm", 0, &usurped),
    ]
}

fn bad_terms() -> Vec<Value> {
    type Change = fn(&mut Opening);
    let opened = |name: &str, error: &str, term: Term, before: Change, after: Change| {
        let mut log = Growing::new(4);
        log.open(term, before, after);
        broken(name, error, 4, &log)
    };
    let next = Term::new(0, 1);
    let era = Term::new(1, 0);
    let nothing: Change = |_| {};
    let based = |change: fn(&mut Growing)| {
        // The base is made from a log that was changed, the record stands on the one that was not.
        let honest = Growing::new(4);
        let mut changed = honest.clone();
        change(&mut changed);
        changed.open(Term::new(0, 1), |_| {}, |_| {});
        let opening = changed.records.pop().expect("the opening");
        let entry = SignedEntry::verify(opening[85..].to_vec(), &mut Default::default()).expect("valid");
        let mut log = honest;
        log.term = Term::new(0, 1);
        log.place(entry, |_| {});
        log
    };
    let smaller = based(|log| log.tree = Growing::new(3).tree);
    let forged = based(|log| log.term_key = key(99));
    let other_root = based(|log| {
        let mut tree = Frontier::default();
        (0..4).for_each(|_| tree.push(lifeboat_log::TreeHash([1; 32])));
        log.tree = tree;
    });
    let mut mislinked = Growing::new(4);
    mislinked.open(next, nothing, nothing);
    let entry =
        SignedEntry::verify(mislinked.records[4][85..].to_vec(), &mut Default::default()).expect("valid");
    let mut mislinked = Growing::new(4);
    mislinked.place(entry, |_| {});
    let mut headless = Growing::new(1);
    headless.open(next, nothing, nothing);
    let alone = headless.records.pop().expect("the opening");
    let entry = SignedEntry::verify(alone[85..].to_vec(), &mut Default::default()).expect("valid");
    (headless.records, headless.head) = (Vec::new(), LinkHash::ZERO);
    headless.cell = CellId::of_founding(entry.id());
    headless.term = next;
    headless.place(entry, |_| {});
    vec![
        opened("a turn left out", "BadBase", Term::new(0, 2), nothing, nothing),
        opened("a base with another head", "BadBase", next, set_head, nothing),
        opened("a takeover of a base with another head", "BadBase", era, set_head, nothing),
        opened("a handover that was not signed", "BadBase", next, nothing, |o| {
            o.right = Right::Handover(Signature([0; 64]));
        }),
        opened("a handover signed for other rules", "BadBase", next, nothing, |o| o.rules = 2),
        opened(
            "a base that is no checkpoint",
            "BadBase",
            era,
            |o| {
                if let Some(base) = &mut o.base {
                    base.checkpoint = Bytes::new(b"soon".to_vec()).expect("short");
                }
            },
            nothing,
        ),
        broken("a base that leaves out a record", "BadBase", 4, &smaller),
        broken("a base under another root", "BadBase", 4, &other_root),
        broken("a base signed by another key", "BadBase", 4, &forged),
        broken("an opening placed in another term", "WrongTerm", 4, &mislinked),
        broken("a later term's opening at the beginning", "BadBase", 0, &headless),
    ]
}

fn set_head(opening: &mut Opening) {
    if let Some(base) = &mut opening.base {
        base.head.0[0] ^= 1;
    }
}
