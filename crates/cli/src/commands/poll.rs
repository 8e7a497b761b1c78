//! `lifeboat poll`: secret ballots, on paper or signed by one of a ring. A ballot leaves this home as a
//! file that names nobody; how it reaches a teller is for people to choose, and never the network.

mod box_of;
pub mod list;
mod open;

use crate::context::{Context, random};
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::ui::plain;
use crate::{fate, reference, say, text};
use box_of::Kept;
use lifeboat_commons::ballots::{BallotsCarried, Marks, PaperCounted, Poll, Registered, SecretBallot, Stage};
use lifeboat_commons::ring::RingSecret;
use lifeboat_commons::{Common, Paper};
use lifeboat_log::BlobHash;
use lifeboat_log::codec::{List, encode};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Most bytes of ballots in one entry: what is around them fits too.
const ENTRY_BYTES: usize = 56_000;

/// Vote in secret: by ballots that nobody can trace, or on paper
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the polls, and their results
    List,
    /// Open a poll
    Open(open::Args),
    /// Register a key that is made for this poll alone
    Register {
        /// The number of the poll
        #[arg(value_name = "POLL")]
        poll: String,
    },
    /// Write your ballot into a file that names nobody; bring it to a teller
    Cast {
        /// The number of the poll
        #[arg(value_name = "POLL")]
        poll: String,
        /// The numbers of the options that you mark, as listed; none to abstain
        #[arg(value_name = "OPTION")]
        marks: Vec<u16>,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Put ballots that were brought to you into the log
    Carry {
        /// The number of the poll
        #[arg(value_name = "POLL")]
        poll: String,
        /// The files
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// See whether your ballot is in
    Check {
        /// The number of the poll
        #[arg(value_name = "POLL")]
        poll: String,
    },
    /// Sign, as a teller, the count of the papers
    Count {
        /// The number of the poll
        #[arg(value_name = "POLL")]
        poll: String,
        /// How often each option was marked, in their order
        #[arg(value_name = "COUNT", required = true)]
        counts: Vec<u32>,
        /// Papers that marked nothing, or cannot be read
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        blank: u32,
        /// How many papers there are, when an option may be marked beside others
        #[arg(long, value_name = "NUMBER")]
        papers: Option<u32>,
        /// A photo of the papers; its hash goes into the log, the photo stays with you
        #[arg(long, value_name = "FILE")]
        photo: PathBuf,
    },
}

impl Args {
    /// What is to be signed to open a poll; nothing for what else can be done with one.
    ///
    /// # Errors
    /// When it cannot be opened so.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Option<Draft>> {
        match &self.what {
            Some(What::Open(args)) => args.draft(context, session).map(Some),
            _ => Ok(None),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When there is no such poll, or the rules do not allow it.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    match &args.what {
        None | Some(What::List) => list::run(context, &session),
        Some(What::Open(args)) => {
            let draft = args.draft(context, &session)?;
            session.say(context, draft).map(drop)
        }
        Some(What::Register { poll }) => register(context, &mut session, poll),
        Some(What::Cast { poll, marks, to }) => cast(context, &session, poll, marks, to),
        Some(What::Carry { poll, files }) => carry(context, &mut session, poll, files),
        Some(What::Check { poll }) => check(context, &session, poll),
        Some(What::Count { poll, counts, blank, papers, photo }) => {
            let poll = find(context, &session, poll)?.id;
            let marked = counts.iter().fold(*blank, |sum, count| sum.saturating_add(*count));
            let paper = Paper { photo: Some(hash_of(photo)?), ..Paper::default() };
            let said = PaperCounted {
                common: Common { paper: Some(paper), ..Common::default() },
                poll,
                counts: List::new(counts.clone()).ok_or_else(|| Failure::usage(text!("poll-options")))?,
                blank: *blank,
                papers: papers.unwrap_or(marked),
            };
            let draft = say::draft(&said, None)?;
            session.say(context, draft).map(drop)
        }
    }
}

/// The poll of this number.
fn find<'a>(context: &mut Context, session: &'a Session, written: &str) -> Outcome<&'a Poll> {
    let (_, record) = session.find(context, written)?;
    session.state.ballots().poll(&record.entry().id()).ok_or_else(|| {
        Failure::new(text!("poll-unknown", number = plain(written))).hint(text!("poll-unknown-hint"))
    })
}

fn register(context: &mut Context, session: &mut Session, written: &str) -> Outcome {
    session.member()?;
    let poll = find(context, session, written)?;
    let kept = Kept::of(session, poll.id);
    let secret = match kept.secret()? {
        Some(secret) => secret,
        None => kept.make(&random()?)?,
    };
    let said = Registered { common: Common::default(), poll: poll.id, key: secret.public() };
    let draft = say::draft(&said, None)?;
    session.say(context, draft)?;
    context.ui.say(text!("poll-registered", number = written.trim_start_matches('#')));
    Ok(())
}

fn secret(session: &Session, poll: &Poll) -> Outcome<RingSecret> {
    let secret = Kept::of(session, poll.id).secret()?;
    let registered = secret.filter(|secret| poll.keys.contains_key(&secret.public()));
    registered.ok_or_else(|| {
        Failure::new(text!("poll-not-registered", number = reference::short(poll.position)))
            .hint(text!("poll-not-registered-hint"))
    })
}

fn cast(context: &mut Context, session: &Session, written: &str, marks: &[u16], to: &Path) -> Outcome {
    let poll = find(context, session, written)?;
    let secret = secret(session, poll)?;
    match poll.stage(session.now) {
        Stage::Registering => {
            return Err(Failure::new(text!("poll-ring-open")).hint(text!("poll-ring-open-hint")));
        }
        Stage::TooFew => return Err(Failure::new(text!("poll-too-few")).hint(text!("poll-too-few-hint"))),
        Stage::Closed => return Err(Failure::new(text!("poll-over"))),
        _ => {}
    }
    let unfit = || Failure::usage(text!("poll-marks", count = poll.choices));
    let mut chosen: Vec<u16> = marks.iter().filter_map(|mark| mark.checked_sub(1)).collect();
    chosen.sort_unstable();
    let marked = Marks::new(chosen).filter(|m| m.len() == marks.len() && poll.form.allows(m, poll.choices));
    let marked = marked.ok_or_else(unfit)?;
    let ring = poll.ring(session.cell.cell).map_err(|bad| Failure::new(bad.to_string()))?;
    let ballot = SecretBallot::sign(&ring, &secret, marked, &random()?)
        .map_err(|bad| Failure::new(bad.to_string()))?;
    let kept = Kept::of(session, poll.id);
    let before = kept.ballot()?.filter(|before| before.marks != ballot.marks);
    // What is not in a file of its own nobody can carry: this home remembers it only then.
    box_of::write(to, poll.id, &ballot)?;
    kept.keep_ballot(&ballot)?;
    if before.is_some() {
        context.ui.warn(text!("poll-cast-twice"));
    }
    context.ui.line(text!("poll-cast", path = to.display().to_string()))?;
    context.ui.say(text!("poll-cast-next"));
    context.ui.object(json!({"file": to.display().to_string(), "hash": box_of::hex(&ballot.hash())}))
}

fn carry(context: &mut Context, session: &mut Session, written: &str, files: &[PathBuf]) -> Outcome {
    let poll = find(context, session, written)?;
    let ring = poll.ring(session.cell.cell).map_err(|bad| Failure::new(bad.to_string()))?;
    let mut ballots = Vec::new();
    for file in files {
        let ballot = box_of::read(file, poll.id)?;
        if let Err(bad) = ballot.verify(&ring) {
            let file = file.display().to_string();
            return Err(Failure::new(text!("poll-bad-ballot", file = file)).because(bad));
        }
        ballots.push(ballot);
    }
    ballots.retain(|ballot| !poll.counts_ballot(&ballot.hash()));
    ballots.sort_by_key(SecretBallot::hash);
    ballots.dedup();
    if ballots.is_empty() {
        context.ui.say(text!("poll-all-in"));
        return Ok(());
    }
    let drafts = split(ballots).into_iter().map(|ballots| {
        let ballots = List::new(ballots).ok_or_else(|| Failure::usage(text!("poll-options")))?;
        say::draft(&BallotsCarried { common: Common::default(), poll: poll.id, ballots }, None)
    });
    let drafts = drafts.collect::<Outcome<Vec<Draft>>>()?;
    let ready = session.prepare(context, drafts)?;
    session.confirm(context, &ready)?;
    let fates = session.submit(context, &ready)?;
    for (fate, ready) in fates.iter().zip(&ready) {
        fate::show(context, fate, &ready.sentence)?;
        context.ui.object(fate::object(fate))?;
    }
    fate::exit(&fates)
}

/// Ballots in order, in as many entries as they need.
fn split(ballots: Vec<SecretBallot>) -> Vec<Vec<SecretBallot>> {
    let (mut parts, mut size) = (vec![Vec::new()], 0);
    for ballot in ballots {
        let bytes = encode(&ballot).len();
        let full = size + bytes > ENTRY_BYTES
            || parts.last().is_some_and(|p: &Vec<_>| p.len() >= lifeboat_commons::limits::MAX_CARRIED);
        if full && size > 0 {
            parts.push(Vec::new());
            size = 0;
        }
        size += bytes;
        if let Some(part) = parts.last_mut() {
            part.push(ballot);
        }
    }
    parts
}

fn check(context: &mut Context, session: &Session, written: &str) -> Outcome {
    let poll = find(context, session, written)?;
    let number = reference::short(poll.position);
    let ballot = Kept::of(session, poll.id).ballot()?.ok_or_else(|| {
        Failure::new(text!("poll-no-ballot", number = &number)).hint(text!("poll-no-ballot-hint"))
    })?;
    let is_in = poll.counts_ballot(&ballot.hash());
    context.ui.object(json!({"in": is_in, "hash": box_of::hex(&ballot.hash())}))?;
    if is_in {
        return context.ui.line(text!("poll-is-in", number = number));
    }
    context.ui.line(text!("poll-is-not-in", number = number))?;
    if poll.stage(session.now) == Stage::Late {
        context.ui.say(text!("poll-put-in"));
    }
    Ok(())
}

/// The hash of a photo.
fn hash_of(path: &Path) -> Outcome<BlobHash> {
    let file = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    Ok(BlobHash(*blake3::hash(&file).as_bytes()))
}
