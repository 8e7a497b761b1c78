//! Every body of a budget reads back as it was written, and what it may not say is named.

use lifeboat_commons::budgets::{
    BallotCast, Checked, Ends, Form, Granted, ProposalWithdrawn, Proposed, Remarked, Reviewed, RoundOpened,
    RoundWithdrawn, Spent,
};
use lifeboat_commons::ledger::Currency;
use lifeboat_commons::tally::{Completion, Method, Rule, Ties, Utility};
use lifeboat_commons::{Amount, BadBody, Body, CategoryId, Common, MemberId, compose};
use lifeboat_log::codec::{List, decode, encode};
use lifeboat_log::{EntryId, Time};
use proptest::prelude::*;

fn round() -> RoundOpened {
    let time = Time::from_ms;
    RoundOpened {
        common: Common::default(),
        currency: Currency::new("EUR").unwrap(),
        money: List::new(vec![(1, Amount::whole(300).unwrap()), (3, Amount::whole(20).unwrap())]).unwrap(),
        form: Form::Score { most: 5 },
        method: Method {
            rule: Rule::EqualShares,
            utility: Utility::Points,
            completion: Completion::Add1Greedy,
            ties: Ties::Votes,
        },
        step: Amount::whole(1).unwrap(),
        ends: Ends { propose: time(1), check: time(2), discuss: time(2), vote: time(4), spend: time(5) },
        reviewers: List::new(vec![MemberId([1; 32]), MemberId([2; 32])]).unwrap(),
    }
}

fn reads_back<B: Body + PartialEq + std::fmt::Debug>(body: &B) {
    let bytes = encode(body);
    assert_eq!(decode::<B>(&bytes).as_ref(), Ok(body));
    assert_eq!(encode(&decode::<B>(&bytes).unwrap()), bytes);
    assert!(decode::<B>(&bytes[..bytes.len() - 1]).is_err());
    assert!(decode::<B>(&[bytes, vec![0]].concat()).is_err());
}

proptest! {
    #[test]
    fn bodies_read_back(
        id in any::<[u8; 32]>(),
        amount in any::<i64>(),
        yes in any::<bool>(),
        paper in any::<u64>(),
        category in proptest::option::of(any::<u16>()),
        marks in prop::collection::btree_map(any::<u16>(), any::<u32>(), 0..20),
    ) {
        let (id, amount) = (EntryId(id), Amount::from_millionths(amount));
        let common = Common { category: category.map(CategoryId), ..Common::default() };
        let currency = Currency::new("EUR").unwrap();
        let marks = List::new(marks.into_iter().collect()).unwrap();
        reads_back(&RoundOpened { common, step: amount, ..round() });
        reads_back(&RoundWithdrawn { common, round: id });
        reads_back(&Proposed { common, round: id, cost: amount });
        reads_back(&ProposalWithdrawn { common, proposal: id });
        reads_back(&Checked { common, proposal: id, feasible: yes });
        reads_back(&Remarked { common, proposal: id });
        reads_back(&BallotCast { common, round: id, paper, marks });
        reads_back(&Spent { common, grant: id, amount });
        reads_back(&Reviewed { common, spent: id, fine: yes });
        reads_back(&Granted { common, currency, amount, until: Time::from_ms(9) });
    }
}

#[test]
fn a_round_that_cannot_be_is_named() {
    assert!(compose(&round()).is_ok());
    let bad = |change: fn(&mut RoundOpened)| {
        let mut changed = round();
        change(&mut changed);
        compose(&changed).unwrap_err()
    };
    assert_eq!(bad(|r| r.money = List::default()), BadBody::BadRoundMoney);
    assert_eq!(bad(|r| r.money = List::new(vec![(1, Amount::ZERO)]).unwrap()), BadBody::BadRoundMoney);
    assert_eq!(bad(|r| r.ends.vote = r.ends.discuss), BadBody::BadRoundEnds);
    assert_eq!(bad(|r| r.form = Form::Approval), BadBody::BadRoundMethod);
    assert_eq!(bad(|r| r.form = Form::Cumulative { points: 0 }), BadBody::BadMarks);
    assert_eq!(bad(|r| r.method.rule = Rule::Greedy), BadBody::BadRoundMethod);
    assert_eq!(bad(|r| r.step = Amount::from_millionths(29_000)), BadBody::BadRoundMethod);
    assert_eq!(bad(|r| r.reviewers = List::new(vec![MemberId([1; 32]); 2]).unwrap()), BadBody::BadReviewers);
    assert_eq!(bad(|r| r.currency = Currency::new("eur").unwrap()), BadBody::BadCurrency);
}

#[test]
fn other_bodies_that_cannot_be_are_named() {
    let (common, id) = (Common::default(), EntryId([1; 32]));
    let cost = Amount::whole(1).unwrap();
    assert_eq!(compose(&Proposed { common, round: id, cost }), Err(BadBody::NoCategory));
    let zero = Spent { common, grant: id, amount: Amount::ZERO };
    assert_eq!(compose(&zero), Err(BadBody::AmountNotPositive));
    let struck = Common { corrects: Some(id), ..common };
    assert!(compose(&Spent { common: struck, ..zero }).is_ok());
    let marks = List::new(vec![(2, 1), (1, 1)]).unwrap();
    assert_eq!(compose(&BallotCast { common, round: id, paper: 0, marks }), Err(BadBody::BadMarks));
    let marks = List::new(vec![(1, 0)]).unwrap();
    assert_eq!(compose(&BallotCast { common, round: id, paper: 0, marks }), Err(BadBody::BadMarks));
}
