//! A home: the folder that holds a person's keys, their outbox, and the logs of the cells they follow.
//! Paths, the settings file, the lock, and files that nobody else may read. One process owns a home at a
//! time; the operating system frees the lock when that process ends, however it ends.

use crate::wire::Plain;
use lifeboat_log::{CellId, ForeignLog, PublicKey};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Most cells a home may follow: each has a thread of its own and files that are open.
pub const MAX_CELLS: usize = 64;
/// Most addresses that a home remembers.
pub const MAX_ADDRESSES: usize = 256;
/// Most logs of others that a home cosigns.
pub const MAX_LOGS: usize = 256;
/// Longest settings file, in bytes.
const MAX_SETTINGS: u64 = 1024 * 1024;

/// The folder of a home. It is only a name until [`Home::create`] or [`Home::open`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// There is no home in this folder.
    #[error("there is no Lifeboat home in {0}: make one with `lifeboat init`, or name another with --home")]
    Missing(PathBuf),
    /// There is one already.
    #[error("there is a Lifeboat home in {0} already: use it as it is, or name another folder with --home")]
    Exists(PathBuf),
    /// Another process owns it and does not answer.
    #[error(
        "another Lifeboat process is using {0}: wait until it ends, or stop the node with `lifeboat node --stop`"
    )]
    InUse(PathBuf),
    /// The settings cannot be read.
    #[error("the settings in {path} cannot be read: {reason}; mend that file or take it out of the way")]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The operating system refused.
    #[error("{path}: {error}; check that the disk is not full and that you may write there")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
}

/// The settings of a home: `home.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The handle under which the person wants to be known.
    pub handle: String,
    /// Where the node listens: multiaddresses. Empty for any free port on all interfaces.
    pub listen: Vec<String>,
    /// Whether homes on the same network find each other by themselves.
    pub mdns: Option<bool>,
    /// Whether the node asks the router to let others in (UPnP); what `mdns` says, when nothing is said.
    pub upnp: Option<bool>,
    /// Whether the node, where the world can reach it, passes connections on for homes behind routers that
    /// follow the same cells; it does, when nothing is said.
    pub relay: Option<bool>,
    /// Addresses at which the world reaches the node: a port that was opened by hand.
    pub public: Vec<String>,
    /// Homes that this one connects to.
    pub addresses: Vec<String>,
    /// Where the witness listens for HTTP (`127.0.0.1:8080`); nowhere when empty.
    pub witness_listen: String,
    /// The logs of others that this home cosigns over HTTP.
    pub logs: Vec<LogSetting>,
    /// The cells that this home follows or keeps.
    pub cells: Vec<CellSetting>,
}

/// A log of others in the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSetting {
    /// The first line of its checkpoints.
    pub origin: String,
    /// Its verifier key: `<name>+<id>+<key>`.
    pub key: String,
}

impl LogSetting {
    /// The log, when the texts are an origin and a key.
    pub fn log(&self) -> Option<ForeignLog> {
        ForeignLog::parse(&self.key).ok()?.with_origin(&self.origin)
    }
}

/// A cell in the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellSetting {
    /// The cell's id, in hexadecimal.
    pub id: String,
    /// The short name under which this home knows it.
    pub name: String,
    /// Whether this home's member belongs to it (or has knocked), rather than follows a sibling.
    #[serde(default)]
    pub own: bool,
    /// The card from which this home began to follow it; none where it founded the cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
}

impl CellSetting {
    /// The cell, when the text is an id.
    pub fn cell(&self) -> Option<CellId> {
        CellId::read(&self.id)
    }
}

/// The lock of a home: while it lives, no other process opens the home.
#[derive(Debug)]
pub struct HomeLock {
    _file: File,
}

impl Home {
    /// The home in this folder, whether or not there is one yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self { root: std::path::absolute(&root).unwrap_or(root) }
    }

    /// The home in this folder, when there is one.
    ///
    /// # Errors
    /// [`HomeError::Missing`].
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, HomeError> {
        let home = Self::at(root);
        if home.exists() { Ok(home) } else { Err(HomeError::Missing(home.root)) }
    }

    /// Makes the home: folders that only this user may read, the node's key, and the settings. The
    /// member's key is made apart ([`crate::keys::Keys::create_member`]), before or after.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn create(root: impl Into<PathBuf>, settings: &Settings) -> Result<Self, HomeError> {
        let home = Self::at(root);
        if home.exists() {
            return Err(HomeError::Exists(home.root));
        }
        for folder in [home.root.clone(), home.keys_folder(), home.own_folder()] {
            create_folder(&folder)?;
        }
        home.save_settings(settings)?;
        Ok(home)
    }

    /// Whether there is a home here.
    pub fn exists(&self) -> bool {
        self.settings_path().is_file()
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// The settings file.
    pub fn settings_path(&self) -> PathBuf {
        self.root.join("home.toml")
    }
    /// Where the keys lie.
    pub fn keys_folder(&self) -> PathBuf {
        self.root.join("keys")
    }
    /// Where invites, knocks and the like lie.
    pub fn own_folder(&self) -> PathBuf {
        self.root.join("own")
    }
    /// What a running node says of itself: where it listens for commands, and the token.
    pub fn node_file(&self) -> PathBuf {
        self.root.join("node.json")
    }
    /// What a running key agent says of itself.
    pub fn agent_file(&self) -> PathBuf {
        self.root.join("agent.json")
    }
    /// The log of a node in the background.
    pub fn node_log(&self) -> PathBuf {
        self.root.join("node.log")
    }
    /// The folder with the tiles of one cell's log.
    pub fn log_folder(&self, cell: &CellId) -> PathBuf {
        self.root.join("log").join(cell.to_string())
    }

    /// The settings.
    ///
    /// # Errors
    /// [`HomeError::Settings`] or [`HomeError::Missing`].
    pub fn settings(&self) -> Result<Settings, HomeError> {
        let path = self.settings_path();
        let text = match read_bounded(&path, MAX_SETTINGS) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(HomeError::Missing(self.root.clone()));
            }
            Err(error) => return Err(HomeError::Io { path, error }),
        };
        let text = String::from_utf8(text)
            .map_err(|_| HomeError::Settings { path: path.clone(), reason: "it is not text".into() })?;
        // What this program writes is never empty: nothing here would read as a home without any cell.
        if text.trim().is_empty() {
            return Err(HomeError::Settings { path, reason: "it is empty".into() });
        }
        let settings: Settings = toml::from_str(&text)
            .map_err(|e| HomeError::Settings { path: path.clone(), reason: e.to_string() })?;
        if settings.cells.len() > MAX_CELLS || settings.addresses.len() > MAX_ADDRESSES {
            let reason = format!("more than {MAX_CELLS} cells or {MAX_ADDRESSES} addresses");
            return Err(HomeError::Settings { path, reason });
        }
        Ok(settings)
    }

    /// Writes the settings, whole or not at all.
    ///
    /// # Errors
    /// [`HomeError::Io`].
    pub fn save_settings(&self, settings: &Settings) -> Result<(), HomeError> {
        let path = self.settings_path();
        let text = toml::to_string_pretty(settings)
            .map_err(|e| HomeError::Settings { path: path.clone(), reason: e.to_string() })?;
        write_private(&path, text.as_bytes())
    }

    /// Takes the lock of the home.
    ///
    /// # Errors
    /// [`HomeError::InUse`] when another process has it.
    pub fn lock(&self) -> Result<HomeLock, HomeError> {
        let path = self.root.join("lock");
        let file = private_options().create(true).truncate(false).open(&path);
        let file = file.map_err(|error| HomeError::Io { path: path.clone(), error })?;
        match file.try_lock() {
            Ok(()) => Ok(HomeLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(HomeError::InUse(self.root.clone())),
            Err(TryLockError::Error(error)) => Err(HomeError::Io { path, error }),
        }
    }

    /// The public key of the member, without unlocking anything; none before one was made.
    pub fn member_key(&self) -> Option<PublicKey> {
        let text = fs::read_to_string(self.keys_folder().join("member.pub")).ok()?;
        PublicKey::read(text.trim())
    }
}

/// Makes a folder that only this user may read, and those above it.
///
/// # Errors
/// [`HomeError::Io`].
pub fn create_folder(path: &Path) -> Result<(), HomeError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| HomeError::Io { path: path.to_owned(), error })
}

/// Writes a file that only this user may read: beside it first, synced, then in its place, so that a
/// power cut leaves the old one or the new one.
///
/// # Errors
/// [`HomeError::Io`].
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let write = || -> io::Result<()> {
        let _ = fs::remove_file(&beside);
        let mut file = private_options().create_new(true).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, path)?;
        sync_folder(path.parent())
    };
    write().map_err(|error| HomeError::Io { path: path.to_owned(), error })
}

/// The bytes of a file, or an error when it is longer than `limit`.
///
/// # Errors
/// Those of the file system.
pub fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is longer than it may be"));
    }
    Ok(bytes)
}

pub(crate) fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a rename in this folder durable, where the system lets a folder be synced.
fn sync_folder(folder: Option<&Path>) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = folder {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_made_once_and_keeps_its_settings() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("home");
        assert!(matches!(Home::open(&root), Err(HomeError::Missing(_))));
        let mut settings = Settings { handle: "heron".into(), ..Settings::default() };
        let home = Home::create(&root, &settings).unwrap();
        assert!(matches!(Home::create(&root, &settings), Err(HomeError::Exists(_))));
        settings.cells.push(CellSetting {
            id: "00".repeat(32),
            name: "oak-street".into(),
            own: true,
            card: None,
        });
        home.save_settings(&settings).unwrap();
        assert_eq!(Home::open(&root).unwrap().settings().unwrap(), settings);
    }

    #[test]
    fn one_process_at_a_time_owns_a_home() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path().join("home"), &Settings::default()).unwrap();
        let lock = home.lock().unwrap();
        assert!(matches!(home.lock(), Err(HomeError::InUse(_))));
        drop(lock);
        home.lock().unwrap();
    }

    #[test]
    fn damaged_settings_are_named_with_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path().join("home"), &Settings::default()).unwrap();
        for garbage in [&b"\xff\xfe"[..], b"cells = 5", b"[[[", b""] {
            fs::write(home.settings_path(), garbage).unwrap();
            let error = home.settings().unwrap_err().to_string();
            assert!(error.contains("home.toml"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_a_home() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path().join("home"), &Settings::default()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(home.root()), 0o700);
        assert_eq!(mode(&home.keys_folder()), 0o700);
        assert_eq!(mode(&home.settings_path()), 0o600);
    }
}
