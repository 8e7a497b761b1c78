//! The help texts as a whole: those of the arguments, and the examples of the catalogue put below them.
//! A text `help-<command>` of the catalogue takes the place of the command's own words, so that a
//! translation needs no code.

use crate::args::Cli;
use crate::text;
use clap::{Command, CommandFactory};

/// The whole command, with examples.
pub fn command() -> Command {
    let root = Cli::command();
    let about = text::find("help-lifeboat", Vec::new());
    let root = match about {
        Some(about) => root.about(about),
        None => root,
    };
    let root = root.after_help(crate::text!("example-lifeboat"));
    let names: Vec<String> = root.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(root, |root, name| {
        root.mut_subcommand(name.clone(), |sub| {
            let sub = match text::find(&format!("help-{name}"), Vec::new()) {
                Some(about) => sub.about(about),
                None => sub,
            };
            match text::find(&format!("example-{name}"), Vec::new()) {
                Some(examples) => sub.after_help(examples),
                None => sub,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_command_a_newcomer_meets_has_an_example() {
        for sub in command().get_subcommands().filter(|sub| sub.get_name() != "help") {
            assert!(sub.get_after_help().is_some(), "{} has no example", sub.get_name());
        }
    }
}
