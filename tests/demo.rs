//! The demonstration, as the README's first command plays it: it ends well, leaves a log that stands an
//! audit, and leaves no process behind.

use crate::person::{bare, said};

#[test]
fn the_demonstration_ends_well_and_leaves_a_sound_log() {
    let folder = tempfile::tempdir().unwrap();
    let stage = folder.path().join("stage");
    let mut command = bare();
    command.args(["--json", "demo", "--folder"]).arg(&stage);
    let played = said(command, "");
    assert_eq!(played.code, 0, "{}{}", played.out, played.err);
    let ending = played.objects().pop().unwrap();
    assert_eq!(ending["records"], 45, "the founding, two members, 42 rows of the week");
    assert!(ending["missed"].as_u64().unwrap() > 5, "the killed node had missed something: {ending}");
    assert!(ending["seconds"].as_u64().unwrap() < 60);
    let mut command = bare();
    command.args(["--json", "audit"]).arg(ending["log"].as_str().unwrap());
    let audit = said(command, "");
    assert_eq!(audit.code, 0, "{}", audit.err);
    assert_eq!(audit.objects()[0]["records"], 45);
    for who in ["heron", "lark", "wren", "robin"] {
        let home = lifeboat_node::Home::at(stage.join(who));
        assert!(home.lock().is_ok(), "the node of {who} is still there");
    }
}

#[test]
fn a_week_that_cannot_be_placed_ends_the_demonstration_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let week = folder.path().join("week.csv");
    let rows = "day,who,entry,quantity,about,place,by,label,meets,with\nmonday,heron,out,5 EUR,tea,,,,,\n";
    std::fs::write(&week, rows).unwrap();
    let mut command = bare();
    command.args(["demo", "--folder"]).arg(folder.path().join("stage")).arg("--week").arg(&week);
    let played = said(command, "");
    assert_eq!(played.code, 1);
    assert!(played.err.contains("what heron said on monday was not placed"), "{}", played.err);
    assert!(
        lifeboat_node::Home::at(folder.path().join("stage/heron")).lock().is_ok(),
        "no node stays behind"
    );
}
