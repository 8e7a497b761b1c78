//! Details: kept in packs, files of a few MiB that grow at their end, so that a batch of entries costs one
//! more sync however many details it has. The database knows where each lies; it is made again from the
//! packs. An erased detail's bytes are overwritten with zeros, and its place says that it was erased.

use crate::limits::PACK_SIZE;
use crate::log_store::StoreError;
use crate::notice::Notice;
use crate::storage::{Change, Storage, StorageError, Table};
use lifeboat_log::limits::MAX_DETAIL;
use lifeboat_log::{CellId, Detail, DetailHash};
use std::collections::BTreeMap;

/// The folder that holds the details of a home.
pub const DETAILS: &str = "details";
/// Bytes before each detail: its length (highest bit: erased) and its hash.
const FRAME_LEN: usize = 4 + 32;
const ERASED: u32 = 1 << 31;
/// Longest pack, in bytes: it is full at `PACK_SIZE`, and takes one more detail before that.
const MAX_PACK: usize = PACK_SIZE as usize + FRAME_LEN + MAX_DETAIL;

/// The details of one cell.
pub struct Details {
    cell: CellId,
    /// The pack that grows, and its length.
    pack: u64,
    len: u64,
    dirty: bool,
    /// Where the details lie that the database was not told of yet.
    fresh: BTreeMap<DetailHash, (u64, u64)>,
}

/// A detail as it lies in a pack.
pub struct Packed<'a> {
    /// Where its frame begins.
    pub offset: u64,
    /// The hash that the frame says.
    pub hash: DetailHash,
    /// Its bytes; nothing when it was erased.
    pub bytes: Option<&'a [u8]>,
}

/// The folder of a cell's packs.
pub fn folder(cell: CellId) -> String {
    format!("{DETAILS}/{cell}")
}

fn pack_name(cell: CellId, pack: u64) -> String {
    format!("{}/{pack:06}", folder(cell))
}

/// The details of a pack that are whole, in order, and the bytes they take.
pub fn split_pack(pack: &[u8]) -> (Vec<Packed<'_>>, usize) {
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some((head, rest)) = pack[at..].split_first_chunk::<FRAME_LEN>() {
        let (length, hash) = head.split_at(4);
        let length = length.iter().rev().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
        let Some(bytes) = rest.get(..(length & !ERASED) as usize) else { break };
        let Ok(hash) = hash.try_into() else { break };
        let erased = length & ERASED != 0;
        let zeros = bytes.iter().all(|byte| *byte == 0);
        let whole = Detail::from_bytes(bytes.to_vec());
        if whole.is_none_or(|whole| if erased { !zeros } else { whole.hash() != DetailHash(hash) }) {
            break;
        }
        let offset = at as u64;
        all.push(Packed { offset, hash: DetailHash(hash), bytes: (!erased).then_some(bytes) });
        at += FRAME_LEN + bytes.len();
    }
    (all, at)
}

impl Details {
    /// The details of a cell; the end of the last pack is cut when its writing was interrupted.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn open(storage: &dyn Storage, cell: CellId) -> Result<(Self, Option<Notice>), StoreError> {
        let names = storage.list(&folder(cell))?;
        let pack = names.iter().rev().find_map(|item| item.name.parse::<u64>().ok()).unwrap_or(0);
        let mut new = Self { cell, pack, len: 0, dirty: false, fresh: BTreeMap::new() };
        let notice = new.mend(storage)?;
        if storage.get(Table::Detail, &new.mark_key())?.is_none() && !names.is_empty() {
            new.rebuild(storage)?;
        }
        Ok((new, notice))
    }

    /// Reads the pack that grows, and puts its damaged end aside.
    fn mend(&mut self, storage: &dyn Storage) -> Result<Option<Notice>, StoreError> {
        let name = pack_name(self.cell, self.pack);
        let bytes = storage.read_at(&name, 0, MAX_PACK)?;
        let (whole, used) = split_pack(&bytes);
        self.fresh = whole.iter().map(|packed| (packed.hash, (self.pack, packed.offset))).collect();
        self.len = used as u64;
        if storage.size(&name)?.unwrap_or(0) == self.len {
            return Ok(None);
        }
        storage.replace(&format!("aside/details-{}-{:06}", self.cell, self.pack), &bytes[used..])?;
        storage.replace(&name, &bytes[..used])?;
        Ok(Some(Notice::DetailsLost { file: name, count: 1 }))
    }

    /// Tells the database where every detail lies.
    fn rebuild(&mut self, storage: &dyn Storage) -> Result<(), StoreError> {
        for pack in 0..=self.pack {
            let bytes = storage.read_at(&pack_name(self.cell, pack), 0, MAX_PACK)?;
            let (whole, _) = split_pack(&bytes);
            let place = |packed: &Packed<'_>| (packed.hash, (pack, packed.offset));
            let places: Vec<_> = whole.iter().map(place).collect();
            self.tell(storage, places)?;
        }
        Ok(storage.write(&[Change::put(Table::Detail, self.mark_key(), vec![1])])?)
    }

    fn tell(
        &self,
        storage: &dyn Storage,
        places: impl IntoIterator<Item = (DetailHash, (u64, u64))>,
    ) -> Result<(), StorageError> {
        let change = |(hash, (pack, offset)): (DetailHash, (u64, u64))| {
            let value = [pack.to_be_bytes(), offset.to_be_bytes()].concat();
            Change::put(Table::Detail, self.key(&hash), value)
        };
        storage.write(&places.into_iter().map(change).collect::<Vec<_>>())
    }

    fn key(&self, hash: &DetailHash) -> Vec<u8> {
        [&self.cell.0[..8], &hash.0[..16]].concat()
    }

    fn mark_key(&self) -> Vec<u8> {
        self.cell.0[..8].to_vec()
    }

    /// Keeps a detail; not durable before the pack is synced.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn put(&mut self, storage: &dyn Storage, detail: &Detail) -> Result<(), StoreError> {
        let hash = detail.hash();
        if self.get(storage, &hash)?.is_some() {
            return Ok(());
        }
        if self.len >= PACK_SIZE {
            self.close_pack(storage)?;
        }
        let mut frame = (detail.as_bytes().len() as u32).to_le_bytes().to_vec();
        frame.extend_from_slice(&hash.0);
        frame.extend_from_slice(detail.as_bytes());
        storage.append(&pack_name(self.cell, self.pack), &frame)?;
        self.fresh.insert(hash, (self.pack, self.len));
        self.len += frame.len() as u64;
        self.dirty = true;
        Ok(())
    }

    fn close_pack(&mut self, storage: &dyn Storage) -> Result<(), StoreError> {
        storage.sync(&[&pack_name(self.cell, self.pack)])?;
        let fresh = std::mem::take(&mut self.fresh);
        if let Err(error) = self.tell(storage, fresh) {
            tracing::warn!(%error, "where details lie could not be noted");
        }
        storage.write(&[Change::put(Table::Detail, self.mark_key(), vec![1])])?;
        (self.pack, self.len, self.dirty) = (self.pack + 1, 0, false);
        Ok(())
    }

    /// The pack that must be synced, if any.
    pub fn unsynced(&self) -> Option<String> {
        self.dirty.then(|| pack_name(self.cell, self.pack))
    }

    /// Notes that the pack was synced.
    pub fn synced(&mut self) {
        self.dirty = false;
    }

    fn place(&self, storage: &dyn Storage, hash: &DetailHash) -> Result<Option<(u64, u64)>, StoreError> {
        if let Some(place) = self.fresh.get(hash) {
            return Ok(Some(*place));
        }
        let value = storage.get(Table::Detail, &self.key(hash))?;
        let number = |bytes: &[u8]| bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        Ok(value.filter(|value| value.len() == 16).map(|value| (number(&value[..8]), number(&value[8..]))))
    }

    /// A detail, its bytes compared with its hash; nothing when it is not here, erased or damaged.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn get(&self, storage: &dyn Storage, hash: &DetailHash) -> Result<Option<Detail>, StoreError> {
        let Some((pack, offset)) = self.place(storage, hash)? else { return Ok(None) };
        let frame = storage.read_at(&pack_name(self.cell, pack), offset, FRAME_LEN + MAX_DETAIL)?;
        let length = frame.first_chunk().map_or(ERASED, |length| u32::from_le_bytes(*length));
        if length & ERASED != 0 {
            return Ok(None);
        }
        let bytes = frame.get(FRAME_LEN..FRAME_LEN.saturating_add(length as usize));
        let detail = bytes.and_then(|bytes| Detail::from_bytes(bytes.to_vec()));
        Ok(detail.filter(|detail| detail.hash() == *hash))
    }

    /// Overwrites a detail with zeros, durably. Returns whether it was here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn erase(&mut self, storage: &dyn Storage, hash: &DetailHash) -> Result<bool, StoreError> {
        let Some(detail) = self.get(storage, hash)? else { return Ok(false) };
        let Some((pack, offset)) = self.place(storage, hash)? else { return Ok(false) };
        let name = pack_name(self.cell, pack);
        let mut bytes = storage.read_at(&name, 0, MAX_PACK)?;
        let at = offset as usize;
        if let Some(frame) = bytes.get_mut(at..at + FRAME_LEN + detail.as_bytes().len()) {
            frame[FRAME_LEN..].fill(0);
            frame[3] |= 0x80;
        }
        storage.replace(&name, &bytes)?;
        Ok(true)
    }
}
