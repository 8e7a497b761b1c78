//! What a witness key on this home has cosigned of one log: the largest checkpoint, in a file of its own.
//! It is written and synced before the cosignature leaves, and never goes back or contradicts itself. The
//! origin may be any log's; the file is named by a hash of it and the key.

use crate::promises::PromiseError;
use crate::storage::{Storage, StorageError};
use lifeboat_log::codec::{self, Text};
use lifeboat_log::limits::MAX_ORIGIN;
use lifeboat_log::{Given, PublicKey};
use std::sync::Arc;

/// The cosignatures of one key for one log.
pub struct Cosignings {
    storage: Arc<dyn Storage>,
    witness: PublicKey,
    origin: Text<MAX_ORIGIN>,
    last: Option<Given>,
    stopped: bool,
}

const FORMAT: u8 = 1;
const CONTEXT: &str = "lifeboat/store/cosigning/v1";
const NAME_CONTEXT: &str = "lifeboat/store/cosigning-name/v1";
/// Longest file, in bytes: the origin, a few numbers, a key and two hashes.
const MAX_FILE: usize = MAX_ORIGIN + 256;

impl Cosignings {
    /// What this key has cosigned of the log with this origin; nothing where there is no file.
    ///
    /// # Errors
    /// [`PromiseError`]: where the file is damaged this key never cosigns that log again.
    pub fn open(storage: Arc<dyn Storage>, witness: PublicKey, origin: &str) -> Result<Self, PromiseError> {
        let name = file_of(&witness, origin);
        let damaged = || PromiseError::DamagedCosigning(name.clone());
        let origin: Text<MAX_ORIGIN> = Text::new(origin).ok_or(PromiseError::WrongOrigin)?;
        let last = match storage.read(&name, MAX_FILE) {
            Ok(None) => None,
            Ok(Some(bytes)) => Some(decode(&witness, &origin, &bytes).ok_or_else(damaged)?),
            Err(StorageError::TooLong { .. }) => return Err(damaged()),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { storage, witness, origin, last, stopped: false })
    }

    /// The last promise.
    pub fn last(&self) -> Option<&Given> {
        self.last.as_ref()
    }

    /// Promises a cosignature: after this has returned, and never before, it may leave. The same one may be
    /// promised again, and the same checkpoint with a later time.
    ///
    /// # Errors
    /// [`PromiseError`] when it goes back, contradicts, or cannot be made durable.
    pub fn promise(&mut self, new: &Given) -> Result<(), PromiseError> {
        if self.stopped {
            return Err(PromiseError::Stopped);
        }
        if let Some(last) = &self.last {
            if last == new {
                return Ok(());
            }
            if new.size < last.size || new.seconds < last.seconds {
                return Err(PromiseError::GoesBack { size: new.size, signed: last.size });
            }
            if new.size == last.size && new.root != last.root {
                return Err(PromiseError::Contradicts(new.size));
            }
        }
        let bytes = encode(&self.witness, &self.origin, new);
        let written = self.storage.replace(&file_of(&self.witness, self.origin.as_str()), &bytes);
        self.stopped = written.is_err();
        written?;
        self.last = Some(*new);
        Ok(())
    }
}

/// The file of what a witness key has cosigned of a log.
pub fn file_of(witness: &PublicKey, origin: &str) -> String {
    let hash = blake3::derive_key(NAME_CONTEXT, &[&witness.0[..], origin.as_bytes()].concat());
    let name: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("promises/witness-{name}")
}

fn encode(witness: &PublicKey, origin: &Text<MAX_ORIGIN>, given: &Given) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    bytes.extend(codec::encode(&(*witness, origin.clone(), *given)));
    let sum = blake3::derive_key(CONTEXT, &bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

fn decode(witness: &PublicKey, origin: &Text<MAX_ORIGIN>, bytes: &[u8]) -> Option<Given> {
    let (body, sum) = bytes.split_last_chunk::<32>()?;
    let (&format, fields) = body.split_first()?;
    let (key, named, given) = codec::decode::<(PublicKey, Text<MAX_ORIGIN>, Given)>(fields).ok()?;
    let holds = blake3::derive_key(CONTEXT, body) == *sum && format == FORMAT;
    (holds && key == *witness && named == *origin).then_some(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStorage;
    use lifeboat_log::TreeHash;

    #[test]
    fn a_cosigning_never_goes_back_and_damage_is_named() {
        let memory = MemoryStorage::new();
        let storage: Arc<dyn Storage> = Arc::new(memory.clone());
        let key = PublicKey([7; 32]);
        let open = || Cosignings::open(storage.clone(), key, "example.com/log");
        let given = |size, root, seconds| Given { size, root: TreeHash([root; 32]), seconds };
        let mut file = open().unwrap();
        assert_eq!(file.last(), None);
        file.promise(&given(5, 1, 100)).unwrap();
        file.promise(&given(5, 1, 101)).unwrap();
        let mut file = open().unwrap();
        assert_eq!(file.last(), Some(&given(5, 1, 101)));
        assert_eq!(file.promise(&given(5, 2, 102)), Err(PromiseError::Contradicts(5)));
        assert!(matches!(file.promise(&given(4, 1, 102)), Err(PromiseError::GoesBack { .. })));
        assert!(matches!(file.promise(&given(6, 1, 99)), Err(PromiseError::GoesBack { .. })));
        assert_eq!(Cosignings::open(storage.clone(), key, "another").unwrap().last(), None);
        let name = file_of(&key, "example.com/log");
        let whole = storage.read(&name, MAX_FILE).unwrap().unwrap();
        for at in 0..whole.len() {
            memory.damage(&name, |bytes| bytes[at] ^= 1);
            assert!(matches!(open(), Err(PromiseError::DamagedCosigning(_))), "byte {at}");
            memory.damage(&name, |bytes| bytes[at] ^= 1);
        }
        assert!(open().is_ok());
    }
}
