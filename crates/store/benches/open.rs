//! Opening a home with a long log: after a clean close, and after a kill in mid-catch-up. Each opening is
//! in a process of its own, so that its memory can be told. The number of records is taken from
//! LIFEBOAT_BENCH_RECORDS (20,000 where it is not set; the figures in the documentation are of 1,000,000).

use lifeboat_log::testing::TestLog;
use lifeboat_log::{CellId, Position, Record};
use lifeboat_store::{DiskStorage, LogStore};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    match std::env::var("LIFEBOAT_BENCH_ROLE").as_deref() {
        Ok("open") => open_once(&path("LIFEBOAT_BENCH_HOME")?),
        Ok("follow") => follow(&path("LIFEBOAT_BENCH_FROM")?, &path("LIFEBOAT_BENCH_HOME")?),
        _ => measure(),
    }
}

fn path(name: &str) -> Outcome<PathBuf> {
    Ok(PathBuf::from(std::env::var(name)?))
}

fn open_home(home: &Path) -> Outcome<(Arc<DiskStorage>, Vec<CellId>)> {
    let storage = Arc::new(DiskStorage::open(home)?);
    let cells = LogStore::cells(&*storage)?;
    Ok((storage, cells))
}

/// Opens the home, and says how long it took and how much memory.
fn open_once(home: &Path) -> Outcome<()> {
    let started = Instant::now();
    let (storage, cells) = open_home(home)?;
    let (store, notices) = LogStore::open(storage, *cells.first().ok_or("no log")?)?;
    let opened = started.elapsed();
    let first = store.record(Position(store.len() / 2))?.ok_or("no record")?;
    println!("  {} records opened in {opened:.1?}, memory {}", store.len(), memory());
    let started = Instant::now();
    let found = store.find(&first.entry().id())?;
    println!(
        "  the first look-up by id took {:.1?}, memory {}, found {}",
        started.elapsed(),
        memory(),
        found == Some(Position(store.len() / 2))
    );
    notices.iter().for_each(|notice| println!("  {notice}"));
    Ok(())
}

/// The most memory used so far, where the system tells it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |line| line.trim().to_owned())
}

/// Copies the log of one home into another, as a follower that catches up does, until it is killed.
fn follow(from: &Path, home: &Path) -> Outcome<()> {
    let (source, cells) = open_home(from)?;
    let (source, _) = LogStore::open(source, *cells.first().ok_or("no log")?)?;
    let (mut store, _) = LogStore::open(Arc::new(DiskStorage::open(home)?), source.cell())?;
    while store.len() < source.len() {
        let records = source.records(store.chain().next(), 1024)?;
        store.append(&records)?;
        store.sync()?;
        println!("{}", store.len());
    }
    Ok(())
}

fn child(role: &str, from: &Path, home: &Path) -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env("LIFEBOAT_BENCH_ROLE", role).env("LIFEBOAT_BENCH_FROM", from);
    command.env("LIFEBOAT_BENCH_HOME", home);
    Ok(command)
}

fn measure() -> Outcome<()> {
    let count = std::env::var("LIFEBOAT_BENCH_RECORDS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (home, replica) = (folder.path().join("home"), folder.path().join("replica"));
    let bytes = fill(&home, count)?;
    let disk = size_of(&home)?;
    println!(
        "{count} records of {} bytes; on disk {:.3} bytes a byte of record, index included",
        bytes / count,
        disk as f64 / bytes as f64
    );
    for name in ["log", "db"] {
        println!("  {name}: {:.3}", size_of(&home.join(name))? as f64 / bytes as f64);
    }
    for what in ["after a clean close", "once more"] {
        println!("{what}:");
        child("open", &home, &home)?.status()?;
    }
    let mut follower = child("follow", &home, &replica)?.stdout(Stdio::piped()).spawn()?;
    let lines = std::io::BufRead::lines(std::io::BufReader::new(follower.stdout.take().ok_or("no output")?));
    for line in lines {
        if line?.parse::<u64>()? * 10 >= count * 9 {
            break;
        }
    }
    follower.kill()?;
    follower.wait()?;
    println!("after a kill in mid-catch-up:");
    child("open", &home, &replica)?.status()?;
    Ok(())
}

/// Makes the home; returns the bytes of its records.
fn fill(home: &Path, count: u64) -> Outcome<u64> {
    let (mut log, founding) = TestLog::found(1);
    let (mut store, _) = LogStore::open(Arc::new(DiskStorage::open(home)?), log.cell())?;
    let mut bytes = founding.byte_len() as u64;
    store.append(&[founding])?;
    let mut spent = Duration::ZERO;
    while store.len() < count {
        let records: Vec<Record> = log.grow((count - store.len()).min(1024));
        bytes += records.iter().map(|record| record.byte_len() as u64).sum::<u64>();
        let started = Instant::now();
        store.append(&records)?;
        store.sync()?;
        spent += started.elapsed();
    }
    store.set_checkpoint(&log.checkpoint())?;
    store.storage().flush()?;
    println!("written in {spent:.1?}: {:.0} records a second", count as f64 / spent.as_secs_f64());
    Ok(bytes)
}

fn size_of(path: &Path) -> Outcome<u64> {
    let data = std::fs::metadata(path)?;
    if !data.is_dir() {
        return Ok(on_disk(&data));
    }
    let mut sum = 0;
    for entry in std::fs::read_dir(path)? {
        sum += size_of(&entry?.path())?;
    }
    Ok(sum)
}

/// What a file takes on the disk, not what its length says.
#[cfg(unix)]
fn on_disk(data: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(data) * 512
}

#[cfg(not(unix))]
fn on_disk(data: &std::fs::Metadata) -> u64 {
    data.len()
}
