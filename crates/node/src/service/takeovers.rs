//! Asks about takeovers: how a cell stands to one, a call of this home's node, and endorsements, which
//! arrive signed by the member's key.

use super::Service;
use crate::ask::{Answer, CallItem, Progress, Refusal, TakeoverView};
use crate::cell::{CalledHere, CellHandle, Standing, ToCell};
use crate::wire::Blob;
use lifeboat_log::codec;
use lifeboat_log::{Call, CellId, Endorsement, Term};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

impl Service {
    /// How a cell stands to being taken over.
    pub(super) async fn takeover(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let standing = asked(&open, ToCell::Standing).await?;
        Ok(Answer::Takeover(view(&standing)))
    }

    /// Makes a term key for a call of this home's node; nothing is promised or told yet.
    pub(super) async fn propose_takeover(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        if open.facts().keeper {
            return Err(Refusal::new("keeper", "this home keeps the log already"));
        }
        let standing = asked(&open, ToCell::Standing).await?;
        let era = standing.free.ok_or_else(|| {
            Refusal::new("no_log", "nothing of this cell's log is here yet: `lifeboat sync` first")
        })?;
        let key = self.keys.create_term().map_err(|e| Refusal::new("key", e.to_string()))?;
        let call = Call { term: Term::new(era, 0), node: self.node(), term_key: key.public() };
        Ok(Answer::Called(Blob(codec::encode(&call))))
    }

    /// Promises an endorsement and tells of it.
    pub(super) async fn endorse_takeover(
        self: &Arc<Self>,
        cell: CellId,
        signed: &Blob,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let (call, endorsement): (Call, Endorsement) =
            codec::decode(signed).map_err(|e| Refusal::new("not_valid", e.to_string()))?;
        let endorsement = Box::new(endorsement);
        let done = asked(&open, |done| ToCell::Endorse { call, endorsement, done }).await?;
        done.map(|()| Answer::Done).map_err(|text| Refusal::new("not_endorsed", text))
    }

    /// Lets this home's own call go on without the closes of enough witnesses.
    pub(super) async fn force_takeover(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        match asked(&open, ToCell::Force).await? {
            true => Ok(Answer::Done),
            false => Err(Refusal::new("no_call", "this home has proposed no takeover of that cell")),
        }
    }
}

async fn asked<T>(open: &CellHandle, ask: impl FnOnce(oneshot::Sender<T>) -> ToCell) -> Result<T, Refusal> {
    let (sender, answer) = oneshot::channel();
    open.tell(ask(sender)).await;
    answer.await.map_err(|_| Refusal::new("closed", "the cell was just being closed: try again"))
}

fn view(standing: &Standing) -> TakeoverView {
    TakeoverView {
        term: standing.term.to_string(),
        era: standing.term.era(),
        forced: standing.forced,
        electorate: standing.electorate as u32,
        floor: standing.floor.map(|floor| Blob(codec::encode(&floor))),
        calls: standing.calls.iter().map(item).collect(),
    }
}

fn item(called: &CalledHere) -> CallItem {
    CallItem {
        call: Blob(codec::encode(&called.call)),
        era: called.call.term.era(),
        node: called.call.node,
        endorsers: called.endorsers.clone(),
        given: called.given.0 as u32,
        of: called.given.1 as u32,
        closes: called.closes.0 as u32,
        closes_needed: called.closes.1 as u32,
        own: called.own,
        endorsed: called.endorsed,
        reach: called.reach.map(|floor| floor.size),
    }
}
