//! `lifeboat card`: the card by which others can follow a cell.

use crate::context::Context;
use crate::error::Outcome;
use crate::{cells, expect_answer, picture, text};
use lifeboat_node::{Answer, Ask};
use serde_json::json;

/// Print the card by which others can follow your cell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also as a picture that a phone can read
    #[arg(long)]
    qr: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no cell, or it has no card yet.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut desk = context.desk()?;
    let cell = cells::choose(context, &mut desk)?;
    let answer = context.ask(&mut desk, Ask::Card { cell: cell.cell })?;
    let card = expect_answer!(answer, Answer::Card(card) => card)?;
    context.ui.line(&card.link)?;
    if args.qr {
        picture::show(context, &card.link)?;
    }
    if card.addresses.is_empty() {
        context.ui.warn(text!("card-no-address"));
    }
    context.ui.object(json!({
        "card": card.link, "cell": card.cell.to_string(), "name": card.name, "addresses": card.addresses,
    }))
}
