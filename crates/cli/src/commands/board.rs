//! `lifeboat needs`, `offers`, `stock` and `balance`: what stands on the board.

use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::ui::plain;
use crate::{cells, day, reference, text};
use lifeboat_commons::PlaceId;
use lifeboat_commons::ledger::{Fit, Post};
use serde_json::{Value, json};

/// See open needs, and what would meet them
#[derive(Debug, clap::Args)]
pub struct NeedsArgs {}

/// See open offers
#[derive(Debug, clap::Args)]
pub struct OffersArgs {}

/// See what is in stock
#[derive(Debug, clap::Args)]
pub struct StockArgs {}

/// See the money
#[derive(Debug, clap::Args)]
pub struct BalanceArgs {}

/// Runs `needs`.
///
/// # Errors
/// When there is no cell.
pub fn needs(context: &mut Context, _args: &NeedsArgs) -> Outcome {
    let session = Session::open(context)?;
    cells::warn_overdue(context, &session.cell);
    let ledger = session.state.ledger();
    let needs = ledger.open_needs();
    if needs.is_empty() {
        context.ui.say(text!("needs-none"));
    }
    let mut rows = Vec::new();
    for need in needs {
        let fits = ledger.fits_need(need);
        let numbers: Vec<u64> = fits
            .iter()
            .filter_map(|fit| match fit {
                Fit::Offer(offer) => Some(offer.position.0),
                Fit::Stock { .. } => None,
            })
            .collect();
        let mut row = row(&session, need);
        row.push(fit_text(need, &fits));
        rows.push(row);
        let mut object = object(&session, need);
        object["offers"] = numbers.into();
        context.ui.object(object)?;
    }
    context.ui.table(&rows)
}

/// Runs `offers`.
///
/// # Errors
/// When there is no cell.
pub fn offers(context: &mut Context, _args: &OffersArgs) -> Outcome {
    let session = Session::open(context)?;
    cells::warn_overdue(context, &session.cell);
    let offers = session.state.ledger().open_offers();
    if offers.is_empty() {
        context.ui.say(text!("offers-none"));
    }
    for offer in &offers {
        context.ui.object(object(&session, offer))?;
    }
    context.ui.table(&offers.iter().map(|offer| row(&session, offer)).collect::<Vec<_>>())
}

fn row(session: &Session, post: &Post) -> Vec<String> {
    let open = post.quantity.with(post.open()).to_string();
    let amount = if post.met.is_positive() {
        text!("post-part", open = plain(&open), all = plain(&post.quantity.to_string()))
    } else {
        plain(&open)
    };
    let by = day::of_moment(post.until.ms().saturating_sub(1), &session.zone);
    vec![
        reference::short(post.position),
        amount,
        place(session, post.place),
        text!("post-by", day = day::long(by, session.today)),
        session.names.member(&post.author),
    ]
}

fn fit_text(need: &Post, fits: &[Fit<'_>]) -> String {
    let fit = |fit: &Fit<'_>| match fit {
        Fit::Offer(offer) => text!("fit-offer", number = reference::short(offer.position)),
        Fit::Stock { held, .. } => text!("fit-stock", held = plain(&need.quantity.with(*held).to_string())),
    };
    fits.iter().map(fit).collect::<Vec<_>>().join(", ")
}

fn object(session: &Session, post: &Post) -> Value {
    json!({
        "position": post.position.0, "id": post.id.to_string(), "by": session.names.member(&post.author),
        "quantity": post.quantity.to_string(), "open": post.open().to_string(), "met": post.met.to_string(),
        "place": post.place.and_then(|place| session.state.charter().place(place)), "until_ms": post.until.ms(),
    })
}

fn place(session: &Session, place: Option<PlaceId>) -> String {
    place.and_then(|place| session.state.charter().place(place)).map(plain).unwrap_or_default()
}

/// Runs `stock`.
///
/// # Errors
/// When there is no cell.
pub fn stock(context: &mut Context, _args: &StockArgs) -> Outcome {
    let session = Session::open(context)?;
    cells::warn_overdue(context, &session.cell);
    let mut rows = Vec::new();
    for (item, unit, at, held) in session.state.ledger().stock() {
        let (item, unit) = (plain(item.as_str()), plain(unit.as_str()));
        rows.push(vec![item.clone(), format!("{held} {unit}").trim_end().to_owned(), place(&session, at)]);
        context.ui.object(json!({
            "item": item, "unit": unit, "held": held.to_string(), "place": place(&session, at),
        }))?;
    }
    if rows.is_empty() {
        context.ui.say(text!("stock-none"));
    }
    context.ui.table(&rows)
}

/// Runs `balance`.
///
/// # Errors
/// When there is no cell.
pub fn balance(context: &mut Context, _args: &BalanceArgs) -> Outcome {
    let session = Session::open(context)?;
    cells::warn_overdue(context, &session.cell);
    let charter = session.state.charter();
    let mut rows = Vec::new();
    for (currency, category, flow) in session.state.ledger().money() {
        let code = plain(currency.as_str());
        let of = category.and_then(|category| charter.category(category)).map(plain);
        let of = of.unwrap_or_else(|| text!("balance-open"));
        let (came, went) = (flow.received, flow.given);
        rows.push(vec![
            code.clone(),
            of.clone(),
            text!("balance-came", amount = came.money()),
            text!("balance-went", amount = went.money()),
            text!("balance-left", amount = flow.balance().money()),
        ]);
        context.ui.object(json!({
            "currency": code, "category": of, "opening": flow.opening.money(), "in": came.money(),
            "out": went.money(), "balance": flow.balance().money(),
        }))?;
    }
    if rows.is_empty() {
        context.ui.say(text!("balance-none"));
    }
    context.ui.table(&rows)?;
    let sums = session.state.ledger().balances();
    if rows.len() > sums.len() {
        for (currency, sum) in sums {
            context.ui.line(text!(
                "balance-sum",
                amount = sum.money(),
                currency = plain(currency.as_str())
            ))?;
        }
    }
    Ok(())
}
