//! `lifeboat budget pools`: where the money of each category is, and, if asked, which receipt paid for which
//! expense.

use super::{category, title};
use crate::context::Context;
use crate::error::Outcome;
use crate::session::{Session, read_record};
use crate::ui::plain;
use crate::{expect_answer, reference, text};
use lifeboat_commons::budgets::{BudgetStatement, Moved, trace};
use lifeboat_commons::ledger::{Currency, LedgerStatement, Source, Thing};
use lifeboat_commons::{Amount, CategoryId, History, Statement};
use lifeboat_log::{EntryId, Position, Record};
use lifeboat_node::ask::Range;
use lifeboat_node::limits::MAX_RECORDS_ANSWERED;
use lifeboat_node::{Answer, Ask};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The kinds that move money: in, out, met from stock, opening stock, spent of a grant.
const MOVING: [u16; 5] = [48, 49, 52, 53, 87];

/// See where the money of each pool is
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which receipt paid for which expense: what came first goes first
    #[arg(long)]
    trace: bool,
}

type PoolKey = (Currency, Option<CategoryId>);

/// Runs the command.
///
/// # Errors
/// When there is no cell.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let session = Session::open(context)?;
    if args.trace { traced(context, &session) } else { table(context, &session) }
}

/// All pools: those of the charter's categories in each currency in use, and what else the ledger has.
fn pools(session: &Session) -> BTreeSet<PoolKey> {
    let (charter, ledger) = (session.state.charter(), session.state.ledger());
    let mut pools: BTreeSet<PoolKey> = ledger.money().map(|(code, of, _)| (code.clone(), of)).collect();
    let currencies: BTreeSet<Currency> =
        pools.iter().map(|(code, _)| code.clone()).chain(charter.currencies.iter().cloned()).collect();
    for code in currencies {
        pools.extend(charter.categories.keys().map(|id| (code.clone(), Some(CategoryId(*id)))));
    }
    pools
}

fn name(session: &Session, of: Option<CategoryId>) -> String {
    of.map_or_else(|| text!("budget-no-category"), |of| category(session, of))
}

/// The pools as a table.
///
/// # Errors
/// When stdout is closed or full.
pub fn table(context: &mut Context, session: &Session) -> Outcome {
    let head = [
        text!("budget-column-pool"),
        text!("budget-column-came"),
        text!("budget-column-went"),
        text!("budget-column-rounds"),
        text!("budget-column-granted"),
        text!("budget-column-free"),
    ];
    let mut rows = vec![head.to_vec()];
    for (code, of) in pools(session) {
        let flow = session.state.ledger().flow(&code, of);
        let pool = of.and_then(|of| session.state.budgets().pool(session.state.ledger(), &code, of));
        let came = flow.opening.checked_add(flow.received).unwrap_or_default();
        let (rounds, granted, free) = match pool {
            Some(pool) => (pool.in_rounds, pool.granted, pool.free),
            None => (Amount::ZERO, Amount::ZERO, flow.balance()),
        };
        let amounts = [came, flow.given, rounds, granted, free].map(Amount::money);
        let first = format!("{} {}", name(session, of), plain(code.as_str()));
        context.ui.object(json!({
            "pool": name(session, of), "category": of.map(|of| of.0), "currency": code.as_str(),
            "came": amounts[0], "went": amounts[1], "of_grants": pool.map(|pool| pool.of_grants.money()),
            "in_rounds": amounts[2], "granted": amounts[3], "free": amounts[4],
        }))?;
        rows.push(std::iter::once(first).chain(amounts).collect());
    }
    context.ui.table(&rows)
}

/// Every unit of money from receipt to expense.
fn traced(context: &mut Context, session: &Session) -> Outcome {
    let records = moves(context, session)?;
    let empty = BTreeMap::new();
    for key in pools(session) {
        let (code, of) = (plain(key.0.as_str()), name(session, key.1));
        let moved = records.get(&key).unwrap_or(&empty);
        let list: Vec<Moved> = moved.values().map(|(moved, _)| *moved).collect();
        for part in trace(&list) {
            let number = |at: Option<Position>| at.map(reference::short).unwrap_or_default();
            let told = |at: Option<Position>| at.and_then(|at| moved.get(&at)).map(|(_, id)| *id);
            let (receipt, expense) = (told(part.receipt), told(part.expense));
            let from = receipt.map(|id| title(context, session, &id)).unwrap_or_default();
            let to = expense.map(|id| title(context, session, &id)).unwrap_or_default();
            context.ui.object(json!({
                "pool": of, "currency": key.0.as_str(), "amount": part.amount.money(), "from": from,
                "to": to, "receipt": part.receipt.map(|at| at.0), "expense": part.expense.map(|at| at.0),
            }))?;
            let key = match (part.receipt, part.expense) {
                (Some(_), Some(_)) => "budget-traced",
                (Some(_), None) => "budget-traced-there",
                _ => "budget-traced-short",
            };
            let values = vec![
                ("pool", of.as_str().into()),
                ("amount", part.amount.money().into()),
                ("code", code.as_str().into()),
                ("receipt", number(part.receipt).into()),
                ("expense", number(part.expense).into()),
                ("from", from.into()),
                ("to", to.into()),
            ];
            // A text is given no value that it does not use.
            context.ui.line(text::message(key, values).trim_end())?;
        }
    }
    Ok(())
}

type Moves = BTreeMap<PoolKey, BTreeMap<Position, (Moved, EntryId)>>;

/// What moved in each pool: entries with an effect, in their newest version.
fn moves(context: &mut Context, session: &Session) -> Outcome<Moves> {
    let mut found = Moves::new();
    let mut next = Position(0);
    loop {
        let range = Range {
            from: Some(next),
            count: MAX_RECORDS_ANSWERED as u32, // a few hundred
            newest: false,
            kinds: MOVING.to_vec(),
            authors: Vec::new(),
        };
        let answer = session.ask(context, Ask::Log { cell: session.cell.cell, range })?;
        let records = expect_answer!(answer, Answer::Records(records) => records)?;
        for entered in &records {
            let record = read_record(entered)?;
            let at = record.link().position;
            next = at.next();
            if entered.void.is_some() || session.state.corrected_by(at).is_some() {
                continue;
            }
            if let Some((pool, amount)) = moved(session, &record) {
                let moved = Moved { position: at, amount };
                found.entry(pool).or_default().insert(at, (moved, record.entry().id()));
            }
        }
        if records.len() < MAX_RECORDS_ANSWERED {
            return Ok(found);
        }
    }
}

fn moved(session: &Session, record: &Record) -> Option<(PoolKey, Amount)> {
    let out = |amount: Amount| Amount::ZERO.checked_sub(amount);
    let (common, thing, amount) = match Statement::decode(record.entry()).ok()? {
        Statement::Ledger(LedgerStatement::Received(said)) => {
            (said.common, said.quantity.thing, said.quantity.amount)
        }
        Statement::Ledger(LedgerStatement::OpeningStock(said)) => {
            (said.common, said.quantity.thing, said.quantity.amount)
        }
        Statement::Ledger(LedgerStatement::Given(said)) => {
            (said.common, said.quantity.thing, out(said.quantity.amount)?)
        }
        Statement::Ledger(LedgerStatement::Meet(meet)) if matches!(meet.source, Source::Stock(_)) => {
            let Statement::Ledger(LedgerStatement::Need(need)) = said(session, &meet.need)? else {
                return None;
            };
            (meet.common, need.quantity.thing, out(meet.amount)?)
        }
        Statement::Budgets(BudgetStatement::Spent(spent)) => {
            return Some((pool_of(session, &spent.grant)?, out(spent.amount)?));
        }
        _ => return None,
    };
    let Thing::Money { currency } = thing else { return None };
    Some(((currency, common.category), amount))
}

/// What an earlier entry of the log says.
fn said(session: &Session, id: &EntryId) -> Option<Statement> {
    Statement::decode(session.lookup().find(id)?.entry()).ok()
}

/// The pool of a grant, also of one that the fold has forgotten.
fn pool_of(session: &Session, grant: &EntryId) -> Option<PoolKey> {
    if let Some(grant) = session.state.budgets().grant(grant) {
        return Some((grant.currency.clone(), Some(grant.category)));
    }
    match said(session, grant)? {
        Statement::Budgets(BudgetStatement::Granted(granted)) => {
            Some((granted.currency, granted.common.category))
        }
        Statement::Budgets(BudgetStatement::Proposed(proposed)) => match said(session, &proposed.round)? {
            Statement::Budgets(BudgetStatement::Opened(round)) => {
                Some((round.currency, proposed.common.category))
            }
            _ => None,
        },
        _ => None,
    }
}
