//! The witness of a home: one key, and all the logs that it cosigns, those of cells and those of others. It
//! carries the machine of `lifeboat_protocol::witness`: the promise is on disk before a line is given, and
//! check and promise are one step that nothing comes between. One of these a home, so that no log is ever
//! cosigned through two of them.

use crate::cell::locked;
use lifeboat_log::note::SignatureLine;
use lifeboat_log::{Call, CellId, Close, Floor, Given, Origin, PublicKey, SecretKey};
use lifeboat_protocol::inquiry::promise;
use lifeboat_protocol::witness::{Clock, Effect, Event, Refused, Step, Ticket, Witness};
use lifeboat_store::{Cosignings, PromiseError, Storage, VowError, Vows};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Most logs whose machines are kept in memory; one that is left out is read from the disk again.
const MAX_MACHINES: usize = 256;

/// The witness of a home.
pub struct Cosigner {
    key: SecretKey,
    storage: Arc<dyn Storage>,
    machines: Mutex<HashMap<String, Machine>>,
}

/// One log's machine and its file.
struct Machine {
    witness: Witness,
    file: Cosignings,
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum NotCosigned {
    /// The machine refuses.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was promised before cannot be read.
    #[error(transparent)]
    Promise(#[from] PromiseError),
    /// It has closed the era.
    #[error("this home's witness has closed era {0} for a takeover, and cosigns nothing of it any more")]
    Closed(u16),
    /// Whether it has closed an era cannot be read, or a close cannot be written.
    #[error(transparent)]
    Vow(#[from] VowError),
    /// What was to be asked could not be made.
    #[error("{0}")]
    NoQuestion(String),
}

impl Cosigner {
    /// The witness with this key, whose promises lie on this storage.
    pub fn new(key: SecretKey, storage: Arc<dyn Storage>) -> Self {
        Self { key, storage, machines: Mutex::default() }
    }

    /// Its key.
    pub fn key(&self) -> PublicKey {
        self.key.public()
    }

    /// The key itself, to show that this home holds it.
    pub fn secret(&self) -> &SecretKey {
        &self.key
    }

    /// The line for this note text of the log with this origin. `question` is told what was cosigned last,
    /// and says what the machine is asked; nothing else is cosigned meanwhile.
    ///
    /// # Errors
    /// [`NotCosigned`].
    pub fn cosign(
        &self,
        origin: &str,
        text: String,
        question: impl FnOnce(Option<&Given>) -> Result<(Step, Clock), String>,
    ) -> Result<SignatureLine, NotCosigned> {
        let mut machines = locked(&self.machines);
        if let Ok(of_cell) = origin.parse::<Origin>() {
            let era = of_cell.term.era();
            if era < Vows::open(self.storage.clone(), of_cell.cell)?.closed_era(&self.key()) {
                return Err(NotCosigned::Closed(era));
            }
        }
        let machine = self.machine(&mut machines, origin)?;
        let (step, clock) = question(machine.witness.given()).map_err(NotCosigned::NoQuestion)?;
        let (answer, whole) = machine.ask(&self.storage, origin, step, text, clock);
        if !whole {
            machines.remove(origin);
        }
        answer.map_err(NotCosigned::Refused)
    }

    /// The close of all eras older than the call's, promised on disk first; nothing of them is cosigned after
    /// it. `floor` is told what was cosigned last of the log with this origin, and says what is held of it;
    /// nothing else is cosigned meanwhile.
    ///
    /// # Errors
    /// [`NotCosigned`].
    pub fn close(
        &self,
        origin: &Origin,
        call: Call,
        floor: impl FnOnce(Option<&Given>) -> Option<Floor>,
    ) -> Result<Close, NotCosigned> {
        let mut machines = locked(&self.machines);
        let machine = self.machine(&mut machines, &origin.to_string())?;
        let short = || NotCosigned::NoQuestion("it has cosigned more than is held here".to_owned());
        let floor = floor(machine.witness.given()).ok_or_else(short)?;
        let mut vows = Vows::open(self.storage.clone(), origin.cell)?;
        Ok(vows.close(call, call.close(&origin.cell, floor, &self.key))?)
    }

    /// Writes down a cosignature of this witness that others have and this disk forgot, where it is the
    /// largest.
    ///
    /// # Errors
    /// [`NotCosigned::Promise`].
    pub fn recall(&self, origin: &Origin, shown: Given) -> Result<(), NotCosigned> {
        let mut machines = locked(&self.machines);
        let origin = origin.to_string();
        let machine = self.machine(&mut machines, &origin)?;
        let Some(given) = promise(machine.witness.given(), shown) else { return Ok(()) };
        let written = machine.file.promise(&given);
        // It is opened anew with what lies on the disk.
        machines.remove(&origin);
        Ok(written?)
    }

    /// Writes down a close of this witness that others have and this disk forgot.
    ///
    /// # Errors
    /// [`NotCosigned::Vow`].
    pub fn recall_close(&self, cell: CellId, call: Call, close: Close) -> Result<(), NotCosigned> {
        let _one = locked(&self.machines);
        Vows::open(self.storage.clone(), cell)?.close(call, close)?;
        Ok(())
    }

    fn machine<'a>(
        &self,
        machines: &'a mut HashMap<String, Machine>,
        origin: &str,
    ) -> Result<&'a mut Machine, PromiseError> {
        if machines.len() >= MAX_MACHINES && !machines.contains_key(origin) {
            machines.clear();
        }
        match machines.entry(origin.to_owned()) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(place) => {
                let file = Cosignings::open(self.storage.clone(), self.key(), origin)?;
                let witness = Witness::new(self.key.clone(), file.last().copied());
                Ok(place.insert(Machine { witness, file }))
            }
        }
    }
}

impl Machine {
    /// Asks the machine and carries out what it wants. False when its promise could not be read again: the
    /// next question opens it anew.
    fn ask(
        &mut self,
        storage: &Arc<dyn Storage>,
        origin: &str,
        step: Step,
        text: String,
        clock: Clock,
    ) -> (Result<SignatureLine, Refused>, bool) {
        let (mut answer, mut whole) = (Err(Refused::Busy), true);
        let mut effects = self.witness.handle(Event::Asked { ticket: Ticket(0), step, text, clock });
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Promise(given) => {
                    let event = match self.file.promise(&given) {
                        Ok(()) => Event::Promised,
                        Err(error) => {
                            tracing::error!(%error, "what this home would cosign could not be written down");
                            Event::DiskFailed
                        }
                    };
                    effects.extend(self.witness.handle(event));
                }
                Effect::Cosign { line, .. } => answer = Ok(line),
                Effect::Refuse { why, .. } => answer = Err(why),
                Effect::Reread => match Cosignings::open(storage.clone(), self.witness.key(), origin) {
                    Ok(file) => {
                        let given = file.last().copied();
                        self.file = file;
                        effects.extend(self.witness.handle(Event::Reread(given)));
                    }
                    Err(_) => whole = false,
                },
            }
        }
        (answer, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_log::testing::TestLog;
    use lifeboat_log::{SignedCheckpoint, Time};
    use lifeboat_store::{Failure, FaultyStorage, MemoryStorage};

    fn ask(cosigner: &Cosigner, signed: &SignedCheckpoint) -> Result<SignatureLine, NotCosigned> {
        let clock = Clock { now: Time::from_ms(1_800_000_000_000), skew_ms: 0, links: None };
        cosigner.cosign(&signed.origin.to_string(), signed.text(), |_| {
            Ok((Step { old: 0, proof: vec![], size: signed.size, root: signed.root }, clock))
        })
    }

    #[test]
    fn a_failed_promise_gives_no_line_and_is_read_from_the_disk_again() {
        for failure in [Failure::NotWritten, Failure::Written] {
            let faulty = Arc::new(FaultyStorage::new(MemoryStorage::new()));
            let cosigner = Cosigner::new(SecretKey::from_seed(&[9; 32]), faulty.clone());
            let (mut log, _) = TestLog::found(1);
            let first = log.checkpoint();
            log.grow(1);
            faulty.fail_at(0, failure);
            assert!(matches!(ask(&cosigner, &first), Err(NotCosigned::Refused(Refused::Busy))));
            faulty.heal();
            let other = ask(&cosigner, &log.checkpoint());
            match failure {
                Failure::Written => {
                    let last = Refused::NotLast { last: 1 };
                    assert!(matches!(other, Err(NotCosigned::Refused(why)) if why == last));
                }
                _ => assert!(other.is_ok()),
            }
        }
    }

    #[test]
    fn what_others_have_of_it_is_written_down_before_anything_smaller_can_be_cosigned() {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let key = SecretKey::from_seed(&[9; 32]);
        let (mut log, _) = TestLog::found(1);
        let early = log.checkpoint();
        log.grow(3);
        let late = log.checkpoint();
        let restored = Cosigner::new(key.clone(), storage.clone());
        let given = Given { size: late.size, root: late.root, seconds: 1_700_000_000 };
        restored.recall(&late.origin, given).unwrap();
        let refused = Refused::NotLast { last: late.size };
        for cosigner in [restored, Cosigner::new(key, storage)] {
            let answer = ask(&cosigner, &early);
            assert!(matches!(answer, Err(NotCosigned::Refused(why)) if why == refused));
        }
    }

    #[test]
    fn after_a_close_nothing_of_an_older_era_is_cosigned_and_a_failed_close_gives_none() {
        for failure in [Failure::NotWritten, Failure::Written] {
            let faulty = Arc::new(FaultyStorage::new(MemoryStorage::new()));
            let (mut log, _) = TestLog::found(1);
            let first = log.checkpoint();
            let key = SecretKey::from_seed(&[9; 32]);
            let cosigner = Cosigner::new(key.clone(), faulty.clone());
            assert!(ask(&cosigner, &first).is_ok());
            let (node, term_key) = (log.node.public(), key.public());
            let call = Call { term: lifeboat_log::Term::new(1, 0), node, term_key };
            let floor = Floor::of(&first, &log.term_key.public());
            let close = |floor: Option<Floor>| cosigner.close(&first.origin, call, |_| floor);
            assert!(matches!(close(None), Err(NotCosigned::NoQuestion(_))));
            faulty.fail_at(0, failure);
            assert!(matches!(close(floor), Err(NotCosigned::Vow(_))), "no promise, no close");
            faulty.heal();
            let given = close(floor).unwrap();
            assert_eq!(call.check_close(&log.cell(), &given), Ok(()));
            assert_eq!(Some(given.floor), floor);
            log.grow(1);
            assert!(matches!(ask(&cosigner, &log.checkpoint()), Err(NotCosigned::Closed(0))));
            // The same after a start.
            let again = Cosigner::new(key.clone(), faulty.clone());
            assert!(matches!(ask(&again, &log.checkpoint()), Err(NotCosigned::Closed(0))));
        }
    }
}
