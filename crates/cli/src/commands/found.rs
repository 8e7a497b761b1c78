//! `lifeboat found`: founds a cell; this home keeps its log for now.

use crate::context::{Context, clock, random};
use crate::error::{Failure, Outcome};
use crate::ui::plain;
use crate::{day, expect_answer, text, unlock};
use lifeboat_commons::limits::{MAX_CURRENCY, RULES};
use lifeboat_commons::{Charter, charter::CharterText};
use lifeboat_log::codec::{self, Bytes, List, Text};
use lifeboat_log::opening::Right;
use lifeboat_log::{
    CellId, Detail, DetailTag, Entry, Founding, Kind, Nonce, Opening, PublicKey, Seen, SignedEntry,
    StateHash, Term, Time,
};
use lifeboat_node::ask::{NewTermKey, Signed};
use lifeboat_node::{Answer, Ask, Desk};
use serde_json::json;

/// The founding entry is placed at once; it may still be looked at for so long before that.
const LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;

/// Found a cell whose log this computer keeps for now
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the cell calls itself, such as "Oak Street"
    name: String,
    /// A currency that the cell uses, such as EUR; may be given more than once
    #[arg(long, value_name = "CODE")]
    money: Vec<String>,
    /// The time zone in which its days are counted, such as Europe/Madrid; this computer's when left out
    #[arg(long)]
    zone: Option<String>,
    /// A place that entries may name; may be given more than once
    #[arg(long, value_name = "NAME", default_values = ["kitchen", "store"])]
    place: Vec<String>,
    /// How many members must vouch for a newcomer at first
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    vouches: u16,
    /// How many days a new member waits before voting
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(0..=366))]
    waiting: u16,
}

/// Runs the command.
///
/// # Errors
/// When a setting is out of its range, or the home cannot found.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let charter = charter(args)?;
    let home = context.home()?;
    let settings = home.settings()?;
    let own: Vec<String> =
        settings.cells.iter().filter(|cell| cell.own).map(|cell| plain(&cell.name)).collect();
    if !own.is_empty() {
        context.ui.warn(text!("found-another", cells = own.join(", ")));
    }
    let handle = settings.handle;
    let key = unlock::member_key(context, &home)?;
    let names = charter.currencies.iter().map(|code| code.as_str().to_owned()).collect::<Vec<_>>();
    context.ui.say(text!(
        "found-public",
        name = plain(charter.name.as_str()),
        handle = &handle,
        zone = charter.zone.as_str(),
        money = if names.is_empty() { text!("none") } else { names.join(", ") },
        places = args.place.join(", "),
    ));
    if !context.ui.ask_yes(&text!("found-ask"))? {
        return Err(crate::session::not_done());
    }
    let mut desk = Desk::open(&home)?;
    let nonce = Nonce(random()?);
    let author = key.public();
    let term = expect_answer!(context.ask(&mut desk, Ask::NewTermKey { author, nonce })?, Answer::TermKey(term) => term)?;
    let detail = Detail::open(random()?, &handle).ok_or_else(|| Failure::usage(text!("note-too-long")))?;
    let entry = founding(&charter, author, nonce, &term, &detail)?;
    let entry = entry.sign(&key).map_err(|error| Failure::new(text!("entry-unfit")).because(error))?;
    found(context, &mut desk, &charter, &entry, &detail)
}

fn found(
    context: &mut Context,
    desk: &mut Desk,
    charter: &Charter,
    entry: &SignedEntry,
    detail: &Detail,
) -> Outcome {
    let signed = Signed { entry: entry.bytes().into(), details: vec![detail.as_bytes().into()] };
    let ask = Ask::Found { signed, name: short_name(charter.name.as_str()) };
    let cell = expect_answer!(context.ask(desk, ask)?, Answer::Founded { cell } => cell)?;
    let vouching = charter.vouching;
    context.ui.line(text!(
        "found-done",
        name = plain(charter.name.as_str()),
        first = vouching.first,
        until = vouching.until,
        then = vouching.then,
    ))?;
    if !desk.is_remote() {
        context.ui.say(text!("found-next"));
    }
    context.ui.object(json!({
        "cell": cell.to_string(), "name": charter.name.as_str(), "short_name": short_name(charter.name.as_str()),
    }))
}

fn charter(args: &Args) -> Outcome<Charter> {
    let zone = args.zone.clone().unwrap_or_else(day::zone_of_machine);
    if day::zone(&zone).is_none() {
        return Err(
            Failure::usage(text!("zone-unknown", zone = plain(&zone))).hint(text!("zone-unknown-hint"))
        );
    }
    let unfit = |what: &str| Failure::usage(text!("name-unfit", name = plain(what)));
    let name = args.name.trim();
    let mut charter = Charter::named(name).filter(|_| !name.is_empty()).ok_or_else(|| unfit(name))?;
    charter.zone = CharterText::new(zone.clone()).ok_or_else(|| unfit(&zone))?;
    charter.waiting_days = args.waiting;
    charter.vouching.first = args.vouches;
    charter.vouching.then = charter.vouching.then.max(args.vouches);
    for code in args.money.iter().flat_map(|codes| codes.split(',')) {
        let code = code.trim().to_uppercase();
        let currency = Text::<MAX_CURRENCY>::new(code.clone());
        let currency = currency.filter(lifeboat_commons::ledger::is_currency);
        charter
            .currencies
            .push(currency.ok_or_else(|| Failure::usage(text!("currency-unfit", code = plain(&code))))?);
    }
    for place in args.place.iter().flat_map(|places| places.split(',')) {
        charter.add_place(place.trim()).ok_or_else(|| unfit(place))?;
    }
    Ok(charter)
}

fn founding(
    charter: &Charter,
    author: PublicKey,
    nonce: Nonce,
    term: &NewTermKey,
    handle: &Detail,
) -> Outcome<Entry> {
    let unfit = |error: &dyn std::fmt::Display| Failure::usage(text!("charter-unfit")).because(error);
    let opening = Opening {
        term: Term::FIRST,
        base: None,
        node: term.node,
        term_key: term.term_key,
        possession: term.possession,
        witnesses: List::default(),
        quorum: 0,
        state: StateHash::ZERO,
        rules: RULES,
        right: Right::Founding,
    };
    let founding = Founding { opening, charter: charter.to_bytes().map_err(|error| unfit(&error))? };
    let now = clock();
    Ok(Entry {
        cell: CellId::ZERO,
        author,
        author_time: now,
        not_after: now.plus_ms(LIFETIME_MS),
        seen: Seen::default(),
        after: List::default(),
        nonce,
        kind: Kind::FOUNDING,
        version: 1,
        body: Bytes::new(codec::encode(&founding)).ok_or_else(|| unfit(&""))?,
        details: List::new(vec![handle.reference(DetailTag::HANDLE, Time::ZERO)]).unwrap_or_default(),
    })
}

/// `Oak Street` as `oak-street`: what stands in invites and is typed after `--cell`.
pub fn short_name(name: &str) -> String {
    let mut short = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            short.push(c);
        } else if !short.is_empty() && !short.ends_with('-') {
            short.push('-');
        }
    }
    let short: String = short.trim_end_matches('-').chars().take(32).collect();
    if short.is_empty() { "cell".to_owned() } else { short.trim_end_matches('-').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_short_enough_to_type() {
        assert_eq!(short_name("Oak Street"), "oak-street");
        assert_eq!(short_name("  Calle Ñ. 12!  "), "calle-12");
        assert_eq!(short_name("東京"), "cell");
    }
}
