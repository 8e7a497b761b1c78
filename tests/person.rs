//! A person at their home, with the real program: what they type, what they read, and a node that never
//! outlives the test.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a node may take until it answers.
const START: Duration = Duration::from_secs(30);
/// Addresses that only this machine can reach, on ports that the system chooses.
pub const LOOPBACK: [&str; 4] =
    ["--listen", "/ip4/127.0.0.1/tcp/0", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1"];

/// A person and the folder of their home.
pub struct Person {
    home: PathBuf,
    node: Option<Child>,
    /// The network namespace in which they live, where it is not that of the test.
    place: Option<String>,
}

/// What a command printed, and its exit code.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The objects that a command printed under `--json`.
    pub fn objects(&self) -> Vec<serde_json::Value> {
        let object = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(object).collect()
    }
}

impl Person {
    /// Somebody whose home is to be in this folder.
    pub fn at(folder: &Path, who: &str) -> Self {
        Self { home: folder.join(who), node: None, place: None }
    }

    /// Somebody with a home that nothing outside this machine can reach.
    pub fn with_home(folder: &Path, who: &str) -> Self {
        let person = Self::at(folder, who);
        person.good(&[&["init", "--as", who, "--no-passphrase", "--no-mdns"][..], &LOOPBACK].concat());
        person
    }

    /// The founder of a cell that uses EUR, with places.
    pub fn founder(folder: &Path, who: &str) -> Self {
        let person = Self::with_home(folder, who);
        let words = ["found", "Oak Street", "--money", "EUR", "--zone", "UTC", "--place", "kitchen"];
        person.good(&[&["--yes"], &words[..]].concat());
        person
    }

    /// Heron, who founded a cell and whose node keeps its log, and wren, a member.
    pub fn two(folder: &Path) -> [Self; 2] {
        let mut heron = Self::founder(folder, "heron");
        heron.start_node();
        let wren = Self::with_home(folder, "wren");
        heron.takes_in(&wren);
        [heron, wren]
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Somebody with a home in a network namespace, whose node listens there at this port.
    pub fn in_place(folder: &Path, who: &str, place: &str, port: u16) -> Self {
        let place = Some(place.to_owned());
        let person = Self { home: folder.join(who), node: None, place };
        let (tcp, quic) = (format!("/ip4/0.0.0.0/tcp/{port}"), format!("/ip4/0.0.0.0/udp/{port}/quic-v1"));
        let words =
            ["init", "--as", who, "--no-passphrase", "--no-mdns", "--listen", &tcp, "--listen", &quic];
        person.good(&words);
        person
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = match &self.place {
            None => bare(),
            Some(place) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", place, env!("CARGO_BIN_EXE_lifeboat")]);
                without_settings(command)
            }
        };
        command.arg("--home").arg(&self.home).args(words);
        command
    }

    /// Types a command, with these answers to its questions.
    pub fn types(&self, words: &[&str], answers: &str) -> Said {
        said(self.command(words), answers)
    }

    /// Types a command that must end well.
    pub fn good(&self, words: &[&str]) -> Said {
        let said = self.types(words, "");
        assert_eq!(said.code, 0, "lifeboat {words:?}\n{}{}", said.out, said.err);
        said
    }

    /// Types a command that must end with this code, and gives what it says.
    pub fn bad(&self, code: i32, words: &[&str]) -> String {
        let said = self.types(words, "");
        assert_eq!(said.code, code, "lifeboat {words:?}\n{}{}", said.out, said.err);
        said.err
    }

    /// The value under a name in the first object of a command.
    pub fn value(&self, words: &[&str], name: &str) -> serde_json::Value {
        let said = self.good(&[&["--json", "--yes"], words].concat());
        said.objects().first().map(|object| object[name].clone()).unwrap_or_default()
    }

    /// Starts the node of this home as a child of the test.
    pub fn start_node(&mut self) {
        self.start_node_with(&[]);
    }

    /// The same, with these options, which the home remembers.
    pub fn start_node_with(&mut self, options: &[&str]) {
        let log = std::fs::File::create(self.home.with_extension("out")).unwrap();
        let mut command = self.command(&[&["node"], options].concat());
        let child =
            command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        self.node = Some(child);
        wait_for("the node to answer", || self.value(&["node", "status"], "running") == true);
    }

    /// Ends the node of this home, however it was started.
    pub fn stop_node(&mut self) {
        self.good(&["node", "stop"]);
        if let Some(mut child) = self.node.take() {
            child.wait().unwrap();
        }
    }

    /// Kills the node of this home: no goodbye, nothing written out.
    pub fn kill_node(&mut self) {
        let mut child = self.node.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Brings a newcomer in: invite, join, vouch.
    pub fn takes_in(&self, newcomer: &Person) {
        let invite = self.value(&["invite"], "invite");
        let words = newcomer.value(&["join", invite.as_str().unwrap()], "words");
        let who = newcomer.home.file_name().unwrap().to_str().unwrap();
        let words: Vec<&str> = words.as_str().unwrap().split(' ').collect();
        self.good(&[&["--yes", "vouch", who, "--words"], &words[..]].concat());
        newcomer.good(&["sync"]);
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        if let Some(child) = &mut self.node {
            let _ = child.kill();
            let _ = child.wait();
        } else if self.home.join("node.json").exists() {
            // One in the background is asked to end.
            let _ = said(self.command(&["node", "stop"]), "");
        }
    }
}

/// The program without a home.
pub fn bare() -> Command {
    without_settings(Command::new(env!("CARGO_BIN_EXE_lifeboat")))
}

/// The command with nothing of this machine's settings for the program.
fn without_settings(mut command: Command) -> Command {
    for name in ["LIFEBOAT_HOME", "LIFEBOAT_CELL", "LIFEBOAT_PASSPHRASE_FILE", "LIFEBOAT_LOG", "COLUMNS"] {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1");
    command
}

/// Runs a command with something on its standard input.
pub fn said(mut command: Command, input: &str) -> Said {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that ended before it read everything says why itself.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs a command and gives what a person would read: both streams in the order in which they came.
pub fn read_together(mut command: Command, input: &str) -> (i32, String) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    command.stdin(Stdio::piped()).stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    drop(command); // it holds the other end of the pipe
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    (child.wait().unwrap().code().unwrap_or(-1), text)
}

/// Waits until something holds.
pub fn wait_for(what: &str, holds: impl FnMut() -> bool) {
    wait_within(START, what, holds);
}

/// Waits so long for something that must come.
pub fn wait_within(patience: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + patience;
    while !holds() {
        assert!(Instant::now() < end, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
