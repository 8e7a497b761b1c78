//! The table of failures: each storage step of a keeper and of a witness fails once, not written or written
//! and reported failed; then the process goes on, or is started again after a power cut. Whatever else is
//! then asked of it, never do two inconsistent signatures leave.

mod keeper;
mod witness;

use lifeboat_store::memory::Torn;
use lifeboat_store::{Failure, FaultyStorage, MemoryStorage};
use std::sync::Arc;

/// A disk in memory that fails as it is told.
pub type Disk = Arc<FaultyStorage<MemoryStorage>>;

pub fn disk() -> Disk {
    let disk = FaultyStorage::new(MemoryStorage::new());
    disk.fail_at(u64::MAX, Failure::NotWritten);
    Arc::new(disk)
}

/// What happens to a process whose disk has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// The disk works again, and it goes on.
    GoesOn,
    /// It is started again; what was not synced is kept.
    Restarted,
    /// It is started again after a power cut.
    PowerCut,
}

/// Runs every case: `count` does the work without a failure and gives the number of steps; `case` does it
/// with a failure planned.
pub fn every_case(name: &str, steps: u64, mut case: impl FnMut(&Disk, After, &str)) {
    let mut failed = 0;
    for step in 0..steps {
        for failure in [Failure::NotWritten, Failure::Written] {
            for after in [After::GoesOn, After::Restarted, After::PowerCut] {
                let words = format!("{name}: step {step} of {steps}, {failure:?}, then {after:?}");
                let disk = disk();
                disk.fail_at(step, failure);
                case(&disk, after, &words);
                failed += u64::from(disk.has_failed());
                assert!(disk.steps() > step || disk.has_failed(), "{words}: the step was not reached");
            }
        }
    }
    println!("{name}: {steps} steps, {} cases", steps * 6);
    assert_eq!(failed, 0, "every case ends with a disk that works");
}

/// The disk works again, after a power cut where that is asked.
pub fn mend(disk: &Disk, after: After) {
    disk.heal();
    match after {
        After::GoesOn => {}
        After::Restarted => disk.below().crash(Torn::Kept),
        After::PowerCut => disk.below().crash(Torn::Lost),
    }
}
