//! The witness's rows: two histories with one beginning are offered to it, before and after each failure.

use super::{After, Disk, disk, every_case, mend};
use lifeboat_log::checkpoint::check_cosignature;
use lifeboat_log::testing::TestLog;
use lifeboat_log::tree::{Frontier, consistency_proof};
use lifeboat_log::{Checkpoint, Record, SecretKey, Time, TreeHash};
use lifeboat_protocol::witness::{Clock, Effect, Event, Step, Ticket, Witness};
use lifeboat_store::Cosignings;

/// One history: its records, and the log that made them.
struct History {
    log: TestLog,
    records: Vec<Record>,
}

impl History {
    fn new(after: u8) -> Self {
        let (mut log, founding) = TestLog::found(1);
        let mut records = vec![founding];
        records.extend(log.grow(2));
        records.extend((0..9).map(|n| {
            let entry = log.entry(&[after, n]);
            log.place(entry)
        }));
        Self { log, records }
    }

    fn root(&self, from: usize, count: usize) -> TreeHash {
        let mut tree = Frontier::default();
        self.records.iter().skip(from).take(count).for_each(|record| tree.push(record.leaf()));
        tree.root()
    }

    fn checkpoint(&self, size: u64) -> Checkpoint {
        let origin = self.log.chain.open().unwrap().origin(self.log.cell());
        Checkpoint { origin, size, root: self.root(0, size as usize) }
    }

    fn step(&self, old: u64, size: u64) -> Step {
        let node = |level: u8, index: u64| {
            Ok::<_, std::convert::Infallible>(self.root((index << level) as usize, 1 << level))
        };
        let proof = consistency_proof(old, size, node).unwrap();
        Step { old, proof, size, root: self.checkpoint(size).root }
    }
}

/// A witness on a disk, and all that ever left it.
struct Desk<'a> {
    disk: &'a Disk,
    after: After,
    witness: Witness,
    file: Cosignings,
    left: Vec<Checkpoint>,
    count: u64,
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

impl<'a> Desk<'a> {
    fn new(disk: &'a Disk, after: After, origin: &str, left: Vec<Checkpoint>) -> Self {
        let file = Cosignings::open(disk.clone(), key().public(), origin).unwrap();
        let witness = Witness::new(key(), file.last().copied());
        Self { disk, after, witness, file, left, count: 0 }
    }

    /// Asks for a checkpoint; false when the disk failed.
    fn ask(&mut self, history: &History, size: u64) -> bool {
        let checkpoint = history.checkpoint(size);
        let old = self.witness.given().map_or(0, |given| given.size).min(size);
        self.count += 1;
        let now = Time::from_ms(1_800_000_000_000 + self.count * 1000);
        let clock = Clock { now, skew_ms: 600_000, links: None };
        let asked = Event::Asked {
            ticket: Ticket(self.count),
            step: history.step(old, size),
            text: checkpoint.text(),
            clock,
        };
        let mut effects = self.witness.handle(asked);
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Promise(given) => {
                    let promised = self.file.promise(&given).is_ok();
                    let event = if promised { Event::Promised } else { Event::DiskFailed };
                    effects.extend(self.witness.handle(event));
                }
                Effect::Cosign { line, .. } => {
                    check_cosignature(&checkpoint.text(), &line, key().public()).unwrap();
                    self.left.push(checkpoint);
                }
                Effect::Refuse { .. } => {}
                Effect::Reread if self.after == After::GoesOn => {
                    mend(self.disk, self.after);
                    let origin = checkpoint.origin.to_string();
                    self.file = Cosignings::open(self.disk.clone(), key().public(), &origin).unwrap();
                    let given = self.file.last().copied();
                    effects.extend(self.witness.handle(Event::Reread(given)));
                }
                Effect::Reread => return false,
            }
        }
        true
    }
}

/// Offers one history, then another; goes on with both after a failure.
fn offer(disk: &Disk, after: After, words: &str) -> usize {
    let (one, other) = (History::new(1), History::new(2));
    let origin = one.checkpoint(1).origin.to_string();
    assert_ne!(one.checkpoint(5).root, other.checkpoint(5).root);
    let mut desk = Desk::new(disk, after, &origin, Vec::new());
    let offers = [(&one, 2), (&one, 4), (&other, 5), (&one, 6), (&other, 6), (&one, 6), (&one, 9)];
    for (history, size) in offers {
        if !desk.ask(history, size) {
            break;
        }
    }
    let left = std::mem::take(&mut desk.left);
    drop(desk);
    mend(disk, after);
    // The rival history comes first now.
    let mut desk = Desk::new(disk, after, &origin, left);
    for (history, size) in [(&other, 4), (&other, 6), (&one, 6), (&other, 9), (&one, 9), (&one, 11)] {
        assert!(desk.ask(history, size), "{words}: it goes on afterwards");
    }
    let all_of = |history: &History| desk.left.iter().all(|c| *c == history.checkpoint(c.size));
    assert!(all_of(&one) || all_of(&other), "{words}: {:?}", desk.left);
    desk.left.len()
}

#[test]
fn a_witness_never_gives_two_inconsistent_cosignatures_whichever_step_fails() {
    let whole = disk();
    assert!(offer(&whole, After::GoesOn, "no failure") >= 6);
    let steps = whole.steps();
    assert!(steps >= 4, "{steps} steps");
    every_case("witness", steps, |disk, after, words| {
        assert!(offer(disk, after, words) >= 3, "{words}");
    });
}
