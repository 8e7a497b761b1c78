//! Runs the independent verifier, `examples/verify/verify.py`. Where Python 3.11 with `blake3` and
//! `cryptography` is missing, its tests print `skipped:` and why.

use crate::vectors;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/verify/verify.py")
}

fn run(args: &[&std::ffi::OsStr]) -> Output {
    Command::new("python3").args(args).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap()
}

/// Whether the verifier can run here; says so where it cannot.
pub fn is_here() -> bool {
    static HERE: OnceLock<bool> = OnceLock::new();
    *HERE.get_or_init(|| {
        let check = "import sys, blake3, cryptography; assert sys.version_info >= (3, 11)";
        let here =
            Command::new("python3").args(["-c", check]).output().is_ok_and(|output| output.status.success());
        if !here {
            println!("skipped: verify.py needs python3 (3.11 or newer) with blake3 and cryptography");
        }
        here
    })
}

/// What the verifier says of a folder: its exit code and its words.
pub fn audit(folder: &Path) -> (i32, String) {
    let output = run(&[program().as_os_str(), folder.as_os_str()]);
    let words = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&words).into_owned())
}

#[test]
fn verify_py_agrees_with_every_vector() {
    if !is_here() {
        return;
    }
    let output = run(&[program().as_os_str(), "--vectors".as_ref(), vectors::folder().as_os_str()]);
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{words}{}", String::from_utf8_lossy(&output.stderr));
    assert!(words.ends_with(" vectors, 0 wrong\n"), "{words}");
}
