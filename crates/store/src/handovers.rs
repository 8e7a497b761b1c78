//! The handovers that this home's term keys have signed: the newest of a cell, whole, in a file of its own.
//! It is written and synced before it leaves, and sent again from here unchanged. Never another one for the
//! same term.

use crate::promises::PromiseError;
use crate::storage::{Storage, StorageError};
use lifeboat_log::limits::MAX_BODY;
use lifeboat_log::{CellId, Handover, codec};

const FORMAT: u8 = 1;
const CONTEXT: &str = "lifeboat/store/handover/v1";
/// Longest file, in bytes: an opening and what stands around it.
const MAX_FILE: usize = MAX_BODY + 256;

/// The newest handover of a cell's term keys on this home; nothing where there is no file.
///
/// # Errors
/// [`PromiseError::DamagedHandover`] and those of the storage.
pub fn read(storage: &dyn Storage, cell: CellId) -> Result<Option<Handover>, PromiseError> {
    let name = file_of(cell);
    let damaged = || PromiseError::DamagedHandover(name.clone());
    match storage.read(&name, MAX_FILE) {
        Ok(None) => Ok(None),
        Ok(Some(bytes)) => decode(&cell, &bytes).map(Some).ok_or_else(damaged),
        Err(StorageError::TooLong { .. }) => Err(damaged()),
        Err(error) => Err(error.into()),
    }
}

/// Writes down a handover, durably: after this has returned, and never before, it may leave. The same one
/// may be written again.
///
/// # Errors
/// [`PromiseError`] when another was signed for this term or a later one, or it cannot be made durable.
pub fn write(storage: &dyn Storage, cell: CellId, handover: &Handover) -> Result<(), PromiseError> {
    match read(storage, cell)? {
        Some(last) if last == *handover => return Ok(()),
        Some(last) if last.opening.term >= handover.opening.term => return Err(PromiseError::HandedOver),
        _ => {}
    }
    let mut bytes = vec![FORMAT];
    bytes.extend(codec::encode(&(cell, handover.clone())));
    let sum = blake3::derive_key(CONTEXT, &bytes);
    bytes.extend_from_slice(&sum);
    Ok(storage.replace(&file_of(cell), &bytes)?)
}

/// The file of a cell's handover.
pub fn file_of(cell: CellId) -> String {
    format!("promises/handover-{cell}")
}

fn decode(cell: &CellId, bytes: &[u8]) -> Option<Handover> {
    let (body, sum) = bytes.split_last_chunk::<32>()?;
    let (&format, fields) = body.split_first()?;
    let (named, handover) = codec::decode::<(CellId, Handover)>(fields).ok()?;
    let holds = blake3::derive_key(CONTEXT, body) == *sum && format == FORMAT && named == *cell;
    holds.then_some(handover)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStorage;
    use lifeboat_log::codec::{Bytes, List};
    use lifeboat_log::entry::Nonce;
    use lifeboat_log::handover::Footing;
    use lifeboat_log::opening::Base;
    use lifeboat_log::testing::TestLog;
    use lifeboat_log::{SecretKey, StateHash, Successor, Term};

    #[test]
    fn a_term_is_handed_over_once() {
        let (log, _) = TestLog::found(1);
        let signed = |turn, n: u8| {
            let term = Term::new(0, turn);
            let successor =
                Successor::new(term, log.node.public(), Nonce([n; 16]), &SecretKey::from_seed(&[n; 32]));
            let checkpoint = Bytes::new(log.checkpoint().to_bytes()).unwrap();
            let base = Base { checkpoint, head: log.chain.head() };
            let footing = Footing { term, base, state: StateHash([1; 32]), rules: 1 };
            Handover::sign(&log.cell(), footing, &successor, (List::default(), 0), &log.term_key)
        };
        let (memory, cell) = (MemoryStorage::new(), log.cell());
        assert_eq!(read(&memory, cell), Ok(None));
        let first = signed(1, 1);
        write(&memory, cell, &first).unwrap();
        write(&memory, cell, &first).unwrap();
        assert_eq!(read(&memory, cell), Ok(Some(first.clone())));
        assert_eq!(write(&memory, cell, &signed(1, 2)), Err(PromiseError::HandedOver));
        write(&memory, cell, &signed(2, 3)).unwrap();
        assert_eq!(write(&memory, cell, &first), Err(PromiseError::HandedOver));
        memory.damage(&file_of(cell), |bytes| bytes[60] ^= 1);
        assert!(matches!(read(&memory, cell), Err(PromiseError::DamagedHandover(_))));
    }
}
