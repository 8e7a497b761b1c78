//! The manners of the command line: exit codes, what goes to which stream, JSON, closed pipes, errors that
//! say what to do next.

use crate::person::{Person, bare, said};
use std::process::Stdio;

#[test]
fn each_failure_has_its_exit_code_and_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = Person::at(folder.path(), "nobody");
    assert_eq!(said(bare(), "").code, 2, "no command at all");
    assert!(nobody.bad(2, &["no-such-command"]).contains("error:"));
    assert!(nobody.bad(10, &["status"]).contains("hint: make one with: lifeboat init"));
    assert!(nobody.bad(10, &["audit"]).contains("hint:"));
    assert!(nobody.bad(10, &["audit", "no-such-folder"]).contains("hint:"));
    let heron = Person::with_home(folder.path(), "heron");
    assert!(heron.bad(4, &["log"]).contains("belongs to no cell"));
    assert!(heron.bad(1, &["init", "--as", "heron"]).contains("already"));
    assert!(heron.bad(2, &["found", "Oak Street", "--zone", "Mars/Olympus"]).contains("Europe/Madrid"));
}

#[test]
fn a_home_in_use_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::with_home(folder.path(), "heron");
    let home = lifeboat_node::Home::open(heron.home()).unwrap();
    let _lock = home.lock().unwrap();
    assert!(heron.bad(11, &["status"]).contains("another Lifeboat process"));
}

#[test]
fn what_is_typed_wrong_is_refused_with_the_right_way() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let wrong = [
        (&["in", "1,280", "EUR"][..], "could be 1280 or 1,28"),
        (&["in", "5.001", "EUR"], "Write 5001 or 5.0010"),
        (&["in", "5", "USD"], "counts in EUR"),
        (&["in", "7", "EURO"], "counts in EUR"),
        (&["in", "5", "EUR", "gift"], "--note"),
        (&["in", "1e5", "EUR"], "is not a number"),
        (&["in", "5", "EUR", "--private", " "], "the private text is empty"),
        (&["in", "rice"], "does not begin with a number"),
        (&["in", "20", "kg"], "of what?"),
        (&["in", "0", "EUR"], "nothing to write down"),
        (&["in", "0.1234567", "kg", "salt"], "six decimals"),
        (&["in", "5", "EUR", "--place", "cellar"], "it has: kitchen"),
        (&["in", "5", "EUR", "--category", "fun"], "it has: survival"),
        (&["in", "5", "EUR", "--on", "7/12/2026"], "could be two different days"),
        (&["in", "5", "EUR", "--on", "tomorrow"], "has not come yet"),
        (&["need", "5", "kg", "rice", "--by", "yesterday"], "has passed"),
        (&["need", "5", "kg", "rice", "--by", "someday"], "is not a day"),
        (&["propose", " "], "says nothing"),
        (&["propose", "Paint?", "--option", "blue", "--option", " Blue"], "two options say"),
        (&["poll", "open", ""], "says nothing"),
        (&["poll", "open", "Paint?", "--option", "blue", "--option", ""], "says nothing"),
        (&["budget", "open", "", "--money", "survival=300"], "says nothing"),
        (&["minutes", "today", "--to", "yesterday"], "the wrong way round"),
        (&["takeover", "absent", "heron"], "you are here"),
        (&["node", "--listen", "foo"], "/ip4/0.0.0.0/tcp/4001"),
        (&["node", "--background", "--connect", "/ip4/10.0.0.7"], "/ip4/0.0.0.0/tcp/4001"),
        (&["show", "five"], "is not the number of an entry"),
        (&["log", "--kind", "gifts"], "in, out, need"),
        (&["--cell", "elm-square", "log"], "it knows: oak-street"),
    ];
    for (words, expected) in wrong {
        let all = heron.types(words, "");
        assert!(matches!(all.code, 2 | 4), "{words:?}: {} {}", all.code, all.err);
        assert!(all.err.contains(expected), "{words:?}: {}", all.err);
        assert!(all.out.is_empty(), "{words:?}: {}", all.out);
    }
    assert!(heron.bad(1, &["show", "5"]).contains("there is no entry #5"));
    assert!(heron.bad(1, &["meet", "3", "--with", "4"]).contains("there is no entry #3"));
    assert!(heron.bad(1, &["log", "--by", "wren"]).contains("no member is called wren"));
    assert_eq!(heron.good(&["--json", "log"]).objects().len(), 1, "nothing of that was signed");
}

#[test]
fn numbers_in_commands_that_are_to_be_typed_have_no_sign_that_shells_take_for_a_remark() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "5", "EUR"]);
    heron.good(&["--yes", "correct", "#1", "6", "EUR"]);
    let again = heron.bad(1, &["--yes", "correct", "1", "7", "EUR"]);
    assert!(again.contains("lifeboat correct 2"), "{again}");
    let out = heron.good(&["--yes", "out", "1", "EUR", "--slip"]).out;
    assert!(out.contains("Hand-over slip #3-") && out.contains("lifeboat confirm 3-"), "{out}");
    heron.good(&["--yes", "propose", "Paint it?", "--method", "consent"]);
    let objects = heron.bad(2, &["--yes", "vote", "#4", "object"]);
    assert!(objects.contains("lifeboat vote 4 object --because"), "{objects}");
}

#[test]
fn what_is_no_address_is_refused_and_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let newcomer = Person::at(folder.path(), "jay");
    let refused = newcomer.bad(2, &["init", "--as", "jay", "--no-passphrase", "--listen", "foo"]);
    assert!(refused.contains("/ip4/0.0.0.0/tcp/4001"), "{refused}");
    assert!(!newcomer.home().exists());
    let mut heron = Person::founder(folder.path(), "heron");
    let settings = || lifeboat_node::Home::open(heron.home()).unwrap().settings().unwrap().listen;
    let before = settings();
    heron.bad(2, &["node", "--listen", "bar", "--background"]);
    assert_eq!(settings(), before);
    // An address of another computer: it looks right, and the node ends when it cannot listen there.
    let ended = heron.bad(1, &["node", "--background", "--listen", "/ip4/203.0.113.9/tcp/4001"]);
    assert!(ended.contains("ended as soon as it was started"), "{ended}");
    let listen = &crate::person::LOOPBACK[..2];
    heron.start_node_with(listen);
    let late = heron.bad(11, &["node", "--listen", "/ip4/127.0.0.1/tcp/4001"]);
    assert!(late.contains("lifeboat node stop"), "{late}");
    let kept = lifeboat_node::Home::open(heron.home()).unwrap().settings().unwrap().listen;
    assert_eq!(kept, [listen[1]]);
    let mut wren = Person::with_home(folder.path(), "wren");
    wren.start_node();
    let address = wren.value(&["node", "status"], "addresses")[0].as_str().unwrap().to_owned();
    let connected = heron.good(&["node", "--connect", &address]).out;
    assert!(connected.contains("Connected to"), "{connected}");
}

#[test]
fn amounts_wait_for_the_log_that_says_what_money_is() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let invite = heron.value(&["invite"], "invite");
    let wren = Person::with_home(folder.path(), "wren");
    wren.types(&["--wait", "0", "join", invite.as_str().unwrap()], "");
    let early = wren.bad(1, &["--yes", "--wait", "0", "in", "1", "EUR"]);
    assert!(early.contains("lifeboat sync"), "{early}");
    assert!(wren.good(&["--json", "outbox"]).objects().is_empty());
}

#[test]
fn a_question_that_nobody_answers_signs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let asked = heron.types(&["in", "5", "EUR"], "");
    assert_eq!(asked.code, 2);
    assert!(
        asked.err.contains("Public for ever: \"heron: 5.00 EUR in\"") && asked.err.contains("--yes"),
        "{}",
        asked.err
    );
    let no = heron.types(&["in", "5", "EUR"], "n\n");
    assert_eq!((no.code, no.err.contains("nothing was signed")), (1, true));
    let yes = heron.types(&["in", "5", "EUR"], "\n");
    assert_eq!((yes.code, yes.out.as_str()), (0, "#1 placed; on 1 home\n"));
}

#[test]
fn json_is_one_object_a_line_with_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    for (words, fields) in [
        (&["in", "40", "EUR"][..], &["step", "position", "id", "text", "homes"][..]),
        (&["status"], &["cells", "outbox", "node_running"]),
        (&["log"], &["position", "text", "author", "void"]),
        (&["show", "1"], &["reference", "id", "key"]),
        (&["balance"], &["currency", "balance"]),
        (&["members"], &["handle", "position"]),
        (&["audit"], &["sound", "records", "signatures", "checkpoints"]),
        (&["outbox"], &[]),
        (&["invite"], &["invite", "expires_ms"]),
        (&["repair"], &["records", "mended"]),
        (&["agent"], &["unlocked"]),
        (&["node", "status"], &["running"]),
    ] {
        let all = heron.good(&[&["--json", "--yes"], words].concat());
        for object in all.objects() {
            assert_eq!(object["schema"], 1, "{words:?}");
            fields.iter().for_each(|field| assert!(object.get(field).is_some(), "{words:?} has no {field}"));
        }
        assert!(fields.is_empty() == all.out.is_empty(), "{words:?}: {}", all.out);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let mut child = heron.command(&["log"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn no_colour_goes_where_nobody_looks() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let mut command = heron.command(&["status"]);
    command.env_remove("NO_COLOR");
    let all = said(command, "");
    assert!(!all.out.contains('\x1b') && !all.err.contains('\x1b'));
}

#[test]
fn a_passphrase_in_a_file_unlocks_and_a_wrong_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::at(folder.path(), "heron");
    let (right, wrong) = (folder.path().join("right"), folder.path().join("wrong"));
    std::fs::write(&right, "three green boats\n").unwrap();
    std::fs::write(&wrong, "three green goats\n").unwrap();
    let (right, wrong) = (right.to_str().unwrap(), wrong.to_str().unwrap());
    heron.good(&["--passphrase-file", right, "init", "--as", "heron", "--no-mdns"]);
    let found = ["--yes", "found", "Oak Street", "--zone", "UTC", "--money", "EUR"];
    assert!(heron.bad(2, &found).contains("--passphrase-file"));
    assert!(
        heron.bad(1, &[&["--passphrase-file", wrong], &found[..]].concat()).contains("not the passphrase")
    );
    heron.good(&[&["--passphrase-file", right], &found[..]].concat());
    assert!(!heron.home().join("agent.json").exists(), "a script leaves no agent behind");
    heron.good(&["--passphrase-file", right, "agent", "start", "--hours", "1"]);
    heron.good(&["--yes", "in", "5", "EUR"]);
    heron.good(&["agent", "stop"]);
    assert_eq!(heron.types(&["--yes", "in", "5", "EUR"], "").code, 2);
}

#[test]
fn what_would_change_nothing_or_is_anothers_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let [heron, wren] = Person::two(folder.path());
    let number = heron.value(&["in", "5", "EUR"], "position").to_string();
    wren.good(&["--wait", "20", "sync"]);
    let said = wren.bad(1, &["--yes", "correct", &number, "6", "EUR"]);
    assert!(said.contains("written by heron, who alone"), "{said}");
    let said = heron.bad(2, &["--yes", "correct", &number]);
    assert!(said.contains("--strike"), "{said}");
    let need = heron.value(&["need", "5", "kg", "rice"], "position").to_string();
    let said = heron.bad(2, &["--yes", "correct", &need, "--strike"]);
    assert!(said.contains(&format!("lifeboat withdraw {need}")), "{said}");
    let said = wren.bad(1, &["--yes", "key", "rename", "heron"]);
    assert!(said.contains("a member goes by heron already"), "{said}");
    let said = heron.types(&["vouch", "wren"], "").err;
    assert!(!said.contains("--yes"), "no hint that does not help: {said}");
}

#[test]
fn a_home_that_lost_a_key_says_so_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "5", "EUR"]);
    let keys = heron.home().join("keys");
    std::fs::rename(keys.join("node.key"), folder.path().join("node.key")).unwrap();
    for words in [&["status"][..], &["--yes", "in", "6", "EUR"], &["node"]] {
        let said = heron.bad(1, words);
        assert!(said.contains("node.key") && said.contains("lifeboat key node --new"), "{said}");
    }
    std::fs::rename(folder.path().join("node.key"), keys.join("node.key")).unwrap();
    assert!(heron.bad(1, &["--yes", "key", "node", "--new"]).contains("left as it is"));
    heron.good(&["--yes", "in", "6", "EUR"]);
    for file in ["member.key", "member.age"] {
        let _ = std::fs::remove_file(keys.join(file));
    }
    let said = heron.bad(4, &["--yes", "in", "7", "EUR"]);
    assert!(said.contains("lifeboat key lost"), "{said}");
    let said = heron.good(&["--yes", "key", "lost", "--no-passphrase"]).out;
    assert!(!said.contains("kept aside"), "there was none: {said}");
}

#[test]
fn what_was_typed_wrong_is_told_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let short = heron.bad(1, &["--yes", "out", "5", "EUR"]);
    assert!(short.contains("not enough") && short.contains("lifeboat balance"), "{short}");
    assert!(heron.bad(1, &["--yes", "out", "5", "tents"]).contains("lifeboat stock"));
    heron.good(&["--yes", "in", "3", "tents"]);
    assert!(heron.bad(1, &["--yes", "out", "1", "tent"]).contains("\"tents\" are two things"));
    let below = heron.bad(2, &["--yes", "in", "-5", "EUR"]);
    assert!(below.contains("amounts are positive") && !below.contains("-- -5"), "{below}");
    for command in ["status", "sync", "audit", "members"] {
        assert!(heron.bad(4, &["--cell", "nope", command]).contains("nope"), "{command}");
        heron.good(&["--cell", "oak-street", "--wait", "1", command]);
    }
    for (change, why) in
        [("name=", "cannot be a name"), ("ring=0", "from 2 to 512"), ("majority=101", "from 50 to 100")]
    {
        let refused = heron.bad(2, &["--yes", "charter", change]);
        assert!(refused.contains(why), "{change}: {refused}");
    }
    for (words, why) in [
        (&["role", "set"][..], "not provided: <NAME>"),
        (&["role", "end", "facilitator", "--for", "40s"], "stand before the --"),
    ] {
        let refused = heron.bad(2, &[&["propose", "So?", "--"], words].concat());
        assert!(refused.contains(why), "{words:?}: {refused}");
    }
}
