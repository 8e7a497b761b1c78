//! The subcommands, one file each: its arguments (whose comments are its help) and what it does.

pub mod agent;
pub mod ask;
pub mod audit;
pub mod batch;
pub mod board;
pub mod budget;
pub mod bundle;
pub mod card;
pub mod charter;
pub mod check;
pub mod completions;
pub mod confirm;
pub mod correct;
pub mod decisions;
pub mod demo;
pub mod draw;
pub mod erase;
pub mod export;
pub mod follow;
pub mod found;
pub mod handover;
pub mod import;
pub mod init;
pub mod invite;
pub mod join;
pub mod key;
pub mod leave;
pub mod log;
pub mod man;
pub mod meet;
pub mod meeting;
pub mod meetings;
pub mod members;
pub mod minutes;
pub mod moved;
pub mod node;
pub mod outbox;
pub mod photo;
pub mod poll;
pub mod propose;
pub mod prove;
pub mod proxy;
pub mod repair;
pub mod review;
pub mod role;
pub mod show;
pub mod status;
pub mod sync;
pub mod takeover;
pub mod task;
pub mod vote;
pub mod vouch;
pub mod withdraw;
pub mod witness;

use crate::args::Command;
use crate::context::Context;
use crate::error::Outcome;

/// Runs a command.
///
/// # Errors
/// What the command says.
pub fn run(context: &mut Context, command: &Command) -> Outcome {
    match command {
        Command::Init(args) => init::run(context, args),
        Command::Found(args) => found::run(context, args),
        Command::Invite(args) => invite::run(context, args),
        Command::Join(args) => join::run(context, args),
        Command::Vouch(args) => vouch::run(context, args),
        Command::Node(args) => node::run(context, args),
        Command::In(args) => moved::run_in(context, args),
        Command::Out(args) => moved::run_out(context, args),
        Command::Need(args) => ask::run_need(context, args),
        Command::Offer(args) => ask::run_offer(context, args),
        Command::Meet(args) => meet::run(context, args),
        Command::Confirm(args) => confirm::run(context, args),
        Command::Correct(args) => correct::run(context, args),
        Command::Withdraw(args) => withdraw::run(context, args),
        Command::Propose(args) => propose::run(context, args),
        Command::Vote(args) => vote::run(context, args),
        Command::Decisions(args) => decisions::run(context, args),
        Command::Proxy(args) => proxy::run(context, args),
        Command::Task(args) => task::run(context, args),
        Command::Review(args) => review::run(context, args),
        Command::Meeting(args) => meeting::run(context, args),
        Command::Minutes(args) => minutes::run(context, args),
        Command::Charter(args) => charter::run(context, args),
        Command::Leave(args) => leave::run(context, args),
        Command::Status(args) => status::run(context, args),
        Command::Log(args) => log::run(context, args),
        Command::Show(args) => show::run(context, args),
        Command::Prove(args) => prove::run(context, args),
        Command::Check(args) => check::run(context, args),
        Command::Members(args) => members::run(context, args),
        Command::Role(args) => role::run(context, args),
        Command::Draw(args) => draw::run(context, args),
        Command::Meetings(args) => meetings::run(context, args),
        Command::Poll(args) => poll::run(context, args),
        Command::Needs(args) => board::needs(context, args),
        Command::Offers(args) => board::offers(context, args),
        Command::Stock(args) => board::stock(context, args),
        Command::Balance(args) => board::balance(context, args),
        Command::Budget(args) => budget::run(context, args),
        Command::Follow(args) => follow::run(context, args),
        Command::Bundle(args) => bundle::run(context, args),
        Command::Photo(args) => photo::run(context, args),
        Command::Card(args) => card::run(context, args),
        Command::Sync(args) => sync::run(context, args),
        Command::Outbox(args) => outbox::run(context, args),
        Command::Witness(args) => witness::run(context, args),
        Command::Handover(args) => handover::run(context, args),
        Command::Audit(args) => audit::run(context, args),
        Command::Repair(args) => repair::run(context, args),
        Command::Erase(args) => erase::run(context, args),
        Command::Export(args) => export::run(context, args),
        Command::Import(args) => import::run(context, args),
        Command::Batch(args) => batch::run(context, args),
        Command::Key(args) => key::run(context, args),
        Command::Agent(args) => agent::run(context, args),
        Command::Takeover(args) => takeover::run(context, args),
        Command::Demo(args) => demo::run(context, args),
        Command::Completions(args) => completions::run(context, args),
        Command::Man(args) => man::run(context, args),
    }
}
