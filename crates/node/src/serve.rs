//! Serving a range of records to who asks: the machine of `lifeboat_protocol::range` says what to read
//! and what to send. Only what stands under a signed checkpoint is served.

use crate::cell::reading;
use crate::cell::shelf::Shelf;
use lifeboat_log::{Term, TreeHash};
use lifeboat_net::{NetError, RangeStream};
use lifeboat_protocol::{RangeAsk, RangeFrame, Refusal, Serve, Serving};
use lifeboat_store::StoreError;
use std::sync::{Arc, RwLock};

/// Answers one question for a range on its stream. Returns the number of records sent.
///
/// # Errors
/// [`NetError`] when the peer went away.
pub async fn serve(
    mut stream: RangeStream,
    ask: RangeAsk,
    shelf: Arc<RwLock<Shelf>>,
) -> Result<u64, NetError> {
    let stretches = blocking(&shelf, Shelf::stretches).await.unwrap_or_default();
    let mut serving = Serving::new(&ask, stretches);
    let mut sent = 0;
    loop {
        let frame = match serving.step() {
            Serve::Done => break,
            Serve::Send(frame) => frame,
            Serve::ReadTree { known: 0, .. } => serving.under(TreeHash::ZERO, Vec::new()),
            Serve::ReadTree { term, known, size } => {
                let read = move |shelf: &Shelf| tree(shelf, term, known, size);
                match blocking(&shelf, read).await {
                    Some(Ok((root, proof))) => serving.under(root, proof),
                    failed => give_up(&mut serving, failed.and_then(Result::err)),
                }
            }
            Serve::ReadRecords { term, from, first, max_records, max_bytes, size } => {
                let read = move |shelf: &Shelf| {
                    let records = shelf.store.raw_records(from, max_records, max_bytes)?;
                    let end = first + records.len() as u64;
                    let proof = shelf.store.consistency(term, end, size)?;
                    Ok::<_, StoreError>((records, proof))
                };
                match blocking(&shelf, read).await {
                    Some(Ok((records, proof))) => {
                        sent += records.len() as u64;
                        serving.batch(records, proof)
                    }
                    failed => give_up(&mut serving, failed.and_then(Result::err)),
                }
            }
        };
        stream.send_frame(&frame.encode()).await?;
    }
    stream.finish().await?;
    Ok(sent)
}

/// Refuses a range of a cell that this home does not follow.
///
/// # Errors
/// [`NetError`] when the peer went away.
pub async fn refuse(mut stream: RangeStream, name: &str) -> Result<(), NetError> {
    stream.send_frame(&RangeFrame::Refused(Refusal::new(name)).encode()).await?;
    stream.finish().await
}

fn tree(shelf: &Shelf, term: Term, known: u64, size: u64) -> Result<(TreeHash, Vec<TreeHash>), StoreError> {
    Ok((shelf.store.root(term, known)?, shelf.store.consistency(term, known, size)?))
}

fn give_up(serving: &mut Serving, error: Option<StoreError>) -> RangeFrame {
    if let Some(error) = error {
        tracing::error!(%error, "a range cannot be served");
    }
    serving.give_up()
}

/// Reads the shelf where waiting for the disk holds nobody up.
async fn blocking<T: Send + 'static>(
    shelf: &Arc<RwLock<Shelf>>,
    read: impl FnOnce(&Shelf) -> T + Send + 'static,
) -> Option<T> {
    let shelf = shelf.clone();
    tokio::task::spawn_blocking(move || read(&reading(&shelf))).await.ok()
}
