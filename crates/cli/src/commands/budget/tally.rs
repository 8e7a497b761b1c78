//! `lifeboat budget tally`: counts any election that is a Pabulib file, exactly, and says of each project
//! why it is funded or not. It needs no home, no key and no network.

use super::verdict::{Coin, sentence};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::ui::{Look, plain};
use crate::{input, text};
use lifeboat_commons::limits::MAX_PB_FILE;
use lifeboat_commons::tally::pabulib::{File, read};
use lifeboat_commons::tally::{self, Ballots};
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Count a Pabulib file by a named rule
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file, such as those of pabulib.org; - for the standard input
    #[arg(value_name = "FILE.pb")]
    file: PathBuf,
    #[command(flatten)]
    method: MethodArgs,
}

/// A rule with all that it leaves open, as typed.
#[derive(Debug, Clone, clap::Args)]
pub struct MethodArgs {
    /// How projects are chosen: the most wanted for its cost first, or by everyone's equal share
    #[arg(long, value_enum, default_value = "equal-shares")]
    rule: Rule,
    /// What a project is worth to who wants it: its cost, one, or the points of the ballot
    #[arg(long, value_enum, default_value = "cost")]
    utility: Utility,
    /// What is done with money that equal shares leave over; when left out, what the file that is counted
    /// says, else none
    #[arg(long, value_enum)]
    completion: Option<Completion>,
    /// Who goes first of equals: the first by name, or by the number of ballots
    #[arg(long, value_enum, default_value = "name")]
    ties: Ties,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Rule {
    /// The most wanted for its cost first, as long as it fits
    Greedy,
    /// The Method of Equal Shares
    EqualShares,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Utility {
    /// What it costs
    Cost,
    /// The same for every project
    Cardinality,
    /// The points that a ballot gives it
    Points,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Completion {
    /// It stays
    None,
    /// Every share grows by one until nothing more fits
    Add1,
    /// Every share grows by one until too much would be bought
    Add1PastExhaustion,
    /// As add1, then greedily
    Add1Greedy,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Ties {
    /// The name that comes first, letter by letter: 10 before 2
    Name,
    /// The one that more ballots name, then the name
    Votes,
}

impl MethodArgs {
    /// The method.
    pub fn method(&self) -> tally::Method {
        tally::Method {
            rule: match self.rule {
                Rule::Greedy => tally::Rule::Greedy,
                Rule::EqualShares => tally::Rule::EqualShares,
            },
            utility: match self.utility {
                Utility::Cost => tally::Utility::Cost,
                Utility::Cardinality => tally::Utility::Cardinality,
                Utility::Points => tally::Utility::Points,
            },
            completion: match self.completion.unwrap_or(Completion::None) {
                Completion::None => tally::Completion::None,
                Completion::Add1 => tally::Completion::Add1,
                Completion::Add1PastExhaustion => tally::Completion::Add1PastExhaustion,
                Completion::Add1Greedy => tally::Completion::Add1Greedy,
            },
            ties: match self.ties {
                Ties::Name => tally::Ties::Name,
                Ties::Votes => tally::Ties::Votes,
            },
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When the file is no election, or its ballots do not say what the rule asks.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let path = args.file.display().to_string();
    let file = read(&bytes(&args.file)?).map_err(|bad| {
        Failure::new(text!("tally-bad-file", path = plain(&path)))
            .because(plain(&bad.to_string()))
            .hint(text!("tally-bad-file-hint"))
    })?;
    let method = method(context, &args.method, &file);
    let outcome = tally::tally(&file.election, &method).map_err(|unfit| {
        Failure::new(text!("tally-unfit")).because(plain(&unfit.to_string())).hint(text!("tally-unfit-hint"))
    })?;
    for wrong in &file.miscounts {
        let says = plain(&wrong.says);
        context.ui.warn(text!("tally-miscount", what = wrong.what, says = says, has = wrong.has));
    }
    if file.election.ballots() == Ballots::Ordinal {
        context.ui.warn(text!("tally-ordinal"));
    }
    show(context, &file, &method, &outcome)
}

/// The method as typed; the completion that the file names, where none was typed.
fn method(context: &mut Context, typed: &MethodArgs, file: &File) -> tally::Method {
    let mut method = typed.method();
    let says = file.meta("rule").map(str::trim).unwrap_or_default();
    let shares = method.rule == tally::Rule::EqualShares && typed.completion.is_none();
    let named = match says.to_ascii_lowercase().as_str() {
        "equalshares/add1" => Some((tally::Completion::Add1, "add1")),
        "equalshares/add1u" => Some((tally::Completion::Add1Greedy, "add1-greedy")),
        _ => None,
    };
    if let (true, Some((completion, name))) = (shares, named) {
        method.completion = completion;
        context.ui.say(text!("tally-completion-of-file", rule = plain(says), name = name));
    }
    method
}

fn bytes(path: &Path) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = MAX_PB_FILE as u64 + 1;
    let read = input::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|error| Failure::file(path, &error))?;
    Ok(bytes)
}

fn show(context: &mut Context, file: &File, method: &tally::Method, outcome: &tally::Outcome) -> Outcome {
    let election = &file.election;
    let coin = Coin::with(file.digits, file.point_digits);
    let support = election.support();
    let names: Vec<&str> = election.projects().iter().map(|p| p.name.as_str()).collect();
    let rest = (0..names.len()).filter(|p| !outcome.verdicts[*p].is_funded());
    let mut objects = Vec::new();
    for project in outcome.funded.iter().copied().chain(rest) {
        let (verdict, cost) = (&outcome.verdicts[project], election.projects()[project].cost);
        let why = sentence(verdict, cost, coin, method);
        let title = plain(file.titles.get(project).map_or("", String::as_str));
        let (id, money) = (plain(names[project]), coin.whole(cost));
        objects.push(json!({
            "id": names[project], "name": file.titles.get(project), "cost": file.money(cost),
            "votes": support[project].0, "funded": verdict.is_funded(), "why": why,
            "price": price(verdict, coin, method),
        }));
        let line = match title.as_str() {
            "" => text!("tally-line", id = id, cost = money, why = why),
            title => text!("tally-line-titled", id = id, title = title, cost = money, why = why),
        };
        context.ui.styled(if verdict.is_funded() { Look::Good } else { Look::Plain }, line)?;
    }
    let funded: Vec<&str> = outcome.funded.iter().map(|p| names[*p]).collect();
    let mut chosen = outcome.funded.clone();
    chosen.sort_unstable();
    let official = file.selected.as_ref().map(|selected| *selected == chosen);
    context.ui.object(json!({
        "funded": funded, "spent": file.money(outcome.spent), "budget": file.money(election.budget()),
        "ballots": election.cast(), "added": file.money(outcome.added), "official": official,
        "projects": objects,
    }))?;
    let left = election.budget().saturating_sub(outcome.spent);
    context.ui.line(text!(
        "tally-sum",
        funded = funded.len(),
        count = names.len(),
        ballots = election.cast(),
        spent = coin.whole(outcome.spent),
        budget = coin.whole(election.budget()),
        left = coin.whole(left)
    ))?;
    if outcome.added > 0 {
        context.ui.line(text!("tally-added", added = coin.whole(outcome.added)))?;
    }
    match official {
        Some(true) => context.ui.line(text!("tally-official")),
        Some(false) => context.ui.line(text!("tally-not-official")),
        None => Ok(()),
    }
}

/// What each paid, exactly.
fn price(verdict: &tally::Verdict, coin: Coin, method: &tally::Method) -> Option<String> {
    match verdict {
        tally::Verdict::Bought { price, .. } => {
            Some(coin.price(price, method).divided_by(coin.unit).to_string())
        }
        _ => None,
    }
}
