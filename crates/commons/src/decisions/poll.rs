//! A poll: the frozen list of those who may vote, and the ballot of each. Of several by one member the last
//! by author time counts (entry id where that is equal), never by position: the keeper does not choose.

use super::ballot::Ballot;
use super::flaw::Flaw;
use super::methods;
use super::proxy::Proxies;
use super::result::{Tally, Verdict};
use super::terms::{Terms, Tie, Unopened};
use crate::common::MemberId;
use bincode::{Decode, Encode};
use lifeboat_log::hash::derive;
use lifeboat_log::{EntryId, Time};
use std::collections::BTreeMap;

/// Context of the hash by which a tie is drawn.
const DRAW_CONTEXT: &str = "lifeboat/tie/v1";

/// When its author signed a statement, and its entry: what orders those of one member.
pub type At = (Time, EntryId);

/// What a member cast.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Choice {
    /// A ballot that everyone can read.
    Open(Ballot),
    /// A hidden one, by its hash.
    Committed([u8; 32]),
    /// A hidden one that was opened, with the salt that had hidden it.
    Opened(Ballot, [u8; 16]),
}

impl Choice {
    /// The ballot, where it can be read.
    pub fn ballot(&self) -> Option<&Ballot> {
        match self {
            Self::Open(ballot) | Self::Opened(ballot, _) => Some(ballot),
            Self::Committed(_) => None,
        }
    }
}

/// A member's vote.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Cast {
    at: At,
    choice: Choice,
}

impl Cast {
    /// The entry that counts.
    pub fn entry(&self) -> EntryId {
        self.at.1
    }
    /// What was cast.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }
}

/// The frozen list, and who cast what.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Poll {
    /// When the list was frozen.
    pub opened: Time,
    electorate: Vec<MemberId>,
    cast: BTreeMap<MemberId, Cast>,
}

impl Poll {
    /// A poll of these members, ascending.
    pub(super) fn open(opened: Time, electorate: Vec<MemberId>) -> Self {
        Self { opened, electorate, cast: BTreeMap::new() }
    }

    /// Those who may vote, ascending.
    pub fn electorate(&self) -> &[MemberId] {
        &self.electorate
    }
    /// Those who cast, and what.
    pub fn cast(&self) -> impl Iterator<Item = (&MemberId, &Cast)> {
        self.cast.iter()
    }
    /// What this member cast.
    pub fn of(&self, member: &MemberId) -> Option<&Cast> {
        self.cast.get(member)
    }

    /// Whether this member may vote.
    pub(super) fn admits(&self, member: &MemberId) -> Result<(), Flaw> {
        self.electorate.binary_search(member).map(drop).map_err(|_| Flaw::NotInElectorate)
    }

    /// Casts a vote, in place of an earlier one.
    pub(super) fn put(&mut self, member: MemberId, at: At, choice: Choice) -> Result<(), Flaw> {
        if self.cast.get(&member).is_some_and(|cast| cast.at >= at) {
            return Err(Flaw::LaterCounts);
        }
        self.cast.insert(member, Cast { at, choice });
        Ok(())
    }

    /// Opens a hidden ballot.
    pub(super) fn reveal(
        &mut self,
        member: MemberId,
        hash: [u8; 32],
        ballot: Ballot,
        salt: [u8; 16],
    ) -> Result<(), Flaw> {
        let cast = self.cast.get_mut(&member).ok_or(Flaw::NoCommitment)?;
        match cast.choice {
            Choice::Open(_) | Choice::Opened(..) => return Err(Flaw::NoCommitment),
            Choice::Committed(known) if known != hash => return Err(Flaw::NotAsCommitted),
            Choice::Committed(_) => cast.choice = Choice::Opened(ballot, salt),
        }
        Ok(())
    }

    /// Counts what is cast: what it would come to if the vote ended now.
    pub fn count(
        &self,
        decision: &EntryId,
        terms: &Terms,
        proxies: &Proxies,
        most_proxies: u16,
    ) -> (Verdict, Tally) {
        let mut ballots: Vec<&Ballot> = Vec::with_capacity(self.electorate.len());
        let (mut silent, mut unopened) = (Vec::new(), 0);
        for member in &self.electorate {
            match self.cast.get(member).map(|cast| &cast.choice) {
                None => silent.push(*member),
                Some(Choice::Open(ballot) | Choice::Opened(ballot, _)) => ballots.push(ballot),
                Some(Choice::Committed(_)) => {
                    unopened += 1;
                    if terms.hidden.is_some_and(|hidden| hidden.unopened == Unopened::Abstains) {
                        ballots.push(&Ballot::ABSTAIN);
                    }
                }
            }
        }
        let own = |member: &MemberId| {
            self.cast.get(member).filter(|_| self.admits(member).is_ok())?.choice.ballot()
        };
        let by_proxy = proxies.carried(decision, &silent, most_proxies, own);
        ballots.extend(by_proxy.iter().map(|(_, ballot)| *ballot));
        let (count, all) = (ballots.len() as u64, self.electorate.len() as u64);
        let (verdict, counts) = methods::count(terms, &ballots);
        let quorate = count > 0 && count * 100 >= u64::from(terms.quorum) * all;
        let tally = Tally {
            electorate: all as u32, // a list is far shorter than 2^32
            cast: count as u32,
            by_proxy: by_proxy.len() as u32,
            abstained: ballots.iter().filter(|ballot| ***ballot == Ballot::ABSTAIN).count() as u32,
            unopened,
            counts,
        };
        let verdict = match verdict {
            Verdict::Tied(equal) if terms.tie == Tie::Drawn => Verdict::Chosen(vec![self.draw(&equal)]),
            other => other,
        };
        (if quorate { verdict } else { Verdict::NoQuorum }, tally)
    }

    /// Draws one of these options: the one whose hash is smallest, over the salts of all ballots that were
    /// opened, in the order of the list, and the option. Every salt was fixed before any was known.
    fn draw(&self, equal: &[u8]) -> u8 {
        let mut seed = Vec::new();
        for (member, cast) in &self.cast {
            if let Choice::Opened(_, salt) = cast.choice {
                seed.extend(member.0);
                seed.extend(salt);
            }
        }
        let hash = |option: &&u8| derive(DRAW_CONTEXT, &[&seed[..], &[**option]].concat());
        equal.iter().min_by_key(hash).copied().unwrap_or_default()
    }
}
