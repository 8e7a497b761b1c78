//! Reads the frozen vectors of bundles, `docs/vectors/bundles.json`, and asserts what they say; makes them
//! anew when the environment holds `LIFEBOAT_WRITE_VECTORS`. `examples/verify/verify.py` reads them too.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)] // a fixture that fails must stop the test

use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::testing::{Leaves, TestLog};
use lifeboat_log::tree::Frontier;
use lifeboat_log::{CellId, Chain, Checkpoint, KeyCache, Position, Record, Signers, Term, TreeHash};
use lifeboat_protocol::RangeFrame;
use lifeboat_protocol::bundle::{BadBundle, BundleFrame, Head, MAGIC, Own, Taking, Totals};
use lifeboat_protocol::range::{Batch, Under};
use serde_json::{Value, json};
use std::path::Path;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The records that the reader has.
struct Here(Vec<Record>);

impl Here {
    fn chain(&self, cell: CellId) -> Chain {
        let mut chain = Chain::new(cell);
        self.0.iter().for_each(|record| chain.extend(record).unwrap());
        chain
    }
}

impl Own for Here {
    fn size(&self, term: Term) -> Option<u64> {
        (term == Term::FIRST && !self.0.is_empty()).then_some(self.0.len() as u64)
    }
    fn signers(&self, term: Term) -> Option<Signers> {
        self.size(term)?;
        let chain = self.chain(CellId::of_founding(self.0[0].entry().id()));
        chain.open().map(|open| open.signers())
    }
    fn frontier(&self, _: Term, size: u64) -> Option<Frontier> {
        let mut tree = Frontier::default();
        self.0.get(..size as usize)?.iter().for_each(|record| tree.push(record.leaf()));
        Some(tree)
    }
    fn record(&self, at: Position) -> Option<Vec<u8>> {
        self.0.get(at.0 as usize).map(Record::to_bytes)
    }
}

/// What a reader finds who has these records: all records then, and the head; or the name of the error.
fn read(cell: CellId, have: Vec<Record>, file: &[u8]) -> Result<(u64, String), String> {
    let mut rest = file.strip_prefix(MAGIC).ok_or("NotABundle")?;
    let mut here = Here(have);
    let mut taking = Taking::new(here.chain(cell));
    loop {
        let (length, after) = rest.split_first_chunk::<4>().ok_or("Truncated")?;
        let length = u32::from_le_bytes(*length) as usize;
        if length == 0 {
            return Ok((taking.chain().next().0, hex(&taking.chain().head().0)));
        }
        let (frame, after) = after.split_at_checked(length).ok_or("Truncated")?;
        rest = after;
        let name = |bad: BadBundle| bad.name().to_owned();
        match BundleFrame::decode(frame).map_err(|bad| bad.name().to_owned())? {
            BundleFrame::Head(head) if head.cell != cell => return Err("WrongCell".to_owned()),
            BundleFrame::Range(RangeFrame::Under(under)) => taking.under(&under, &here).map_err(name)?,
            BundleFrame::Range(RangeFrame::Batch(batch)) => {
                here.0.extend(taking.batch(&batch, &here).map_err(name)?.records);
            }
            _ => {}
        }
    }
}

/// A log, and bundles of it.
struct Made {
    log: TestLog,
    records: Vec<Record>,
}

impl Made {
    /// The frames of the records `from..to` under the checkpoint of `size`, three records a frame.
    fn frames(&self, from: u64, to: u64, size: u64) -> Vec<BundleFrame> {
        let bytes: Vec<Vec<u8>> = self.records.iter().map(Record::to_bytes).collect();
        let leaves = Leaves::of(&bytes);
        let origin = self.log.chain.open().unwrap().origin(self.log.cell());
        let checkpoint = Checkpoint { origin, size, root: leaves.root(size) }.sign(&self.log.term_key);
        let known = |proof: Vec<TreeHash>| if from == 0 { vec![] } else { proof };
        let under = Under {
            term: Term::FIRST,
            checkpoint: Bytes::new(checkpoint.to_bytes()).unwrap(),
            known: from,
            root: if from == 0 { TreeHash::ZERO } else { leaves.root(from) },
            proof: List::new(known(leaves.consistency(from, size))).unwrap(),
        };
        let head = Head { cell: self.log.cell(), from: Position(from) };
        let mut frames = vec![BundleFrame::Head(head), BundleFrame::Range(RangeFrame::Under(under))];
        for start in (from..to).step_by(3) {
            let end = (start + 3).min(to);
            let some = bytes[start as usize..end as usize].iter().map(|one| Bytes::new(one.clone()).unwrap());
            let (records, proof) = (some.collect(), leaves.consistency(end, size));
            let (records, proof) = (List::new(records).unwrap(), List::new(proof).unwrap());
            frames.push(BundleFrame::Range(RangeFrame::Batch(Batch { records, proof })));
        }
        let records = to - from;
        frames.push(BundleFrame::End(Totals { records, ..Totals::default() }));
        frames
    }

    fn case(&self, name: &str, have: u64, frames: &[BundleFrame], outcome: Result<u64, &str>) -> Value {
        self.file_case(name, have, &file(frames), outcome)
    }

    fn file_case(&self, name: &str, have: u64, file: &[u8], outcome: Result<u64, &str>) -> Value {
        let have = self.records[..have as usize].iter().map(|record| hex(&record.to_bytes()));
        let mut case = json!({
            "name": name, "cell": self.log.cell().to_string(), "have": have.collect::<Vec<_>>(), "hex": hex(file),
        });
        match outcome {
            Ok(records) => {
                case["records"] = records.into();
                case["head"] = hex(&self.records[records as usize - 1].link().hash().0).into();
            }
            Err(error) => case["error"] = error.into(),
        }
        case
    }
}

fn file(frames: &[BundleFrame]) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    for frame in frames {
        let bytes = frame.encode();
        file.extend((bytes.len() as u32).to_le_bytes());
        file.extend(bytes);
    }
    file.extend([0; 4]);
    file
}

fn made(seed: u8, count: u64) -> Made {
    let (mut log, founding) = TestLog::found(seed);
    let mut records = vec![founding];
    records.extend(log.grow(count));
    Made { log, records }
}

fn cases() -> Vec<Value> {
    let (own, mut other) = (made(1, 7), made(1, 3));
    other.log.entry(&[]); // the keeper goes on otherwise from here
    other.records.extend(other.log.grow(3));
    let whole = own.frames(0, 8, 8);
    let bytes = file(&whole);
    let mut altered = bytes.clone();
    let last = altered.len() - 200;
    altered[last] ^= 1;
    let stranger = made(2, 3);
    let without_checkpoint = [&whole[..1], &whole[2..]].concat();
    vec![
        own.case("a whole log for who has nothing", 0, &whole, Ok(8)),
        own.case("the same once more", 8, &whole, Ok(8)),
        own.case("a stretch for who has all before it", 4, &own.frames(4, 8, 8), Ok(8)),
        own.case("a stretch for who has a part of it", 6, &own.frames(4, 8, 8), Ok(8)),
        own.case("an older bundle for who has more", 8, &own.frames(2, 5, 5), Ok(8)),
        own.file_case("no bundle", 0, b"lifeboat/bundle/v2\n\0\0\0\0", Err("NotABundle")),
        own.file_case("cut before its end", 0, &bytes[..bytes.len() - 1], Err("Truncated")),
        own.file_case("cut in a frame", 0, &bytes[..bytes.len() - 300], Err("Truncated")),
        own.file_case("one bit of its last records is another", 0, &altered, Err("NotProven")),
        own.case("records without a checkpoint", 0, &without_checkpoint, Err("OutOfOrder")),
        own.case("a stretch for who lacks what is before it", 2, &own.frames(4, 8, 8), Err("Gap")),
        own.case("of another cell", 2, &stranger.frames(0, 4, 4), Err("WrongCell")),
        own.case("another log that the same key signed", 8, &other.frames(2, 7, 7), Err("OtherLog")),
        own.case("another log for who has the beginning of both", 4, &other.frames(0, 7, 7), Ok(7)),
    ]
    .into_iter()
    .map(|mut case| {
        if case["name"] == "another log for who has the beginning of both" {
            case["head"] = hex(&other.records[6].link().hash().0).into();
        }
        case
    })
    .collect()
}

#[test]
fn the_vectors_of_bundles_are_those_that_were_frozen_and_say_what_is_found() {
    let what = "Bundles: `hex` of a file, and the records that its reader has; `records` and `head` of the log then.";
    let text =
        format!("{}\n", serde_json::to_string_pretty(&json!({"what": what, "cases": cases()})).unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors/bundles.json");
    if std::env::var_os("LIFEBOAT_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let frozen = std::fs::read_to_string(&path).unwrap();
    assert!(frozen == text, "bundles.json differs from what would be made: vectors are frozen");
    let frozen: Value = serde_json::from_str(&frozen).unwrap();
    for case in frozen["cases"].as_array().unwrap() {
        let cell = CellId::from_hex(case["cell"].as_str().unwrap()).unwrap();
        let have = case["have"].as_array().unwrap().iter().map(|record| unhex(record.as_str().unwrap()));
        let have = have.map(|bytes| Record::verify(&bytes, &mut KeyCache::default()).unwrap()).collect();
        let found = read(cell, have, &unhex(case["hex"].as_str().unwrap()));
        let said = match case["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok((case["records"].as_u64().unwrap(), case["head"].as_str().unwrap().to_owned())),
        };
        assert_eq!(found, said, "{}", case["name"]);
    }
}
