//! Membership: who belongs to the cell, with which keys and nodes. A newcomer accepts an invite, members
//! vouch, and the vouch that completes the charter's number admits. A key serves one member, ever.

mod absence;
mod body;
mod powers;
mod rules;

pub use absence::Absence;
pub use body::{
    ACCEPTANCE_PREFIX, Acceptance, HandleChanged, KEY_PREFIX, KeyAdded, KeyEnded, Leave, MembershipStatement,
    NODE_PREFIX, NodeNamed, NoticeGiven, Present, Removal, Vouch,
};
pub use powers::Powers;

use crate::common::{Day, MemberId};
use crate::effect::Inadmissible;
use bincode::{Decode, Encode};
use lifeboat_log::{CellId, DetailHash, DetailTag, EntryId, Link, Position, PublicKey, SignedEntry, Time};
use std::collections::BTreeMap;

/// A person under a handle.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Member {
    /// The place of the entry that admitted them.
    pub position: Position,
    /// When they were admitted.
    pub since: Time,
    /// From when they may vote.
    pub vote_from: Time,
    /// When they left; none while they belong to the cell.
    pub left: Option<Time>,
    /// The detail that holds their handle; zero when there is none.
    pub handle: DetailHash,
    /// The entry whose details have the handle.
    pub handle_entry: EntryId,
    /// The place of the first entry that named it: of several vouches the first.
    pub handle_from: Position,
    /// The number of the invite that they accepted; zero for the founder.
    pub invite: [u8; 16],
    /// Who vouched for them.
    pub vouched: Vec<MemberId>,
    placed: (Day, u32),
}

impl Member {
    /// Whether they belong to the cell now.
    pub fn is_active(&self) -> bool {
        self.left.is_none()
    }
}

/// A key of a member.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Key {
    /// Whose it is.
    pub member: MemberId,
    /// What it may do.
    pub powers: Powers,
    /// Since when.
    pub since: Time,
    /// Its last moment; [`Time::ZERO`] for none.
    pub until: Time,
    /// When it was ended; none while it was not.
    pub ended: Option<Time>,
}

impl Key {
    /// Whether it is in force at `now`.
    pub fn is_live(&self, now: Time) -> bool {
        self.ended.is_none() && (self.until == Time::ZERO || now <= self.until)
    }
}

/// A newcomer for whom somebody has vouched, but not yet enough.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Candidate {
    /// The acceptance that they signed.
    pub acceptance: Acceptance,
    /// The member who lost their key, when this is a new key of theirs.
    pub replaces: Option<MemberId>,
    /// Who vouched, and in which entry.
    pub vouches: BTreeMap<MemberId, Position>,
    /// The first vouch: its details have the handle.
    pub entry: EntryId,
}

/// The members of a cell, their keys and nodes, and who waits for more vouches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Members {
    people: BTreeMap<MemberId, Member>,
    keys: BTreeMap<PublicKey, Key>,
    nodes: BTreeMap<PublicKey, Node>,
    candidates: BTreeMap<PublicKey, Candidate>,
    absences: BTreeMap<MemberId, Absence>,
}

/// A node that serves a member.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Node {
    /// Whom it serves.
    pub member: MemberId,
    /// Whether it still does.
    pub serves: bool,
}

impl Members {
    /// The member of this id, gone or not.
    pub fn get(&self, id: &MemberId) -> Option<&Member> {
        self.people.get(id)
    }
    /// All who belong or belonged to the cell, in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.people.iter()
    }
    /// Those who belong to the cell now.
    pub fn active(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.people.iter().filter(|(_, member)| member.is_active())
    }
    /// Those who may vote at `now`.
    pub fn electors(&self, now: Time) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.active().filter(move |(_, member)| member.vote_from <= now)
    }
    /// How many could vote at an earlier moment, whoever has left since.
    pub fn electors_then(&self, then: Time) -> usize {
        let could = |m: &&Member| m.vote_from <= then && m.left.is_none_or(|left| left > then);
        self.people.values().filter(could).count()
    }
    /// Whether this member may vote at `now`.
    pub fn is_elector(&self, id: &MemberId, now: Time) -> bool {
        self.get(id).is_some_and(|member| member.is_active() && member.vote_from <= now)
    }
    /// What is known of a key.
    pub fn key(&self, key: &PublicKey) -> Option<&Key> {
        self.keys.get(key)
    }
    /// The keys of a member, ended ones too.
    pub fn keys_of(&self, id: MemberId) -> impl Iterator<Item = (&PublicKey, &Key)> {
        self.keys.iter().filter(move |(_, key)| key.member == id)
    }
    /// All nodes that serve members.
    pub fn nodes(&self) -> impl Iterator<Item = (&PublicKey, MemberId)> {
        self.nodes.iter().filter(|(_, node)| node.serves).map(|(key, node)| (key, node.member))
    }
    /// The member whom this key or node serves or served.
    pub fn of_key(&self, key: &PublicKey) -> Option<MemberId> {
        let of_node = || self.nodes.get(key).map(|node| node.member);
        self.keys.get(key).map(|key| key.member).or_else(of_node)
    }
    /// Those who wait for more vouches, by their key.
    pub fn candidates(&self) -> impl Iterator<Item = (&PublicKey, &Candidate)> {
        self.candidates.iter()
    }
    /// How many of a candidate's vouches count: those of members who still belong to the cell.
    pub fn counted(&self, candidate: &Candidate) -> usize {
        let active = |id: &MemberId| self.people.get(id).is_some_and(Member::is_active);
        candidate.vouches.keys().filter(|id| active(id)).count()
    }
    /// How many entries the member has placed on this day.
    pub fn placed(&self, id: &MemberId, day: Day) -> u32 {
        self.people.get(id).map_or(0, |m| if m.placed.0 == day { m.placed.1 } else { 0 })
    }
    /// The elector who may endorse a takeover with this key.
    pub fn endorser(&self, key: &PublicKey, now: Time) -> Option<MemberId> {
        let key = self.keys.get(key).filter(|key| key.is_live(now) && key.powers.has(Powers::ENDORSE))?;
        self.is_elector(&key.member, now).then_some(key.member)
    }

    /// Whose key this is, and whether it may sign with this power at `now`.
    pub(crate) fn may_sign(
        &self,
        author: &PublicKey,
        needed: Powers,
        now: Time,
    ) -> (Option<MemberId>, Result<(), Inadmissible>) {
        let (member, live, powers) = match (self.keys.get(author), self.nodes.get(author)) {
            (Some(key), _) => (key.member, key.is_live(now), key.powers),
            (None, Some(node)) => (node.member, node.serves, Powers::NODE),
            (None, None) => return (None, Err(Inadmissible::NotAMember)),
        };
        let may = if !self.people.get(&member).is_some_and(Member::is_active) {
            Err(Inadmissible::MemberLeft)
        } else if !live {
            Err(Inadmissible::KeyEnded)
        } else if !powers.has(needed) {
            Err(Inadmissible::NoPower)
        } else {
            Ok(())
        };
        (Some(member), may)
    }

    /// Counts an entry that the member placed on this day.
    pub(crate) fn count(&mut self, id: &MemberId, day: Day) {
        if let Some(member) = self.people.get_mut(id) {
            let before = if member.placed.0 == day { member.placed.1 } else { 0 };
            member.placed = (day, before.saturating_add(1));
        }
    }

    /// Makes the founder the first member and names the first node.
    pub(crate) fn found(&mut self, cell: CellId, entry: &SignedEntry, node: PublicKey, link: &Link) {
        let id = MemberId::founder(cell);
        let handle = entry.details.iter().find(|detail| detail.tag == DetailTag::HANDLE);
        let founder = Member {
            position: link.position,
            since: link.time,
            vote_from: link.time,
            left: None,
            handle: handle.map_or(DetailHash::ZERO, |detail| detail.hash),
            handle_entry: entry.id(),
            handle_from: link.position,
            invite: [0; 16],
            vouched: Vec::new(),
            placed: (Day::of(link.time), 1),
        };
        self.people.insert(id, founder);
        let key = Key { member: id, powers: Powers::HOME, since: link.time, until: Time::ZERO, ended: None };
        self.keys.insert(entry.author, key);
        self.nodes.insert(node, Node { member: id, serves: true });
    }
}
