//! What the commands that say something have in common: how much of what, where, for what and when, read
//! with the cell's own charter and calendar.

use crate::day::{self, Toward};
use crate::error::{Failure, Outcome};
use crate::quantity::{self, BadQuantity};
use crate::session::{Draft, Session};
use crate::text;
use crate::ui::plain;
use jiff::civil::Date;
use lifeboat_commons::{Amount, BadBody, Body, CategoryId, Common, Day, PlaceId, Quantity, Thing, compose};
use lifeboat_log::Time;

/// Days until a need or offer closes when the person names no day.
const POST_DAYS: i64 = 30;

/// Where, for what and when: what every entry of the ledger may say.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Circumstances {
    /// The place, out of the charter's list
    #[arg(long, value_name = "NAME")]
    pub place: Option<String>,
    /// The category, out of the charter's list
    #[arg(long, value_name = "NAME")]
    pub category: Option<String>,
    /// The day it happened, when not today: yesterday, friday, 2026-11-20
    #[arg(long, value_name = "DAY")]
    pub on: Option<String>,
}

impl Circumstances {
    /// What the body begins with.
    ///
    /// # Errors
    /// When the charter has no such place or category, or the day cannot be read or is to come.
    pub fn common(&self, session: &Session) -> Outcome<Common> {
        Ok(Common {
            day: self.on.as_ref().map(|on| past_day(session, on)).transpose()?.flatten(),
            place: self.place.as_ref().map(|name| place(session, name)).transpose()?,
            category: self.category.as_ref().map(|name| category(session, name)).transpose()?,
            ..Common::default()
        })
    }
}

/// How much of what, as typed.
///
/// # Errors
/// When it cannot be read in one way only.
pub fn quantity(session: &Session, words: &[String]) -> Outcome<Quantity> {
    let currencies: Vec<String> =
        session.state.charter().currencies.iter().map(|code| code.as_str().to_owned()).collect();
    let typed = quantity::parse(words, &currencies).map_err(unreadable)?;
    let amount = Amount::from_millionths(typed.millionths);
    let made = if typed.is_money {
        Quantity::money(amount, &typed.thing)
    } else {
        // Names are compared letter by letter: one way of writing them keeps the stock together.
        Quantity::goods(amount, &typed.unit, &typed.thing.to_lowercase())
    };
    made.ok_or_else(|| Failure::usage(text!("thing-too-long")))
}

fn unreadable(bad: BadQuantity) -> Failure {
    Failure::usage(bad.text())
}

/// An amount in the unit of something else: `12`, or `12 kg rice` when that is the same thing.
///
/// # Errors
/// When it cannot be read, or is of another thing.
pub fn amount_of(session: &Session, words: &[String], thing: &Thing) -> Outcome<Amount> {
    if let [number] = words
        && let Ok(millionths) = quantity::parse_number(number)
    {
        return Ok(Amount::from_millionths(millionths));
    }
    let read = quantity(session, words)?;
    if read.thing == *thing {
        return Ok(read.amount);
    }
    let one = Quantity { amount: read.amount, thing: thing.clone() };
    Err(Failure::usage(text!(
        "other-thing",
        given = plain(&read.to_string()),
        wanted = plain(&one.to_string())
    )))
}

/// The place of this name.
///
/// # Errors
/// When the charter has none of that name: it says which there are.
pub fn place(session: &Session, name: &str) -> Outcome<PlaceId> {
    let charter = session.state.charter();
    charter.place_named(name.trim()).ok_or_else(|| {
        let known: Vec<String> = charter.places.values().map(|name| plain(name.as_str())).collect();
        let known = if known.is_empty() { text!("none") } else { known.join(", ") };
        Failure::usage(text!("place-unknown", name = plain(name)))
            .hint(text!("place-unknown-hint", known = known))
    })
}

fn category(session: &Session, name: &str) -> Outcome<CategoryId> {
    let charter = session.state.charter();
    charter.category_named(name.trim()).ok_or_else(|| {
        let known: Vec<String> = charter.categories.values().map(|name| plain(name.as_str())).collect();
        Failure::usage(text!("category-unknown", name = plain(name)))
            .hint(text!("place-unknown-hint", known = known.join(", ")))
    })
}

/// A day that is not to come; nothing for today, which needs no saying.
fn past_day(session: &Session, written: &str) -> Outcome<Option<Day>> {
    let date = day::parse(written, session.today, Toward::Past).map_err(|bad| Failure::usage(bad.text()))?;
    if date > session.today {
        return Err(Failure::usage(text!("day-to-come", written = plain(written))));
    }
    if date == session.today {
        return Ok(None);
    }
    let number = u32::try_from(day::number(date))
        .map_err(|_| Failure::usage(text!("day-unknown", written = written)))?;
    Ok(Some(Day(number)))
}

/// When a need or offer closes: at the end of the day named, in the cell's time zone.
///
/// # Errors
/// When the day cannot be read or has passed.
pub fn until(session: &Session, by: Option<&str>) -> Outcome<Time> {
    let date = match by {
        Some(written) => {
            let date = day::parse(written, session.today, Toward::Future);
            date.map_err(|bad| Failure::usage(bad.text()))?
        }
        None => day::from_number(day::number(session.today) + POST_DAYS),
    };
    if date < session.today {
        return Err(Failure::usage(text!("day-passed", written = by.unwrap_or_default())));
    }
    Ok(end_of(session, date))
}

/// The moment when a day ends in the cell's time zone.
pub fn end_of(session: &Session, date: Date) -> Time {
    let next = date.tomorrow().unwrap_or(date);
    let midnight =
        next.to_zoned_datetime(session.zone.clone()).map(|moment| moment.timestamp().as_millisecond());
    Time::from_ms(midnight.ok().and_then(|ms| u64::try_from(ms).ok()).unwrap_or(u64::MAX))
}

/// The draft of a body, with a remark.
///
/// # Errors
/// When the body says what its kind does not allow.
pub fn draft<B: Body>(body: &B, note: Option<&str>) -> Outcome<Draft> {
    let said = compose(body).map_err(|bad: BadBody| Failure::usage(bad.to_string()))?;
    Ok(Draft::plain(said).note(note))
}
