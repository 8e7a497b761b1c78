//! The keys of a home: the member's, encrypted under a passphrase unless the person chose none; the
//! node's and the terms', which start unattended. Never print, log or send a secret key.

use crate::home::{Home, HomeError, read_bounded, write_private};
use crate::wire::Plain;
use age::secrecy::SecretString;
use lifeboat_log::{PublicKey, SecretKey};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Longest key file, in bytes: an encrypted one has a header of a few hundred.
const MAX_KEY_FILE: u64 = 16 * 1024;
/// Work to try a passphrase, as a power of two: about a second on a laptop.
const WORK_FACTOR: u8 = 17;
/// Most work that is done to open a file: a file made elsewhere cannot ask for hours.
const MAX_WORK_FACTOR: u8 = 22;

/// The keys of a home.
#[derive(Debug, Clone)]
pub struct Keys {
    home: Home,
    work: u8,
}

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No member key was made here.
    #[error("there is no member key in this home: make one with `lifeboat init --as <handle>`")]
    NoMember,
    /// There is a member key already.
    #[error("there is a member key in this home already; it was left as it is")]
    MemberExists,
    /// The passphrase does not open the key.
    #[error("that is not the passphrase of this key: try again")]
    WrongPassphrase,
    /// The key is encrypted, and no passphrase was given.
    #[error("the key is locked: its passphrase is needed")]
    Locked,
    /// A key file does not hold a key.
    #[error("the key file {0} is damaged: put it back from a backup")]
    Damaged(PathBuf),
    /// The secret and the public half of the member's key do not belong together.
    #[error("the key files {} and {} do not belong together, so one of them is damaged: put them back from a backup", secret.display(), public.display())]
    NotAPair {
        /// The secret half.
        secret: PathBuf,
        /// The public half.
        public: PathBuf,
    },
    /// The key of this home's node is gone.
    #[error(
        "the key of this home's node is not in {0} any more: put it back from a backup. If it is lost, type `lifeboat key node --new`: to the others this is another home then, and if it kept the log, they give the log another keeper (lifeboat takeover propose)"
    )]
    NoNodeKey(PathBuf),
    /// There is a node key, so no new one is made.
    #[error("this home's node has its key in {0}; it was left as it is")]
    NodeExists(PathBuf),
    /// The term key that this home should hold is not there.
    #[error(
        "the key of the term is not in {0}: this home cannot sign for the cell any more; put the file back from a backup"
    )]
    NoTermKey(PathBuf),
    /// The system gives no random bytes.
    #[error("this machine gives no random numbers, without which no key can be made")]
    NoRandomness,
    /// A file cannot be read or written.
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl Keys {
    /// The keys of this home.
    pub fn of(home: &Home) -> Self {
        Self { home: home.clone(), work: WORK_FACTOR }
    }

    /// As [`Keys::of`], with less work for a passphrase: for tests that would otherwise wait.
    #[must_use]
    pub fn with_work_factor(self, work: u8) -> Self {
        Self { work, ..self }
    }

    /// Makes the member's key: encrypted when there is a passphrase, else as it is.
    ///
    /// # Errors
    /// [`KeyError::MemberExists`] and those of the disk.
    pub fn create_member(&self, passphrase: Option<&str>) -> Result<SecretKey, KeyError> {
        if self.member_encrypted().is_some() {
            return Err(KeyError::MemberExists);
        }
        let key = SecretKey::from_seed(&random()?);
        self.write_member(&key, passphrase)?;
        Ok(key)
    }

    /// Makes a new member's key in the place of one that is lost. The old file is put aside and not thrown
    /// away: the passphrase may be remembered after all.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn replace_member(&self, passphrase: Option<&str>) -> Result<SecretKey, KeyError> {
        let mark: String = match self.home.member_key() {
            Some(old) => old.write().chars().take(8).collect(),
            None => "unknown".to_owned(),
        };
        for path in [self.encrypted_path(), self.plain_path()] {
            let kind = path.extension().map(|kind| kind.to_string_lossy().into_owned()).unwrap_or_default();
            let aside = self.home.keys_folder().join(format!("lost-{mark}.{kind}"));
            match std::fs::rename(&path, &aside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(HomeError::Io { path, error }.into());
                }
                _ => {}
            }
        }
        self.create_member(passphrase)
    }

    /// Encrypts the member's key under another passphrase, or under none.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn change_passphrase(&self, key: &SecretKey, passphrase: Option<&str>) -> Result<(), KeyError> {
        self.write_member(key, passphrase)?;
        let other = if passphrase.is_some() { self.plain_path() } else { self.encrypted_path() };
        match std::fs::remove_file(&other) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(HomeError::Io { path: other, error }.into())
            }
            _ => Ok(()),
        }
    }

    /// Whether the member's key needs a passphrase; nothing when there is no key.
    pub fn member_encrypted(&self) -> Option<bool> {
        if self.encrypted_path().is_file() {
            Some(true)
        } else {
            self.plain_path().is_file().then_some(false)
        }
    }

    /// The member's key.
    ///
    /// # Errors
    /// [`KeyError::NoMember`], [`KeyError::Locked`] without a passphrase where one is needed,
    /// [`KeyError::WrongPassphrase`], [`KeyError::Damaged`].
    pub fn member(&self, passphrase: Option<&str>) -> Result<SecretKey, KeyError> {
        let key = match (self.member_encrypted(), passphrase) {
            (None, _) => return Err(KeyError::NoMember),
            (Some(true), None) => return Err(KeyError::Locked),
            (Some(true), Some(passphrase)) => {
                let path = self.encrypted_path();
                let file = read_key_file(&path)?;
                decrypt(&file, passphrase, path)?
            }
            (Some(false), _) => self.read_plain(self.plain_path())?,
        };
        match self.home.member_key() {
            Some(public) if public != key.public() => {
                let secret = if self.member_encrypted() == Some(true) {
                    self.encrypted_path()
                } else {
                    self.plain_path()
                };
                Err(KeyError::NotAPair { secret, public: self.public_path() })
            }
            Some(_) => Ok(key),
            None => {
                write_private(&self.public_path(), key.public().write().as_bytes())?;
                Ok(key)
            }
        }
    }

    /// The member's public key, without unlocking anything.
    ///
    /// # Errors
    /// [`KeyError::NoMember`] when none was made yet, [`KeyError::Damaged`] when its file cannot be read.
    pub fn member_public(&self) -> Result<PublicKey, KeyError> {
        let path = self.public_path();
        let missing = if path.exists() { KeyError::Damaged(path) } else { KeyError::NoMember };
        self.home.member_key().ok_or(missing)
    }

    /// The node's key, made now when there is none.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] and those of the disk.
    pub fn node(&self) -> Result<SecretKey, KeyError> {
        let path = self.node_path();
        if path.is_file() {
            return self.read_plain(path);
        }
        // The two are made one after the other, this one first.
        if self.witness_path().is_file() {
            return Err(KeyError::NoNodeKey(path));
        }
        self.new_node()
    }

    /// Makes a node key where there is none, or none any more: this home is another one to all others then.
    ///
    /// # Errors
    /// [`KeyError::NodeExists`] and those of the disk.
    pub fn new_node(&self) -> Result<SecretKey, KeyError> {
        let path = self.node_path();
        if path.exists() {
            return Err(KeyError::NodeExists(path));
        }
        let key = SecretKey::from_seed(&random()?);
        write_private(&path, hex(&key.seed()).as_bytes())?;
        Ok(key)
    }

    /// The key with which this home witnesses, made now when there is none.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] and those of the disk.
    pub fn witness(&self) -> Result<SecretKey, KeyError> {
        let path = self.witness_path();
        if path.is_file() {
            return self.read_plain(path);
        }
        self.new_witness()
    }

    /// Makes a fresh witness key in the place of the one that was: one key never witnesses again what
    /// another began.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn new_witness(&self) -> Result<SecretKey, KeyError> {
        let key = SecretKey::from_seed(&random()?);
        write_private(&self.witness_path(), hex(&key.seed()).as_bytes())?;
        Ok(key)
    }

    /// Erases a term key that has signed its last: the handover. It is no error when it is gone already.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn erase_term(&self, public: &PublicKey) -> Result<(), KeyError> {
        let path = self.term_path(public);
        if !path.is_file() {
            return Ok(());
        }
        // Written over first, for what that is worth on the disks of today.
        write_private(&path, hex(&[0; 32]).as_bytes())?;
        std::fs::remove_file(&path).map_err(|error| HomeError::Io { path, error }.into())
    }

    /// Makes a fresh term key and keeps it.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn create_term(&self) -> Result<SecretKey, KeyError> {
        let key = SecretKey::from_seed(&random()?);
        write_private(&self.term_path(&key.public()), hex(&key.seed()).as_bytes())?;
        Ok(key)
    }

    /// The term key with this public half.
    ///
    /// # Errors
    /// [`KeyError::NoTermKey`] when it is not here.
    pub fn term(&self, public: &PublicKey) -> Result<SecretKey, KeyError> {
        let path = self.term_path(public);
        if !path.is_file() {
            return Err(KeyError::NoTermKey(path));
        }
        let key = self.read_plain(path.clone())?;
        if key.public() == *public { Ok(key) } else { Err(KeyError::Damaged(path)) }
    }

    /// Whether the term key with this public half is here.
    pub fn has_term(&self, public: &PublicKey) -> bool {
        self.term_path(public).is_file()
    }

    fn write_member(&self, key: &SecretKey, passphrase: Option<&str>) -> Result<(), KeyError> {
        match passphrase {
            Some(passphrase) => {
                let file = encrypt(key, passphrase, self.work)
                    .map_err(|error| HomeError::Io { path: self.encrypted_path(), error })?;
                write_private(&self.encrypted_path(), &file)?;
            }
            None => write_private(&self.plain_path(), hex(&key.seed()).as_bytes())?,
        }
        Ok(write_private(&self.public_path(), key.public().write().as_bytes())?)
    }

    fn read_plain(&self, path: PathBuf) -> Result<SecretKey, KeyError> {
        let file = read_key_file(&path)?;
        let seed = std::str::from_utf8(&file).ok().and_then(|text| unhex(text.trim()));
        seed.map(|seed| SecretKey::from_seed(&seed)).ok_or(KeyError::Damaged(path))
    }

    fn encrypted_path(&self) -> PathBuf {
        self.home.keys_folder().join("member.age")
    }
    fn plain_path(&self) -> PathBuf {
        self.home.keys_folder().join("member.key")
    }
    fn node_path(&self) -> PathBuf {
        self.home.keys_folder().join("node.key")
    }

    fn public_path(&self) -> PathBuf {
        self.home.keys_folder().join("member.pub")
    }
    fn witness_path(&self) -> PathBuf {
        self.home.keys_folder().join("witness.key")
    }
    fn term_path(&self, public: &PublicKey) -> PathBuf {
        self.home.keys_folder().join(format!("term-{public}.key"))
    }
}

/// So many random bytes from the operating system.
///
/// # Errors
/// [`KeyError::NoRandomness`].
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}

fn read_key_file(path: &Path) -> Result<Vec<u8>, KeyError> {
    read_bounded(path, MAX_KEY_FILE).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => KeyError::Damaged(path.to_owned()),
        _ => HomeError::Io { path: path.to_owned(), error }.into(),
    })
}

fn encrypt(key: &SecretKey, passphrase: &str, work: u8) -> io::Result<Vec<u8>> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(work);
    let recipient: &dyn age::Recipient = &recipient;
    let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient)).map_err(io::Error::other)?;
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file)?;
    writer.write_all(&key.seed())?;
    writer.finish()?;
    Ok(file)
}

fn decrypt(file: &[u8], passphrase: &str, path: PathBuf) -> Result<SecretKey, KeyError> {
    let damaged = || KeyError::Damaged(path.clone());
    let decryptor = age::Decryptor::new(file).map_err(|_| damaged())?;
    let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let identity: &dyn age::Identity = &identity;
    let mut reader = decryptor.decrypt(std::iter::once(identity)).map_err(|error| match error {
        age::DecryptError::DecryptionFailed
        | age::DecryptError::KeyDecryptionFailed
        | age::DecryptError::NoMatchingKeys => KeyError::WrongPassphrase,
        _ => damaged(),
    })?;
    let mut seed = [0; 32];
    reader.read_exact(&mut seed).map_err(|_| damaged())?;
    if reader.read(&mut [0]).map_err(|_| damaged())? != 0 {
        return Err(damaged());
    }
    Ok(SecretKey::from_seed(&seed))
}

pub(crate) fn hex(bytes: &[u8; 32]) -> String {
    PublicKey(*bytes).to_string()
}

pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    PublicKey::read(text).map(|key| key.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Settings;

    fn keys() -> (tempfile::TempDir, Keys) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path().join("home"), &Settings::default()).unwrap();
        (folder, Keys::of(&home).with_work_factor(2))
    }

    #[test]
    fn a_member_key_opens_with_its_passphrase_alone() {
        let (_folder, keys) = keys();
        assert!(matches!(keys.member(None), Err(KeyError::NoMember)));
        let key = keys.create_member(Some("three green boats")).unwrap();
        assert_eq!(keys.member_encrypted(), Some(true));
        assert_eq!(keys.member(Some("three green boats")).unwrap().seed(), key.seed());
        assert!(matches!(keys.member(Some("three green goats")), Err(KeyError::WrongPassphrase)));
        assert!(matches!(keys.member(None), Err(KeyError::Locked)));
        assert!(matches!(keys.create_member(None), Err(KeyError::MemberExists)));
        assert_eq!(keys.home.member_key(), Some(key.public()));
    }

    #[test]
    fn a_passphrase_can_be_taken_off_and_put_on() {
        let (_folder, keys) = keys();
        let key = keys.create_member(None).unwrap();
        assert_eq!(keys.member(None).unwrap().seed(), key.seed());
        keys.change_passphrase(&key, Some("boat")).unwrap();
        assert!(matches!(keys.member(None), Err(KeyError::Locked)));
        keys.change_passphrase(&key, None).unwrap();
        assert_eq!(keys.member(None).unwrap().seed(), key.seed());
    }

    #[test]
    fn damaged_key_files_are_named_and_never_panic() {
        let (_folder, keys) = keys();
        keys.create_member(Some("boat")).unwrap();
        let whole = std::fs::read(keys.encrypted_path()).unwrap();
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1;
            std::fs::write(keys.encrypted_path(), &bad).unwrap();
            assert!(keys.member(Some("boat")).is_err(), "byte {at}");
            std::fs::write(keys.encrypted_path(), &whole[..at]).unwrap();
            assert!(keys.member(Some("boat")).is_err(), "cut at {at}");
        }
        let node = keys.node().unwrap();
        assert_eq!(keys.node().unwrap().seed(), node.seed());
        std::fs::write(keys.home.keys_folder().join("node.key"), "00").unwrap();
        assert!(keys.node().unwrap_err().to_string().contains("node.key"));
    }

    #[test]
    fn a_term_key_is_found_by_its_public_half() {
        let (_folder, keys) = keys();
        let term = keys.create_term().unwrap();
        assert_eq!(keys.term(&term.public()).unwrap().seed(), term.seed());
        let other = SecretKey::from_seed(&[3; 32]).public();
        assert!(matches!(keys.term(&other), Err(KeyError::NoTermKey(_))));
        keys.erase_term(&term.public()).unwrap();
        keys.erase_term(&term.public()).unwrap();
        assert!(matches!(keys.term(&term.public()), Err(KeyError::NoTermKey(_))));
    }

    #[test]
    fn a_witness_key_stays_until_a_new_one_is_asked_for() {
        let (_folder, keys) = keys();
        let node = keys.node().unwrap();
        let key = keys.witness().unwrap();
        assert_eq!(keys.witness().unwrap().seed(), key.seed());
        assert_ne!(keys.new_witness().unwrap().seed(), key.seed());
        assert_ne!(keys.witness().unwrap().seed(), node.seed());
    }

    #[test]
    fn a_node_key_that_is_gone_is_told_and_a_new_one_is_made_only_when_asked_for() {
        let (_folder, keys) = keys();
        let node = keys.node().unwrap();
        keys.witness().unwrap();
        assert!(matches!(keys.new_node(), Err(KeyError::NodeExists(_))));
        std::fs::remove_file(keys.node_path()).unwrap();
        assert!(keys.node().unwrap_err().to_string().contains("lifeboat key node --new"));
        let new = keys.new_node().unwrap();
        assert_ne!(new.seed(), node.seed());
        assert_eq!(keys.node().unwrap().seed(), new.seed());
    }
}
