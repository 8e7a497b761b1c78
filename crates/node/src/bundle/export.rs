//! Writing a bundle: the frames that a follower would be sent, then the texts that their records name and
//! that may go along. Erased texts never go, private ones only when that was asked for.

use super::FrameWriter;
use crate::ask::{BundleWritten, Refusal};
use crate::cell::missing::details_of;
use crate::cell::shelf::Shelf;
use lifeboat_log::codec::{Bytes, List};
use lifeboat_log::limits::BLOB_GROUP;
use lifeboat_log::{Detail, DetailHash, Position, Term, Time, TreeHash};
use lifeboat_protocol::blobs::BlobHead;
use lifeboat_protocol::bundle::{BundleFrame, Carried, Head, MAGIC, Totals};
use lifeboat_protocol::limits::MAX_DETAILS_ASKED;
use lifeboat_protocol::{RangeAsk, RangeFrame, Serve, Serving};
use lifeboat_store::StoreError;
use lifeboat_store::blobs::Blobs;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// What goes into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct What {
    /// From this record on.
    pub from: Option<Position>,
    /// From the first record placed at or after this time on.
    pub since: Option<Time>,
    /// The open texts.
    pub details: bool,
    /// The private texts, as they are encrypted.
    pub sealed: bool,
    /// Photos and other attachments.
    pub blobs: bool,
}

/// Writes a bundle beside its place first, so that a stick pulled out too early leaves the old file or the
/// new one. Progress is told in records.
///
/// # Errors
/// [`Refusal`] when the log or the file fails.
pub fn export(
    shelf: &Shelf,
    to: &Path,
    what: What,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BundleWritten, Refusal> {
    let beside = to.with_extension("part");
    let file = File::create(&beside).map_err(|e| unwritable(&beside, &e))?;
    let mut writing = Writing {
        shelf,
        what,
        out: FrameWriter { to: BufWriter::new(file), written: 0 },
        sent: BTreeSet::new(),
        totals: Totals::default(),
    };
    let written = writing.run(progress);
    let finished = written.and_then(|from| {
        let bytes = writing.out.written;
        let file = writing.out.to.into_inner().map_err(|e| Broken::Io(e.into_error()))?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&beside, to)?;
        let Totals { records, details, sealed, blobs } = writing.totals;
        Ok(BundleWritten { from, records, details, sealed, blobs, bytes })
    });
    finished.map_err(|broken| {
        let _ = std::fs::remove_file(&beside);
        match broken {
            Broken::Io(error) => unwritable(to, &error),
            Broken::Store(error) => Refusal::new("store", error.to_string()),
            Broken::Nothing { from, end } => {
                let last = end.saturating_sub(1);
                Refusal::new("empty", format!("there is nothing from #{from} on: the last record that a checkpoint covers is #{last}"))
            }
            Broken::Empty => Refusal::new("empty", "nothing of this log stands under a checkpoint yet"),
        }
    })
}

fn unwritable(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new("disk", format!("{}: {error}; check that there is room", path.display()))
}

/// What stops the writing.
enum Broken {
    Io(std::io::Error),
    Store(StoreError),
    Empty,
    /// It would begin behind the last record that a checkpoint covers.
    Nothing {
        from: Position,
        end: u64,
    },
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

struct Writing<'a> {
    shelf: &'a Shelf,
    what: What,
    out: FrameWriter<BufWriter<File>>,
    /// Details that are in the bundle already.
    sent: BTreeSet<DetailHash>,
    totals: Totals,
}

impl Writing<'_> {
    fn run(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<Position, Broken> {
        let stretches = self.shelf.stretches();
        let end = stretches.last().map(|last| last.start.0 + last.checkpoint.size).ok_or(Broken::Empty)?;
        let since = self.what.since.map(|since| self.first_since(since, end)).transpose()?;
        let from = self.what.from.or(since).unwrap_or_default();
        if from.0 >= end {
            return Err(Broken::Nothing { from, end });
        }
        let holding = stretches.iter().rev().find(|stretch| stretch.start <= from);
        let term = holding.map_or(Term::FIRST, |stretch| stretch.checkpoint.origin.term);
        let cell = self.shelf.store.cell();
        self.out.to.write_all(MAGIC)?;
        self.out.written += MAGIC.len() as u64;
        self.put(&BundleFrame::Head(Head { cell, from }))?;
        let mut serving = Serving::new(&RangeAsk { cell, term, from }, stretches);
        let mut at = from;
        loop {
            let frame = match serving.step() {
                Serve::Done => break,
                Serve::Send(RangeFrame::End) => continue,
                Serve::Send(_) => return Err(StoreError::NotHere.into()),
                Serve::ReadTree { known: 0, .. } => serving.under(TreeHash::ZERO, Vec::new()),
                Serve::ReadTree { term, known, size } => {
                    let store = &self.shelf.store;
                    serving.under(store.root(term, known)?, store.consistency(term, known, size)?)
                }
                Serve::ReadRecords { term, from, first, max_records, max_bytes, size } => {
                    let records = self.shelf.store.raw_records(from, max_records, max_bytes)?;
                    let proof = self.shelf.store.consistency(term, first + records.len() as u64, size)?;
                    serving.batch(records, proof)
                }
            };
            self.put(&BundleFrame::Range(frame.clone()))?;
            if let RangeFrame::Batch(batch) = frame {
                self.texts(at, batch.records.iter().map(|record| &record[..]))?;
                at = Position(at.0 + batch.records.len() as u64);
                self.totals.records += batch.records.len() as u64;
                progress(self.totals.records, end.saturating_sub(from.0));
            }
        }
        if self.what.blobs {
            self.blobs()?;
        }
        self.put(&BundleFrame::End(self.totals))?;
        self.out.to.write_all(&[0; 4])?;
        self.out.written += 4;
        Ok(from)
    }

    fn put(&mut self, frame: &BundleFrame) -> Result<(), Broken> {
        Ok(self.out.put(&frame.encode())?)
    }

    /// The texts that these records name, as far as they may go along.
    fn texts<'b>(&mut self, from: Position, records: impl Iterator<Item = &'b [u8]>) -> Result<(), Broken> {
        let (mut open, mut sealed) = (Vec::new(), Vec::new());
        for (at, record) in (from.0..).zip(records) {
            for named in details_of(record) {
                let asked = if named.tag.is_sealed() { self.what.sealed } else { self.what.details };
                let details = self.shelf.state().details();
                if !asked
                    || details.gone(&named.hash, Position(at)).is_some()
                    || !self.sent.insert(named.hash)
                {
                    continue;
                }
                let held = self.shelf.store.marked_detail(&named.hash)?;
                match held {
                    Some((detail, false)) if !named.tag.is_sealed() => open.push(detail),
                    Some((detail, _)) if self.what.sealed => sealed.push(detail),
                    _ => {}
                }
            }
        }
        self.totals.details += open.len() as u64;
        self.totals.sealed += sealed.len() as u64;
        self.carry(&open, false)?;
        self.carry(&sealed, true)
    }

    fn carry(&mut self, details: &[Detail], sealed: bool) -> Result<(), Broken> {
        for some in details.chunks(MAX_DETAILS_ASKED) {
            let bytes = some.iter().filter_map(|detail| Bytes::new(detail.as_bytes().to_vec()));
            let details = List::new(bytes.collect()).unwrap_or_default();
            self.put(&BundleFrame::Details(Carried { sealed, details }))?;
        }
        Ok(())
    }

    /// The attachments that the log names and that are here.
    fn blobs(&mut self) -> Result<(), Broken> {
        let store = &self.shelf.store;
        let blobs = Blobs::new(store.storage().clone(), store.cell());
        let named: Vec<_> = self.shelf.state().details().blobs().map(|(hash, _)| *hash).collect();
        for hash in named {
            let Some(groups) = blobs.groups(&hash)? else { continue };
            self.put(&BundleFrame::Blob(BlobHead::of(&groups)))?;
            for index in (0..groups.count()).filter(|index| index * BLOB_GROUP < groups.size()) {
                let bytes = blobs.group(&groups, index)?.and_then(Bytes::new).ok_or(StoreError::NotHere)?;
                self.put(&BundleFrame::Group(bytes))?;
            }
            self.totals.blobs += 1;
        }
        Ok(())
    }

    /// The first record that was placed at or after this time: times never go back.
    fn first_since(&self, since: Time, end: u64) -> Result<Position, StoreError> {
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = low + (high - low) / 2;
            let record = self.shelf.store.record(Position(middle))?.ok_or(StoreError::NotHere)?;
            if record.link().time < since { low = middle + 1 } else { high = middle }
        }
        Ok(Position(low))
    }
}
