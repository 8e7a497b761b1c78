//! The command line as a whole: what stands before and after every subcommand, and the list of them.
//! The doc comments here and in `commands/` are the help texts; examples come from the catalogue.

use crate::commands;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Runs a neighbourhood's own commons in the open: an account book of goods and money that everyone can
/// check and nobody can rewrite.
#[derive(Debug, Parser)]
#[command(name = "lifeboat", version, max_term_width = 100)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub struct Cli {
    /// What every command understands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// The folder with your keys and logs
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        env = "LIFEBOAT_HOME",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub home: Option<PathBuf>,
    /// The cell that is meant, by its name, when your home knows more than one
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "LIFEBOAT_CELL",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub cell: Option<String>,
    /// Print one JSON object a line, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Answer yes to every question, for scripts
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// For how many seconds to try to reach other homes
    #[arg(long, global = true, value_name = "SECONDS", hide_short_help = true, value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub wait: Option<u64>,
    /// Read your passphrase from the first line of this file instead of asking
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "LIFEBOAT_PASSPHRASE_FILE",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub passphrase_file: Option<PathBuf>,
}

/// Every subcommand, in the order in which a newcomer meets them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make your home: your key and your settings
    Init(commands::init::Args),
    /// Found a cell whose log this computer keeps for now
    Found(commands::found::Args),
    /// Invite one person into your cell
    Invite(commands::invite::Args),
    /// Join a cell by an invite
    Join(commands::join::Args),
    /// Vouch for a newcomer, once you have heard their words
    Vouch(commands::vouch::Args),
    /// Run the node, which takes in entries and brings them to other homes
    Node(commands::node::Args),
    /// Write down goods or money that came in
    In(commands::moved::InArgs),
    /// Write down goods or money that went out
    Out(commands::moved::OutArgs),
    /// Say what the cell needs
    Need(commands::ask::NeedArgs),
    /// Say what you can give
    Offer(commands::ask::OfferArgs),
    /// Say that an offer, or the stock, meets a need
    Meet(commands::meet::Args),
    /// Confirm with the number of a slip that you received something
    Confirm(commands::confirm::Args),
    /// Correct an entry of yours; the old one stays readable
    Correct(commands::correct::Args),
    /// Withdraw a need, an offer or a proposal of yours
    Withdraw(commands::withdraw::Args),
    /// Erase the text of an entry of yours, or your handle, on every honest home
    Erase(commands::erase::Args),
    /// Put a question or a proposal to the vote
    Propose(commands::propose::Args),
    /// Vote on a proposal, or change your vote
    Vote(commands::vote::Args),
    /// See what the cell decides and has decided
    Decisions(commands::decisions::Args),
    /// Let somebody vote when you do not; take it back at any moment
    Proxy(commands::proxy::Args),
    /// See the tasks that follow from decisions, add one, or say that one is done
    Task(commands::task::Args),
    /// Write how a decision went
    Review(commands::review::Args),
    /// Record a meeting: who facilitated, and who was present
    Meeting(commands::meeting::Args),
    /// Print the minutes of a day, made from the log
    Minutes(commands::minutes::Args),
    /// See the cell's settings; while you are alone in it, change them
    Charter(commands::charter::Args),
    /// Leave the cell
    Leave(commands::leave::Args),
    /// See how your home and your cells are
    Status(commands::status::Args),
    /// See the newest entries of the log
    Log(commands::log::Args),
    /// See one entry in full
    Show(commands::show::Args),
    /// Write the proof that an entry stands in the log, as a file or a slip to print
    Prove(commands::prove::Args),
    /// Check a proof or a misconduct file that somebody gave you, offline
    Check(commands::check::Args),
    /// See the members
    Members(commands::members::Args),
    /// See who has which role; set roles, swap and refuse turns
    Role(commands::role::Args),
    /// Draw who has a role next, in a way that anyone can redo
    Draw(commands::draw::Args),
    /// See what meets when; set meetings that recur
    Meetings(commands::meetings::Args),
    /// Vote in secret: by ballots that nobody can trace, or on paper
    Poll(commands::poll::Args),
    /// See open needs, and what would meet them
    Needs(commands::board::NeedsArgs),
    /// See open offers
    Offers(commands::board::OffersArgs),
    /// See what is in stock
    Stock(commands::board::StockArgs),
    /// See the money
    Balance(commands::board::BalanceArgs),
    /// Decide together what money is spent on, or count a Pabulib file
    Budget(commands::budget::Args),
    /// Follow another cell as a sibling: keep and check a copy of its log
    Follow(commands::follow::Args),
    /// Print the card by which others can follow your cell
    Card(commands::card::Args),
    /// Bring all logs up to date and your entries out
    Sync(commands::sync::Args),
    /// See the entries of yours that are under way, or carry them on a USB stick
    Outbox(commands::outbox::Args),
    /// See, offer or change who watches that the keeper tells everyone the same
    Witness(commands::witness::Args),
    /// Hand the log of your cell over to another member's node
    Handover(commands::handover::Args),
    /// Carry a cell's log on a USB stick
    Bundle(commands::bundle::Args),
    /// See the photos that entries name, or take one out as a file
    Photo(commands::photo::Args),
    /// Check a whole log: every signature, link and proof
    Audit(commands::audit::Args),
    /// Mend what can be mended from the log
    Repair(commands::repair::Args),
    /// Write a copy of the log that any web server can offer and any tool can check
    Export(commands::export::Args),
    /// Turn a spreadsheet into entries
    Import(commands::import::Args),
    /// Sign many entries from a file of commands
    Batch(commands::batch::Args),
    /// See your keys, add one for another device, or end one
    Key(commands::key::Args),
    /// Keep your key unlocked for some hours, or lock it now
    Agent(commands::agent::Args),
    /// Give the log another keeper when the old one is gone
    Takeover(commands::takeover::Args),
    /// See the whole of it at work: two cells, two nodes, a week of entries, an audit
    Demo(commands::demo::Args),
    /// Print a script that completes these commands in your shell
    Completions(commands::completions::Args),
    /// Write the manual pages into a folder
    Man(commands::man::Args),
}
