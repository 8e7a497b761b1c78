//! Asking others, at a start, what this home's keys have signed, driven as the real node drives it: until
//! enough have answered and their answers are held here, or a person vouches for the disk, the home follows
//! and signs nothing.

use crate::home::{Home, Run};
use crate::judge::Invariant;
use crate::wire::{Ctx, Out, Purpose};
use lifeboat_log::PublicKey;
use lifeboat_log::codec::Bytes;
use lifeboat_protocol::inquiry::{self, StartNonce, Worth};
use lifeboat_protocol::message::Recalled;
use lifeboat_protocol::{Inquiry, Refusal, Request, Response};
use lifeboat_store::{Cosignings, LogStore, Promises, Vows};

/// The inquiry of a home that starts with this log.
pub fn begin(store: &LogStore, ctx: &mut Ctx<'_>) -> Inquiry {
    let mut nonce = StartNonce::default();
    nonce[..8].copy_from_slice(&ctx.random.any().to_le_bytes());
    let mut inquiry = Inquiry::new(nonce);
    let promises = Promises::open(store.storage().clone(), store.cell()).ok();
    let promised = promises.as_ref().and_then(Promises::last).map(|last| (last.term, last.size));
    let held = store.checkpoint().map(|held| (held.origin.term, held.size));
    inquiry.found(store.len(), held, promised);
    inquiry
}

impl Home {
    /// How many homes must answer yet before this one may sign as keeper or witness of the open term.
    pub fn lacks(&self) -> usize {
        let Some(run) = &self.run else { return 0 };
        let (node, own) = (self.node.public(), self.witness.public());
        run.store.chain().open().map_or(0, |open| run.inquiry.lacks(&open.opening, &node, &own))
    }

    /// Whether it may.
    pub fn may_sign(&mut self) -> bool {
        let (node, own) = (self.node.public(), self.witness.public());
        let Some(Run { store, inquiry, .. }) = &mut self.run else { return false };
        let Some(open) = store.chain().open() else { return false };
        inquiry.may_sign(open, &node, &own, |size| store.root(open.term, size).ok())
    }

    /// Asks whom it is time to ask.
    pub fn ask(&mut self, ctx: &mut Ctx<'_>) {
        if self.lacks() == 0 {
            return;
        }
        let (cell, Some(run)) = (self.cell, &mut self.run) else { return };
        // All homes are connected here: nobody has to pass the question on.
        let (asker, nonce) = (self.node.public(), run.inquiry.nonce());
        for peer in run.inquiry.due(ctx.now) {
            ctx.out.push(Out::Ask(
                ctx.home_of(&peer),
                Purpose::Recall,
                Request::Recall { cell, asker, nonce },
            ));
        }
    }

    /// A person says that the disk is not an old backup.
    pub fn vouch(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(run) = &mut self.run {
            run.inquiry.end();
        }
        self.keep_if_possible(ctx);
    }

    /// What is known here, for a home that has started.
    pub fn answer_recall(&self, asker: &PublicKey, nonce: &StartNonce) -> Response {
        let Some(run) = &self.run else { return Response::refused(Refusal::NOT_HELD) };
        let checkpoint = run.store.checkpoint().and_then(|held| Bytes::new(held.to_bytes()));
        Response::recalled(Recalled {
            checkpoint: checkpoint.unwrap_or_default(),
            calls: run.board.news(&run.state),
            witness: self.witness.public(),
            signature: inquiry::answer(self.cell, asker, nonce, &self.witness),
        })
    }

    /// A peer's answer. It counts once what it shows of this home's own promises is on the disk.
    pub fn told_recalled(&mut self, peer: PublicKey, recalled: &Recalled, ctx: &mut Ctx<'_>) {
        self.told_calls(&recalled.calls);
        let kept = self.recall(recalled).is_some();
        self.told_tip(peer, recalled.checkpoint.to_vec(), ctx);
        let (cell, node) = (self.cell, self.node.public());
        let Some(run) = self.run.as_mut().filter(|_| kept) else { return };
        if run.inquiry.answered(cell, &node, recalled, run.store.chain().open()) == Worth::Forged {
            let what = format!("home {} does not believe {} its answer", self.index, ctx.home_of(&peer));
            ctx.judge.wrong(Invariant::NobodyBlamed, what);
        }
        self.keep_if_possible(ctx);
    }

    /// Writes down what an answer shows that this home's witness has promised, and this disk forgot.
    fn recall(&mut self, recalled: &Recalled) -> Option<()> {
        let (cell, own, disk) = (self.cell, self.witness.public(), self.disk());
        if let Some((origin, shown)) = inquiry::cosigned(cell, recalled, &own) {
            let mut file = Cosignings::open(disk.clone(), own, &origin.to_string()).ok()?;
            if let Some(given) = inquiry::promise(file.last(), shown) {
                // The machine is made anew with what lies on the disk, also where the writing fails.
                self.run.as_mut()?.cosigner = None;
                file.promise(&given).ok()?;
            }
        }
        for (call, close) in inquiry::closes(cell, recalled, &own) {
            Vows::open(disk.clone(), cell).ok()?.close(call, close).ok()?;
        }
        Some(())
    }
}
