//! Answering what peers ask. Nothing is done for a cell that is not followed here, and nothing is placed
//! or kept before it was verified.

use crate::cell::{CellHandle, Outcome, ToCell};
use crate::limits::RECALL_PATIENCE;
use crate::network::Network;
use crate::service::Service;
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::limits::{MAX_DETAILS, MAX_NOTE};
use lifeboat_log::{Detail, DetailHash, KeyCache, PublicKey, SignedEntry};
use lifeboat_protocol::inquiry::StartNonce;
use lifeboat_protocol::limits::MAX_RECALLED;
use lifeboat_protocol::message::{DetailBytes, EntryBytes, Recalled};
use lifeboat_protocol::takeover::CallNews;
use lifeboat_protocol::{Again, Refusal, Request, Response};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The answer to a peer's request.
pub async fn answer(
    service: &Arc<Service>,
    network: &Arc<Network>,
    peer: PublicKey,
    request: Request,
) -> Response {
    let Some(cell) = service.open_cell_of(&request.cell()) else {
        return Response::refused(Refusal::NOT_FOLLOWED);
    };
    match request {
        Request::Submit { entry, details, passed_on, .. } => {
            submit(network, &cell, entry, details, passed_on).await
        }
        Request::Tip { .. } => tip(&cell),
        Request::Details { hashes, .. } => {
            let read = move || Response::details(details_for(&cell, &peer, &hashes));
            tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| failed())
        }
        Request::Knock { invite, acceptance, handle, .. } => {
            let service = service.clone();
            let knock = move || service.knocked_at(&cell.cell(), invite, &acceptance, &handle);
            tokio::task::spawn_blocking(knock).await.unwrap_or_else(|_| failed())
        }
        Request::Knocked { invite, .. } => service.arrivals(&cell.cell(), |here| here.door.knocked(&invite)),
        Request::Misconduct { .. } => {
            let files = cell.read().evidence().all().into_iter().map(|kept| kept.file.clone()).collect();
            Response::misconduct(files)
        }
        Request::Have { next, .. } => {
            cell.tell(ToCell::Have { node: peer, next }).await;
            Response::Noted
        }
        Request::Cosigned { checkpoint, .. } => {
            match cell.try_tell(ToCell::Cosigned { peer, checkpoint: checkpoint.to_vec() }) {
                true => Response::Noted,
                false => Response::refused(Refusal::BUSY),
            }
        }
        Request::Succeed { term, .. } => {
            let (answer, told) = oneshot::channel();
            cell.tell(ToCell::Succeed { peer, term, answer }).await;
            match told.await {
                Ok(Ok(successor)) => Response::Successor(successor),
                Ok(Err(refusal)) => Response::Refused(refusal),
                Err(_) => failed(),
            }
        }
        Request::HandOver { handover, .. } => {
            cell.tell(ToCell::HandedOver(handover)).await;
            Response::Noted
        }
        Request::Opening { era, .. } => {
            let read = move || {
                let record = cell.read().store.opening_above(era).ok().flatten();
                let bytes = record.and_then(|record| Bytes::new(record.to_bytes()));
                bytes.map_or(Response::refused(Refusal::NOT_HELD), |record| Response::Opening { record })
            };
            tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| failed())
        }
        Request::Calls { calls, .. } => told_calls(&cell, calls.to_vec()).await,
        Request::Recall { asker, nonce, .. } => recall(network, &cell, peer, asker, nonce).await,
    }
}

async fn told_calls(cell: &CellHandle, calls: Vec<CallNews>) -> Response {
    let (answer, known) = oneshot::channel();
    cell.tell(ToCell::Calls { calls, answer: Some(answer) }).await;
    known.await.map_or_else(|_| failed(), |calls| Response::Calls { calls })
}

/// What this home knows of a node's keys that has started; and, where that node asks itself, what those know
/// who are connected here.
async fn recall(
    network: &Arc<Network>,
    cell: &Arc<CellHandle>,
    peer: PublicKey,
    asker: PublicKey,
    nonce: StartNonce,
) -> Response {
    let (answer, known) = oneshot::channel();
    cell.tell(ToCell::Recall { asker, nonce, answer }).await;
    let Ok(mut own) = known.await else { return failed() };
    if peer != asker {
        // It is passed on, with others beside it: the calls are told in other ways too.
        own.calls = List::default();
        return Response::recalled(own);
    }
    let mut asked = JoinSet::new();
    let others = network.connected().into_keys().filter(|other| *other != asker);
    for other in others.take(MAX_RECALLED - 1) {
        let (net, request) = (network.net.clone(), Request::Recall { cell: cell.cell(), asker, nonce });
        asked.spawn(async move { tokio::time::timeout(RECALL_PATIENCE, net.request(other, &request)).await });
    }
    let (mut answers, mut room) = (vec![own], MAX_NOTE);
    while let Some(answer) = asked.join_next().await {
        if let Ok(Ok(Ok(Response::Recalled { answers: more }))) = answer {
            // All of it must fit in one message, whatever somebody shows.
            let more = more.first().filter(|more| more.checkpoint.len() <= room);
            room -= more.map_or(0, |more| more.checkpoint.len());
            answers.extend(more.cloned().map(|more| Recalled { calls: List::default(), ..more }));
        }
    }
    Response::Recalled { answers: List::new(answers).unwrap_or_default() }
}

fn failed() -> Response {
    Response::refused(Refusal::STORE_FAILED)
}

/// Places an entry where this home keeps the log; else passes it on to the keeper, once. What the keeper
/// does not place is kept here, where this home's member belongs to the cell.
async fn submit(
    network: &Arc<Network>,
    cell: &Arc<CellHandle>,
    entry: EntryBytes,
    details: List<DetailBytes, MAX_DETAILS>,
    passed_on: bool,
) -> Response {
    let facts = cell.facts();
    if facts.keeper {
        return place(cell, &entry, &details).await;
    }
    if passed_on {
        return Response::refused(Refusal::NOT_KEEPER);
    }
    let by_keeper = match facts.keeper_node.filter(|keeper| network.is_connected(keeper)) {
        None => None,
        Some(keeper) => {
            let (entry, details) = (entry.clone(), details.clone());
            let request = Request::Submit { cell: cell.cell(), entry, details, passed_on: true };
            network.net.request(keeper, &request).await.ok()
        }
    };
    match by_keeper {
        Some(receipt @ Response::Receipt { .. }) => receipt,
        Some(Response::Refused(refusal)) if refusal.again() == Again::Never => Response::Refused(refusal),
        by_keeper => match (keep(cell, &entry, &details).await, by_keeper) {
            // What is not kept here either is best explained by whoever keeps the log.
            (Response::Refused(_), Some(Response::Refused(refusal))) => Response::Refused(refusal),
            (response, _) => response,
        },
    }
}

/// The entry and its details, once its signature was checked.
async fn verified(
    entry: &EntryBytes,
    details: &List<DetailBytes, MAX_DETAILS>,
) -> Result<(Box<SignedEntry>, Vec<Detail>), Response> {
    let bytes = entry.to_vec();
    let verify = move || SignedEntry::verify(bytes, &mut KeyCache::default());
    let entry = match tokio::task::spawn_blocking(verify).await {
        Ok(Ok(entry)) => entry,
        Ok(Err(bad)) => {
            return Err(Response::Refused(Refusal::with_text(Refusal::NOT_VALID, &bad.to_string())));
        }
        Err(_) => return Err(failed()),
    };
    let details = details.iter().filter_map(|bytes| Detail::from_bytes(bytes.to_vec())).collect();
    Ok((Box::new(entry), details))
}

async fn place(cell: &CellHandle, entry: &EntryBytes, details: &List<DetailBytes, MAX_DETAILS>) -> Response {
    let (entry, details) = match verified(entry, details).await {
        Ok(verified) => verified,
        Err(response) => return response,
    };
    let (outcome, placed) = oneshot::channel();
    if !cell.try_tell(ToCell::Place { entry, details, outcome }) {
        return Response::refused(Refusal::BUSY);
    }
    match placed.await {
        Ok(Outcome::Placed { proof, .. }) => match Bytes::new(proof) {
            Some(proof) => Response::Receipt { proof },
            None => failed(),
        },
        Ok(Outcome::Refused(refusal)) => Response::Refused(refusal),
        Ok(Outcome::HandedOn) | Err(_) => failed(),
    }
}

async fn keep(cell: &CellHandle, entry: &EntryBytes, details: &List<DetailBytes, MAX_DETAILS>) -> Response {
    let (entry, details) = match verified(entry, details).await {
        Ok(verified) => verified,
        Err(response) => return response,
    };
    let (answer, kept) = oneshot::channel();
    if !cell.try_tell(ToCell::Keep { entry, details, answer }) {
        return Response::refused(Refusal::BUSY);
    }
    kept.await.unwrap_or_else(|_| failed())
}

fn tip(cell: &CellHandle) -> Response {
    let facts = cell.facts();
    let shelf = cell.read();
    let held = if facts.keeper { facts.held } else { vec![shelf.store.chain().next()] };
    Response::tip(shelf.store.checkpoint(), held)
}

/// The details that are here and that this peer may have.
fn details_for(cell: &CellHandle, peer: &PublicKey, hashes: &[DetailHash]) -> Vec<Detail> {
    let shelf = cell.read();
    hashes.iter().filter_map(|hash| shelf.detail_for(peer, hash).ok().flatten()).collect()
}
