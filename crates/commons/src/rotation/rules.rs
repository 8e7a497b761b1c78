//! The rules of rotation: what each of its statements does, and what falls due by itself.

use super::body::{
    BeaconBrought, Committed, DrawCalled, HatDrawn, MeetingSet, Purpose, Refused, Revealed, RoleSet,
    RotationStatement, SwapAgreed, SwapOffered, Trained,
};
use super::draws::{Draw, Round};
use super::turns::{Role, roster};
use super::{Meeting, Rotation, Swap};
use crate::body::Unreadable;
use crate::charter::Charter;
use crate::common::{Common, MemberId};
use crate::effect::Reason;
use crate::limits::{DAY_MS, MAX_LOTS, MAX_MEETINGS, MAX_POST_DAYS, MAX_ROLES, MAX_TRAINED, TURN_KEPT_DAYS};
use crate::membership::{Member, Members};
use crate::practices::{Practice, Saying};
use crate::state::State;
use lifeboat_log::{CellId, EntryId, Kind, Position, Time};
use std::collections::BTreeMap;

impl Practice for Rotation {
    type Statement = RotationStatement;
    const KINDS: &'static [Kind] = RotationStatement::KINDS;

    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<RotationStatement, Unreadable> {
        RotationStatement::read(kind, version, body)
    }
    fn common(statement: &RotationStatement) -> &Common {
        statement.common()
    }
    fn apply(state: &mut State, saying: &Saying<'_>, said: RotationStatement) -> Result<(), Reason> {
        if saying.corrects.is_some() {
            return Err(Reason::NotCorrectable);
        }
        let cell = state.cell();
        let (charter, members) = (&state.parts.charter, &state.parts.members);
        let this = &mut state.parts.rotation;
        match said {
            RotationStatement::Role(said) => {
                by_the_cell(members, saying).and_then(|()| this.set_role(saying, said))
            }
            RotationStatement::Meeting(said) => {
                by_the_cell(members, saying).and_then(|()| this.set_meeting(saying, said))
            }
            RotationStatement::Trained(said) => this.train(members, saying, said),
            RotationStatement::Draw(said) => this.call(members, saying, said, charter),
            RotationStatement::Committed(said) => this.commit(members, saying, &said),
            RotationStatement::Revealed(said) => this.reveal(cell, members, saying, &said),
            RotationStatement::Hat(said) => this.hat(members, saying, said, tellers(charter, members)),
            RotationStatement::Refused(said) => this.refuse(members, saying, &said),
            RotationStatement::SwapOffered(said) => this.offer_swap(members, saying, &said),
            RotationStatement::SwapAgreed(said) => this.agree_to_swap(members, saying, &said),
            RotationStatement::Beacon(said) => this.bring_beacon(cell, members, saying, &said),
        }
    }
    fn advance(state: &mut State, now: Time) {
        let (members, this) = (&state.parts.members, &mut state.parts.rotation);
        this.advance(members, now);
    }
}

/// How many tellers must record the same of a hat: the charter's number, or all members where they are fewer.
pub fn tellers(charter: &Charter, members: &Members) -> usize {
    usize::from(charter.tellers).min(members.active().count())
}

/// Holds for what only the cell may say; one member alone is the cell.
fn by_the_cell(members: &Members, saying: &Saying<'_>) -> Result<(), Reason> {
    if members.active().count() == 1 { Ok(()) } else { saying.by_the_cell() }
}

fn is_active(members: &Members, id: &MemberId) -> bool {
    members.get(id).is_some_and(Member::is_active)
}

impl Rotation {
    fn set_role(&mut self, saying: &Saying<'_>, said: RoleSet) -> Result<(), Reason> {
        let position = saying.position;
        if let Some(role) = self.roles.get_mut(&said.name) {
            if (role.first, role.every) != (said.first, said.every) {
                return Err(Reason::RoleFixed);
            }
            (role.position, role.duty, role.seats) = (position, said.duty, said.seats);
            (role.conditions, role.ended) = (said.conditions, said.ended);
            return Ok(());
        }
        if said.ended {
            return Err(Reason::UnknownRole);
        }
        if self.roles.len() >= MAX_ROLES {
            return Err(Reason::TooMany);
        }
        let role = Role {
            position,
            duty: said.duty,
            seats: said.seats,
            first: said.first,
            every: said.every,
            conditions: said.conditions,
            ended: false,
            turns: BTreeMap::new(),
            drawing: None,
            next: 0,
            terms: BTreeMap::new(),
        };
        self.roles.insert(said.name, role);
        Ok(())
    }

    fn set_meeting(&mut self, saying: &Saying<'_>, said: MeetingSet) -> Result<(), Reason> {
        let MeetingSet { name, first, every, minute, minutes, ended, .. } = said;
        if ended {
            return self.meetings.remove(&name).map(drop).ok_or(Reason::UnknownRole);
        }
        if self.meetings.len() >= MAX_MEETINGS && !self.meetings.contains_key(&name) {
            return Err(Reason::TooMany);
        }
        let meeting = Meeting { position: saying.position, first, every, minute, minutes };
        self.meetings.insert(name, meeting);
        Ok(())
    }

    /// The cell grants a training, or somebody who has it passes it on; only the cell takes it away.
    fn train(&mut self, members: &Members, saying: &Saying<'_>, said: Trained) -> Result<(), Reason> {
        let passes_on =
            said.granted && said.member != saying.author && self.is_trained(&said.training, &saying.author);
        if !passes_on {
            by_the_cell(members, saying)?;
        }
        if !is_active(members, &said.member) {
            return Err(Reason::UnknownMember);
        }
        if self.trained.len() >= MAX_TRAINED {
            return Err(Reason::TooMany);
        }
        let key = (said.training, said.member);
        if said.granted {
            self.trained.insert(key)
        } else {
            self.trained.remove(&key)
        };
        Ok(())
    }

    fn call(
        &mut self,
        members: &Members,
        saying: &Saying<'_>,
        said: DrawCalled,
        charter: &Charter,
    ) -> Result<(), Reason> {
        let now = saying.time;
        let (pool, seats) = match &said.purpose {
            Purpose::Role { role: name, term } => {
                let role = self.roles.get(name).filter(|role| !role.ended).ok_or(Reason::UnknownRole)?;
                if role.drawing.is_some() {
                    return Err(Reason::DrawOpen);
                }
                let next = role.next_term(now);
                if *term != next {
                    return Err(Reason::OtherTerm { next });
                }
                let begins = role.begins(*term).ok_or(Reason::TooFarAhead)?;
                if begins > now.plus_ms(MAX_POST_DAYS * DAY_MS) {
                    return Err(Reason::TooFarAhead);
                }
                (self.pool(members, name, *term, now), role.seats)
            }
            Purpose::Lot { about, seats } => {
                if self.lots.contains_key(about) {
                    return Err(Reason::DrawOpen);
                }
                if self.lots.len() >= MAX_LOTS {
                    return Err(Reason::TooMany);
                }
                (self.lot_pool(members, now), *seats)
            }
        };
        if pool.first != *said.first || pool.then != *said.then {
            return Err(Reason::NotThePool);
        }
        if let Some(asked) = said.way.asks() {
            let electors = members.electors(now).count();
            let least = usize::from(charter.commitments).min(electors);
            if usize::from(asked.quorum) < least || usize::from(asked.quorum) > electors {
                return Err(Reason::BadQuorum { least: least as u64, most: electors as u64 });
            }
        }
        if said.way.network().is_some_and(|network| !network.has_key()) {
            return Err(Reason::BadBeacon);
        }
        let draw = Draw::new(saying, said, seats, pool.level, charter.skew_ms());
        self.insert(draw, now);
        Ok(())
    }

    fn insert(&mut self, draw: Draw, now: Time) {
        let id = draw.id;
        match &draw.purpose {
            Purpose::Role { role, .. } => {
                if let Some(role) = self.roles.get_mut(role) {
                    role.drawing = Some(id);
                }
            }
            Purpose::Lot { about, .. } => {
                self.lots.insert(*about, id);
            }
        }
        let ends = self.turn(&draw).map_or(now, |turn| turn.until).max(now);
        self.forget.insert((ends.plus_ms(TURN_KEPT_DAYS * DAY_MS), id));
        self.open.insert(id);
        self.draws.insert(id, draw);
    }

    fn commit(&mut self, members: &Members, saying: &Saying<'_>, said: &Committed) -> Result<(), Reason> {
        let who = on_roster(members, saying)?;
        let draw = self.draws.get_mut(&said.draw).ok_or(Reason::UnknownDraw)?;
        let all = |round: &Round| roster(members, saying.time).iter().all(|id| round.has_committed(id));
        draw.commit(who, said.attempt, said.commitment, saying.time, all)
    }

    fn reveal(
        &mut self,
        cell: CellId,
        members: &Members,
        saying: &Saying<'_>,
        said: &Revealed,
    ) -> Result<(), Reason> {
        let position = members.get(&saying.author).map_or(Position(0), |member| member.position);
        let who = (position, saying.author);
        let reveal = |draw: &mut Draw| draw.reveal(cell, who, said.attempt, said.secret, saying.time);
        self.decide(members, &said.draw, reveal)
    }

    fn bring_beacon(
        &mut self,
        cell: CellId,
        members: &Members,
        saying: &Saying<'_>,
        said: &BeaconBrought,
    ) -> Result<(), Reason> {
        self.decide(members, &said.draw, |draw| draw.beacon(cell, said, saying.time))
    }

    fn hat(
        &mut self,
        members: &Members,
        saying: &Saying<'_>,
        said: HatDrawn,
        tellers: usize,
    ) -> Result<(), Reason> {
        let hat = |draw: &mut Draw| draw.hat(saying.author, said.order.into_vec(), tellers, saying.time);
        self.decide(members, &said.draw, hat)
    }

    /// Does what may decide a draw, and seats those who were drawn once it is.
    fn decide(
        &mut self,
        members: &Members,
        id: &EntryId,
        act: impl FnOnce(&mut Draw) -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        act(self.draws.get_mut(id).ok_or(Reason::UnknownDraw)?)?;
        self.settle(members, id);
        Ok(())
    }

    /// Seats those who were drawn, once a draw is done.
    fn settle(&mut self, members: &Members, id: &EntryId) {
        let Some(draw) = self.draws.get(id).filter(|draw| draw.is_done()) else { return };
        if !self.open.remove(id) {
            return;
        }
        self.sitting.insert(*id);
        if let Purpose::Role { role, term } = &draw.purpose
            && let Some(role) = self.roles.get_mut(role)
        {
            role.drawing = None;
            role.next = term.saturating_add(1);
            role.terms.insert(*term, *id);
        }
        self.fill(members, id);
    }

    /// Those of the drawn order who may have this turn by now: what was drawn since can stand in the way.
    fn fitting(&self, id: &EntryId) -> Vec<MemberId> {
        let Some(draw) = self.draws.get(id) else { return Vec::new() };
        let Purpose::Role { role: name, term } = &draw.purpose else { return draw.order.clone() };
        let Some(role) = self.roles.get(name) else { return draw.order.clone() };
        draw.order.iter().copied().filter(|who| self.fits(who, name, role, *term, &[*id])).collect()
    }

    /// Gives empty seats to the next in the drawn order who has not refused and may have the turn.
    fn fill(&mut self, members: &Members, id: &EntryId) {
        let fitting = self.fitting(id);
        let Some(draw) = self.draws.get_mut(id) else { return };
        let role = match &draw.purpose {
            Purpose::Role { role, .. } => self.roles.get_mut(role),
            Purpose::Lot { .. } => None,
        };
        let mut seated = Vec::new();
        while draw.holders.len() < usize::from(draw.seats)
            && let Some(next) = draw.order.get(draw.passed as usize).copied()
        {
            draw.passed += 1;
            let free = !draw.holders.contains(&next) && !draw.refused.contains(&next);
            if free && is_active(members, &next) && fitting.contains(&next) {
                draw.holders.push(next);
                seated.push(next);
            }
        }
        let Some(role) = role else { return };
        seated.into_iter().for_each(|id| role.count(id, draw.level));
        // A term that nobody took can be drawn anew.
        if let Purpose::Role { term, .. } = draw.purpose
            && draw.holders.is_empty()
            && role.next == term.saturating_add(1)
        {
            role.next = term;
        }
    }

    /// The place of the seat that a member has by this draw, while its turn is not over.
    fn seat(&self, draw: &EntryId, member: &MemberId) -> Result<usize, Reason> {
        let sits = self.sitting.contains(draw);
        let draw = self.draws.get(draw).ok_or(Reason::UnknownDraw)?;
        let seat = draw.holders.iter().position(|id| id == member);
        seat.filter(|_| sits).ok_or(Reason::NoTurn)
    }

    fn vacate(&mut self, members: &Members, id: &EntryId, member: &MemberId) {
        let Some(draw) = self.draws.get_mut(id) else { return };
        draw.holders.retain(|holder| holder != member);
        draw.refused.insert(*member);
        if let Purpose::Role { role, .. } = &draw.purpose
            && let Some(role) = self.roles.get_mut(role)
        {
            role.uncount(member);
        }
        self.swaps.remove(&(*id, *member));
        self.fill(members, id);
    }

    fn refuse(&mut self, members: &Members, saying: &Saying<'_>, said: &Refused) -> Result<(), Reason> {
        self.seat(&said.draw, &saying.author)?;
        self.vacate(members, &said.draw, &saying.author);
        Ok(())
    }

    fn offer_swap(
        &mut self,
        members: &Members,
        saying: &Saying<'_>,
        said: &SwapOffered,
    ) -> Result<(), Reason> {
        let swap = Swap {
            id: saying.id,
            position: saying.position,
            from: saying.author,
            mine: said.mine,
            with: said.with,
            theirs: said.theirs,
        };
        self.check_swap(members, &swap)?;
        self.swaps.insert((swap.mine, swap.from), swap);
        Ok(())
    }

    fn agree_to_swap(
        &mut self,
        members: &Members,
        saying: &Saying<'_>,
        said: &SwapAgreed,
    ) -> Result<(), Reason> {
        let swap = self.swap(&said.offer).ok_or(Reason::NoSwap)?.clone();
        if swap.with != saying.author {
            return Err(Reason::NoSwap);
        }
        self.check_swap(members, &swap)?;
        self.pass(&swap.mine, &swap.from, swap.with);
        if let Some(theirs) = &swap.theirs {
            self.pass(theirs, &swap.with, swap.from);
        }
        self.swaps.remove(&(swap.mine, swap.from));
        Ok(())
    }

    /// Whether both have what they would give, and each may have what they would get.
    fn check_swap(&self, members: &Members, swap: &Swap) -> Result<(), Reason> {
        if swap.with == swap.from || !is_active(members, &swap.with) {
            return Err(Reason::UnknownMember);
        }
        self.seat(&swap.mine, &swap.from)?;
        if let Some(theirs) = &swap.theirs {
            self.seat(theirs, &swap.with)?;
        }
        let besides: Vec<EntryId> = std::iter::once(swap.mine).chain(swap.theirs).collect();
        let gets = |draw: &EntryId, member: &MemberId| {
            let draw = self.draws.get(draw).ok_or(Reason::UnknownDraw)?;
            let Purpose::Role { role: name, term } = &draw.purpose else { return Err(Reason::NoTurn) };
            let role = self.roles.get(name).ok_or(Reason::UnknownRole)?;
            let fits = !draw.holders.contains(member) && self.fits(member, name, role, *term, &besides);
            if fits { Ok(()) } else { Err(Reason::SwapUnfit) }
        };
        gets(&swap.mine, &swap.with)?;
        swap.theirs.as_ref().map_or(Ok(()), |theirs| gets(theirs, &swap.from))
    }

    /// A seat, and the turn that it counts for, pass from one to another.
    fn pass(&mut self, id: &EntryId, from: &MemberId, to: MemberId) {
        let Some(draw) = self.draws.get_mut(id) else { return };
        draw.holders.iter_mut().filter(|holder| *holder == from).for_each(|holder| *holder = to);
        if let Purpose::Role { role, .. } = &draw.purpose
            && let Some(role) = self.roles.get_mut(role)
        {
            role.uncount(from);
            role.count(to, draw.level);
        }
    }

    fn advance(&mut self, members: &Members, now: Time) {
        for id in &self.open {
            if let Some(draw) = self.draws.get_mut(id) {
                draw.advance(now);
            }
        }
        let over = |id: &EntryId| {
            let draw = self.draws.get(id)?;
            let ends = self.turn(draw).map_or(draw.drawn.plus_ms(TURN_KEPT_DAYS * DAY_MS), |turn| turn.until);
            (ends <= now).then_some(*id)
        };
        for id in self.sitting.iter().filter_map(over).collect::<Vec<_>>() {
            self.sitting.remove(&id);
            self.swaps.retain(|_, swap| swap.mine != id && swap.theirs != Some(id));
        }
        while let Some((id, member)) = self.gone(members) {
            self.vacate(members, &id, &member);
        }
        while let Some(&(at, id)) = self.forget.first()
            && at <= now
        {
            self.forget.pop_first();
            self.drop_draw(&id);
        }
    }

    /// Somebody who has left the cell and still has a seat.
    fn gone(&self, members: &Members) -> Option<(EntryId, MemberId)> {
        let sitting = self.sitting.iter().filter_map(|id| self.draws.get(id));
        let mut seats = sitting.flat_map(|draw| draw.holders.iter().map(|holder| (draw.id, *holder)));
        seats.find(|(_, holder)| !is_active(members, holder))
    }

    fn drop_draw(&mut self, id: &EntryId) {
        self.open.remove(id);
        self.sitting.remove(id);
        let Some(draw) = self.draws.remove(id) else { return };
        match draw.purpose {
            Purpose::Role { role, term } => {
                if let Some(role) = self.roles.get_mut(&role) {
                    role.terms.retain(|known, drawn| *known != term || drawn != id);
                    role.drawing = role.drawing.filter(|drawing| drawing != id);
                }
            }
            Purpose::Lot { about, .. } => {
                self.lots.remove(&about);
            }
        }
    }
}

/// The author's place in the roster, where they may vote.
fn on_roster(members: &Members, saying: &Saying<'_>) -> Result<(Position, MemberId), Reason> {
    let member = members.get(&saying.author).filter(|_| members.is_elector(&saying.author, saying.time));
    member.map(|member| (member.position, saying.author)).ok_or(Reason::NotOnRoster)
}
