//! Asks about what is carried as files: bundles of a log, and attachments.

use super::{Service, fault, store, with_progress};
use crate::ask::{Answer, BlobItem, Progress, Refusal};
use crate::blobs::{self, Fetched};
use crate::bundle::{self, What};
use crate::cell::CellHandle;
use crate::cell::shelf::Shelf;
use crate::limits::LOOK_EVERY;
use lifeboat_log::limits::BLOB_GROUP;
use lifeboat_log::{BlobHash, CellId};
use lifeboat_protocol::blobs::BlobAsk;
use lifeboat_store::blobs::Blobs;
use lifeboat_store::{Storage, StorageError};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

impl Service {
    /// Writes a bundle.
    pub(super) async fn bundle_export(
        self: &Arc<Self>,
        cell: CellId,
        to: PathBuf,
        what: What,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        absolute(&to)?;
        let open = self.cell(cell, progress).await?;
        let write = move |told: &mut dyn FnMut(u64, u64)| bundle::export(&open.read(), &to, what, told);
        Ok(Answer::BundleWritten(with_progress("bundle", progress, write).await??))
    }

    /// Takes a bundle in. The cell is closed meanwhile, and opened again with what was taken.
    pub(super) async fn bundle_import(
        self: &Arc<Self>,
        from: PathBuf,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        absolute(&from)?;
        let file = from.clone();
        let cell = tokio::task::spawn_blocking(move || bundle::cell_of(&file)).await.map_err(fault)??;
        let setting = self.cell_settings().into_iter().find(|setting| setting.cell() == Some(cell));
        let setting = setting.ok_or_else(|| {
            let text =
                "this bundle is of a cell that this home does not follow: `lifeboat follow` its card first";
            Refusal::new("unknown_cell", text)
        })?;
        self.shut(&cell).await;
        let (storage, node): (Arc<dyn Storage>, _) = (self.storage.clone(), self.node());
        let take = move |told: &mut dyn FnMut(u64, u64)| {
            let (mut shelf, words) = Shelf::open(storage, cell, node, &mut |_, _| {}).map_err(store)?;
            let taken = bundle::import(&mut shelf, &from, told)?;
            Ok::<_, Refusal>((shelf, taken, words))
        };
        let _one = self.opening.lock().await;
        let (shelf, mut taken, words) = with_progress("bundle", progress, take).await??;
        taken.name.clone_from(&setting.name);
        self.note_words(words.into_iter().map(|word| format!("{}: {word}", setting.name)));
        if let (true, Some(what)) = (taken.fork, &taken.broken) {
            self.note_words([format!("ALARM: {}: a bundle was taken in: {what}. Keep the file, and compare with other homes of the cell before you trust either.", setting.name)]);
        }
        self.begin(cell, setting.card.as_deref(), shelf).await?;
        Ok(Answer::BundleTaken(taken))
    }

    fn blobs(&self, cell: CellId) -> Blobs {
        let storage: Arc<dyn Storage> = self.storage.clone();
        Blobs::new(storage, cell)
    }

    /// Keeps a file of one's own as an attachment, for an entry that will name it.
    pub(super) async fn blob_put(
        self: &Arc<Self>,
        cell: CellId,
        from: PathBuf,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        absolute(&from)?;
        let open = self.cell(cell, progress).await?;
        let (blobs, quota) = (self.blobs(cell), open.read().state().charter().blob_quota());
        let put = move || put_file(&blobs, &from, quota);
        let (hash, size) = tokio::task::spawn_blocking(put).await.map_err(fault)??;
        Ok(Answer::Blob { hash, size })
    }

    /// The attachments that the log names.
    pub(super) async fn blob_list(
        self: &Arc<Self>,
        cell: CellId,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        let open = self.cell(cell, progress).await?;
        let held = self.blobs(cell).list().map_err(store)?;
        let shelf = open.read();
        let item = |(hash, named): (&BlobHash, _)| {
            let here = held.iter().find(|kept| kept.whole && kept.hash == *hash);
            BlobItem { hash: *hash, named, whole: here.is_some(), size: here.map_or(0, |kept| kept.size) }
        };
        let mut items: Vec<BlobItem> = shelf.state().details().blobs().map(item).collect();
        items.sort_by_key(|item| item.named);
        Ok(Answer::Blobs(items))
    }

    /// Writes an attachment to a file, fetched from other homes where it is not here.
    pub(super) async fn blob_get(
        self: &Arc<Self>,
        cell: CellId,
        hash: BlobHash,
        to: PathBuf,
        wait_ms: u64,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, Refusal> {
        absolute(&to)?;
        let open = self.cell(cell, progress).await?;
        let known = open.read().state().details().blob(&hash).copied();
        if known.is_none_or(|blob| blob.erased.is_some()) {
            return Err(Refusal::new("not_here", "no entry names this photo, or it was erased"));
        }
        let blobs = self.blobs(cell);
        if !blobs.has(&hash).map_err(store)? {
            let until = Instant::now() + Duration::from_millis(wait_ms);
            self.fetch_blob(&open, &blobs, hash, until).await?;
        }
        let write = move || write_file(&blobs, &hash, &to);
        let size = tokio::task::spawn_blocking(write).await.map_err(fault)??;
        Ok(Answer::Blob { hash, size })
    }

    async fn fetch_blob(
        self: &Arc<Self>,
        open: &Arc<CellHandle>,
        blobs: &Blobs,
        hash: BlobHash,
        until: Instant,
    ) -> Result<(), Refusal> {
        self.go_online().await?;
        let quota = open.read().state().charter().blob_quota();
        let ask = BlobAsk { cell: open.cell(), hash, from: 0 };
        let mut last = "no other home was reached".to_owned();
        loop {
            let peers = self.network.get().map(|network| network.connected()).unwrap_or_default();
            for peer in peers.into_keys() {
                let Some(network) = self.network.get() else { continue };
                let result =
                    blobs::fetch(&network.net, peer, blobs, ask, quota, &mut Fetched::default()).await;
                match result {
                    Ok(()) => return Ok(()),
                    Err(error) => last = error.to_string(),
                }
            }
            if Instant::now() >= until {
                return Err(Refusal::new("not_here", format!("the photo could not be fetched: {last}")));
            }
            tokio::time::sleep(LOOK_EVERY * 10).await;
        }
    }
}

fn absolute(path: &Path) -> Result<(), Refusal> {
    if path.is_absolute() {
        return Ok(());
    }
    Err(Refusal::new("bad_path", "a file is named by an absolute path"))
}

fn put_file(blobs: &Blobs, from: &Path, quota: u64) -> Result<(BlobHash, u64), Refusal> {
    let disk = |error: std::io::Error| Refusal::new("disk", format!("{}: {error}", from.display()));
    let mut file = File::open(from).map_err(disk)?;
    let size = file.metadata().map_err(disk)?.len();
    if blobs.used().map_err(store)?.saturating_add(size) > quota {
        let text =
            format!("there is no room for it: the cell keeps at most {quota} bytes of photos in a home");
        return Err(Refusal::new("full", text));
    }
    let read = |at: u64, buffer: &mut [u8]| -> Result<usize, StorageError> {
        let system = |error: std::io::Error| StorageError::System {
            name: from.display().to_string(),
            doing: "read",
            reason: error.to_string(),
        };
        file.seek(SeekFrom::Start(at)).map_err(system)?;
        let mut len = 0;
        while len < buffer.len() {
            match file.read(&mut buffer[len..]).map_err(system)? {
                0 => break,
                more => len += more,
            }
        }
        Ok(len)
    };
    let hash = blobs.put(read).map_err(store)?;
    let too_long = || Refusal::new("too_long", "a photo has at most 64 MiB, and must not change meanwhile");
    Ok((hash.ok_or_else(too_long)?, size))
}

/// Writes an attachment to a file, each group checked as it is read.
fn write_file(blobs: &Blobs, hash: &BlobHash, to: &Path) -> Result<u64, Refusal> {
    let gone = || Refusal::new("not_here", "the photo was damaged on this disk: ask for it again");
    let groups = blobs.groups(hash).map_err(store)?.ok_or_else(gone)?;
    let disk = |error: std::io::Error| Refusal::new("disk", format!("{}: {error}", to.display()));
    let mut file = File::create(to).map_err(disk)?;
    for index in (0..groups.count()).filter(|index| index * BLOB_GROUP < groups.size()) {
        let bytes = blobs.group(&groups, index).map_err(store)?.ok_or_else(gone)?;
        file.write_all(&bytes).map_err(disk)?;
    }
    file.sync_all().map_err(disk)?;
    Ok(groups.size())
}
