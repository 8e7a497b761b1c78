//! Reading a bundle: each frame is verified, and what holds is on disk before the next one is read. So a
//! bundle can be taken in twice, and a broken one as far as it goes.

use super::{FrameReader, Next, fill};
use crate::ask::{BundleTaken, Refusal};
use crate::cell::missing::details_of;
use crate::cell::shelf::Shelf;
use lifeboat_log::blob::Groups;
use lifeboat_log::tree::Frontier;
use lifeboat_log::{Detail, DetailRef, Position, Signers, Term};
use lifeboat_protocol::RangeFrame;
use lifeboat_protocol::blobs::BlobHead;
use lifeboat_protocol::bundle::{BadBundle, BundleFrame, Carried, MAGIC, Own, Taking, Totals};
use lifeboat_store::blobs::Blobs;
use lifeboat_store::{LogStore, StoreError};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// The log that lies here, for the machine.
struct Here<'a>(&'a LogStore);

impl Own for Here<'_> {
    fn size(&self, term: Term) -> Option<u64> {
        self.0.term_of(term).map(|(size, _)| size)
    }
    fn signers(&self, term: Term) -> Option<Signers> {
        self.0.term_of(term).map(|(_, signers)| signers)
    }
    fn frontier(&self, term: Term, size: u64) -> Option<Frontier> {
        self.0.frontier(term, size).ok()
    }
    fn record(&self, at: Position) -> Option<Vec<u8>> {
        self.0.raw_records(at, 1, usize::MAX).ok()?.pop()
    }
}

/// The first word of a bundle: of which cell it is.
///
/// # Errors
/// [`Refusal`] when the file cannot be read or is no bundle.
pub fn cell_of(path: &Path) -> Result<lifeboat_log::CellId, Refusal> {
    let (mut frames, _) = open(path)?;
    match frames.next().map_err(|e| unreadable(path, &e))? {
        Next::Frame(frame) => match BundleFrame::decode(&frame) {
            Ok(BundleFrame::Head(head)) => Ok(head.cell),
            _ => Err(no_bundle(path)),
        },
        _ => Err(no_bundle(path)),
    }
}

/// Takes a bundle in. Progress is told in bytes.
///
/// # Errors
/// [`Refusal`] when the file is no bundle, or this home's disk fails. What is wrong within the bundle is
/// in the answer.
pub fn import(
    shelf: &mut Shelf,
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BundleTaken, Refusal> {
    let (mut frames, size) = open(path)?;
    let before = shelf.store.len();
    let taking = Taking::new(shelf.store.chain().clone());
    let mut reading = Reading {
        shelf,
        taking,
        at: None,
        from: Position(0),
        named: Vec::new(),
        done: BundleTaken::default(),
        end: None,
        coming: None,
    };
    loop {
        let at = frames.at;
        let next = frames.next().map_err(|e| unreadable(path, &e))?;
        let frame = match next {
            Next::Frame(frame) => frame,
            Next::End if reading.end.is_some() => break,
            Next::End | Next::Broken => {
                reading.done.broken_at = Some(at);
                reading.done.broken = Some("the file ends before its end: it was cut".to_owned());
                break;
            }
        };
        let taken = match BundleFrame::decode(&frame) {
            Ok(_) if reading.end.is_some() => Err(Wrong::Bad(BadBundle::OutOfOrder)),
            Ok(frame) => reading.take(frame),
            Err(malformed) => Err(Wrong::Damaged(malformed.to_string())),
        };
        if let Err(wrong) = taken {
            reading.stop(at, wrong)?;
            break;
        }
        progress(frames.at, size);
    }
    reading.done.before = before;
    reading.done.after = reading.shelf.store.len();
    Ok(reading.done)
}

fn open(path: &Path) -> Result<(FrameReader<BufReader<File>>, u64), Refusal> {
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let size = file.metadata().map_or(0, |data| data.len());
    let mut from = BufReader::new(file);
    let mut magic = [0; MAGIC.len()];
    let whole = fill(&mut from, &mut magic).map_err(|e| unreadable(path, &e))?;
    if !whole || magic != MAGIC {
        return Err(no_bundle(path));
    }
    Ok((FrameReader { from, at: MAGIC.len() as u64 }, size))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new("disk", format!("{}: {error}", path.display()))
}

fn no_bundle(path: &Path) -> Refusal {
    Refusal::new("bad_bundle", format!("{} is no bundle of a cell's log", path.display()))
}

/// Why a frame is not taken.
enum Wrong {
    Bad(BadBundle),
    Damaged(String),
    Store(StoreError),
}

impl From<BadBundle> for Wrong {
    fn from(bad: BadBundle) -> Self {
        Self::Bad(bad)
    }
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

struct Reading<'a> {
    shelf: &'a mut Shelf,
    taking: Taking,
    /// Where the next record of the bundle stands; nothing before its head was read.
    at: Option<Position>,
    /// Where the bundle begins, as its head says.
    from: Position,
    /// The details that the last records name, and where.
    named: Vec<(Position, DetailRef)>,
    done: BundleTaken,
    end: Option<Totals>,
    /// The attachment whose groups come.
    coming: Option<Coming>,
}

/// An attachment on its way out of the file.
struct Coming {
    groups: Groups,
    /// The group that comes next.
    index: u64,
    /// The first one that is lacking here; nothing where none of it is wanted.
    from: Option<u64>,
}

impl Reading<'_> {
    fn take(&mut self, frame: BundleFrame) -> Result<(), Wrong> {
        match (frame, self.at) {
            (BundleFrame::Head(head), None) if head.cell == self.shelf.store.cell() => {
                (self.at, self.from) = (Some(head.from), head.from);
                Ok(())
            }
            (BundleFrame::Range(RangeFrame::Under(under)), Some(_)) => {
                Ok(self.taking.under(&under, &Here(&self.shelf.store))?)
            }
            (BundleFrame::Range(RangeFrame::Batch(batch)), Some(at)) => {
                let taken = self.taking.batch(&batch, &Here(&self.shelf.store))?;
                let (new, known) = (taken.records.len() as u64, taken.known);
                if new > 0 || taken.checkpoint.is_some() {
                    self.shelf
                        .follow(&taken.records, taken.checkpoint.as_deref().filter(|c| self.is_news(c)))?;
                }
                (self.done.records, self.done.known) = (self.done.records + new, self.done.known + known);
                let records = (at.0..).map(Position).zip(&batch.records[..]);
                let named =
                    records.flat_map(|(at, bytes)| details_of(bytes).into_iter().map(move |d| (at, d)));
                self.named = named.collect();
                self.at = Some(Position(at.0 + batch.records.len() as u64));
                Ok(())
            }
            (BundleFrame::Details(carried), Some(_)) => self.details(&carried),
            (BundleFrame::Blob(head), Some(_)) if self.coming.is_none() => self.blob(&head),
            (BundleFrame::Group(bytes), Some(_)) => self.group(&bytes),
            (BundleFrame::End(totals), Some(_)) if self.coming.is_none() => {
                self.end = Some(totals);
                Ok(())
            }
            _ => Err(BadBundle::OutOfOrder.into()),
        }
    }

    /// Whether a checkpoint tells more than the one that is here.
    fn is_news(&self, checkpoint: &lifeboat_log::SignedCheckpoint) -> bool {
        let held = self.shelf.store.checkpoint().map(|held| (held.origin.term, held.size));
        held.is_none_or(|held| held < (checkpoint.origin.term, checkpoint.size))
    }

    /// Keeps what the records before name, what is lacking here, and what was not erased.
    fn details(&mut self, carried: &Carried) -> Result<(), Wrong> {
        for bytes in carried.details.iter() {
            let Some(detail) = Detail::from_bytes(bytes.to_vec()) else { continue };
            let named = self.named.iter().find(|(_, named)| detail.matches(named));
            let Some((at, named)) = named else {
                return Err(Wrong::Damaged("it holds a text that no record before it names".to_owned()));
            };
            if !self.shelf.wants(*at, named)? {
                continue;
            }
            if named.tag.is_sealed() || carried.sealed {
                self.shelf.keep_sealed(&[detail])?;
                self.done.sealed += u64::from(self.shelf.is_own());
            } else {
                self.shelf.keep_open(&[detail])?;
                self.done.details += 1;
            }
        }
        Ok(self.shelf.store.sync()?)
    }

    /// An attachment begins: it is taken where the log names it, nobody erased it, and there is room.
    fn blob(&mut self, head: &BlobHead) -> Result<(), Wrong> {
        let altered = || Wrong::Damaged("it holds a photo whose hashes do not lead to its name".to_owned());
        let groups = head.verify().ok_or_else(altered)?;
        let state = self.shelf.state();
        let named = state.details().blob(&head.hash).is_some_and(|blob| blob.erased.is_none());
        let blobs = self.blobs();
        let room = blobs.used()?.saturating_add(groups.size()) <= state.charter().blob_quota();
        let wanted = named && room && !blobs.has(&head.hash)?;
        let from = if wanted { Some(blobs.begin(&groups)?) } else { None };
        self.coming = Some(Coming { groups, index: 0, from });
        if head.size == 0 { self.blob_done() } else { Ok(()) }
    }

    fn group(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        let blobs = self.blobs();
        let coming = self.coming.as_mut().ok_or(BadBundle::OutOfOrder)?;
        if !coming.groups.holds(coming.index, bytes) {
            return Err(Wrong::Damaged("it holds a photo that was damaged or altered".to_owned()));
        }
        if coming.from.is_some_and(|from| coming.index >= from) {
            blobs.push(&coming.groups, coming.index, bytes)?;
        }
        coming.index += 1;
        if coming.index == coming.groups.count() { self.blob_done() } else { Ok(()) }
    }

    fn blob_done(&mut self) -> Result<(), Wrong> {
        let blobs = self.blobs();
        if let Some(coming) = self.coming.take().filter(|coming| coming.from.is_some()) {
            self.done.blobs += u64::from(blobs.finish(&coming.groups)?);
        }
        Ok(())
    }

    fn blobs(&self) -> Blobs {
        Blobs::new(self.shelf.store.storage().clone(), self.shelf.store.cell())
    }

    fn stop(&mut self, at: u64, wrong: Wrong) -> Result<(), Refusal> {
        self.done.broken_at = Some(at);
        match wrong {
            Wrong::Store(error) => return Err(Refusal::new("store", error.to_string())),
            Wrong::Damaged(what) => self.done.broken = Some(what),
            // The head says where the bundle begins; what does not follow can be said of its part only.
            Wrong::Bad(BadBundle::Gap { from, here }) => {
                let from = from.max(self.from);
                self.done.broken = Some(BadBundle::Gap { from, here }.to_string());
            }
            Wrong::Bad(bad) => {
                self.done.fork = matches!(bad, BadBundle::Fork { .. });
                self.done.broken = Some(bad.to_string());
            }
        }
        Ok(())
    }
}
