//! Every unit of money from receipt to expense: what came into a pool first goes out first. A picture of who
//! paid for what, made from the log alone; no rule depends on it.

use crate::amount::Amount;
use lifeboat_log::Position;
use std::collections::VecDeque;

/// Money that came into a pool, or went out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The entry.
    pub position: Position,
    /// How much: above zero for what came in, below for what went out.
    pub amount: Amount,
}

/// Part of an expense, and the receipt that paid for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// The expense; none for what is still there.
    pub expense: Option<Position>,
    /// The receipt; none where more went out than had come in.
    pub receipt: Option<Position>,
    /// How much.
    pub amount: Amount,
}

/// Traces the moves of one pool, in their order. The parts of an expense sum up to it, and so do those of a
/// receipt.
pub fn trace(moves: &[Moved]) -> Vec<Paid> {
    let mut paid = Vec::new();
    let mut there: VecDeque<(Position, i64)> = VecDeque::new();
    let mut owed: VecDeque<(Position, i64)> = VecDeque::new();
    for moved in moves {
        let amount = moved.amount.millionths();
        if amount > 0 {
            there.push_back((moved.position, amount));
        } else if amount < 0 {
            owed.push_back((moved.position, amount.checked_neg().unwrap_or(i64::MAX)));
        }
        while let (Some((receipt, left)), Some((expense, due))) = (there.front_mut(), owed.front_mut()) {
            let part = (*left).min(*due);
            let amount = Amount::from_millionths(part);
            paid.push(Paid { expense: Some(*expense), receipt: Some(*receipt), amount });
            (*left, *due) = (*left - part, *due - part);
            let (done, settled) = (*left == 0, *due == 0);
            if done {
                there.pop_front();
            }
            if settled {
                owed.pop_front();
            }
        }
    }
    let amount = Amount::from_millionths;
    let rest = there.into_iter().map(|(receipt, left)| (None, Some(receipt), left));
    let short = owed.into_iter().map(|(expense, due)| (Some(expense), None, due));
    let rest = rest.chain(short);
    paid.extend(rest.map(|(expense, receipt, part)| Paid { expense, receipt, amount: amount(part) }));
    paid
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moved(at: usize, amount: i64) -> Moved {
        Moved { position: Position(at as u64), amount: Amount::from_millionths(amount) }
    }

    #[test]
    fn what_came_first_goes_first() {
        let moves = [moved(1, 20), moved(2, 30), moved(3, -25), moved(4, -40)];
        let told: Vec<(Option<u64>, Option<u64>, i64)> = (trace(&moves).iter())
            .map(|p| (p.expense.map(|e| e.0), p.receipt.map(|r| r.0), p.amount.millionths()))
            .collect();
        let want =
            [(Some(3), Some(1), 20), (Some(3), Some(2), 5), (Some(4), Some(2), 25), (Some(4), None, 15)];
        assert_eq!(told, want);
    }

    proptest! {
        #[test]
        fn every_unit_is_accounted_for(amounts in prop::collection::vec(-1000_i64..1000, 0..30)) {
            let moves: Vec<Moved> = amounts.iter().enumerate().map(|(at, a)| moved(at, *a)).collect();
            let paid = trace(&moves);
            for (at, amount) in amounts.iter().enumerate() {
                let at = Position(at as u64);
                let of = |part: &&Paid| part.receipt == Some(at) || part.expense == Some(at);
                let sum: i64 = paid.iter().filter(of).map(|part| part.amount.millionths()).sum();
                prop_assert_eq!(sum, amount.abs());
            }
        }
    }
}
