//! The rules of membership: what each of its statements does.

use super::body::possession_message;
use super::{
    Acceptance, Candidate, HandleChanged, KEY_PREFIX, Key, KeyAdded, KeyEnded, Member, Members,
    MembershipStatement, NODE_PREFIX, Node, NodeNamed, Powers, Vouch,
};
use crate::body::{Unreadable, names};
use crate::common::{Common, Day, MemberId};
use crate::effect::Reason;
use crate::limits::{MAX_KEYS, MAX_NODES, MAX_WAITING};
use crate::practices::{Practice, Saying};
use crate::state::State;
use lifeboat_log::{CellId, DetailTag, Kind, PublicKey, Time};

impl Practice for Members {
    type Statement = MembershipStatement;
    const KINDS: &'static [Kind] = MembershipStatement::KINDS;

    fn power(kind: Kind) -> Powers {
        match kind.0 {
            32 => Powers::VOUCH,
            33..=35 => Powers::KEYS,
            36 => Powers::NODE,
            _ => Powers::SIGN,
        }
    }
    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<MembershipStatement, Unreadable> {
        MembershipStatement::read(kind, version, body)
    }
    fn common(statement: &MembershipStatement) -> &Common {
        statement.common()
    }
    fn apply(state: &mut State, saying: &Saying<'_>, said: MembershipStatement) -> Result<(), Reason> {
        if saying.corrects.is_some() {
            return Err(Reason::NotCorrectable);
        }
        let (cell, charter, members) = (state.cell(), &state.parts.charter, &mut state.parts.members);
        match said {
            MembershipStatement::Vouch(vouch) => {
                // What the cell has decided needs nobody else's vouch.
                let alone = charter.vouching.needed(members.active().count());
                let needed = if saying.decided.is_some() { 0 } else { alone };
                members.vouch(cell, saying, vouch, needed, charter.waiting_ms())
            }
            MembershipStatement::Leave(_) => members.leave(saying.author, saying.time),
            MembershipStatement::Removal(removal) => {
                saying.by_the_cell()?;
                members.leave(removal.member, saying.time)
            }
            MembershipStatement::KeyAdded(added) => members.add_key(cell, saying, &added),
            MembershipStatement::KeyEnded(ended) => members.end_key(saying, &ended),
            MembershipStatement::NodeNamed(named) => members.name_node(cell, saying, &named),
            MembershipStatement::HandleChanged(changed) => members.change_handle(saying, &changed),
            MembershipStatement::NoticeGiven(notice) => {
                let needed = usize::from(charter.notices);
                members.give_notice(saying.author, notice.member, saying.time, needed)
            }
            // That it was said is all it does.
            MembershipStatement::Present(_) => Ok(()),
        }
    }
    fn advance(state: &mut State, now: Time) {
        state.parts.members.candidates.retain(|_, candidate| candidate.acceptance.expiry > now);
    }
}

impl Members {
    fn vouch(
        &mut self,
        cell: CellId,
        saying: &Saying<'_>,
        vouch: Vouch,
        needed: usize,
        waiting_ms: u64,
    ) -> Result<(), Reason> {
        let acceptance = vouch.acceptance;
        self.check_acceptance(cell, saying, &acceptance)?;
        if let Some(lost) = vouch.replaces
            && (lost == saying.author && saying.decided.is_none()
                || !self.get(&lost).is_some_and(Member::is_active))
        {
            return Err(Reason::UnknownMember);
        }
        let key = acceptance.key;
        if let Some(known) = self.candidates.get(&key) {
            let same = known.acceptance == acceptance && known.replaces == vouch.replaces;
            let others = known.vouches.keys().any(|voucher| *voucher != saying.author);
            if !same && others && saying.decided.is_none() {
                return Err(Reason::OtherAcceptance);
            }
            // Who vouched already may complete the number once it has become smaller.
            if same && known.vouches.contains_key(&saying.author) && self.counted(known) < needed {
                return Err(Reason::AlreadyVouched);
            }
            if !same {
                self.candidates.remove(&key);
            }
        }
        let waiting = self.candidates.values().filter(|c| c.vouches.contains_key(&saying.author)).count();
        if waiting >= MAX_WAITING && needed > 0 && !self.candidates.contains_key(&key) {
            return Err(Reason::TooMany);
        }
        let candidate = self.candidates.entry(key).or_insert_with(|| Candidate {
            acceptance,
            replaces: vouch.replaces,
            vouches: Default::default(),
            entry: saying.id,
        });
        candidate.vouches.entry(saying.author).or_insert(saying.position);
        let complete = self.candidates.get(&key).is_some_and(|c| self.counted(c) >= needed);
        if complete && let Some(candidate) = self.candidates.remove(&key) {
            match candidate.replaces {
                Some(member) => self.replace_keys(member, &candidate.acceptance, saying),
                None => self.admit(candidate, saying, waiting_ms),
            }
        }
        Ok(())
    }

    fn check_acceptance(&self, cell: CellId, saying: &Saying<'_>, signed: &Acceptance) -> Result<(), Reason> {
        if signed.cell != cell || !signed.holds() {
            return Err(Reason::BadAcceptance);
        }
        if signed.expiry <= saying.time {
            return Err(Reason::AcceptanceExpired);
        }
        if self.is_taken(&signed.key) {
            return Err(Reason::KeyTaken);
        }
        if self.people.values().any(|member| member.invite == signed.invite) {
            return Err(Reason::InviteUsed);
        }
        let handle = |d: &lifeboat_log::DetailRef| d.tag == DetailTag::HANDLE && d.hash == signed.handle;
        if names(saying.details, handle) { Ok(()) } else { Err(Reason::HandleMissing) }
    }

    fn is_taken(&self, key: &PublicKey) -> bool {
        self.keys.contains_key(key) || self.nodes.contains_key(key)
    }

    fn admit(&mut self, candidate: Candidate, saying: &Saying<'_>, waiting_ms: u64) {
        let id = MemberId::admitted_by(saying.id);
        let member = Member {
            position: saying.position,
            since: saying.time,
            vote_from: saying.time.plus_ms(waiting_ms),
            left: None,
            handle: candidate.acceptance.handle,
            handle_entry: saying.id,
            handle_from: candidate.vouches.values().min().copied().unwrap_or(saying.position),
            invite: candidate.acceptance.invite,
            vouched: candidate.vouches.into_keys().collect(),
            placed: (Day(0), 0),
        };
        self.people.insert(id, member);
        self.insert_key(candidate.acceptance.key, id, saying.time);
    }

    fn replace_keys(&mut self, member: MemberId, signed: &Acceptance, saying: &Saying<'_>) {
        for old in self.keys.values_mut().filter(|old| old.member == member && old.is_live(saying.time)) {
            old.ended = Some(saying.time);
        }
        if let Some(known) = self.people.get_mut(&member) {
            known.invite = signed.invite;
        }
        self.insert_key(signed.key, member, saying.time);
    }

    fn insert_key(&mut self, key: PublicKey, member: MemberId, since: Time) {
        self.keys.insert(key, Key { member, powers: Powers::HOME, since, until: Time::ZERO, ended: None });
    }

    fn leave(&mut self, who: MemberId, now: Time) -> Result<(), Reason> {
        let last = self.active().count() <= 1;
        let member = self.people.get_mut(&who).filter(|m| m.is_active()).ok_or(Reason::UnknownMember)?;
        if last {
            return Err(Reason::LastMember);
        }
        member.left = Some(now);
        Ok(())
    }

    fn add_key(&mut self, cell: CellId, saying: &Saying<'_>, added: &KeyAdded) -> Result<(), Reason> {
        if added.until != Time::ZERO && added.until <= saying.time {
            return Err(Reason::PastItsDay);
        }
        if self.is_taken(&added.key) {
            return Err(Reason::KeyTaken);
        }
        let live = self.keys_of(saying.author).filter(|(_, key)| key.is_live(saying.time)).count();
        if live >= MAX_KEYS {
            return Err(Reason::TooMany);
        }
        let message = possession_message(KEY_PREFIX, cell, saying.author, added.key);
        added.key.verify(&message, &added.possession).map_err(|_| Reason::BadPossession)?;
        let key = Key {
            member: saying.author,
            powers: added.powers,
            since: saying.time,
            until: added.until,
            ended: None,
        };
        self.keys.insert(added.key, key);
        Ok(())
    }

    fn end_key(&mut self, saying: &Saying<'_>, ended: &KeyEnded) -> Result<(), Reason> {
        let own = |key: &Key| key.member == saying.author && key.is_live(saying.time);
        if !self.keys.get(&ended.key).is_some_and(own) {
            return Err(Reason::UnknownKey);
        }
        let lasting = |key: &Key| own(key) && key.until == Time::ZERO && key.powers.has(Powers::KEYS);
        if !self.keys.iter().any(|(id, key)| *id != ended.key && lasting(key)) {
            return Err(Reason::LastKey);
        }
        if let Some(key) = self.keys.get_mut(&ended.key) {
            key.ended = Some(saying.time);
        }
        Ok(())
    }

    fn name_node(&mut self, cell: CellId, saying: &Saying<'_>, named: &NodeNamed) -> Result<(), Reason> {
        let known = self.nodes.get(&named.node);
        let own = known.is_some_and(|node| node.member == saying.author);
        if !named.serves {
            let serves = own && known.is_some_and(|node| node.serves);
            if !serves {
                return Err(Reason::UnknownKey);
            }
            self.nodes.insert(named.node, Node { member: saying.author, serves: false });
            return Ok(());
        }
        if self.is_taken(&named.node) && !own {
            return Err(Reason::KeyTaken);
        }
        let serving = self.nodes().filter(|(_, member)| *member == saying.author).count();
        if serving >= MAX_NODES {
            return Err(Reason::TooMany);
        }
        let message = possession_message(NODE_PREFIX, cell, saying.author, named.node);
        named.node.verify(&message, &named.possession).map_err(|_| Reason::BadPossession)?;
        self.nodes.insert(named.node, Node { member: saying.author, serves: true });
        Ok(())
    }

    fn change_handle(&mut self, saying: &Saying<'_>, _changed: &HandleChanged) -> Result<(), Reason> {
        let handle = saying.details.iter().find(|detail| detail.tag == DetailTag::HANDLE);
        let handle = handle.ok_or(Reason::HandleMissing)?.hash;
        let member = self.people.get_mut(&saying.author).ok_or(Reason::UnknownMember)?;
        member.handle = handle;
        member.handle_entry = saying.id;
        member.handle_from = saying.position;
        Ok(())
    }
}
