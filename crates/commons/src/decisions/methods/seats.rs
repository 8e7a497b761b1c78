//! Several seats, in proportion. Everyone who cast has the same share of the seats and pays with it for the
//! options they approve: the Method of Equal Shares, counted by the code that counts budgets, each seat at the
//! same price. Seats that nobody can pay for any more go to the options with the most approvals. Of equal
//! ones the question's first comes first; an option that nobody approves gets no seat.

use super::approval;
use crate::decisions::{Ballot, Counts, Seat, Terms, Verdict};
use crate::tally::{Ballots, Completion, Election, Method, Project, Rule, Ties, Utility, tally};

/// Fills the seats: for each the option, and whether its supporters paid for it. The ballots are the options
/// that each approves.
pub fn equal_shares<'a>(
    options: u8,
    seats: u8,
    ballots: impl Iterator<Item = &'a [u8]> + Clone,
) -> Vec<Seat> {
    let mut approvals = vec![0_u32; usize::from(options)];
    for option in ballots.clone().flatten() {
        if let Some(sum) = approvals.get_mut(usize::from(*option)) {
            *sum += 1;
        }
    }
    let mut filled: Vec<Seat> =
        bought(options, seats, ballots).into_iter().map(|option| Seat { option, paid: true }).collect();
    let mut rest: Vec<u8> =
        (0..options).filter(|option| filled.iter().all(|seat| seat.option != *option)).collect();
    rest.retain(|option| approvals[usize::from(*option)] > 0);
    rest.sort_by_key(|option| std::cmp::Reverse(approvals[usize::from(*option)])); // stable: listed first
    let empty = usize::from(seats).saturating_sub(filled.len());
    filled.extend(rest.into_iter().take(empty).map(|option| Seat { option, paid: false }));
    filled
}

/// What the supporters pay for, in the order in which they do.
fn bought<'a>(options: u8, seats: u8, ballots: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    // Names of two digits stand in the order of the options.
    let project = |option: u8| Project { name: format!("{option:03}"), cost: 1 };
    let projects = (0..options).map(project).collect();
    let Ok(mut election) = Election::new(u128::from(seats), 1, Ballots::Approval, projects) else {
        return Vec::new(); // a few options of cost one are within every bound
    };
    for chosen in ballots {
        let choices: Vec<(usize, i64)> = chosen.iter().map(|option| (usize::from(*option), 1)).collect();
        if election.vote(&choices, 1).is_err() {
            return Vec::new(); // ballots of a poll name its options and are few
        }
    }
    let method = Method {
        rule: Rule::EqualShares,
        utility: Utility::Cardinality,
        completion: Completion::None,
        ties: Ties::Name,
    };
    let funded = tally(&election, &method).map(|outcome| outcome.funded).unwrap_or_default();
    funded.into_iter().filter_map(|project| u8::try_from(project).ok()).collect()
}

/// Fills the seats of a question.
pub(super) fn count(terms: &Terms, seats: u8, ballots: &[&Ballot]) -> (Verdict, Counts) {
    let chosen = ballots.iter().filter_map(|ballot| match ballot {
        Ballot::Approve(chosen) => Some(&chosen[..]),
        _ => None,
    });
    let filled = equal_shares(terms.options, seats, chosen);
    let options: Vec<u8> = filled.iter().map(|seat| seat.option).collect();
    let verdict = if options.is_empty() { Verdict::NotCarried } else { Verdict::Chosen(options) };
    (verdict, Counts::Seats { approvals: approval::sums(terms.options, ballots), seats: filled })
}
