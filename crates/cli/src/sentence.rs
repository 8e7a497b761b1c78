//! Every entry as one sentence: what a person reads before signing and what everyone reads in the log are
//! made here, from the entry itself, so that they cannot differ.

mod ballots;
mod budgets;
pub mod rotation;

use crate::charter;
use crate::day;
use crate::names::Names;
use crate::reference;
use crate::text;
use crate::ui::plain;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lifeboat_commons::charter::CharterStatement;
use lifeboat_commons::details::DetailsStatement;
use lifeboat_commons::ledger::{LedgerStatement, Meet, Source};
use lifeboat_commons::membership::MembershipStatement;
use lifeboat_commons::witnessing::WitnessingStatement;
use lifeboat_commons::{Charter, Common, History, Quantity, State, Statement};
use lifeboat_log::{DetailTag, EntryId, SignedEntry, Time};

/// Tells entries of one cell as sentences.
pub struct Teller<'a> {
    /// The cell's state.
    pub state: &'a State,
    /// The people's names.
    pub names: &'a Names,
    /// The day it is there.
    pub today: Date,
    /// The cell's time zone.
    pub zone: &'a TimeZone,
    /// Where an entry that another names is looked up.
    pub history: &'a dyn History,
}

impl Teller<'_> {
    /// The entry with the texts of its details.
    pub fn entry(&self, entry: &SignedEntry, texts: &[(u16, String)]) -> String {
        let mut more = Vec::new();
        if entry.details.iter().any(|detail| detail.tag.is_sealed()) {
            more.push(text!("more-private"));
        }
        let ends = entry.details.iter().map(|detail| detail.expiry).filter(|end| *end != Time::ZERO);
        if let Some(end) = ends.min() {
            more.push(text!("more-text-until", day = self.day_of(end)));
        }
        let who = self.names.key(&entry.author);
        let sentence = match Statement::decode(entry) {
            Ok(statement) => self.statement(&statement, &who, texts),
            Err(_) => text!("said-newer", who = who, kind = entry.kind.0),
        };
        with(sentence, more)
    }

    /// What a statement says, with the texts of its details.
    pub(crate) fn statement(&self, statement: &Statement, who: &str, texts: &[(u16, String)]) -> String {
        let note = texts.iter().find(|(tag, _)| *tag == DetailTag::NOTE.0).map(|(_, text)| plain(text));
        let handle = texts.iter().find(|(tag, _)| *tag == DetailTag::HANDLE.0).map(|(_, text)| plain(text));
        let handle = handle.unwrap_or_else(|| text!("handle-absent"));
        match statement {
            Statement::Founding(founding) => {
                let name = Charter::from_bytes(&founding.charter).map(|charter| plain(charter.name.as_str()));
                text!("said-founding", handle = handle, name = name.unwrap_or_default())
            }
            Statement::Opening(opening) => text!("said-opening", term = opening.term.to_string()),
            Statement::Charter(CharterStatement::Change(change)) => {
                text!("said-charter", who = who, what = charter::changes(&change.settings))
            }
            Statement::Membership(said) => self.membership(said, who, &handle, note),
            Statement::Ledger(said) => self.ledger(said, who, note),
            Statement::Decisions(said) => self.decision(said, who, texts),
            Statement::Budgets(said) => self.budget(said, who, note),
            Statement::Details(DetailsStatement::Erase(erase)) => {
                let number = self.number(&erase.entry);
                text!("said-erase", who = who, number = number)
            }
            Statement::Witnessing(said) => witnessing(said, who),
            Statement::Ballots(said) => self.ballots(said, who, texts),
            Statement::Rotation(said) => self.rotation(said, who, note),
        }
    }

    fn membership(
        &self,
        said: &MembershipStatement,
        who: &str,
        handle: &str,
        note: Option<String>,
    ) -> String {
        match said {
            MembershipStatement::Vouch(vouch) => match vouch.replaces {
                Some(member) => text!("said-vouch-again", who = who, handle = self.names.member(&member)),
                None => text!("said-vouch", who = who, handle = handle),
            },
            MembershipStatement::Leave(_) => with(text!("said-leave", who = who), note.into_iter().collect()),
            MembershipStatement::KeyAdded(added) => {
                let until = match added.until {
                    Time::ZERO => vec![],
                    time => vec![text!("more-until", day = self.day_of(time))],
                };
                with(text!("said-key-added", who = who, mark = key_mark(&added.key)), until)
            }
            MembershipStatement::KeyEnded(ended) => {
                text!("said-key-ended", who = who, mark = key_mark(&ended.key))
            }
            MembershipStatement::NodeNamed(node) if node.serves => {
                text!("said-node", who = who, mark = key_mark(&node.node))
            }
            MembershipStatement::NodeNamed(node) => {
                text!("said-node-ended", who = who, mark = key_mark(&node.node))
            }
            MembershipStatement::Removal(removal) => {
                text!("said-removal", who = who, handle = self.names.member(&removal.member))
            }
            MembershipStatement::HandleChanged(_) => text!("said-handle", who = who, handle = handle),
            MembershipStatement::NoticeGiven(notice) => {
                text!("said-notice", who = who, member = self.names.member(&notice.member))
            }
            MembershipStatement::Present(_) => text!("said-present", who = who),
        }
    }

    fn ledger(&self, said: &LedgerStatement, who: &str, note: Option<String>) -> String {
        let corrects = said.common().corrects.is_some();
        let what = |quantity: &Quantity| plain(&quantity.to_string());
        let note: Vec<String> = note.into_iter().collect();
        let more = [note, self.more(said.common())].concat();
        let sentence = match said {
            LedgerStatement::Received(said) => text!("said-received", who = who, what = what(&said.quantity)),
            LedgerStatement::Given(said) if said.slip => {
                text!("said-slip", who = who, what = what(&said.quantity))
            }
            LedgerStatement::Given(said) => text!("said-given", who = who, what = what(&said.quantity)),
            LedgerStatement::OpeningStock(said) => {
                text!("said-stock", who = who, what = what(&said.quantity))
            }
            LedgerStatement::Need(said) => {
                let by = self.day_of(said.until);
                text!("said-need", who = who, what = what(&said.quantity), by = by)
            }
            LedgerStatement::Offer(said) => {
                let by = self.day_of(said.until);
                text!("said-offer", who = who, what = what(&said.quantity), by = by)
            }
            LedgerStatement::Meet(meet) => self.meet(meet, who),
            LedgerStatement::ReceiptConfirmed(receipt) => {
                let given = self.given(&receipt.given);
                let amount = given
                    .map_or_else(|| receipt.amount.to_string(), |all| all.with(receipt.amount).to_string());
                let amount = plain(&amount);
                let number = self.number(&receipt.given);
                if receipt.on_behalf {
                    text!("said-receipt-for", who = who, amount = amount, number = number)
                } else {
                    text!("said-receipt", who = who, amount = amount, number = number)
                }
            }
            LedgerStatement::Withdraw(withdraw) => {
                text!("said-withdraw", who = who, number = self.number(&withdraw.what))
            }
        };
        let sentence = with(sentence, more);
        match said.common().corrects {
            Some(id) if corrects => text!("said-correction", sentence = sentence, number = self.number(&id)),
            _ => sentence,
        }
    }

    fn meet(&self, meet: &Meet, who: &str) -> String {
        let remembered = self.state.ledger().need(&meet.need).map(|post| post.quantity.clone());
        let needed = remembered.or_else(|| self.posted(&meet.need));
        let what = needed.map_or_else(|| meet.amount.to_string(), |all| all.with(meet.amount).to_string());
        let (what, need) = (plain(&what), self.number(&meet.need));
        match meet.source {
            Source::Offer(offer) => {
                text!("said-meet-offer", who = who, what = what, need = need, offer = self.number(&offer))
            }
            Source::Stock(_) => text!("said-meet-stock", who = who, what = what, need = need),
        }
    }

    /// What a need or offer that the fold has forgotten said it was for.
    fn posted(&self, id: &EntryId) -> Option<Quantity> {
        match Statement::decode(self.history.find(id)?.entry()).ok()? {
            Statement::Ledger(LedgerStatement::Need(need)) => Some(need.quantity),
            Statement::Ledger(LedgerStatement::Offer(offer)) => Some(offer.quantity),
            _ => None,
        }
    }

    /// What a slip was for.
    fn given(&self, id: &EntryId) -> Option<Quantity> {
        if let Some(slip) = self.state.ledger().slip(id) {
            return Some(slip.quantity.clone());
        }
        match Statement::decode(self.history.find(id)?.entry()).ok()? {
            Statement::Ledger(LedgerStatement::Given(given)) => Some(given.quantity),
            _ => None,
        }
    }

    /// The number of an entry that another names.
    pub(crate) fn number(&self, id: &EntryId) -> String {
        let ledger = self.state.ledger();
        let post = ledger.need(id).or_else(|| ledger.offer(id)).map(|post| post.position);
        let known = post.or_else(|| ledger.slip(id).map(|slip| slip.position));
        let position = known.or_else(|| self.history.find(id).map(|record| record.link().position));
        position.map_or_else(|| text!("entry-not-here"), reference::short)
    }

    /// What every body may say besides: the day, the place, the category.
    fn more(&self, common: &Common) -> Vec<String> {
        let charter = self.state.charter();
        let mut more = Vec::new();
        if let Some(place) = common.place {
            let name = charter.place(place).map_or_else(|| place.0.to_string(), plain);
            more.push(text!("more-place", place = name));
        }
        if let Some(category) = common.category {
            let name = charter.category(category).map_or_else(|| category.0.to_string(), plain);
            more.push(text!("more-category", category = name));
        }
        if let Some(day) = common.day {
            let date = day::from_number(i64::from(day.0));
            more.push(text!("more-day", day = day::long(date, self.today)));
        }
        if common.paper.is_some() {
            more.push(text!("more-paper"));
        }
        more
    }

    /// The last day before this moment: an end at midnight is the day before.
    pub(crate) fn day_of(&self, time: Time) -> String {
        day::long(day::of_moment(time.ms().saturating_sub(1), self.zone), self.today)
    }
}

/// A few letters by which a person tells keys apart.
pub fn key_mark(key: &lifeboat_log::PublicKey) -> String {
    key.to_string().chars().take(8).collect()
}

fn witnessing(said: &WitnessingStatement, who: &str) -> String {
    match said {
        WitnessingStatement::Anchor(_) => text!("said-anchor", who = who),
        WitnessingStatement::Offered(offer) if offer.offered => {
            text!("said-witness-offered", who = who, mark = key_mark(&offer.key))
        }
        WitnessingStatement::Offered(offer) => {
            text!("said-witness-ended", who = who, mark = key_mark(&offer.key))
        }
    }
}

/// A sentence with more behind it.
pub(crate) fn with(sentence: String, more: Vec<String>) -> String {
    std::iter::once(sentence).chain(more).collect::<Vec<_>>().join(", ")
}
