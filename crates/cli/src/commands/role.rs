//! `lifeboat role`: the roles of a cell, who has them, and what whoever was drawn can do: refuse, swap.

use crate::context::Context;
use crate::day::{self, Toward};
use crate::error::{Failure, Outcome};
use crate::say;
use crate::sentence::rotation::every;
use crate::session::{Draft, Session};
use crate::ui::plain;
use crate::{reference, span, text};
use lifeboat_commons::limits::MAX_SEATS;
use lifeboat_commons::rotation::{
    Conditions, Duty, Name, Refused, Role, RoleSet, SwapAgreed, SwapOffered, Trained,
};
use lifeboat_commons::{Common, Day};
use lifeboat_log::{EntryId, Time};
use serde_json::json;

/// See who has which role; set roles, swap and refuse turns
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the roles, and who has them
    List,
    /// Make a role, or change its seats and conditions
    Set(SetArgs),
    /// Give a role up: nothing is drawn for it any more
    End {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Say that somebody has a training that a role asks for
    Train {
        /// The training
        #[arg(value_name = "TRAINING")]
        training: String,
        /// Who has it
        #[arg(value_name = "HANDLE")]
        handle: String,
        /// They have it no longer
        #[arg(long)]
        take_away: bool,
    },
    /// Refuse a turn for which you were drawn, or end it; no reason is asked
    Refuse {
        /// The number of the draw
        #[arg(value_name = "DRAW")]
        draw: String,
    },
    /// Offer a turn of yours to another
    Swap {
        /// The number of the draw that gave you the turn
        #[arg(value_name = "DRAW")]
        draw: String,
        /// Who would take it
        #[arg(long, value_name = "HANDLE")]
        with: String,
        /// The number of the draw that gave them the turn you would take; without it they take yours for nothing
        #[arg(long = "for", value_name = "DRAW")]
        theirs: Option<String>,
    },
    /// Agree to a swap that somebody offers you
    Agree {
        /// The number of the offer
        #[arg(value_name = "NUMBER")]
        offer: String,
    },
}

#[derive(Debug, clap::Args)]
struct SetArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// How long a term is: "1 week", "month", "10 days"
    #[arg(long, value_name = "SPAN", default_value = "month")]
    every: String,
    /// The first day of its first term
    #[arg(long, value_name = "DAY", default_value = "today")]
    from: String,
    /// How many have it at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_SEATS)))]
    seats: u16,
    /// What the program shall know of it
    #[arg(long, value_enum, default_value = "other")]
    duty: DutyWord,
    /// The training that it needs
    #[arg(long, value_name = "NAME")]
    training: Option<String>,
    /// Somebody may have it twice in a row
    #[arg(long)]
    again: bool,
    /// Somebody may have it who has another role at the same time
    #[arg(long)]
    double: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DutyWord {
    /// Nothing
    Other,
    /// Their node keeps the log
    Keeper,
    /// They facilitate meetings
    Facilitator,
    /// They count ballots and watch hats
    Teller,
}

impl From<DutyWord> for Duty {
    fn from(word: DutyWord) -> Self {
        match word {
            DutyWord::Other => Self::Other,
            DutyWord::Keeper => Self::Keeper,
            DutyWord::Facilitator => Self::Facilitator,
            DutyWord::Teller => Self::Teller,
        }
    }
}

impl Args {
    /// What is to be signed; nothing where the roles are to be listed.
    ///
    /// # Errors
    /// When the cell has no such role, draw or member.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Option<Draft>> {
        let common = Common::default();
        let draft = match &self.what {
            None | Some(What::List) => return Ok(None),
            Some(What::Set(args)) => set(session, args)?,
            Some(What::End { name }) => end(session, name)?,
            Some(What::Train { training, handle, take_away }) => {
                let member = session.names.find(handle)?;
                let training = name(training)?;
                say::draft(&Trained { common, member, training, granted: !take_away }, None)?
            }
            Some(What::Refuse { draw }) => {
                let draw = draw_id(context, session, draw)?;
                say::draft(&Refused { common, draw }, None)?
            }
            Some(What::Swap { draw, with, theirs }) => {
                let mine = draw_id(context, session, draw)?;
                let with = session.names.find(with)?;
                let theirs = theirs.as_ref().map(|draw| draw_id(context, session, draw)).transpose()?;
                say::draft(&SwapOffered { common, mine, with, theirs }, None)?
            }
            Some(What::Agree { offer }) => {
                let (_, record) = session.find(context, offer)?;
                let offer = record.entry().id();
                say::draft(&SwapAgreed { common, offer }, None)?
            }
        };
        Ok(Some(draft))
    }
}

/// Runs the command.
///
/// # Errors
/// When the cell has no such role, or the rules do not allow it.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    match args.draft(context, &session)? {
        Some(draft) => session.say(context, draft).map(drop),
        None => list(context, &session),
    }
}

/// The draw of this number.
///
/// # Errors
/// When there is no such draw.
pub fn draw_id(context: &mut Context, session: &Session, written: &str) -> Outcome<EntryId> {
    let (_, record) = session.find(context, written)?;
    let id = record.entry().id();
    match session.state.rotation().draw(&id) {
        Some(_) => Ok(id),
        None => Err(Failure::new(text!("draw-unknown", number = written)).hint(text!("draw-unknown-hint"))),
    }
}

/// A name as it is kept: lower case, without spaces at its ends.
///
/// # Errors
/// When it is too long or empty.
pub fn name(written: &str) -> Outcome<Name> {
    let name = Name::new(written.trim().to_lowercase()).filter(|name| !name.is_empty());
    name.ok_or_else(|| Failure::usage(text!("name-unfit", name = plain(written))))
}

/// The role of this name.
///
/// # Errors
/// When the cell has none of that name: it says which there are.
pub fn role<'a>(session: &'a Session, written: &str) -> Outcome<(Name, &'a Role)> {
    let name = name(written)?;
    let rotation = session.state.rotation();
    let role = rotation.role(&name).filter(|role| !role.ended).ok_or_else(|| {
        let known: Vec<String> =
            rotation.roles().filter(|(_, role)| !role.ended).map(|(name, _)| plain(name)).collect();
        let known = if known.is_empty() { text!("none") } else { known.join(", ") };
        Failure::usage(text!("role-unknown", name = plain(written)))
            .hint(text!("role-unknown-hint", known = known))
    })?;
    Ok((name, role))
}

/// A day as the rules count it.
///
/// # Errors
/// When it cannot be read.
pub fn day_of(session: &Session, written: &str) -> Outcome<Day> {
    let date =
        day::parse(written, session.today, Toward::Future).map_err(|bad| Failure::usage(bad.text()))?;
    let unfit = |_| Failure::usage(text!("day-unknown", written = written));
    u32::try_from(day::number(date)).map(Day).map_err(unfit)
}

fn set(session: &Session, args: &SetArgs) -> Outcome<Draft> {
    let training = args.training.as_ref().map(|training| name(training)).transpose()?;
    let mut set = RoleSet {
        common: Common::default(),
        name: name(&args.name)?,
        duty: args.duty.into(),
        seats: args.seats,
        first: day_of(session, &args.from)?,
        every: span::every(&args.every)?,
        conditions: Conditions { again: args.again, double: args.double, training },
        ended: false,
    };
    // The calendar of a role stays as it is: a change of its conditions need not repeat it.
    if let Some(known) = session.state.rotation().role(&set.name) {
        (set.first, set.every) = (known.first, known.every);
    }
    say::draft(&set, None)
}

fn end(session: &Session, written: &str) -> Outcome<Draft> {
    let (name, role) = role(session, written)?;
    let ended = RoleSet {
        common: Common::default(),
        name,
        duty: role.duty,
        seats: role.seats,
        first: role.first,
        every: role.every,
        conditions: role.conditions.clone(),
        ended: true,
    };
    say::draft(&ended, None)
}

fn list(context: &mut Context, session: &Session) -> Outcome {
    let rotation = session.state.rotation();
    let now = session.now.max(session.state.time());
    let turns = rotation.turns();
    let day = |time: Time| day::long(day::of_moment(time.ms(), &jiff::tz::TimeZone::UTC), session.today);
    let mut none = true;
    for (name, role) in rotation.roles().filter(|(_, role)| !role.ended) {
        none = false;
        context.ui.line(text!(
            "role-line",
            role = plain(name),
            seats = role.seats,
            every = every(role.every)
        ))?;
        let of_role = turns.iter().filter(|turn| turn.role == name && now < turn.until);
        for turn in of_role {
            let people: Vec<String> = turn.draw.holders.iter().map(|id| session.names.member(id)).collect();
            let number = reference::short(turn.draw.position);
            let people = if people.is_empty() { text!("nobody") } else { people.join(", ") };
            let (from, people) = (day(turn.from), people);
            context
                .ui
                .line(format!("  {}", text!("role-turn", from = from, people = people, number = number)))?;
        }
        let next = role.next_term(now);
        if role.drawing.is_none()
            && let Some(begins) = role.begins(next)
        {
            context.ui.line(format!("  {}", text!("role-next", day = day(begins))))?;
        }
        context.ui.object(json!({
            "role": name.as_str(), "seats": role.seats, "next_term": next,
            "next_begins_ms": role.begins(next).map(Time::ms),
            "turns": turns.iter().filter(|turn| turn.role == name).map(|turn| json!({
                "term": turn.term, "draw": turn.draw.position.0, "from_ms": turn.from.ms(),
                "until_ms": turn.until.ms(),
                "holders": turn.draw.holders.iter().map(|id| session.names.member(id)).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "had": role.turns.iter().map(|(id, had)| json!({"who": session.names.member(id), "turns": had}))
                .collect::<Vec<_>>(),
        }))?;
    }
    if none {
        let words = "role set facilitator --every week";
        let command = session.command_of_the_cell(&text!("roles-none-question"), words);
        context.ui.say(text!("roles-none", command = command));
    }
    for swap in rotation.swaps() {
        let (from, with) = (session.names.member(&swap.from), session.names.member(&swap.with));
        let number = swap.position.to_string();
        context.ui.line(text!("swap-line", from = from, with = with, number = number))?;
    }
    Ok(())
}
