//! The independent verifier, `examples/verify/verify.py`, on the folders that a store writes: it finds
//! them whole, and an altered one altered, by the same name as `audit_folder` does. Where Python 3.11 with
//! `blake3` and `cryptography` is missing, these tests print `skipped:` and why.

use crate::audits::{files_of, folders};
use crate::common::{Dice, Fixture};
use lifeboat_store::audit_folder;
use std::path::Path;
use std::process::Command;

/// Whether the verifier can run here; says so where it cannot.
fn is_here() -> bool {
    let check = "import sys, blake3, cryptography; assert sys.version_info >= (3, 11)";
    let here =
        Command::new("python3").args(["-c", check]).output().is_ok_and(|output| output.status.success());
    if !here {
        println!("skipped: verify.py needs python3 (3.11 or newer) with blake3 and cryptography");
    }
    here
}

/// What the verifier says of a folder: its exit code and its words.
fn verify(folder: &Path) -> (i32, String) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/verify/verify.py");
    let mut command = Command::new("python3");
    let output = command.arg(program).arg(folder).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    let words = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&words).into_owned())
}

#[test]
fn verify_py_finds_a_home_and_an_export_whole() {
    if !is_here() {
        return;
    }
    for records in [1, 256, 700] {
        let fixture = Fixture::new(records);
        let (home, copy) = folders(&fixture);
        let head = fixture.log.chain.head();
        for folder in [home.path(), copy.path()] {
            let (code, words) = verify(folder);
            let said =
                format!("{}: {records} records, 1 checkpoints, head {head}: nothing altered", fixture.cell());
            assert_eq!((code, words.trim()), (0, said.as_str()));
        }
    }
}

#[test]
fn verify_py_and_the_audit_call_damage_by_the_same_name() {
    if !is_here() {
        return;
    }
    let fixture = Fixture::new(30);
    let (home, copy) = folders(&fixture);
    let mut dice = Dice(3);
    for folder in [home.path().join("log"), copy.path().to_owned()] {
        for file in files_of(&folder) {
            for _ in 0..10 {
                let original = std::fs::read(&file).unwrap();
                let mut bytes = original.clone();
                let at = dice.below(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << dice.below(8);
                std::fs::write(&file, bytes).unwrap();
                let report = audit_folder(&folder, &mut |_| {}).unwrap();
                let (code, words) = verify(&folder);
                std::fs::write(&file, original).unwrap();
                let name = report.findings[0].name;
                let case = format!("byte {at} of {}", file.display());
                let first = words.lines().find(|line| line.contains("DAMAGE: ")).unwrap_or_default();
                assert_eq!(code, 1, "{case}: {words}");
                assert!(first.ends_with(&format!(": {name}")), "{case}: {first}, but the audit: {name}");
            }
        }
    }
}
