//! The `lifeboat` command as a thin library, so that tests and documentation can reach its parts. It
//! shows, asks and explains; what a home does is the business of `lifeboat-node`.

pub mod args;
pub mod carried;
pub mod cells;
pub mod charter;
pub mod commands;
pub mod context;
pub mod day;
pub mod deciding;
pub mod demo;
pub mod device;
pub mod drafts;
pub mod error;
pub mod evidence;
pub mod fate;
pub mod fresh;
pub mod help;
pub mod import;
pub mod input;
pub mod names;
pub mod paper;
pub mod photo;
pub mod picture;
pub mod quantity;
pub mod reasons;
pub mod reference;
pub mod say;
pub mod sentence;
pub mod session;
pub mod sign_again;
pub mod span;
pub mod text;
pub mod trial;
pub mod ui;
pub mod unlock;
pub mod walk;
pub mod words;

use args::Cli;
use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use context::Context;
use error::{Code, Outcome};
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs one command line and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = help::command().try_get_matches_from(&arguments);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return refuse(error),
    };
    listen_to_the_machine();
    let mut context = Context::new(cli.global.clone());
    context.typed = arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let result = commands::run(&mut context, &cli.command);
    finish(&mut context, result)
}

/// What the machine room has to say goes to stderr: warnings, or what `LIFEBOAT_LOG` asks for
/// (`LIFEBOAT_LOG=lifeboat_node=debug`).
fn listen_to_the_machine() {
    let quiet = || tracing_subscriber::EnvFilter::new("error");
    let wanted = std::env::var("LIFEBOAT_LOG").ok();
    let filter =
        wanted.and_then(|wanted| tracing_subscriber::EnvFilter::try_new(wanted).ok()).unwrap_or_else(quiet);
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A second call in one process (tests) finds the first one's listener, which serves as well.
    let _ = lines.try_init();
}

fn finish(context: &mut Context, result: Outcome) -> ExitCode {
    match result.and_then(|()| context.ui.finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.pipe_closed => ExitCode::SUCCESS,
        Err(failure) => {
            // What was printed before the failure is still worth reading.
            let _ = context.ui.finish();
            context.ui.failure(&failure);
            ExitCode::from(failure.code as u8)
        }
    }
}

/// What the parser of the command line has to say: help and version are answers, the rest is exit code 2.
fn refuse(mut error: clap::Error) -> ExitCode {
    let below_zero =
        |named: &str| named.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_numeric));
    if matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(named)) if below_zero(named)) {
        let tip = ContextValue::StyledStrs(vec![text!("below-zero").into()]);
        drop(error.insert(ContextKind::Suggested, tip));
    }
    // Nobody can be told that the terminal is gone.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(Code::Usage as u8),
    }
}
