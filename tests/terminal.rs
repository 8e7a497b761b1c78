//! The typed passphrase, on a real terminal: asked once in some hours, and never shown. The terminal is one
//! that Python opens; where there is none, the test says so.

use crate::person::Person;
use std::path::Path;
use std::process::Command;

/// Runs a program on a terminal of its own: waits for each prompt and types what belongs to it, then prints
/// all that was seen, and the exit code in the last line.
const TERMINAL: &str = r#"
import json, os, pty, select, sys, time
command, answers = json.loads(sys.argv[1]), json.loads(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "dumb"
    os.execv(command[0], command)
seen, since = b"", 0
def read():
    global seen
    if not select.select([terminal], [], [], 60)[0]:
        sys.exit("nothing came for a minute after: " + seen.decode(errors="replace"))
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        piece = b""
    seen += piece
    return piece
for prompt, answer in answers:
    while prompt.encode() not in seen[since:]:
        if not read():
            break
    since = len(seen)
    time.sleep(0.3) # until the terminal shows no more what is typed
    os.write(terminal, (answer + "\n").encode())
while read():
    pass
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(seen.decode(errors="replace"))
print(code)
"#;

/// What a person at a terminal sees of a command, and its exit code.
fn at_terminal(person: &Person, words: &[&str], answers: &[(&str, &str)]) -> (i32, String) {
    let mut command = vec![env!("CARGO_BIN_EXE_lifeboat"), "--home", person.home().to_str().unwrap()];
    command.extend(words);
    let (command, answers) =
        (serde_json::to_string(&command).unwrap(), serde_json::to_string(&answers).unwrap());
    let output = Command::new("python3").args(["-c", TERMINAL, &command, &answers]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let (seen, code) = text.trim_end().rsplit_once('\n').unwrap();
    (code.parse().unwrap(), seen.to_owned())
}

fn no_terminal() -> bool {
    let tried = Command::new("python3")
        .args(["-c", "import pty, os; pty.openpty(); os.waitstatus_to_exitcode"])
        .output();
    !tried.is_ok_and(|tried| tried.status.success())
}

#[test]
fn a_passphrase_is_typed_unseen_and_once_in_some_hours() {
    if no_terminal() {
        return println!("skipped: the typed passphrase: python3 with a terminal is missing");
    }
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::at(folder.path(), "heron");
    let secret = "correct horse";
    let typed = |person: &Person, words: &[&str], answers: &[(&str, &str)]| {
        let (code, seen) = at_terminal(person, words, answers);
        assert!(!seen.contains(secret), "the passphrase was shown: {seen}");
        (code, seen)
    };
    let init = ["init", "--as", "heron", "--no-mdns"];
    // Two that differ are asked for again.
    let answers = [("type):", secret), ("again:", "another"), ("type):", secret), ("again:", secret)];
    let (code, seen) = typed(&heron, &init, &answers);
    assert_eq!(code, 0, "{seen}");
    assert!(
        !folder.path().join("heron/keys/member.key").exists()
            && Path::new(&folder.path().join("heron/keys/member.age")).exists()
    );
    let found = ["--yes", "found", "Oak Street", "--money", "EUR", "--zone", "UTC"];
    let (code, seen) = typed(&heron, &found, &[("Passphrase:", "wrong one"), ("Passphrase:", secret)]);
    assert_eq!(code, 0, "{seen}");
    // The agent has the key now: nothing is asked.
    let (code, seen) = typed(&heron, &["--yes", "in", "40", "EUR"], &[]);
    assert!(code == 0 && !seen.contains("assphrase:"), "{seen}");
    assert_eq!(heron.value(&["agent"], "unlocked"), true);
    heron.good(&["agent", "stop"]);
    assert_eq!(heron.value(&["agent"], "unlocked"), false);
    // Without a terminal nobody can be asked; three wrong ones are enough.
    assert_ne!(heron.types(&["--yes", "in", "41", "EUR"], "").code, 0);
    let wrong = [("Passphrase:", "a"), ("Passphrase:", "b"), ("Passphrase:", "c")];
    let (code, seen) = typed(&heron, &["--yes", "in", "41", "EUR"], &wrong);
    assert_eq!(code, 1, "{seen}");
    let (code, _) = typed(&heron, &["agent", "start", "--hours", "1"], &[("Passphrase:", secret)]);
    assert_eq!((code, heron.value(&["agent"], "unlocked")), (0, true.into()));
    heron.good(&["--yes", "in", "41", "EUR"]);
    heron.good(&["agent", "stop"]);
}
