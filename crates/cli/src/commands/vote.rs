//! `lifeboat vote`: casts a vote, changes it, or opens a hidden one after the close by saying it again.

use crate::commands::{decisions, propose};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::{Draft, Session};
use crate::ui::plain;
use crate::{reference, say, text, unlock};
use lifeboat_commons::decisions::{Ballot, Commit, Decision, Method, OpenBallot, Stage, Stance, Terms, Vote};
use lifeboat_commons::{Common, MemberId};
use lifeboat_log::codec::List;
use lifeboat_log::{EntryId, SecretKey};

/// What a key signs to make the salt of its hidden ballots: nobody else can, and no file need be kept.
const SALT_PREFIX: &[u8] = b"lifeboat/ballot-salt/v1\0";
/// Context of the hash that makes a salt of that signature.
const SALT_CONTEXT: &str = "lifeboat/ballot-salt/v1";

/// Vote on a proposal, or change your vote
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the proposal
    #[arg(value_name = "NUMBER")]
    number: String,
    /// yes, no, abstain, aside, object; or the options you want, by number or name: those you approve,
    /// each with points (1:5 2:3), or from first to last, equal ones as 1=3
    #[arg(value_name = "VOTE", required = true, num_args = 1..)]
    words: Vec<String>,
    /// Your reason, public for ever; an objection needs one
    #[arg(long, value_name = "TEXT")]
    because: Option<String>,
}

impl Args {
    /// What is to be signed.
    ///
    /// # Errors
    /// When the proposal is unknown, or the words are no vote on it.
    pub fn draft(&self, context: &mut Context, session: &Session) -> Outcome<Draft> {
        let id = propose::decision(context, session, &self.number)?;
        let unknown = || Failure::new(text!("decision-unknown", number = plain(&self.number)));
        let decision = session.state.decisions().get(&id).ok_or_else(unknown)?;
        let (_, names) = decisions::asked(context, session, decision)?;
        let ballot = ballot(&self.words, &decision.terms, &names)?;
        let objects = matches!(ballot, Ballot::Stance(Stance::Block));
        let said_now = decision.terms.hidden.is_none() || matches!(decision.stage, Stage::Opening(_));
        if objects && said_now && self.because.as_deref().is_none_or(|why| why.trim().is_empty()) {
            let number = plain(reference::typed(&self.number));
            return Err(
                Failure::usage(text!("vote-object-why")).hint(text!("vote-object-why-hint", number = number))
            );
        }
        let (common, version, note) = (Common::default(), decision.current().0, self.because.as_deref());
        if decision.terms.hidden.is_none() {
            return say::draft(&Vote { common, version, ballot }, note);
        }
        let salt = salt(&unlock::member_key(context, &session.home)?, &version);
        if matches!(decision.stage, Stage::Opening(_)) {
            return say::draft(&OpenBallot { common, version, ballot, salt }, note);
        }
        let member: MemberId = session.member()?;
        let hash = ballot.commitment(&version, &member, &salt);
        // The reason would tell the vote: it is said when the ballot is opened.
        say::draft(&Commit { common, version, hash }, None)
    }
}

/// The salt of a key's hidden ballot on a version: the same each time, and a secret of that key.
fn salt(key: &SecretKey, version: &EntryId) -> [u8; 16] {
    let signature = key.sign(&[SALT_PREFIX, &version.0].concat());
    let mut salt = [0; 16];
    salt.copy_from_slice(&lifeboat_log::hash::derive(SALT_CONTEXT, &signature.0)[..16]);
    salt
}

/// The ballot that these words are.
fn ballot(words: &[String], terms: &Terms, names: &[String]) -> Outcome<Ballot> {
    let words: Vec<String> = words.iter().map(|word| word.trim().to_lowercase()).collect();
    if let [word] = &words[..]
        && let Some(stance) = stance(word, terms.method)
    {
        return Ok(Ballot::Stance(stance));
    }
    let unfit = || {
        let said = plain(&words.join(" "));
        let hint = match terms.method {
            Method::Consent | Method::Consensus { .. } => text!("vote-hint-consent"),
            Method::Majority { .. } | Method::TwoThirds => text!("vote-hint-majority"),
            Method::Approval | Method::Seats { .. } => text!("vote-hint-approval"),
            Method::Score { most } => text!("vote-hint-score", most = most),
            Method::Ranked => text!("vote-hint-ranked"),
        };
        Failure::usage(text!("vote-unknown", said = said)).hint(hint)
    };
    let option = |word: &str| {
        let number = word.parse::<usize>().ok().filter(|n| (1..=names.len()).contains(n)).map(|n| n - 1);
        let named = || names.iter().position(|name| name.to_lowercase() == word);
        number.or_else(named).and_then(|at| u8::try_from(at).ok()).ok_or_else(unfit)
    };
    let list = |values: Vec<u8>| List::new(values).ok_or_else(unfit);
    let made = match terms.method {
        Method::Approval | Method::Seats { .. } if words == ["none"] => Ballot::Approve(List::default()),
        Method::Approval | Method::Seats { .. } => {
            let mut chosen = words.iter().map(|word| option(word)).collect::<Outcome<Vec<u8>>>()?;
            chosen.sort_unstable();
            chosen.dedup();
            Ballot::Approve(list(chosen)?)
        }
        Method::Score { .. } => {
            let mut points = vec![0; names.len()];
            for word in &words {
                let (name, value) = word.rsplit_once(':').ok_or_else(unfit)?;
                points[usize::from(option(name)?)] = value.parse().map_err(|_| unfit())?;
            }
            Ballot::Score(list(points)?)
        }
        Method::Ranked => {
            let mut ranks = vec![0; names.len()];
            for (rank, word) in (1..).zip(&words) {
                for name in word.split('=') {
                    let at = usize::from(option(name)?);
                    if ranks[at] != 0 {
                        return Err(unfit());
                    }
                    ranks[at] = rank;
                }
            }
            Ballot::Rank(list(ranks)?)
        }
        _ => return Err(unfit()),
    };
    if made.fits(terms) { Ok(made) } else { Err(unfit()) }
}

fn stance(word: &str, method: Method) -> Option<Stance> {
    let consents = matches!(method, Method::Consent | Method::Consensus { .. });
    match word {
        "yes" | "y" | "for" | "agree" | "consent" if !method.chooses() => Some(Stance::For),
        "no" | "n" | "against" | "disagree" if !method.chooses() && !consents => Some(Stance::Against),
        "abstain" => Some(Stance::Abstain),
        "aside" | "stand-aside" if consents => Some(Stance::Aside),
        "object" | "block" if consents => Some(Stance::Block),
        _ => None,
    }
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    let draft = args.draft(context, &session)?;
    session.say(context, draft).map(drop)?;
    session.refresh(context)?;
    tell(context, &session, &args.number)
}

/// Says where the decision stands now, and what a hidden vote still needs.
fn tell(context: &mut Context, session: &Session, number: &str) -> Outcome {
    let id = propose::decision(context, session, number)?;
    let Some(decision) = session.state.decisions().get(&id) else { return Ok(()) };
    let decision: &Decision = decision;
    let (_, names) = decisions::asked(context, session, decision)?;
    let lookup = session.lookup();
    context.ui.line(session.teller(&lookup).standing(decision, &names))?;
    if decision.terms.hidden.is_some() && matches!(decision.stage, Stage::Open(_)) {
        context.ui.say(text!("vote-open-later"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_commons::decisions::{Tie, Who};
    use lifeboat_log::Time;

    fn read(words: &[&str], method: Method) -> Option<String> {
        let names: Vec<String> = ["hall", "kitchen", "park"].map(String::from).into();
        let options = if method.chooses() { 3 } else { 0 };
        let terms = Terms {
            method,
            options,
            who: Who::All,
            opens: Time::ZERO,
            closes: Time::from_ms(1),
            quorum: 0,
            tie: Tie::Open,
            hidden: None,
            review: None,
            payload: None,
        };
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        ballot(&words, &terms, &names[..usize::from(options)]).ok().map(|read| crate::deciding::ballot(&read))
    }

    #[test]
    fn a_vote_is_typed_as_people_say_it() {
        let said = |words: &[&str], method| read(words, method).unwrap();
        assert_eq!(said(&["yes"], Method::Consent), "yes");
        assert_eq!(said(&["object"], Method::Consensus { k: 1 }), "object");
        assert_eq!(said(&["no"], Method::Majority { percent: 50 }), "no");
        assert_eq!(said(&["park", "1"], Method::Approval), "1, 3");
        assert_eq!(said(&["none"], Method::Approval), "none of them");
        assert_eq!(said(&["kitchen"], Method::Seats { seats: 2 }), "2");
        assert_eq!(said(&["hall:5", "3:2"], Method::Score { most: 5 }), "1:5 2:0 3:2");
        assert_eq!(said(&["2", "hall=3"], Method::Ranked), "2 > 1 = 3");
        assert_eq!(said(&["abstain"], Method::Ranked), "abstain");
    }

    #[test]
    fn what_is_no_vote_is_refused() {
        for (words, method) in [
            (vec!["no"], Method::Consent),
            (vec!["aside"], Method::Majority { percent: 50 }),
            (vec!["4"], Method::Approval),
            (vec!["1:6"], Method::Score { most: 5 }),
            (vec!["1", "1"], Method::Ranked),
            (vec!["cellar"], Method::Ranked),
            (vec!["yes"], Method::Approval),
        ] {
            assert_eq!(read(&words, method), None, "{words:?}");
        }
    }
}
