//! What the commands that say something have in common: how much of what, where, for what and when, read
//! with the cell's own charter and calendar.

use crate::context::Context;
use crate::day::{self, Toward};
use crate::error::{Failure, Outcome};
use crate::photo;
use crate::quantity::{self, BadQuantity};
use crate::session::{Draft, Session};
use crate::ui::plain;
use crate::{expect_answer, text};
use jiff::civil::Date;
use lifeboat_commons::membership::Key;
use lifeboat_commons::{
    Amount, BadBody, Body, CategoryId, Common, Day, Paper, PlaceId, Powers, Quantity, Thing, compose,
};
use lifeboat_log::Time;
use lifeboat_log::limits::MAX_BLOB;
use lifeboat_node::{Answer, Ask};
use std::io::Read;
use std::path::{Path, PathBuf};

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
    /// A photo of the paper behind it; what the camera wrote into the file is taken out
    #[arg(long, value_name = "FILE")]
    pub photo: Option<PathBuf>,
    #[command(flatten)]
    /// A private text, and how long texts are kept.
    pub texts: Texts,
}

/// A text for chosen people, and how long texts are kept.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Texts {
    /// A text that only you and the members under --readers can read
    #[arg(long, value_name = "TEXT")]
    pub private: Option<String>,
    /// Who can read the private text: handles, with commas between
    #[arg(long, value_name = "HANDLES", value_delimiter = ',', requires = "private")]
    pub readers: Vec<String>,
    /// The last day of the texts of this entry: after it every honest home drops them
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
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
            paper: self.photo.as_ref().map(|file| paper(session, file)).transpose()?,
            ..Common::default()
        })
    }
}

impl Texts {
    /// The draft with the private text, and with the last day of its texts.
    ///
    /// # Errors
    /// When a reader is unknown or the day has passed.
    pub fn add(&self, session: &Session, mut draft: Draft) -> Outcome<Draft> {
        if let Some(written) = &self.until {
            draft.until = until(session, Some(written))?;
        }
        let Some(private) = self.private.as_deref().map(str::trim) else { return Ok(draft) };
        if private.is_empty() {
            return Err(Failure::usage(text!("private-empty")));
        }
        let members = session.state.members();
        let mut people = vec![session.member()?];
        for reader in self.readers.iter().map(|reader| reader.trim()).filter(|reader| !reader.is_empty()) {
            people.push(session.names.find(reader)?);
        }
        let live = |key: &Key| key.is_live(session.now) && key.powers.has(Powers::SIGN);
        let keys = people.iter().flat_map(|id| members.keys_of(*id));
        let mut keys: Vec<_> = keys.filter(|(_, key)| live(key)).map(|(key, _)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        draft.sealed.push((private.to_owned(), keys));
        Ok(draft)
    }

    /// Says who will be able to read the private text, and whose home does not get it yet.
    pub fn tell(&self, context: &mut Context, session: &Session) {
        if self.private.is_none() {
            return;
        }
        let readers: Vec<String> = self.readers.iter().map(|reader| plain(reader.trim())).collect();
        let members = session.state.members();
        context.ui.say(text!("private-who", readers = readers.join(", "), count = readers.len()));
        for reader in &readers {
            let id = session.names.find(reader).ok();
            if id.is_some_and(|id| !members.nodes().any(|(_, member)| member == id)) {
                context.ui.warn(text!("private-no-home", reader = reader));
            }
        }
    }
}

/// The paper of which this is a photo. The photo is kept in the home at once; an entry that is not signed
/// after all leaves it behind, to be cleared away.
fn paper(session: &Session, file: &Path) -> Outcome<Paper> {
    let open = std::fs::File::open(file).map_err(|error| Failure::file(file, &error))?;
    let mut bytes = Vec::new();
    open.take(MAX_BLOB + 1).read_to_end(&mut bytes).map_err(|error| Failure::file(file, &error))?;
    if bytes.len() as u64 > MAX_BLOB {
        return Err(Failure::usage(text!("photo-too-long")));
    }
    let clean = photo::stripped(&bytes);
    if clean.is_none() {
        return Err(Failure::usage(text!("photo-unknown", path = plain(&file.display().to_string())))
            .hint(text!("photo-unknown-hint")));
    }
    let path = session.home.own_folder().join("photo.outgoing");
    std::fs::write(&path, clean.unwrap_or(bytes)).map_err(|error| Failure::file(&path, &error))?;
    let put = session.desk.borrow_mut().answer(Ask::BlobPut { cell: session.cell.cell, from: path.clone() });
    let _ = std::fs::remove_file(&path);
    let hash = expect_answer!(put?, Answer::Blob { hash, .. } => hash)?;
    Ok(Paper { photo: Some(hash), ..Paper::default() })
}

/// How much of what, as typed.
///
/// # Errors
/// When it cannot be read in one way only, or nothing of the log is here: only the charter tells money
/// from things.
pub fn quantity(session: &Session, words: &[String]) -> Outcome<Quantity> {
    if session.cell.size == 0 {
        return Err(Failure::new(text!("quantity-no-log")).hint(text!("quantity-no-log-hint")));
    }
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

/// The category of this name.
///
/// # Errors
/// When the charter has none of that name: it says which there are.
pub fn category(session: &Session, name: &str) -> Outcome<CategoryId> {
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

/// A title or question, which says something.
///
/// # Errors
/// When it is empty: it would stand in the log for ever and say nothing.
pub fn title(written: &str) -> Outcome<&str> {
    let title = written.trim();
    if plain(title).trim().is_empty() {
        return Err(Failure::usage(text!("title-empty")));
    }
    Ok(title)
}

/// Options, each of which says something else.
///
/// # Errors
/// When one is empty, or says the same as another.
pub fn options(written: &[String]) -> Outcome<Vec<&str>> {
    let mut options: Vec<&str> = Vec::with_capacity(written.len());
    for option in written {
        let option = title(option)?;
        if options.iter().any(|other| other.to_lowercase() == option.to_lowercase()) {
            return Err(Failure::usage(text!("option-twice", option = plain(option))));
        }
        options.push(option);
    }
    Ok(options)
}

/// The draft of a body, with a remark.
///
/// # Errors
/// When the body says what its kind does not allow.
pub fn draft<B: Body>(body: &B, note: Option<&str>) -> Outcome<Draft> {
    let said = compose(body).map_err(|bad: BadBody| Failure::usage(bad.to_string()))?;
    Ok(Draft::plain(said).note(note))
}
