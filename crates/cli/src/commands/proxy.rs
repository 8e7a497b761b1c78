//! `lifeboat proxy`: lets somebody vote when one does not, and takes it back.

use crate::commands::propose;
use crate::context::Context;
use crate::error::Outcome;
use crate::session::Session;
use crate::ui::Look;
use crate::{reference, say, text};
use lifeboat_commons::decisions::Proxy;
use lifeboat_commons::membership::Member;
use lifeboat_commons::{Common, MemberId};
use serde_json::json;

/// Let somebody vote when you do not; take it back at any moment
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Who votes for you; all proxies are shown when left out
    #[arg(value_name = "HANDLE")]
    handle: Option<String>,
    /// On this proposal alone
    #[arg(long, value_name = "NUMBER")]
    only: Option<String>,
    /// Nobody votes for you any more
    #[arg(long, conflicts_with = "handle")]
    recall: bool,
}

/// Runs the command.
///
/// # Errors
/// When the entry cannot be made, signed or handed on.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let mut session = Session::open(context)?;
    if args.handle.is_none() && !args.recall {
        return list(context, &session);
    }
    let to = args.handle.as_ref().map(|handle| session.names.find(handle)).transpose()?;
    let decision = match &args.only {
        Some(number) => Some(propose::decision(context, &session, number)?),
        None => None,
    };
    let draft = say::draft(&Proxy { common: Common::default(), decision, to }, None)?;
    session.say(context, draft)?;
    context.ui.say(text!("proxy-bound", most = session.state.charter().proxies));
    Ok(())
}

fn list(context: &mut Context, session: &Session) -> Outcome {
    let (decisions, members) = (session.state.decisions(), session.state.members());
    let is_active = |id: &MemberId| members.get(id).is_some_and(Member::is_active);
    let mut none = true;
    for (from, only, to) in decisions.proxies().all().filter(|(from, ..)| is_active(from)) {
        none = false;
        let gone = !is_active(&to);
        let (from, to) = (session.names.member(&from), session.names.member(&to));
        let at = only.and_then(|id| decisions.get(&id)).map(|decision| decision.position);
        context.ui.object(json!({"from": from, "to": to, "only": at.map(|at| at.0), "gone": gone}))?;
        let line = match at {
            Some(at) => text!("proxy-line-only", from = &from, to = &to, number = reference::short(at)),
            None => text!("proxy-line", from = &from, to = &to),
        };
        context.ui.styled(if gone { Look::Bad } else { Look::Plain }, line)?;
        if gone {
            context.ui.styled(Look::Bad, text!("proxy-gone", from = from, to = to))?;
        }
    }
    if none {
        context.ui.say(text!("proxies-none"));
    }
    Ok(())
}
