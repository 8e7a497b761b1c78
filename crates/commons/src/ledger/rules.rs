//! The rules of the ledger: what each of its statements does.

use super::accounts::{Column, Move};
use super::{
    Currency, Given, Ledger, LedgerStatement, Meet, Post, Quantity, ReceiptConfirmed, Slip, Source, Thing,
    Withdraw,
};
use crate::amount::Amount;
use crate::body::Unreadable;
use crate::charter::Charter;
use crate::common::{CategoryId, Common};
use crate::effect::Reason;
use crate::limits::{DAY_MS, MAX_POST_DAYS};
use crate::practices::{Practice, Saying, Statement};
use crate::state::State;
use lifeboat_log::{Kind, Time};

impl Practice for Ledger {
    type Statement = LedgerStatement;
    const KINDS: &'static [Kind] = LedgerStatement::KINDS;

    fn read(kind: Kind, version: u16, body: &[u8]) -> Result<LedgerStatement, Unreadable> {
        LedgerStatement::read(kind, version, body)
    }
    fn common(statement: &LedgerStatement) -> &Common {
        statement.common()
    }
    fn apply(state: &mut State, saying: &Saying<'_>, said: LedgerStatement) -> Result<(), Reason> {
        let earlier = match saying.corrects.as_ref().map(|earlier| &earlier.statement) {
            Some(Statement::Ledger(earlier)) => Some(earlier),
            Some(_) => return Err(Reason::OtherKind),
            None => None,
        };
        keep_promises(state, earlier, &said)?;
        let (charter, ledger) = (&state.parts.charter, &mut state.parts.ledger);
        use LedgerStatement as Said;
        match (said, earlier) {
            (Said::Received(new), old) => {
                in_use(charter, &new.quantity)?;
                let old = old.and_then(moved);
                let make = Move::new(Column::Received, &new.quantity, new.common.place, new.common.category);
                ledger.accounts.shift(old.as_ref(), Some(&make))
            }
            (Said::OpeningStock(new), old) => {
                in_use(charter, &new.quantity)?;
                let old = old.and_then(moved);
                let make = Move::new(Column::Opening, &new.quantity, new.common.place, new.common.category);
                ledger.accounts.shift(old.as_ref(), Some(&make))
            }
            (Said::Given(new), old) => {
                in_use(charter, &new.quantity)?;
                ledger.give(saying, new, old.and_then(moved))
            }
            (Said::Need(new), old) => {
                in_use(charter, &new.quantity)?;
                let post = Post::new(saying, &new.common, new.quantity, new.until);
                put(&mut ledger.needs, saying, post, old.is_some())
            }
            (Said::Offer(new), old) => {
                in_use(charter, &new.quantity)?;
                let post = Post::new(saying, &new.common, new.quantity, new.until);
                put(&mut ledger.offers, saying, post, old.is_some())
            }
            (Said::Meet(new), Some(Said::Meet(old))) => ledger.correct_meeting(saying, old, &new),
            (Said::Meet(new), _) => ledger.meet(&new, saying.time),
            (Said::ReceiptConfirmed(_) | Said::Withdraw(_), Some(_)) => Err(Reason::NotCorrectable),
            (Said::ReceiptConfirmed(new), None) => ledger.confirm(saying, &new),
            (Said::Withdraw(new), None) => ledger.withdraw(saying, &new),
        }
    }
    fn advance(state: &mut State, now: Time) {
        let ledger = &mut state.parts.ledger;
        ledger.needs.advance(now);
        ledger.offers.advance(now);
        ledger.slips.advance(now);
    }
}

/// Refuses what takes money that a pool has promised to rounds and grants.
fn keep_promises(state: &State, old: Option<&LedgerStatement>, new: &LedgerStatement) -> Result<(), Reason> {
    let mut changes: Vec<(Currency, Option<CategoryId>, i64)> = Vec::new();
    let (undo, make) = (old.and_then(|old| change(state, old)), change(state, new));
    for (sign, found) in [(-1, undo), (1, make)] {
        let Some((currency, category, amount)) = found else { continue };
        let amount = amount.saturating_mul(sign);
        match changes.iter_mut().find(|(c, of, _)| *c == currency && *of == category) {
            Some((_, _, sum)) => *sum = sum.saturating_add(amount),
            None => changes.push((currency, category, amount)),
        }
    }
    let budgets = state.budgets();
    changes.iter().try_for_each(|(currency, category, amount)| {
        budgets.guard(state.ledger(), currency, *category, Amount::from_millionths(*amount))
    })
}

/// What a statement adds to a pool of money, in millionths.
fn change(state: &State, said: &LedgerStatement) -> Option<(Currency, Option<CategoryId>, i64)> {
    let (sign, common, quantity) = match said {
        LedgerStatement::Received(said) => (1, &said.common, said.quantity.clone()),
        LedgerStatement::OpeningStock(said) => (1, &said.common, said.quantity.clone()),
        LedgerStatement::Given(said) => (-1, &said.common, said.quantity.clone()),
        LedgerStatement::Meet(meet) if matches!(meet.source, Source::Stock(_)) => {
            let need = state.ledger().need(&meet.need)?;
            (-1, &meet.common, need.quantity.with(meet.amount))
        }
        _ => return None,
    };
    let Thing::Money { currency } = quantity.thing else { return None };
    Some((currency, common.category, quantity.amount.millionths().saturating_mul(sign)))
}

/// What a statement of coming or going moved.
fn moved(said: &LedgerStatement) -> Option<Move> {
    let (column, common, quantity) = match said {
        LedgerStatement::Received(said) => (Column::Received, &said.common, &said.quantity),
        LedgerStatement::Given(said) => (Column::Given, &said.common, &said.quantity),
        LedgerStatement::OpeningStock(said) => (Column::Opening, &said.common, &said.quantity),
        _ => return None,
    };
    Some(Move::new(column, quantity, common.place, common.category))
}

fn in_use(charter: &Charter, quantity: &Quantity) -> Result<(), Reason> {
    match &quantity.thing {
        Thing::Money { currency } if !charter.uses(currency) => Err(Reason::UnknownCurrency),
        _ => Ok(()),
    }
}

/// Posts a need or an offer, or a new version of one.
fn put(
    posts: &mut super::posts::Posts,
    saying: &Saying<'_>,
    mut post: Post,
    corrects: bool,
) -> Result<(), Reason> {
    if post.until <= saying.time {
        return Err(Reason::PastItsDay);
    }
    if post.until > saying.time.plus_ms(MAX_POST_DAYS * DAY_MS) {
        return Err(Reason::TooFarAhead);
    }
    if corrects && let Some(earlier) = &saying.corrects {
        let old = posts.newest(&earlier.id).ok_or(Reason::NotOpen)?;
        if old.met > post.quantity.amount {
            return Err(Reason::MoreThanOpen { open: post.quantity.amount });
        }
        if old.met.is_positive() && old.quantity.thing != post.quantity.thing {
            return Err(Reason::DoesNotFit);
        }
        (post.id, post.position) = (old.id, old.position);
        post = post.with_met(old.met, saying.time);
    }
    posts.put(post);
    Ok(())
}

impl Ledger {
    fn give(&mut self, saying: &Saying<'_>, given: Given, old: Option<Move>) -> Result<(), Reason> {
        let (place, category) = (given.common.place, given.common.category);
        let make = Move::new(Column::Given, &given.quantity, place, category);
        self.accounts.shift(old.as_ref(), Some(&make))?;
        if let Some(earlier) = &saying.corrects {
            self.slips.remove(&earlier.id);
        }
        if given.slip && given.quantity.amount.is_positive() {
            self.slips.put(Slip {
                id: saying.id,
                position: saying.position,
                giver: saying.author,
                quantity: given.quantity,
                given: saying.time,
            });
        }
        Ok(())
    }

    fn confirm(&mut self, saying: &Saying<'_>, receipt: &ReceiptConfirmed) -> Result<(), Reason> {
        let slip = self.slips.get(&receipt.given).ok_or(Reason::NoSlip)?;
        if !receipt.on_behalf && slip.giver == saying.author {
            return Err(Reason::OwnSlip);
        }
        if receipt.amount > slip.quantity.amount {
            return Err(Reason::NotEnough { held: slip.quantity.amount });
        }
        self.slips.remove(&receipt.given);
        Ok(())
    }

    fn withdraw(&mut self, saying: &Saying<'_>, withdraw: &Withdraw) -> Result<(), Reason> {
        for posts in [&mut self.needs, &mut self.offers] {
            let Some(post) = posts.get(&withdraw.what) else { continue };
            if post.author != saying.author && saying.decided.is_none() {
                return Err(Reason::NotTheAuthor);
            }
            if post.open().is_zero() {
                return Err(Reason::NotOpen);
            }
            posts.remove(&withdraw.what);
            return Ok(());
        }
        Err(Reason::NotOpen)
    }

    fn meet(&mut self, meet: &Meet, now: Time) -> Result<(), Reason> {
        let need = self.needs.get(&meet.need).ok_or(Reason::NotOpen)?;
        if need.open().is_zero() && !meet.amount.is_zero() {
            return Err(Reason::AlreadyMet);
        }
        if meet.amount > need.open() {
            return Err(Reason::MoreThanOpen { open: need.open() });
        }
        let met = need.met.checked_add(meet.amount).ok_or(Reason::TooLarge)?;
        let met_need = need.clone().with_met(met, now);
        match meet.source {
            Source::Offer(id) => {
                let offer = self.offers.get(&id).ok_or(Reason::NotOpen)?;
                if offer.quantity.thing != need.quantity.thing {
                    return Err(Reason::DoesNotFit);
                }
                if meet.amount > offer.open() {
                    return Err(Reason::NotEnough { held: offer.open() });
                }
                let used = offer.met.checked_add(meet.amount).ok_or(Reason::TooLarge)?;
                let used = offer.clone().with_met(used, now);
                self.offers.put(used);
            }
            Source::Stock(_) => {
                let taken = taken(need, meet);
                self.accounts.shift(None, taken.as_ref())?;
            }
        }
        self.needs.put(met_need);
        Ok(())
    }

    /// Takes the effect of `old` back and makes that of `new`, or changes nothing.
    fn correct_meeting(&mut self, saying: &Saying<'_>, old: &Meet, new: &Meet) -> Result<(), Reason> {
        let need = self.needs.get(&old.need).ok_or(Reason::TooLate)?.clone();
        let met = need.met.checked_sub(old.amount).filter(|met| *met >= Amount::ZERO);
        let unmet = need.clone().with_met(met.ok_or(Reason::TooLate)?, saying.time);
        let offer = match old.source {
            Source::Offer(id) => {
                let offer = self.offers.get(&id).ok_or(Reason::TooLate)?.clone();
                let used = offer.met.checked_sub(old.amount).filter(|used| *used >= Amount::ZERO);
                self.offers.put(offer.clone().with_met(used.ok_or(Reason::TooLate)?, saying.time));
                Some(offer)
            }
            Source::Stock(_) => {
                self.accounts.shift(taken(&need, old).as_ref(), None)?;
                None
            }
        };
        self.needs.put(unmet);
        let result = self.meet(new, saying.time);
        if result.is_err() {
            match offer {
                Some(offer) => self.offers.put(offer),
                None => self.accounts.shift(None, taken(&need, old).as_ref())?,
            }
            self.needs.put(need);
        }
        result
    }
}

/// What meeting this need out of stock takes.
fn taken(need: &Post, meet: &Meet) -> Option<Move> {
    let Source::Stock(place) = meet.source else { return None };
    Some(Move::new(Column::Given, &need.quantity.with(meet.amount), place, meet.common.category))
}
