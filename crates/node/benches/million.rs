//! A home with a long log: how long it takes to open after a clean close, and after a kill in mid-catch-up;
//! how long `lifeboat status` takes; what it takes on disk and in memory. Each opening is in a process of
//! its own, so that its memory can be told. LIFEBOAT_BENCH_RECORDS is the number of records (5,000 where it
//! is not set; the documentation has the figures of 1,000,000), LIFEBOAT_BENCH_SECONDS the seconds between
//! them (300: a million in nine years and a half), LIFEBOAT_BENCH_KEEP a folder in which the homes are made
//! and left, or found, and LIFEBOAT_BENCH_BINARY a `lifeboat` command to be timed.

#[path = "million/filling.rs"]
mod filling;

use lifeboat_node::ask::Overview;
use lifeboat_node::{Answer, Ask, Desk, Home, NodeOptions, Settings};
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How often each thing is measured: the best counts, for others use the machine too.
const TIMES: usize = 3;

fn main() -> Outcome<()> {
    match std::env::var("LIFEBOAT_BENCH_ROLE").as_deref() {
        Ok("open") => open_once(&home_of_child()?),
        Ok("node") => run_node(&home_of_child()?),
        Ok("follow") => follow(&home_of_child()?),
        _ => measure(),
    }
}

fn measure() -> Outcome<()> {
    let records = number("LIFEBOAT_BENCH_RECORDS", 5_000);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let kept = std::env::var_os("LIFEBOAT_BENCH_KEEP").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| folder.path().to_owned());
    let home = Home::at(folder.join("keeper"));
    if !home.exists() {
        fill(&home, records)?;
    }
    for _ in 0..TIMES {
        println!("opened after a clean close:");
        child("open", &home)?.status()?;
    }
    say_size("the keeper's home", &home)?;
    time_status("no node running", &home)?;

    let replica = Home::at(folder.join("replica"));
    let mut node = child("node", &home)?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let done = with_node(&mut node, &home, &replica, records);
    drop(node.stdin.take());
    node.wait()?;
    done?;
    println!("opened after a kill in mid-catch-up:");
    child("open", &replica)?.status()?;
    println!("opened once more:");
    child("open", &replica)?.status()?;
    say_size("the follower's home", &replica)?;
    Ok(())
}

/// What is measured while the keeper's node runs: `status`, and a catch-up that is killed near its end.
fn with_node(node: &mut Child, home: &Home, replica: &Home, records: u64) -> Outcome<()> {
    let mut lines = BufReader::new(node.stdout.take().ok_or("no output")?).lines();
    let started = Instant::now();
    lines.next().ok_or("the node did not start")??;
    println!("the keeper's node listens after {:.0?}", started.elapsed());
    time_status("with the node running", home)?;
    if replica.exists() {
        return Ok(());
    }
    let Answer::Overview(overview) = Desk::open(home)?.answer(Ask::Overview)? else {
        return Err("no overview".into());
    };
    let cell = overview.cells.first().ok_or("no cell")?.cell;
    let Answer::Card(card) = Desk::open(home)?.answer(Ask::Card { cell })? else {
        return Err("no card".into());
    };
    let replica = Home::create(replica.root(), &settings("wren"))?;
    lifeboat_node::Keys::of(&replica).node()?;
    Desk::open(&replica)?.answer(Ask::Follow { link: card.link })?;
    let started = Instant::now();
    let mut follower = child("follow", &replica)?.stdout(Stdio::piped()).spawn()?;
    let (mut here, lines) = (0, BufReader::new(follower.stdout.take().ok_or("no output")?).lines());
    for line in lines {
        here = line?.parse::<u64>()?;
        if here * 100 >= records * 95 {
            break;
        }
    }
    follower.kill()?;
    follower.wait()?;
    let rate = here as f64 / started.elapsed().as_secs_f64();
    println!("killed after {here} records, {rate:.0} a second");
    Ok(())
}

/// The settings of a home on loopback that looks for no others.
fn settings(handle: &str) -> Settings {
    Settings {
        handle: handle.into(),
        listen: vec!["/ip4/127.0.0.1/udp/0/quic-v1".into(), "/ip4/127.0.0.1/tcp/0".into()],
        mdns: Some(false),
        ..Settings::default()
    }
}

fn fill(home: &Home, records: u64) -> Outcome<()> {
    let started = Instant::now();
    let bytes = filling::fill(home, &settings("heron"), records, number("LIFEBOAT_BENCH_SECONDS", 300))?;
    println!("{records} records of {} bytes, made in {:.0?}", bytes / records, started.elapsed());
    std::fs::write(home.root().join("bytes-of-records"), bytes.to_string())?;
    let started = Instant::now();
    let overview = overview(home)?;
    let cell = overview.cells.first().ok_or("no cell")?;
    println!("{} folded and closed in {:.1?}", cell.size, started.elapsed());
    Ok(())
}

/// Opens the home in this process, asks what `status` asks, and closes it.
fn overview(home: &Home) -> Outcome<Overview> {
    let answer = Desk::open(home)?.answer(Ask::Overview)?;
    match answer {
        Answer::Overview(overview) => Ok(overview),
        _ => Err("no overview".into()),
    }
}

/// In a process of its own: opens the home and says how long it took, and how much memory.
fn open_once(home: &Home) -> Outcome<()> {
    let started = Instant::now();
    let mut desk = Desk::open(home)?;
    let Answer::Overview(overview) = desk.answer(Ask::Overview)? else { return Err("no overview".into()) };
    let opened = started.elapsed();
    let memory = memory();
    drop(desk);
    let cell = overview.cells.first().ok_or("no cell")?;
    println!(
        "  {} records in {opened:.0?}, closed after {:.0?}, memory {memory}",
        cell.size,
        started.elapsed()
    );
    overview.notices.iter().chain(&cell.notices).for_each(|notice| println!("  {notice}"));
    Ok(())
}

/// In a process of its own: runs the home's node until its standard input ends.
fn run_node(home: &Home) -> Outcome<()> {
    let stop = home.clone();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = lifeboat_node::background::stop_node(&stop);
    });
    let options = NodeOptions { mdns: Some(false), ..NodeOptions::default() };
    lifeboat_node::node::run(home, &options, |_| println!("ready"))?;
    eprintln!("the keeper's node: memory {}", memory());
    Ok(())
}

/// In a process of its own: catches up, and says how far it has come, until it is killed.
fn follow(home: &Home) -> Outcome<()> {
    let ask = Ask::Sync { wait_ms: 3_600_000 };
    Desk::open(home)?.answer_with(ask, &mut |progress| println!("{}", progress.done))?;
    Ok(())
}

/// How long `lifeboat status` takes as a process, from its start to its end.
fn time_status(when: &str, home: &Home) -> Outcome<()> {
    let Some(binary) = std::env::var_os("LIFEBOAT_BENCH_BINARY") else { return Ok(()) };
    let mut best = Duration::MAX;
    for _ in 0..TIMES * 3 {
        let started = Instant::now();
        let mut command = Command::new(&binary);
        command.arg("--home").arg(home.root()).arg("status").stdout(Stdio::null());
        if !command.status()?.success() {
            return Err("`lifeboat status` failed".into());
        }
        best = best.min(started.elapsed());
    }
    println!("`lifeboat status`, {when}: {best:.0?}");
    Ok(())
}

/// What log and database take on the disk, beside the bytes of the records.
fn say_size(what: &str, home: &Home) -> Outcome<()> {
    let Answer::Overview(overview) = Desk::open(home)?.answer(Ask::Overview)? else {
        return Err("no overview".into());
    };
    let bytes = overview.cells.first().ok_or("no cell")?.size as f64 * mean_length(home)?;
    let (log, db) = (size_of(&home.root().join("log"))? as f64, size_of(&home.root().join("db"))? as f64);
    let sum = (log + db) / bytes;
    println!(
        "{what}: {sum:.3} bytes on disk a byte of record (log {:.3}, database {:.3})",
        log / bytes,
        db / bytes
    );
    Ok(())
}

/// The mean length of the records; a follower's are those of the keeper beside it.
fn mean_length(home: &Home) -> Outcome<f64> {
    let keeper = Home::at(home.root().with_file_name("keeper"));
    let bytes: f64 = std::fs::read_to_string(keeper.root().join("bytes-of-records"))?.parse()?;
    let records = std::fs::read_to_string(keeper.root().join("number-of-records"))?;
    Ok(bytes / records.parse::<f64>()?)
}

fn child(role: &str, home: &Home) -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env("LIFEBOAT_BENCH_ROLE", role).env("LIFEBOAT_BENCH_HOME", home.root());
    Ok(command)
}

fn home_of_child() -> Outcome<Home> {
    Ok(Home::at(PathBuf::from(std::env::var("LIFEBOAT_BENCH_HOME")?)))
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The most memory used so far, where the system tells it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |line| line.trim().to_owned())
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
