//! Asks about witnesses and the handover of a log.

use super::Service;
use crate::ask::{Answer, LogSetting, OwnKey, Progress, Refusal, WitnessedLogs};
use crate::cell::{CellHandle, ToCell, locked, succession};
use crate::cosigner::Cosigner;
use crate::home::MAX_LOGS;
use crate::limits::{HANDOVER_PATIENCE, LOOK_EVERY};
use lifeboat_commons::MemberId;
use lifeboat_commons::membership::NodeNamed;
use lifeboat_commons::witnessing::WitnessOffered;
use lifeboat_log::checkpoint::witness_name;
use lifeboat_log::codec::List;
use lifeboat_log::note::{COSIGNATURE, verifier_key};
use lifeboat_log::{CellId, EntryId, PublicKey, Successor, Term};
use lifeboat_protocol::{Request, Response};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

impl Service {
    /// The home's witness.
    pub fn cosigner(&self) -> Arc<Cosigner> {
        locked(&self.cosigner).clone()
    }

    /// That a key of this home serves a member. A new witness key closes the cells, so that they begin anew
    /// with it.
    pub(super) async fn possession(
        self: &Arc<Self>,
        cell: CellId,
        member: EntryId,
        what: OwnKey,
    ) -> Result<Answer, Refusal> {
        let member = MemberId(member.0);
        if what == OwnKey::NewWitness {
            let key = self.keys.new_witness().map_err(|e| Refusal::new("key", e.to_string()))?;
            *locked(&self.cosigner) = Arc::new(Cosigner::new(key, self.storage.clone()));
            for open in self.open_cells() {
                self.shut(&open.cell()).await;
            }
            let (progress, _) = mpsc::channel(1);
            self.open_all(&progress).await;
        }
        let (key, signature) = match what {
            OwnKey::Node => {
                let named = NodeNamed::sign(cell, member, &self.node_key);
                (named.node, named.possession)
            }
            OwnKey::Witness | OwnKey::NewWitness => {
                let offered = WitnessOffered::sign(cell, member, self.cosigner().secret());
                (offered.key, offered.possession)
            }
        };
        Ok(Answer::Possession { key, signature })
    }

    /// Hands a log over.
    pub(super) async fn hand_over_log(
        self: &Arc<Self>,
        cell: CellId,
        to: Option<PublicKey>,
        witnesses: Vec<PublicKey>,
        quorum: u16,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        if !open.facts().keeper {
            let text = "this home does not keep that cell's log: only its keeper can hand it over";
            return Err(Refusal::new("not_keeper", text));
        }
        let term = {
            let shelf = open.read();
            shelf.store.chain().open().and_then(|open| next_turn(open.term))
        };
        let term =
            term.ok_or_else(|| Refusal::new("no_turn", "no further turn of this era can be numbered"))?;
        let node = to.unwrap_or_else(|| self.node());
        let successor = Box::new(self.successor(cell, node, term).await?);
        let witnesses = List::new(witnesses).ok_or_else(|| Refusal::new("too_many", "too many witnesses"))?;
        let (outcome, told) = oneshot::channel();
        open.tell(ToCell::HandOver { successor, witnesses: (witnesses, quorum), outcome }).await;
        match told.await {
            Ok(Ok(())) => {}
            Ok(Err(refusal)) => return Err(Refusal::new(refusal.name(), refusal.text().to_owned())),
            Err(_) => return Err(Refusal::new("fault", "the cell was closed before it was handed over")),
        }
        if opens(&open, term).await {
            return Ok(Answer::HandedOver { term });
        }
        let text = "the log is handed over, and the next keeper has not opened its term yet: leave this home's node running until `lifeboat status` shows it";
        Err(Refusal::new("handed_over", text))
    }

    /// What the next keeper brings.
    async fn successor(&self, cell: CellId, node: PublicKey, term: Term) -> Result<Successor, Refusal> {
        if node == self.node() {
            return succession::make(&self.keys, node, term).map_err(|e| Refusal::new("key", e.to_string()));
        }
        let network = self.network.get().filter(|network| network.is_connected(&node));
        let network = network.ok_or_else(|| {
            Refusal::new(
                "not_reached",
                "the next keeper's node is not connected: start it, and yours, and try again",
            )
        })?;
        match network.net.request(node, &Request::Succeed { cell, term }).await {
            Ok(Response::Successor(successor)) if successor.node == node => Ok(successor),
            Ok(Response::Refused(refusal)) => Err(Refusal::new(refusal.name(), refusal.text().to_owned())),
            Ok(_) => Err(Refusal::new("not_reached", "the next keeper's node did not answer as it should")),
            Err(error) => Err(Refusal::new("not_reached", error.to_string())),
        }
    }

    /// The logs of others that this home cosigns.
    pub fn logs(&self) -> WitnessedLogs {
        let settings = locked(&self.settings);
        let key = self.cosigner().key();
        WitnessedLogs {
            key: verifier_key(&witness_name(&key), COSIGNATURE, &key.0),
            listen: settings.witness_listen.clone(),
            logs: settings.logs.clone(),
        }
    }

    pub(super) fn trust(&self, log: LogSetting) -> Result<Answer, Refusal> {
        let known = log.log().ok_or_else(|| {
            Refusal::new("bad_log", "not the key of a log: it reads <name>+<8 hexadecimal digits>+<base64>")
        })?;
        if locked(&self.settings).logs.len() >= MAX_LOGS {
            return Err(Refusal::new(
                "too_many",
                format!("a home cosigns at most {MAX_LOGS} logs of others"),
            ));
        }
        self.change_settings(|settings| {
            settings.logs.retain(|other| other.origin != known.origin);
            settings.logs.push(log);
        })?;
        Ok(Answer::Done)
    }

    pub(super) fn serve_witness(&self, listen: &str) -> Result<Answer, Refusal> {
        if !listen.is_empty() && listen.parse::<std::net::SocketAddr>().is_err() {
            let text =
                "that is not where a program can listen: an address and a port, such as 127.0.0.1:8080";
            return Err(Refusal::new("bad_address", text));
        }
        self.change_settings(|settings| listen.clone_into(&mut settings.witness_listen))?;
        Ok(Answer::Done)
    }

    pub(super) fn distrust(&self, origin: &str) -> Result<Answer, Refusal> {
        if !locked(&self.settings).logs.iter().any(|log| log.origin == origin) {
            return Err(Refusal::new("unknown_log", "this home does not cosign a log with that origin"));
        }
        self.change_settings(|settings| settings.logs.retain(|log| log.origin != origin))?;
        Ok(Answer::Done)
    }
}

/// The turn after this one.
fn next_turn(term: Term) -> Option<Term> {
    Some(Term::new(term.era(), term.turn().checked_add(1)?))
}

/// Waits until a term is open in the log here, and under a checkpoint.
async fn opens(open: &CellHandle, term: Term) -> bool {
    let end = tokio::time::Instant::now() + HANDOVER_PATIENCE;
    loop {
        let is_open = open.read().store.checkpoint().is_some_and(|signed| signed.origin.term >= term);
        if is_open || tokio::time::Instant::now() >= end {
            return is_open;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
