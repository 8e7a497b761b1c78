//! A keeper's home looks for the details that its records name and its disk has lost, as a follower's does
//! within its own machine. It never places, signs or changes a record.

use super::carrier::{Parts, entropy, now};
use super::following::note_kept;
use super::missing::MissingDetails;
use super::{CellConfig, Outward, reading, writing};
use crate::limits::DETAILS_STRETCHES;
use lifeboat_log::{Detail, DetailHash, Position, PublicKey};
use lifeboat_protocol::Seeker;
use std::collections::BTreeSet;

/// The looking, and whom to ask.
pub struct Searching {
    seeker: Seeker,
    missing: MissingDetails,
    connected: BTreeSet<PublicKey>,
}

impl Searching {
    /// Goes on where the home wrote down that it was.
    pub fn load(config: &CellConfig) -> Self {
        // A keeper's home is always one of the cell's own.
        let missing = MissingDetails::load(&config.home, &config.cell, true);
        Self { seeker: Seeker::default(), missing, connected: BTreeSet::new() }
    }

    /// A peer that serves the cell is connected.
    pub fn connected(&mut self, peer: PublicKey) {
        self.connected.insert(peer);
        self.seeker.connected(peer);
    }

    /// It is not any more.
    pub fn disconnected(&mut self, peer: &PublicKey) {
        self.connected.remove(peer);
        self.seeker.disconnected(peer);
    }

    /// A peer did not answer.
    pub fn failed(&mut self, peer: &PublicKey) {
        self.seeker.failed(peer);
    }

    /// A peer answered: what was looked for is kept.
    pub fn arrived(&mut self, peer: &PublicKey, details: Vec<Detail>, parts: &Parts) {
        let found = self.seeker.arrived(peer, details);
        let shelf = writing(&parts.shelf);
        note_kept(shelf.keep_open(&found.open).and_then(|()| shelf.keep_sealed(&found.sealed)));
        drop(shelf);
        self.ask(parts);
    }

    /// Details that were erased: nobody looks for them any more.
    pub fn gone(&mut self, gone: &[DetailHash]) {
        self.seeker.forget(gone);
    }

    /// Records from `first` up to `next` were placed, with their details in hand.
    pub fn placed(&mut self, first: Position, next: Position) {
        self.missing.kept(first, next);
    }

    /// Looks through a stretch of the log while there is somebody to ask, and asks.
    pub fn tick(&mut self, parts: &Parts) {
        if !self.connected.is_empty() && self.seeker.wanted() == 0 {
            self.look(parts);
        }
        self.ask(parts);
    }

    /// How much is looked for, in a log that ends at `end`.
    pub fn wanted(&self, end: Position) -> usize {
        self.seeker.wanted() + usize::from(!self.missing.is_done(end))
    }

    /// Writes down how far all details are here.
    pub fn save(&self, config: &CellConfig) {
        self.missing.save(&config.home, &config.cell);
    }

    fn look(&mut self, parts: &Parts) {
        let shelf = reading(&parts.shelf);
        for _ in 0..DETAILS_STRETCHES {
            match self.missing.look(&shelf) {
                Ok(missing) if missing.is_empty() => {}
                Ok(missing) => return self.seeker.missing(missing),
                Err(error) => return tracing::warn!(%error, "missing details could not be looked for"),
            }
            if self.missing.is_done(Position(shelf.shown())) {
                return;
            }
        }
    }

    fn ask(&mut self, parts: &Parts) {
        if let Some((peer, hashes)) = self.seeker.ask(now(), entropy())
            && let Err(full) = parts.outward.try_send(Outward::AskDetails { peer, hashes })
        {
            tracing::debug!("the network is busy: {full}");
        }
    }
}
