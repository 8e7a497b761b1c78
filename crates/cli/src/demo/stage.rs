//! The stage of the demonstration: a folder with the homes, this program as a command, and the node
//! processes, which never outlive it: not after a failure, not after Ctrl-C.

use crate::error::{Code, Failure, Outcome};
use crate::text;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a node may take until it answers.
const START: Duration = Duration::from_secs(20);
/// How often to look for something that is awaited.
const LOOK: Duration = Duration::from_millis(50);

type Nodes = Arc<Mutex<Vec<(String, Child)>>>;

/// Homes and nodes of the demonstration.
pub struct Stage {
    program: PathBuf,
    folder: PathBuf,
    nodes: Nodes,
}

impl Stage {
    /// A stage in a folder that is new or empty.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn set(folder: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        let nodes = Nodes::default();
        end_when_interrupted(&nodes);
        let program = std::env::current_exe()?;
        Ok(Self { program, folder: folder.to_owned(), nodes })
    }

    /// The folder of somebody's home.
    pub fn home(&self, who: &str) -> PathBuf {
        self.folder.join(who)
    }

    /// The folder of the stage.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn command(&self, who: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--home").arg(self.home(who)).arg("--yes");
        command
            .env_remove("LIFEBOAT_HOME")
            .env_remove("LIFEBOAT_CELL")
            .env_remove("LIFEBOAT_PASSPHRASE_FILE");
        command
    }

    /// Runs a command in somebody's home; each line of its answer is an object.
    ///
    /// # Errors
    /// When it fails: with what it said.
    pub fn run(&self, who: &str, words: &[&str]) -> Outcome<Vec<Value>> {
        let (code, objects, said) = self.try_run(who, words, "")?;
        if code == Some(0) {
            return Ok(objects);
        }
        Err(Failure::new(text!("demo-command-failed", who = who, words = words.join(" ")))
            .because(said.trim()))
    }

    /// Runs a command with something on its standard input, and says how it went.
    ///
    /// # Errors
    /// When this program cannot be started or prints no objects.
    pub fn try_run(
        &self,
        who: &str,
        words: &[&str],
        input: &str,
    ) -> Outcome<(Option<i32>, Vec<Value>, String)> {
        let mut child = self
            .command(who)
            .arg("--json")
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::file(&self.program, &error))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that ended before it read everything says why itself.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let objects: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
        let objects = objects.map_err(|error| Failure::new(text!("unexpected-answer")).because(error))?;
        Ok((output.status.code(), objects, String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// Starts somebody's node as a process of its own and waits until it answers.
    ///
    /// # Errors
    /// When it does not.
    pub fn start_node(&self, who: &str) -> Outcome<u32> {
        let log = self.folder.join(format!("{who}.node.log"));
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log);
        let file = file.map_err(|error| Failure::file(&log, &error))?;
        let second = file.try_clone()?;
        let child = self
            .command(who)
            .arg("node")
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(second)
            .spawn()
            .map_err(|error| Failure::file(&self.program, &error))?;
        let process = child.id();
        lock(&self.nodes).push((who.to_owned(), child));
        let end = Instant::now() + START;
        let home = lifeboat_node::Home::at(self.home(who));
        while Instant::now() < end {
            if lifeboat_node::control::Control::connect(&home).is_some() {
                return Ok(process);
            }
            std::thread::sleep(LOOK);
        }
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        Err(Failure::new(text!("demo-no-node", who = who)).because(said.trim()))
    }

    /// Kills somebody's node as a power cut would: it gets no chance to tidy up.
    ///
    /// # Errors
    /// When there is none.
    pub fn kill_node(&self, who: &str) -> Outcome {
        let mut nodes = lock(&self.nodes);
        let Some(at) = nodes.iter().position(|(name, _)| name == who) else {
            return Err(Failure::new(text!("demo-no-node", who = who)));
        };
        let (_, mut child) = nodes.remove(at);
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Asks all nodes to end, and waits for them.
    ///
    /// # Errors
    /// When one does not end well.
    pub fn stop_nodes(&self) -> Outcome {
        let names: Vec<String> = lock(&self.nodes).iter().map(|(who, _)| who.clone()).collect();
        for who in names {
            self.run(&who, &["node", "stop"])?;
        }
        for (_, child) in lock(&self.nodes).iter_mut() {
            child.wait()?;
        }
        lock(&self.nodes).clear();
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        kill_all(&self.nodes);
    }
}

fn lock(nodes: &Nodes) -> MutexGuard<'_, Vec<(String, Child)>> {
    nodes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kill_all(nodes: &Nodes) {
    for (_, child) in lock(nodes).iter_mut() {
        // One that has ended already cannot be killed, and need not be.
        let _ = child.kill();
        let _ = child.wait();
    }
    lock(nodes).clear();
}

/// Ctrl-C, and a request to end, must not leave nodes behind.
fn end_when_interrupted(nodes: &Nodes) {
    let nodes = nodes.clone();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        if runtime.block_on(interrupted()).is_ok() {
            kill_all(&nodes);
            std::process::exit(i32::from(Code::Interrupted as u8));
        }
    });
}

#[cfg(unix)]
async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut ends = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = ends.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
