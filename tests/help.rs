//! The whole of `--help` as one snapshot, and `docs/commands.md`, which is made from it: a change of any
//! word is seen. `LIFEBOAT_WRITE_DOCS=1 cargo test -p lifeboat --test main help` writes the page anew.

use crate::person::{bare, said};
use std::path::Path;

/// The options that every command understands and shows in its short help.
const EVERYWHERE: [&str; 2] = ["  --json  ", "-y, --yes  "];

/// What stands before the commands in `docs/commands.md`.
const BEGINNING: &str = "\
# Commands

Made from `lifeboat help`; change the texts there. Data goes to stdout, everything else to stderr. `--json`
prints one object a line, each with `\"schema\":1`; a change that would break its readers raises that number.
Colour and progress bars are for terminals alone, and `NO_COLOR` and `TERM=dumb` are obeyed. `LIFEBOAT_LOG`
(such as `lifeboat_node=debug`) makes the machine room talk on stderr.

| exit code | means |
|---|---|
| 0 | done |
| 1 | failed; nothing was half done |
| 2 | the command line cannot be understood |
| 3 | a part was done and a part was not |
| 4 | this home has no key of a member, or no cell |
| 10 | there is no home, or no log, where one was asked for |
| 11 | another process is using the home |
| 130 | stopped by the person |
";

fn help(of: &[String], flag: &str) -> String {
    let mut command = bare();
    command.args(of).arg(flag);
    let said = said(command, "");
    assert_eq!(said.code, 0, "{of:?}: {}", said.err);
    said.out
}

/// The names of the subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty());
    let is_name = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let name = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    names.filter(is_name).map(name).filter(|name| name != "help").collect()
}

fn tell(of: &[String], into: &mut String) {
    let text = help(of, "--help");
    into.push_str(&format!("### lifeboat {}\n\n{text}\n", of.join(" ")));
    for name in subcommands(&text) {
        tell(&[of, &[name]].concat(), into);
    }
}

#[test]
fn the_whole_of_help() {
    let mut all = String::new();
    tell(&[], &mut all);
    let version = env!("CARGO_PKG_VERSION");
    insta::assert_snapshot!(all.replace(version, "[version]"));
}

fn describe(of: &[String], into: &mut String) {
    let text = help(of, "-h");
    let name = std::iter::once("lifeboat").chain(of.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    // What is understood everywhere is said once, at the beginning.
    let everywhere = |line: &&str| {
        of.is_empty() || !(line.starts_with("Everywhere") || EVERYWHERE.iter().any(|e| line.contains(e)))
    };
    let text = text.lines().filter(everywhere).collect::<Vec<_>>().join("\n").replace("\n\n\n", "\n\n");
    into.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", text.trim_end()));
    for name in subcommands(&text) {
        describe(&[of, &[name]].concat(), into);
    }
}

#[test]
fn the_page_of_commands_says_what_help_says() {
    let mut page = BEGINNING.to_owned();
    describe(&[], &mut page);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    if std::env::var_os("LIFEBOAT_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(page.lines()).find(|(old, new)| old != new);
    assert!(
        written == page,
        "docs/commands.md is not what help says: run with LIFEBOAT_WRITE_DOCS=1; {differs:?}"
    );
}

#[test]
fn every_line_of_help_fits_a_terminal() {
    let mut all = String::new();
    tell(&[], &mut all);
    let long: Vec<&str> = all.lines().filter(|line| line.chars().count() > 100).collect();
    assert_eq!(long, Vec::<&str>::new());
}

#[test]
fn completions_and_manual_pages_are_made() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let mut command = bare();
        command.args(["completions", shell]);
        let said = said(command, "");
        assert_eq!(said.code, 0, "{shell}: {}", said.err);
        assert!(said.out.contains("outbox") && said.err.is_empty(), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare();
    command.arg("man").arg(folder.path());
    assert_eq!(said(command, "").code, 0);
    let page = std::fs::read_to_string(folder.path().join("lifeboat-outbox-save.1")).unwrap();
    assert!(page.contains("USB"), "{page}");
}
