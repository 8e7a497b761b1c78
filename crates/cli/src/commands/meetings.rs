//! `lifeboat meetings`: the published schedule of what recurs, and what comes next.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::sentence::rotation::{clock, every};
use crate::session::{Draft, Session};
use crate::ui::plain;
use crate::{commands::role, day, say, span, text};
use jiff::civil::Weekday;
use lifeboat_commons::rotation::{Duty, Meeting, MeetingSet, Name, begin};
use lifeboat_commons::{Common, Day};
use serde_json::json;

/// See what meets when; set meetings that recur
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the next meetings, and who facilitates them
    List {
        /// How many of each
        #[arg(long, short = 'n', value_name = "NUMBER", default_value_t = 4)]
        next: u32,
    },
    /// Publish a meeting that recurs
    Set {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// How often: week, "2 weeks", month
        #[arg(long, value_name = "SPAN", default_value = "week")]
        every: String,
        /// The day of the first one
        #[arg(long, value_name = "DAY")]
        from: String,
        /// When it begins, by the clocks of the cell
        #[arg(long, value_name = "TIME")]
        at: String,
        /// How many minutes it takes
        #[arg(long, value_name = "MINUTES", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=24 * 60))]
        minutes: u16,
        /// The place, out of the charter's list
        #[arg(long, value_name = "NAME")]
        place: Option<String>,
    },
    /// Take a meeting off the schedule
    End {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

impl Args {
    /// What is to be signed; nothing where the meetings are to be listed.
    ///
    /// # Errors
    /// When it cannot be read, or the cell has no such meeting or place.
    pub fn draft(&self, session: &Session) -> Outcome<Option<Draft>> {
        let set = match &self.what {
            None | Some(What::List { .. }) => return Ok(None),
            Some(What::Set { name, every, from, at, minutes, place }) => {
                let place = place.as_ref().map(|place| say::place(session, place)).transpose()?;
                MeetingSet {
                    common: Common { place, ..Common::default() },
                    name: role::name(name)?,
                    first: role::day_of(session, from)?,
                    every: span::every(every)?,
                    minute: span::minute(at)?,
                    minutes: *minutes,
                    ended: false,
                }
            }
            Some(What::End { name }) => {
                let (name, m) = meeting(session, name)?;
                let (first, every, minute, minutes) = (m.first, m.every, m.minute, m.minutes);
                MeetingSet { common: Common::default(), name, first, every, minute, minutes, ended: true }
            }
        };
        say::draft(&set, None).map(Some)
    }
}

/// The meeting of this name.
fn meeting<'a>(session: &'a Session, written: &str) -> Outcome<(Name, &'a Meeting)> {
    let name = role::name(written)?;
    let meetings = || session.state.rotation().meetings();
    let known = meetings().find(|(known, _)| **known == name).map(|(_, meeting)| meeting);
    let meeting = known.ok_or_else(|| {
        let known: Vec<String> = meetings().map(|(name, _)| plain(name)).collect();
        let known = if known.is_empty() { text!("none") } else { known.join(", ") };
        Failure::usage(text!("meeting-unknown", name = plain(written)))
            .hint(text!("role-unknown-hint", known = known))
    })?;
    Ok((name, meeting))
}

/// Runs the command.
///
/// # Errors
/// When it cannot be read, or the rules do not allow it.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    if let Some(draft) = args.draft(&session)? {
        return session.say(context, draft).map(drop);
    }
    let next = match &args.what {
        Some(What::List { next }) => *next,
        _ => 4,
    };
    list(context, &session, next)
}

fn list(context: &mut Context, session: &Session, count: u32) -> Outcome {
    let rotation = session.state.rotation();
    if rotation.meetings().next().is_none() {
        let words = "meetings set \"weekly circle\" --from friday --at 19:00";
        let command = session.command_of_the_cell(&text!("meetings-none-question"), words);
        context.ui.say(text!("meetings-none", command = command));
    }
    for (name, meeting) in rotation.meetings() {
        let (name, every, time) = (plain(name), every(meeting.every), clock(meeting.minute));
        context.ui.line(text!("meeting-line", name = &name, every = every, time = &time))?;
        for day in upcoming(session, meeting, count) {
            let facilitators = rotation.on_duty(Duty::Facilitator, begin(day));
            let people: Vec<String> = facilitators.iter().map(|id| session.names.member(id)).collect();
            let date = day::from_number(i64::from(day.0));
            let mut line =
                format!("  {}  {} {time}", weekday(date.weekday()), day::long(date, session.today));
            if !people.is_empty() {
                line.push_str(&format!("  {}", text!("meeting-facilitates", people = people.join(", "))));
            }
            context.ui.line(line)?;
            context.ui.object(json!({
                "meeting": name, "day": date.to_string(), "begins": time, "minutes": meeting.minutes,
                "zone": session.state.charter().zone.as_str(), "facilitators": people,
            }))?;
        }
    }
    Ok(())
}

/// The next days of a meeting, today's included.
fn upcoming(session: &Session, meeting: &Meeting, count: u32) -> Vec<Day> {
    let today = Day(u32::try_from(day::number(session.today)).unwrap_or_default());
    let on = |n: u32| meeting.every.nth(meeting.first, n);
    let last = meeting.every.number_on(meeting.first, today).unwrap_or_default();
    let passed = on(last).is_some_and(|day| day < today);
    let from = last.saturating_add(u32::from(passed));
    (from..from.saturating_add(count.min(100))).filter_map(on).collect()
}

fn weekday(day: Weekday) -> String {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let name = names.get(usize::try_from(day.to_monday_zero_offset()).unwrap_or_default());
    let words = text::find(&format!("word-{}", name.unwrap_or(&"monday")), Vec::new()).unwrap_or_default();
    words.split(' ').next().unwrap_or_default().to_owned()
}
