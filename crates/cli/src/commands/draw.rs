//! `lifeboat draw`: draws by what members commit to and reveal, with a beacon or without, or from a hat. A person
//! commits once; the home reveals by itself.

mod beacon;
pub mod list;
mod verify;

use crate::commands::role;
use crate::context::{Context, clock, random};
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::ui::Look;
use crate::{expect_answer, fate, say, span, text};
use lifeboat_commons::draw::{Secret, Try};
use lifeboat_commons::rotation::{
    self, ATTEMPTS, Committed, DrawCalled, HatDrawn, Purpose, Revealed, Roll, Way,
};
use lifeboat_commons::{Common, MemberId};
use lifeboat_log::codec::List;
use lifeboat_log::{EntryId, SignedEntry};
use lifeboat_node::ask::{Fate, Signed};
use lifeboat_node::turn_notes::to_commit;
use lifeboat_node::{Answer, Ask};
use std::path::PathBuf;

/// Draw who has a role next, in a way that anyone can redo
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the draws that are under way, and the last ones
    List,
    /// Call a draw for the next term of a role
    Call {
        /// The role
        #[arg(value_name = "ROLE")]
        role: String,
        #[command(flatten)]
        way: WayArgs,
    },
    /// Call a draw of some members for one task, such as three tellers of a poll
    Lot {
        /// The number of the entry that it is about
        #[arg(value_name = "NUMBER")]
        about: String,
        /// How many
        #[arg(long, value_name = "NUMBER", default_value_t = 3)]
        seats: u16,
        #[command(flatten)]
        way: WayArgs,
    },
    /// Commit to a secret number; your home reveals it by itself when it is time
    Commit {
        /// The number of the draw; all that wait for you without it
        #[arg(value_name = "DRAW")]
        draw: Option<String>,
    },
    /// Bring the public beacon that a draw waits for; anyone may
    Beacon {
        /// The number of the draw
        #[arg(value_name = "DRAW")]
        draw: String,
        /// What the beacon's operators answered, a file or - for standard input; without it you are told
        /// where to get it
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Record, as a teller, who was drawn from the hat, in the order in which they were
    Hat {
        /// The number of the draw
        #[arg(value_name = "DRAW")]
        draw: String,
        /// Who was drawn
        #[arg(value_name = "HANDLE", required = true)]
        people: Vec<String>,
    },
    /// Show every step of a draw, so that you can redo it
    Verify {
        /// The number of the draw
        #[arg(value_name = "DRAW")]
        draw: String,
    },
}

#[derive(Debug, clap::Args)]
struct WayArgs {
    /// Draw from a hat, before the eyes of tellers
    #[arg(long, conflicts_with_all = ["commit", "reveal", "quorum", "beacon"])]
    hat: bool,
    /// How long members can commit
    #[arg(long, value_name = "SPAN", default_value = "2 days")]
    commit: String,
    /// How long their homes have to reveal
    #[arg(long, value_name = "SPAN", default_value = "2 days")]
    reveal: String,
    /// How many must commit, when more than the charter asks
    #[arg(long, value_name = "NUMBER")]
    quorum: Option<u16>,
    /// Draw from a public beacon of drand too, that comes out when all have revealed: so nobody knows before
    /// who will be drawn. Somebody with internet brings it
    #[arg(long)]
    beacon: bool,
    /// The network of the beacon, as drand tells it under /info; quicknet when left out
    #[arg(long, value_name = "FILE", requires = "beacon")]
    network: Option<PathBuf>,
}

impl WayArgs {
    fn way(&self, session: &Session) -> Outcome<Way> {
        if self.hat {
            return Ok(Way::Hat);
        }
        let electors = session.state.members().electors(session.now).count();
        let most = u16::try_from(electors).unwrap_or(u16::MAX);
        let quorum = self.quorum.unwrap_or(session.state.charter().commitments.min(most).max(1));
        let (commit, reveal) = (span::seconds(&self.commit)?, span::seconds(&self.reveal)?);
        Ok(match self.beacon {
            true => {
                Way::Beacon { quorum, commit, reveal, network: beacon::network(self.network.as_deref())? }
            }
            false => Way::Reveals { quorum, commit, reveal },
        })
    }
}

/// Runs the command.
///
/// # Errors
/// When there is no such draw, or the rules do not allow it.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    match &args.what {
        None | Some(What::List) => list::run(context, &session),
        Some(What::Call { role, way }) => call(context, &mut session, role, way),
        Some(What::Lot { about, seats, way }) => lot(context, &mut session, about, *seats, way),
        Some(What::Commit { draw }) => commit(context, &mut session, draw.as_deref()),
        Some(What::Beacon { draw, file }) => beacon::run(context, &mut session, draw, file.as_deref()),
        Some(What::Hat { draw, people }) => hat(context, &mut session, draw, people),
        Some(What::Verify { draw }) => verify::run(context, &session, draw),
    }
}

fn call(context: &mut Context, session: &mut Session, written: &str, way: &WayArgs) -> Outcome {
    let (name, known) = role::role(session, written)?;
    let now = clock().max(session.state.time());
    let term = known.next_term(now);
    let pool = session.state.rotation().pool(session.state.members(), &name, term, now);
    if pool.first.is_empty() {
        return Err(Failure::new(text!("pool-empty")).hint(text!("pool-empty-hint")));
    }
    let purpose = Purpose::Role { role: name, term };
    let way = way.way(session)?;
    say_call(context, session, purpose, [pool.first, pool.then], way)
}

fn lot(context: &mut Context, session: &mut Session, about: &str, seats: u16, way: &WayArgs) -> Outcome {
    let (_, record) = session.find(context, about)?;
    let now = clock().max(session.state.time());
    let pool = session.state.rotation().lot_pool(session.state.members(), now);
    let people = pool.first.len() + pool.then.len();
    if usize::from(seats) > people {
        return Err(Failure::usage(text!("lot-seats", seats = seats, count = people)));
    }
    let purpose = Purpose::Lot { about: record.entry().id(), seats };
    let way = way.way(session)?;
    say_call(context, session, purpose, [pool.first, pool.then], way)
}

fn say_call(
    context: &mut Context,
    session: &mut Session,
    purpose: Purpose,
    pool: [Vec<MemberId>; 2],
    way: Way,
) -> Outcome {
    let names = list::pool(session, &pool[0], &pool[1]);
    let [first, then] = pool.map(roll);
    let called = DrawCalled { common: Common::default(), purpose, first: first?, then: then?, way };
    let draft = say::draft(&called, None)?;
    let fate = session.say(context, draft)?;
    let Fate::Placed { position, .. } = fate else { return Ok(()) };
    let (number, tellers) = (position.to_string(), tellers(session));
    context.ui.say(match way {
        Way::Hat => text!("draw-called-hat", names = names, count = tellers, number = number),
        Way::Reveals { .. } => text!("draw-called"),
        Way::Beacon { .. } => text!("draw-called-beacon", number = number),
    });
    Ok(())
}

fn roll(members: Vec<MemberId>) -> Outcome<Roll> {
    List::new(members).ok_or_else(|| Failure::usage(text!("pool-too-large")))
}

fn commit(context: &mut Context, session: &mut Session, written: Option<&str>) -> Outcome {
    let member = session.member()?;
    let draws = match written {
        Some(written) => vec![role::draw_id(context, session, written)?],
        None => to_commit(&session.state, &member, session.now),
    };
    if draws.is_empty() {
        context.ui.say(text!("draws-none-for-you"));
    }
    draws.iter().try_for_each(|draw| commit_to(context, session, member, *draw))
}

/// Commits to one draw. What the home will say later (the reveal; a second commitment and its reveal,
/// should the first attempt be void) is signed now, while the key is at hand, and held back.
fn commit_to(context: &mut Context, session: &mut Session, member: MemberId, draw: EntryId) -> Outcome {
    let known = session.state.rotation().draw(&draw).and_then(|draw| draw.round());
    let attempt = known.map_or(1, |round| round.attempt);
    let (said, secret) = commitment(session, member, draw, attempt)?;
    let ready = session.prepare(context, vec![said])?;
    let sentence = ready.first().map(|entry| entry.sentence.clone()).unwrap_or_default();
    context.ui.aside(Look::Strong, text!("public-for-ever", sentence = &sentence));
    context.ui.say(text!("draw-reveals-itself"));
    if !context.ui.ask_yes(&text!("ask-sign"))? {
        return Err(crate::session::not_done());
    }
    let Some(first) = ready.first().map(|ready| ready.entry.id()) else { return Ok(()) };
    let mut held = vec![hold(context, session, draw, attempt, secret, first)?];
    if attempt < ATTEMPTS {
        let (said, secret) = commitment(session, member, draw, attempt + 1)?;
        let second = session.sign_to_hold(context, &said)?;
        held.push(hold(context, session, draw, attempt + 1, secret, second.id())?);
        held.push(second);
    }
    let entries = held.iter().map(|entry| Signed { entry: entry.bytes().into(), details: vec![] }).collect();
    let ask = Ask::Hold { cell: session.cell.cell, entries };
    expect_answer!(session.ask(context, ask)?, Answer::Done => ())?;
    let fate = session.submit(context, &ready)?.pop().ok_or_else(crate::context::unexpected)?;
    fate::show(context, &fate, &sentence)?;
    context.ui.object(fate::object(&fate))?;
    fate::exit(std::slice::from_ref(&fate))
}

fn commitment(session: &Session, member: MemberId, draw: EntryId, attempt: u8) -> Outcome<(Draft, Secret)> {
    let secret = Secret(random()?);
    let commitment = Try { cell: session.cell.cell, draw, attempt }.commitment(member, secret);
    let said = Committed { common: Common::default(), draw, attempt, commitment };
    Ok((say::draft(&said, None)?, secret))
}

fn hold(
    context: &mut Context,
    session: &Session,
    draw: EntryId,
    attempt: u8,
    secret: Secret,
    after: EntryId,
) -> Outcome<SignedEntry> {
    let mut said = say::draft(&Revealed { common: Common::default(), draw, attempt, secret }, None)?;
    said.after.push(after);
    session.sign_to_hold(context, &said)
}

fn hat(context: &mut Context, session: &mut Session, written: &str, people: &[String]) -> Outcome {
    let draw = role::draw_id(context, session, written)?;
    if let Some(known) = session.state.rotation().draw(&draw) {
        let wanted = usize::from(known.seats).min(known.first.len() + known.then.len());
        if people.len() < wanted {
            return Err(Failure::usage(text!("hat-too-few", count = wanted, named = people.len())));
        }
    }
    let order = people.iter().map(|handle| session.names.find(handle)).collect::<Outcome<Vec<_>>>()?;
    let said = HatDrawn { common: Common::default(), draw, order: roll(order)? };
    let draft = say::draft(&said, None)?;
    session.say(context, draft)?;
    session.refresh(context)?;
    let Some(known) = session.state.rotation().draw(&draw) else { return Ok(()) };
    if known.is_done() {
        list::say(context, session, known);
        return Ok(());
    }
    for line in list::hats(session, known) {
        context.ui.warn(line);
    }
    let missing = tellers(session).saturating_sub(known.agreeing());
    let number = known.position.to_string();
    context.ui.say(text!("hat-more-tellers", count = missing, number = number));
    Ok(())
}

fn tellers(session: &Session) -> usize {
    rotation::tellers(session.state.charter(), session.state.members())
}
