//! Whose the proposals of a takeover are, and which one a person means. A node that the log does not name
//! is known by who endorses it: whoever proposes is the first to endorse.

use lifeboat_commons::MemberId;
use lifeboat_log::PublicKey;
use lifeboat_node::ask::CallItem;

/// A proposal, with the members behind its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The node that would keep the log.
    pub node: PublicKey,
    /// Which try it is: the era that it would open.
    pub era: u16,
    /// Whose home it is, as far as that can be told.
    pub owner: Option<MemberId>,
    /// Who endorses it, each once: a member may do so with more than one key.
    pub endorsers: Vec<MemberId>,
}

impl Proposal {
    /// A proposal as this home holds it; `member` says whom a key serves, `own` who lives here.
    pub fn of(
        call: &CallItem,
        own: Option<MemberId>,
        member: impl Fn(&PublicKey) -> Option<MemberId>,
    ) -> Self {
        let mut endorsers = Vec::new();
        for endorser in call.endorsers.iter().filter_map(&member) {
            if !endorsers.contains(&endorser) {
                endorsers.push(endorser);
            }
        }
        let alone = if let [alone] = endorsers.as_slice() { Some(*alone) } else { None };
        let owner = member(&call.node).or(own.filter(|_| call.own)).or(alone);
        Self { node: call.node, era: call.era, owner, endorsers }
    }

    /// Whether this may be the proposal of that member.
    fn may_be_of(&self, member: MemberId) -> bool {
        self.owner.map_or_else(|| self.endorsers.contains(&member), |owner| owner == member)
    }
}

/// Which of them a person means: their places in `all`. One when it is clear; several when the person must
/// say more; none when there is no such. Of the tries of one home it is the newest, unless an era is named.
pub fn meant(all: &[Proposal], member: Option<MemberId>, era: Option<u16>) -> Vec<usize> {
    let fits = |at: &usize| {
        let one = &all[*at];
        era.is_none_or(|era| one.era == era) && member.is_none_or(|member| one.may_be_of(member))
    };
    let mut found: Vec<usize> = (0..all.len()).filter(fits).collect();
    if member.is_some() && found.iter().any(|at| all[*at].owner.is_some()) {
        found.retain(|at| all[*at].owner.is_some());
    }
    let newest = found.iter().copied().max_by_key(|at| all[*at].era);
    match newest {
        Some(newest) if found.iter().all(|at| all[*at].node == all[newest].node) => vec![newest],
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifeboat_log::SecretKey;
    use lifeboat_node::wire::Blob;

    const HERON: MemberId = MemberId([1; 32]);
    const WREN: MemberId = MemberId([2; 32]);
    const FINCH: MemberId = MemberId([3; 32]);

    fn key(seed: u8) -> PublicKey {
        SecretKey::from_seed(&[seed; 32]).public()
    }

    fn proposal(node: u8, era: u16, owner: Option<MemberId>, endorsers: &[MemberId]) -> Proposal {
        Proposal { node: key(node), era, owner, endorsers: endorsers.to_vec() }
    }

    fn call(endorsers: &[u8], own: bool) -> CallItem {
        CallItem {
            call: Blob(Vec::new()),
            era: 1,
            node: key(9),
            endorsers: endorsers.iter().map(|seed| key(*seed)).collect(),
            given: 1,
            of: 3,
            closes: 0,
            closes_needed: 0,
            own,
            endorsed: false,
            reach: None,
        }
    }

    /// Keys 1 and 11 are heron's (11 on paper), 2 is wren's; nobody's node is in the log.
    fn member(asked: &PublicKey) -> Option<MemberId> {
        [(1, HERON), (11, HERON), (2, WREN)]
            .into_iter()
            .find(|(seed, _)| key(*seed) == *asked)
            .map(|(_, id)| id)
    }

    #[test]
    fn an_unnamed_node_is_the_home_of_its_only_endorser() {
        let of = |call: &CallItem| Proposal::of(call, Some(WREN), member);
        let paper_too = of(&call(&[1, 11], false));
        assert_eq!((paper_too.owner, paper_too.endorsers), (Some(HERON), vec![HERON]));
        let two = of(&call(&[1, 2], false));
        assert_eq!((two.owner, two.endorsers), (None, vec![HERON, WREN]));
        assert_eq!(of(&call(&[1, 2], true)).owner, Some(WREN), "one's own home is known");
    }

    #[test]
    fn a_handle_chooses_among_the_homes_that_the_log_does_not_name() {
        let all = [proposal(1, 1, None, &[HERON, WREN]), proposal(3, 1, Some(FINCH), &[FINCH])];
        assert_eq!(meant(&all, None, None), [0, 1], "one must say which");
        assert_eq!(meant(&all, Some(HERON), None), [0]);
        assert_eq!(meant(&all, Some(WREN), None), [0]);
        assert_eq!(meant(&all, Some(FINCH), None), [1]);
        assert_eq!(meant(&all, Some(FINCH), Some(2)), [0usize; 0]);
    }

    #[test]
    fn of_the_tries_of_one_home_the_newest_is_meant() {
        let all = [proposal(1, 1, Some(HERON), &[HERON]), proposal(1, 2, Some(HERON), &[HERON])];
        assert_eq!(meant(&all, Some(HERON), None), [1]);
        assert_eq!(meant(&all, None, None), [1]);
        assert_eq!(meant(&all, Some(HERON), Some(1)), [0]);
    }

    #[test]
    fn an_era_tells_apart_what_the_same_members_endorsed() {
        let all = [proposal(1, 1, None, &[HERON, WREN]), proposal(2, 2, None, &[WREN, HERON])];
        assert_eq!(meant(&all, Some(WREN), None), [0, 1]);
        assert_eq!(meant(&all, Some(WREN), Some(2)), [1]);
        assert_eq!(meant(&all, None, Some(1)), [0]);
    }
}
