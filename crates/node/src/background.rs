//! Starting a process that goes on after the command that started it has ended, on any system.

use crate::ask::{Answer, Ask};
use crate::control::Control;
use crate::home::{Home, HomeError, private_options};
use crate::limits::{MAX_LAST_WORDS, MAX_NODE_LOG, START_PATIENCE, START_RETRY};
use std::ffi::OsString;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Why a node in the background could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum BackgroundError {
    /// The home or the program cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// It ended at once.
    #[error("the node ended as soon as it was started: {0}")]
    Ended(String),
    /// It neither answers nor ends.
    #[error("the node does not answer: look at {0} for what it says")]
    Silent(PathBuf),
}

/// A command that will not be ended together with this one: it gets a process group of its own, and no
/// terminal reaches it.
pub fn command(program: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    detach(&mut command);
    command
}

#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(windows)]
fn detach(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const DETACHED_PROCESS: u32 = 0x8;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
}

#[cfg(not(any(unix, windows)))]
fn detach(_command: &mut Command) {}

/// Starts a node in the background: `program` with `arguments` (the CLI's own words to run a node in this
/// home). What it says goes to `node.log` in the home. Waits until it answers, and returns its process.
///
/// # Errors
/// When it cannot be started, ends at once (its last words are in the error), or does not answer in time.
pub fn start_node(home: &Home, program: &Path, arguments: &[OsString]) -> Result<u32, BackgroundError> {
    let log = open_log(home).map_err(|error| HomeError::Io { path: home.node_log(), error })?;
    let start = log.metadata().map_or(0, |meta| meta.len());
    let second = log.try_clone().map_err(|error| HomeError::Io { path: home.node_log(), error })?;
    let mut child = command(program, arguments)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(second)
        .spawn()
        .map_err(|error| HomeError::Io { path: program.to_owned(), error })?;
    let end = Instant::now() + START_PATIENCE;
    while Instant::now() < end {
        if let Ok(Some(_)) = child.try_wait() {
            return Err(BackgroundError::Ended(last_words(home, start)));
        }
        if listens(home) {
            return Ok(child.id());
        }
        std::thread::sleep(START_RETRY);
    }
    // It answers, and has only not found where to listen: without any network it goes on all the same.
    if Control::connect(home).is_some() {
        return Ok(child.id());
    }
    Err(BackgroundError::Silent(home.node_log()))
}

/// Whether the node of this home is up: it answers commands before it listens, and ends when it cannot.
fn listens(home: &Home) -> bool {
    let Some(mut control) = Control::connect(home) else { return false };
    let answer = control.ask(&Ask::Overview, &mut |_| {});
    matches!(answer, Ok(Ok(Answer::Overview(overview))) if !overview.addresses.is_empty())
}

/// Asks the node of this home to end, and waits until the home is free. False when none was running.
///
/// # Errors
/// When it does not end in time.
pub fn stop_node(home: &Home) -> Result<bool, BackgroundError> {
    let Some(mut control) = Control::connect(home) else { return Ok(false) };
    let _ = control.ask(&Ask::Stop, &mut |_| {});
    drop(control);
    let end = Instant::now() + START_PATIENCE;
    while Instant::now() < end {
        match home.lock() {
            Ok(_) => return Ok(true),
            Err(HomeError::InUse(_)) => std::thread::sleep(START_RETRY),
            Err(error) => return Err(error.into()),
        }
    }
    Err(BackgroundError::Silent(home.node_log()))
}

/// Opens the node's log for appending; one that has grown long is put aside first.
fn open_log(home: &Home) -> std::io::Result<std::fs::File> {
    let path = home.node_log();
    if std::fs::metadata(&path).is_ok_and(|meta| meta.len() > MAX_NODE_LOG) {
        std::fs::rename(&path, path.with_extension("log.old"))?;
    }
    private_options().append(true).create(true).open(path)
}

/// The last line that the node wrote since `start`.
fn last_words(home: &Home, start: u64) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = std::fs::File::open(home.node_log())?;
        file.seek(SeekFrom::Start(start))?;
        let mut text = Vec::new();
        file.take(MAX_LAST_WORDS).read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    let text = read().unwrap_or_default();
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim().to_owned()
}
