//! The cast of a cell that may be taken over: homes of members that hold its log, some of which witness. What
//! their people do, what becomes of their disks and clocks, and where each stands.

use super::{Liar, Stage};
use crate::disk::Disk;
use crate::home::{Home, Role, covered};
use crate::plant::Plant;
use lifeboat_commons::testing::{TestCell, key_of};
use lifeboat_log::{Opening, Origin, Position, SecretKey, SignedCheckpoint, SignedEntry, Term, TreeHash};
use lifeboat_protocol::takeover::CallNews;
use lifeboat_store::{Cosignings, Failure, FaultyStorage, LogStore, MemoryStorage};
use std::sync::Arc;

/// The disk of a home as it was at some moment.
pub struct Backup(MemoryStorage);

/// Where a home stands: its term, how many records it holds, and whether it keeps the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// The open term.
    pub term: Term,
    /// Its records.
    pub size: u64,
    /// Whether it keeps the log.
    pub keeps: bool,
}

/// The key with which a home of the stage witnesses.
pub fn witness(home: usize) -> SecretKey {
    key_of(1, &format!("#stage witness {home}"))
}

impl Stage {
    /// So many homes that hold the log of this cell, the first of which keeps it, and these who cheat; nobody
    /// is connected.
    pub fn of_cell(cell: &TestCell, homes: usize, liars: Vec<Liar>) -> Self {
        let node = |index: usize| match index {
            0 => cell.node.clone(),
            _ => key_of(1, &format!("#stage {index}")),
        };
        let term_keys = |index: usize| (index == 0).then(|| cell.term_key.clone()).into_iter().collect();
        let home = |index: usize| {
            let home = Home::new(index, cell.cell(), node(index), term_keys(index), witness(index), None);
            // A log that is not there is noticed by whoever looks where the home stands.
            if let Ok((mut store, _)) = LogStore::open(home.disk(), cell.cell()) {
                let done = store.append(cell.records()).and_then(|()| store.put_details(cell.details()));
                let done = done.and_then(|()| store.sync());
                let _ = done
                    .and_then(|()| if index > 0 { store.set_checkpoint(&cell.checkpoint()) } else { Ok(()) });
            }
            home
        };
        Self::of((0..homes).map(home).collect(), liars)
    }

    /// Disconnects two nodes, each of which is told.
    pub fn unlink(&mut self, one: usize, other: usize) {
        for (home, peer) in [(one, other), (other, one)] {
            let key = self.key(peer);
            if self.links.remove(&(home, peer)) && home < self.homes.len() {
                self.with(home, |home, ctx| home.disconnected(key, ctx));
            }
        }
    }

    /// Gives a home a bug.
    pub fn plant(&mut self, home: usize, plant: Plant) {
        self.homes[home].plant = Some(plant);
    }

    /// Sets a home's clock ahead, in milliseconds.
    pub fn set_clock(&mut self, home: usize, ahead: i64) {
        self.homes[home].skew = ahead;
    }

    /// The member with this key proposes that the log be kept in this home.
    pub fn propose(&mut self, home: usize, member: &SecretKey) {
        let term_key = key_of(1, &format!("#stage term {home} {}", self.homes[home].term_keys.len()));
        self.with(home, |home, ctx| home.propose(member, term_key, ctx));
    }

    /// The member with this key endorses, in this home, the lowest call that may be.
    pub fn endorse(&mut self, home: usize, member: &SecretKey) {
        self.with(home, |home, ctx| home.endorse_what_is_called(member, ctx));
    }

    /// The calls that a home knows of.
    pub fn news(&self, home: usize) -> Vec<CallNews> {
        self.homes[home].run.as_ref().map_or(Vec::new(), |run| run.board.news(&run.state).to_vec())
    }

    /// A home is told of a call.
    pub fn tell(&mut self, home: usize, news: CallNews) {
        self.with(home, |home, _| home.told_calls(&[news]));
    }

    /// How many calls a home knows of.
    pub fn calls(&self, home: usize) -> usize {
        self.homes[home].run.as_ref().map_or(0, |run| run.board.calls().count())
    }

    /// A home's disk fails after so many more writing steps.
    pub fn fail_disk(&self, home: usize, steps: u64, failure: Failure) {
        self.homes[home].storage.fail_at(steps, failure);
    }

    /// It works again.
    pub fn heal_disk(&self, home: usize) {
        self.homes[home].storage.heal();
    }

    /// A home's disk as it is now.
    pub fn back_up(&self, home: usize) -> Backup {
        Backup(self.homes[home].storage.below().memory.copy())
    }

    /// A home loses its power, and begins again on an old disk. It is connected to nobody.
    pub fn restore(&mut self, home: usize, backup: &Backup) {
        for peer in 0..self.homes.len() + self.liars.len() {
            self.unlink(home, peer);
        }
        self.homes[home].run = None;
        self.homes[home].storage =
            Arc::new(FaultyStorage::new(Disk { memory: backup.0.copy(), lies: false }));
        self.with(home, Home::boot);
    }

    /// The person of a home says that its disk is not an old backup, whether it is or not.
    pub fn vouch(&mut self, home: usize) {
        self.with(home, Home::vouch);
    }

    /// A home loses its disk, and begins again with nothing.
    pub fn wipe(&mut self, home: usize) {
        self.restore(home, &Backup(MemoryStorage::new()));
    }

    /// Where a home stands; nothing while it holds no log.
    pub fn stand(&self, home: usize) -> Option<Stand> {
        let run = self.homes[home].run.as_ref()?;
        let open = run.store.chain().open()?;
        let keeps = matches!(run.role, Role::Keeper(..));
        Some(Stand { term: open.term, size: run.store.len(), keeps })
    }

    /// The newest checkpoint that a home holds.
    pub fn checkpoint(&self, home: usize) -> Option<&SignedCheckpoint> {
        self.homes[home].run.as_ref()?.store.checkpoint()
    }

    /// Where an entry stands under a checkpoint in a home's log.
    pub fn place(&self, home: usize, entry: &SignedEntry) -> Option<Position> {
        let store = &self.homes[home].run.as_ref()?.store;
        store.find(&entry.id()).ok().flatten().filter(|at| at.0 < covered(store))
    }

    /// How often an entry stands in a home's log.
    pub fn times(&self, home: usize, entry: &SignedEntry) -> usize {
        let run = self.homes[home].run.as_ref();
        let all = run.and_then(|run| run.store.records(Position(0), usize::MAX).ok()).unwrap_or_default();
        all.iter().filter(|record| record.entry().id() == entry.id()).count()
    }

    /// The root of a term's first records in a home's log.
    pub fn root(&self, home: usize, term: Term, size: u64) -> Option<TreeHash> {
        self.homes[home].run.as_ref()?.store.root(term, size).ok()
    }

    /// The opening of a term in a home's log.
    pub fn opening(&self, home: usize, term: Term) -> Option<Opening> {
        Some(self.homes[home].run.as_ref()?.store.term(term)?.opening.clone())
    }

    /// What the witness in a home has cosigned of a term, as sizes and roots.
    pub fn cosigned_by(&self, home: usize, term: Term) -> Vec<(u64, TreeHash)> {
        self.judge.cosigned_by(home, term)
    }

    /// How many homes must answer yet before this one signs anything.
    pub fn asks(&self, home: usize) -> usize {
        self.homes[home].lacks()
    }

    /// What the witness in a home knows, on its disk, to have cosigned of a term: size and root.
    pub fn promised(&self, home: usize, term: Term) -> Option<(u64, TreeHash)> {
        let (home, origin) = (&self.homes[home], Origin { cell: self.homes[home].cell, term });
        let file = Cosignings::open(home.disk(), home.witness.public(), &origin.to_string()).ok()?;
        file.last().map(|given| (given.size, given.root))
    }

    /// How often a home went back to the base of a takeover.
    pub fn went_back(&self) -> u64 {
        self.judge.takeovers().1
    }

    /// The files that a home has set aside.
    pub fn set_aside(&self, home: usize) -> Vec<String> {
        let names = self.homes[home].storage.below().memory.names();
        names.into_iter().filter(|name| name.starts_with("superseded/")).collect()
    }

    /// One file of a home.
    pub fn file(&self, home: usize, name: &str) -> Vec<u8> {
        let file = self.homes[home].disk().read(name, 1 << 24);
        file.ok().flatten().unwrap_or_default()
    }
}
