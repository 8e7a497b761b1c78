//! The audit of a log folder from its bytes alone, with no database: what `docs/format.md` says under
//! "Log folder". Every finding names a file or a position. Never writes, and never trusts a length.

use crate::audit_witnessed::{self, CosignedCheckpoint, Watch};
use crate::folder::{self, TermFolder};
use crate::limits::{MAX_BUNDLE, MAX_FINDINGS, MAX_LIST, MAX_TILE};
use crate::log_store::StoreError;
use crate::storage::StorageError;
use crate::tiles_audit::TileCheck;
use lifeboat_log::checkpoint::Checkpoint;
use lifeboat_log::limits::{MAX_NOTE, TILE_WIDTH};
use lifeboat_log::note::Note;
use lifeboat_log::{CellId, Chain, DetailHash, Position, Record, SignedCheckpoint, Term, TreeHash, tile};
use std::collections::BTreeSet;
use std::path::Path;

/// Bundles verified at one go: enough to keep all cores busy, and a few MB.
const BUNDLES_AT_ONCE: usize = 16;

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Cells audited.
    pub cells: Vec<CellId>,
    /// Records verified.
    pub records: u64,
    /// Signatures verified: of entries and of checkpoints.
    pub signatures: u64,
    /// Checkpoints verified.
    pub checkpoints: u64,
    /// Terms.
    pub terms: u64,
    /// Records that hold and are under no checkpoint yet.
    pub uncovered: u64,
    /// The checkpoints of terms with witnesses, those that anchors brought in too.
    pub cosigned: Vec<CosignedCheckpoint>,
    /// Details that the records name, each once.
    pub details: BTreeSet<DetailHash>,
    /// Files whose names the format does not have; they were not read.
    pub strangers: Vec<String>,
    /// What is wrong; the first ones.
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub count: u64,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, below the audited folder.
    pub file: String,
    /// The record, where one is at fault.
    pub position: Option<Position>,
    /// The name of the error in `docs/format.md`.
    pub name: &'static str,
    /// What is wrong, in words.
    pub what: String,
}

/// How far an audit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Records verified.
    pub records: u64,
    /// Records expected, as far as checkpoints tell.
    pub of: u64,
}

impl AuditReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn add(
        &mut self,
        file: &str,
        position: Option<Position>,
        name: &'static str,
        what: impl Into<String>,
    ) {
        self.count += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { file: file.to_owned(), position, name, what: what.into() });
        }
    }
}

/// Audits the logs in a folder: a cell's, a folder of cells', or a home's.
///
/// # Errors
/// [`StoreError`] when the folder cannot be read or holds no log; damage is in the report.
pub fn audit_folder(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<AuditReport, StoreError> {
    let mut report = AuditReport::default();
    let cells = folder::cells(path).map_err(|e| unreadable(path, &e))?;
    if cells.is_empty() {
        return Err(StoreError::NoLog(path.display().to_string()));
    }
    for cell in &cells {
        let shown = cell.strip_prefix(path).map(|p| p.display().to_string()).unwrap_or_default();
        let prefix = if shown.is_empty() { shown } else { format!("{shown}/") };
        let (chain, named, watch) = (None, cell_name(cell), Watch::default());
        CellAudit { report: &mut report, prefix, chain, named, watch, progress }.run(cell)?;
    }
    Ok(report)
}

struct CellAudit<'a> {
    report: &'a mut AuditReport,
    /// What stands before a file's name in a finding.
    prefix: String,
    /// None until the first record was read.
    chain: Option<Chain>,
    /// The cell that the folder's name says.
    named: Option<CellId>,
    /// What is remembered of the term that is read.
    watch: Watch,
    progress: &'a mut dyn FnMut(Progress),
}

/// What the records of a term came to.
struct TermRecords {
    /// The checkpoint's text as it stands, not verified.
    claimed: Option<Checkpoint>,
    /// The root over as many records as the checkpoint claims.
    root_there: Option<TreeHash>,
    /// Whether the chain broke in this term.
    broken: bool,
}

impl CellAudit<'_> {
    fn run(mut self, cell: &Path) -> Result<(), StoreError> {
        let terms = folder::terms(cell).map_err(|e| unreadable(cell, &e))?;
        let newest = terms.last().copied();
        for term in terms {
            let path = cell.join(tile::term_folder(term));
            let folder = TermFolder::list(&path).map_err(|e| unreadable(&path, &e))?;
            if !self.term(term, &folder, Some(term) == newest)? {
                break; // what comes after a break proves nothing
            }
        }
        let founded = self.chain.as_ref().map(Chain::cell).or(self.named);
        self.report.cells.extend(founded);
        Ok(())
    }

    /// Audits one term; false when the cell's chain broke in it.
    fn term(&mut self, term: Term, folder: &TermFolder, newest: bool) -> Result<bool, StoreError> {
        self.report.terms += 1;
        self.watch = Watch::default();
        let strangers = folder.strangers.iter().take(MAX_LIST).map(|name| self.name(term, name));
        let strangers: Vec<String> = strangers.collect();
        self.report.strangers.extend(strangers);
        let checkpoint = folder.read(tile::CHECKPOINT, MAX_NOTE).map_err(|e| unreadable(&folder.path, &e))?;
        let claimed = checkpoint.as_deref().and_then(|bytes| Note::parse(bytes).ok());
        let claimed = claimed.and_then(|note| Checkpoint::parse_text(&note.text).ok());
        let mut tiles = TileCheck::new(folder, claimed.as_ref().map(|c| c.size));
        let records = self.bundles(term, folder, claimed, &mut tiles)?;
        if !records.broken {
            for (file, name, what) in tiles.finish()? {
                let file = self.name(term, &file);
                self.report.add(&file, None, name, what);
            }
        }
        self.anchors(term);
        match checkpoint {
            Some(bytes) => self.checkpoint(term, &bytes, &records),
            None if newest && !records.broken => self.report.uncovered += self.term_size(),
            None => {}
        }
        Ok(!records.broken)
    }

    fn bundles(
        &mut self,
        term: Term,
        folder: &TermFolder,
        claimed: Option<Checkpoint>,
        tiles: &mut TileCheck<'_>,
    ) -> Result<TermRecords, StoreError> {
        let mut out = TermRecords { claimed, root_there: None, broken: false };
        let last = folder.bundles.last_key_value().map(|(index, _)| *index);
        let indexes: Vec<u64> = folder.bundles.keys().copied().collect();
        for (expected, index) in (0..).zip(&indexes) {
            if *index != expected {
                let file = self.name(term, &tile::bundle(expected));
                self.report.add(&file, None, "MissingFile", "a bundle is missing before another");
                out.broken = true;
                return Ok(out);
            }
        }
        for group in indexes.chunks(BUNDLES_AT_ONCE) {
            let mut read = Vec::with_capacity(group.len());
            for index in group {
                read.push((self.bundle(term, folder, *index, last)?, tile::bundle(*index)));
            }
            if !self.records(term, &read, &mut out, tiles)? {
                out.broken = true;
                return Ok(out);
            }
        }
        Ok(out)
    }

    /// The bytes of the longest form of a bundle, what is wrong with its form reported.
    fn bundle(
        &mut self,
        term: Term,
        folder: &TermFolder,
        index: u64,
        last: Option<u64>,
    ) -> Result<Vec<u8>, StoreError> {
        let mut longest: Option<Vec<u8>> = None;
        for form in folder.bundles.get(&index).into_iter().flatten() {
            let bytes = folder
                .read(&form.name, MAX_BUNDLE)
                .map_err(|e| unreadable(&folder.path.join(&form.name), &e))?;
            let bytes = bytes.unwrap_or_default();
            let (records, used) = tile::split_bundle(&bytes);
            let file = self.name(term, &form.name);
            let count = records.len() as u64;
            if used != bytes.len() {
                self.report.add(&file, None, "TornBundle", "bytes after the last whole record");
            }
            let width = form.width.unwrap_or(if Some(index) == last { count } else { TILE_WIDTH });
            if count == 0 || count > TILE_WIDTH || count != width {
                self.report.add(&file, None, "BadBundle", format!("{count} records where {width} belong"));
            }
            match &longest {
                None => longest = Some(bytes),
                Some(longer) if !longer.starts_with(&bytes[..used]) => {
                    self.report.add(
                        &file,
                        None,
                        "BadBundle",
                        "not the beginning of the longer form of this bundle",
                    );
                }
                Some(_) => {}
            }
        }
        Ok(longest.unwrap_or_default())
    }

    /// Verifies the records of some bundles; false at the first that does not follow.
    fn records(
        &mut self,
        term: Term,
        bundles: &[(Vec<u8>, String)],
        out: &mut TermRecords,
        tiles: &mut TileCheck<'_>,
    ) -> Result<bool, StoreError> {
        let records: Vec<(&[u8], &str)> = bundles
            .iter()
            .flat_map(|(bytes, name)| {
                tile::split_bundle(bytes).0.into_iter().map(move |r| (r, name.as_str()))
            })
            .collect();
        let slices: Vec<&[u8]> = records.iter().map(|(bytes, _)| *bytes).collect();
        let Some(mut chain) =
            self.chain.take().or_else(|| self.named.or_else(|| founded(&slices)).map(Chain::new))
        else {
            return Ok(records.is_empty());
        };
        let before = chain.open().map_or(0, |open| if open.term == term { open.tree.size() } else { 0 });
        let (good, result) = chain.extend_with_bytes(&slices);
        for (i, (record, bytes)) in (before..).zip(good.iter().zip(&slices)) {
            if record.link().term != term {
                let file = self.name(term, records[(i - before) as usize].1);
                self.report.add(
                    &file,
                    Some(record.link().position),
                    "WrongTerm",
                    "a record in the folder of another term",
                );
                return Ok(false);
            }
            self.count(record);
            let leaf = lifeboat_log::tree::leaf_hash(bytes);
            if let Some(open) = chain.open() {
                self.watch.push(record, leaf, open);
            }
            let root = tiles.push(leaf);
            if out.claimed.as_ref().is_some_and(|c| c.size == i + 1) {
                out.root_there = Some(root());
            }
        }
        let of = out.claimed.as_ref().map_or(0, |c| c.size).max(self.report.records);
        (self.progress)(Progress { records: self.report.records, of });
        if let Err(broken) = result {
            let file = self.name(term, records.get(good.len()).map_or("", |(_, name)| name));
            self.report.add(&file, Some(broken.position()), broken.name(), broken.to_string());
            return Ok(false);
        }
        self.chain = Some(chain);
        Ok(true)
    }

    fn count(&mut self, record: &Record) {
        self.report.records += 1;
        self.report.signatures += 1;
        self.report.details.extend(record.entry().details.iter().map(|detail| detail.hash));
    }

    fn checkpoint(&mut self, term: Term, bytes: &[u8], records: &TermRecords) {
        let file = self.name(term, tile::CHECKPOINT);
        let Some(chain) = self.chain.as_ref() else { return };
        let Some(open) = chain.open().filter(|open| open.term == term) else { return };
        let signed = match SignedCheckpoint::audit(bytes, &open.origin(chain.cell()), &open.signers()) {
            Ok(signed) => signed,
            Err(bad) => return self.report.add(&file, None, bad.name(), bad.to_string()),
        };
        let size = open.tree.size();
        self.report.checkpoints += 1;
        self.report.signatures += 1 + signed.cosigned().len() as u64;
        if signed.size > size {
            let what = format!("the checkpoint covers {} records, the folder holds {size}", signed.size);
            return self.report.add(&file, None, "MissingRecords", what);
        }
        let root = if signed.size == 0 { Some(lifeboat_log::tree::empty_root()) } else { records.root_there };
        if root != Some(signed.root) {
            return self.report.add(&file, None, "WrongRoot", "the root is not the one over the records");
        }
        self.report.uncovered += size - signed.size;
        let cosigned = self.watch.of(&signed, open.opening.quorum, None);
        audit_witnessed::add(&mut self.report.cosigned, cosigned);
    }

    /// The checkpoints that anchors brought into the term.
    fn anchors(&mut self, term: Term) {
        let quorum = self.chain.as_ref().and_then(Chain::open).map_or(0, |open| open.opening.quorum);
        let (cosigned, wrong) = self.watch.anchored(quorum);
        self.report.signatures += cosigned.iter().map(|anchor| 1 + anchor.witnesses as u64).sum::<u64>();
        audit_witnessed::add(&mut self.report.cosigned, cosigned);
        for position in wrong {
            let file = self.name(term, "tile/entries");
            let what = "an anchor brings a signed checkpoint whose root is not the one over these records";
            self.report.add(&file, Some(position), "WrongRoot", what);
        }
    }

    fn term_size(&self) -> u64 {
        self.chain.as_ref().and_then(Chain::open).map_or(0, |open| open.tree.size())
    }

    fn name(&self, term: Term, file: &str) -> String {
        format!("{}{}/{file}", self.prefix, tile::term_folder(term))
    }
}

/// The cell that a first record founds, where the folder's name does not say it.
fn founded(records: &[&[u8]]) -> Option<CellId> {
    let (_, entry) = lifeboat_log::record::split(records.first()?).ok()?;
    Some(CellId::of_founding(lifeboat_log::entry::id_of(entry)))
}

fn cell_name(cell: &Path) -> Option<CellId> {
    CellId::from_hex(&cell.file_name()?.to_string_lossy())
}

pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> StoreError {
    let name = path.display().to_string();
    StorageError::System { name, doing: "read", reason: error.to_string() }.into()
}

/// The longest file of hashes that is read.
pub(crate) const TILE_BOUND: usize = MAX_TILE;
