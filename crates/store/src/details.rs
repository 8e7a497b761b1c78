//! Details: kept in packs, files of a few MiB that grow at their end, so that a batch of entries costs one
//! more sync however many details it has. The database knows where each lies; it is made again from the
//! packs. An erased detail's bytes are overwritten with zeros, and its place says that it was erased.

use crate::limits::PACK_SIZE;
use crate::log_store::StoreError;
use crate::notice::Notice;
use crate::storage::{Change, Storage, StorageError, Table};
use lifeboat_log::limits::MAX_DETAIL;
use lifeboat_log::{CellId, Detail, DetailHash};
use std::collections::{BTreeMap, BTreeSet};

/// The folder that holds the details of a home.
pub const DETAILS: &str = "details";
/// Bytes before each detail: its length (highest bits: erased, sealed) and its hash.
const FRAME_LEN: usize = 4 + 32;
const ERASED: u32 = 1 << 31;
/// Sealed: only for the cell's own homes.
const SEALED: u32 = 1 << 30;
const MARKS: u32 = ERASED | SEALED;
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

/// What a pack holds.
pub struct Pack<'a> {
    /// The details that are whole or were erased, in order.
    pub whole: Vec<Packed<'a>>,
    /// Where the frames of damaged ones among them begin.
    pub damaged: Vec<u64>,
    /// The bytes up to the end of the last whole one.
    pub used: usize,
}

/// Reads a pack. A damaged detail is passed over as long as whole ones follow it.
pub fn split_pack(pack: &[u8]) -> Pack<'_> {
    let mut found = Pack { whole: Vec::new(), damaged: Vec::new(), used: 0 };
    let (mut at, mut damaged) = (0, Vec::new());
    while let Some((head, rest)) = pack[at..].split_first_chunk::<FRAME_LEN>() {
        let (length, hash) = head.split_at(4);
        let length = length.iter().rev().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
        let bytes = rest.get(..(length & !MARKS) as usize).filter(|bytes| bytes.len() <= MAX_DETAIL);
        let (Some(bytes), Ok(hash)) = (bytes, hash.try_into().map(DetailHash)) else { break };
        let (offset, erased) = (at as u64, length & ERASED != 0);
        at += FRAME_LEN + bytes.len();
        let zeros = bytes.iter().all(|byte| *byte == 0);
        let holds = Detail::from_bytes(bytes.to_vec()).is_some_and(|detail| detail.hash() == hash);
        if if erased { zeros } else { holds } {
            found.whole.push(Packed { offset, hash, bytes: (!erased).then_some(bytes) });
            found.damaged.append(&mut damaged);
            found.used = at;
        } else {
            damaged.push(offset);
        }
    }
    found
}

/// The details of a cell that its packs hold whole, with no database: for an audit.
///
/// # Errors
/// Those of the storage.
pub fn held(storage: &dyn Storage, cell: CellId) -> Result<BTreeSet<DetailHash>, StoreError> {
    let mut held = BTreeSet::new();
    for item in storage.list(&folder(cell))? {
        let bytes = storage.read_at(&format!("{}/{}", folder(cell), item.name), 0, MAX_PACK)?;
        held.extend(split_pack(&bytes).whole.iter().filter(|p| p.bytes.is_some()).map(|p| p.hash));
    }
    Ok(held)
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
        // Whether what was found is durable is not known.
        new.dirty = new.len > 0;
        if storage.get(Table::Detail, &new.mark_key())?.is_none() && !names.is_empty() {
            new.rebuild(storage)?;
        }
        Ok((new, notice))
    }

    /// Reads the pack that grows. What is damaged in it is put aside and marked as erased, its end cut.
    fn mend(&mut self, storage: &dyn Storage) -> Result<Option<Notice>, StoreError> {
        let name = pack_name(self.cell, self.pack);
        let mut bytes = storage.read_at(&name, 0, MAX_PACK)?;
        let pack = split_pack(&bytes);
        self.fresh = pack.whole.iter().map(|packed| (packed.hash, (self.pack, packed.offset))).collect();
        self.len = pack.used as u64;
        let (damaged, used) = (pack.damaged, pack.used);
        if storage.size(&name)?.unwrap_or(0) == self.len && damaged.is_empty() {
            return Ok(None);
        }
        storage.replace(&format!("aside/details-{}-{:06}", self.cell, self.pack), &bytes)?;
        let count = damaged.len() as u64 + u64::from(bytes.len() > used);
        bytes.truncate(used);
        damaged.iter().for_each(|at| erase_frame(&mut bytes, *at as usize));
        storage.replace(&name, &bytes)?;
        Ok(Some(Notice::DetailsLost { file: name, count }))
    }

    /// Tells the database where every detail lies.
    fn rebuild(&mut self, storage: &dyn Storage) -> Result<(), StoreError> {
        for pack in 0..=self.pack {
            let bytes = storage.read_at(&pack_name(self.cell, pack), 0, MAX_PACK)?;
            let found = split_pack(&bytes);
            let place = |packed: &Packed<'_>| (packed.hash, (pack, packed.offset));
            self.tell(storage, found.whole.iter().map(place))?;
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

    /// Keeps a detail; not durable before the pack is synced. One that lies here as sealed stays so.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn put(&mut self, storage: &dyn Storage, detail: &Detail, sealed: bool) -> Result<(), StoreError> {
        let hash = detail.hash();
        if let Some((_, known)) = self.get(storage, &hash)? {
            if sealed && !known {
                self.erase_all(storage, &[hash])?;
            } else {
                return Ok(());
            }
        }
        if self.len >= PACK_SIZE {
            self.close_pack(storage)?;
        }
        let mark = if sealed { SEALED } else { 0 };
        let mut frame = (detail.as_bytes().len() as u32 | mark).to_le_bytes().to_vec();
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

    /// A detail, its bytes compared with its hash, and whether it is sealed; nothing when it is not here,
    /// erased or damaged.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn get(
        &self,
        storage: &dyn Storage,
        hash: &DetailHash,
    ) -> Result<Option<(Detail, bool)>, StoreError> {
        let Some((pack, offset)) = self.place(storage, hash)? else { return Ok(None) };
        let frame = storage.read_at(&pack_name(self.cell, pack), offset, FRAME_LEN + MAX_DETAIL)?;
        let length = frame.first_chunk().map_or(ERASED, |length| u32::from_le_bytes(*length));
        if length & ERASED != 0 {
            return Ok(None);
        }
        let bytes = frame.get(FRAME_LEN..FRAME_LEN.saturating_add((length & !MARKS) as usize));
        let detail = bytes.and_then(|bytes| Detail::from_bytes(bytes.to_vec()));
        Ok(detail.filter(|detail| detail.hash() == *hash).map(|detail| (detail, length & SEALED != 0)))
    }

    /// Overwrites details with zeros, durably, wherever in the packs they lie. Returns how many were here.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn erase_all(&mut self, storage: &dyn Storage, hashes: &[DetailHash]) -> Result<usize, StoreError> {
        let mut packs: BTreeMap<u64, BTreeSet<DetailHash>> = BTreeMap::new();
        let mut count = 0;
        for hash in hashes {
            if self.get(storage, hash)?.is_some()
                && let Some((pack, _)) = self.place(storage, hash)?
            {
                count += usize::from(packs.entry(pack).or_default().insert(*hash));
            }
        }
        for (pack, hashes) in packs {
            let name = pack_name(self.cell, pack);
            let mut bytes = storage.read_at(&name, 0, MAX_PACK)?;
            let whole = split_pack(&bytes).whole.into_iter();
            let places = whole.filter(|packed| packed.bytes.is_some() && hashes.contains(&packed.hash));
            let places: Vec<u64> = places.map(|packed| packed.offset).collect();
            places.iter().for_each(|at| erase_frame(&mut bytes, *at as usize));
            storage.replace(&name, &bytes)?;
        }
        Ok(count)
    }
}

/// Fills the bytes of the detail whose frame begins here with zeros, and marks it as erased.
fn erase_frame(pack: &mut [u8], at: usize) {
    let Some((head, rest)) = pack.get_mut(at..).and_then(|frame| frame.split_first_chunk_mut::<FRAME_LEN>())
    else {
        return;
    };
    let length = (u32::from_le_bytes([head[0], head[1], head[2], head[3]]) & !MARKS) as usize;
    head[3] |= 0x80;
    rest.iter_mut().take(length).for_each(|byte| *byte = 0);
}
