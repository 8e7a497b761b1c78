//! The `lifeboat` command. All of it is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    lifeboat::run(std::env::args_os())
}
