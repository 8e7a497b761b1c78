//! Whole networks of the real protocol, the real store and the real fold, run from one seed: five replicas
//! of one cell, with message loss, reordering, duplication, partitions, restarts, clock skew and disk
//! faults. Nothing here waits for a clock or a wire, so a seed gives the same run every time. For tests
//! only; nothing in the product knows of it.
//!
//! `cargo run -p lifeboat-sim -- --seeds 10000` runs many seeds, `-- --seed 42` one of them; with
//! `--takeover 1` the keeper is lost in each, and the members take the log over.

mod accusing;
mod answering;
mod asking;
mod disk;
mod faults;
mod figures;
mod following;
mod home;
mod judge;
mod keeping;
mod plant;
mod random;
mod scenario;
pub mod stage;
mod succession;
mod taking;
mod waiting;
mod wire;
mod witnessing;
mod world;

pub use figures::Figures;
pub use judge::{Invariant, Violation};
pub use plant::Plant;
pub use world::{Kind, run, run_kind};

/// Runs so many seeds from `first` on, on all cores; gives the figures of all of them, or the first
/// violation.
///
/// # Errors
/// The violation of the smallest seed that has one.
pub fn run_many(first: u64, count: u64, kind: Kind) -> Result<Figures, Box<Violation>> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    let stretch = |worker: u64| {
        let mut sum = Figures::default();
        for seed in (first..first + count).skip(worker as usize).step_by(workers as usize) {
            sum.add(&run_kind(seed, kind, None)?);
        }
        Ok(sum)
    };
    let results: Vec<Result<Figures, Box<Violation>>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|worker| scope.spawn(move || stretch(worker))).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    if results.len() as u64 != workers {
        return Err(Box::new(Violation {
            seed: first,
            takeover: kind == Kind::Takeover,
            at_ms: 0,
            invariant: Invariant::NoPanic,
            what: "a run panicked; its message is above".to_owned(),
        }));
    }
    let mut sum = Figures::default();
    let mut worst: Option<Box<Violation>> = None;
    for result in results {
        match result {
            Ok(figures) => sum.add(&figures),
            Err(found) => worst = Some(worst.filter(|known| known.seed < found.seed).unwrap_or(found)),
        }
    }
    worst.map_or(Ok(sum), Err)
}
