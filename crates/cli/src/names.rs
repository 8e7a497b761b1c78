//! The people of a cell by the handles that they chose, as they are shown and typed. Two with the same
//! handle are told apart by two letters; one whose handle is not here has letters alone.

use crate::error::{Failure, Outcome};
use crate::reference;
use crate::text;
use crate::ui::plain;
use lifeboat_commons::{MemberId, State};
use lifeboat_log::PublicKey;
use lifeboat_node::ask::HandleText;
use std::collections::BTreeMap;

/// Names of members.
#[derive(Debug, Default)]
pub struct Names {
    shown: BTreeMap<MemberId, String>,
    handles: BTreeMap<MemberId, String>,
    by_key: BTreeMap<PublicKey, MemberId>,
}

impl Names {
    /// The names of a cell's people.
    pub fn of(state: &State, handles: &[HandleText]) -> Self {
        let handles: BTreeMap<MemberId, String> =
            handles.iter().map(|text| (MemberId(text.member.0), plain(&text.handle))).collect();
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for handle in handles.values() {
            *count.entry(handle).or_default() += 1;
        }
        let mut names = Self::default();
        for (id, member) in state.members().all() {
            let mark = reference::mark(&id.entry());
            let shown = match handles.get(id) {
                Some(handle) if count.get(handle.as_str()) == Some(&1) => handle.clone(),
                Some(handle) => format!("{handle}-{mark}"),
                None if state.details().gone(&member.handle, member.handle_from).is_some() => {
                    text!("erased-member", mark = mark)
                }
                None => text!("somebody", mark = mark),
            };
            names.shown.insert(*id, shown);
            for (key, _) in state.members().keys_of(*id) {
                names.by_key.insert(*key, *id);
            }
        }
        for (key, id) in state.members().nodes() {
            names.by_key.insert(*key, id);
        }
        names.handles = handles;
        names
    }

    /// How a member is shown.
    pub fn member(&self, id: &MemberId) -> String {
        let mark = || text!("somebody", mark = reference::mark(&id.entry()));
        self.shown.get(id).cloned().unwrap_or_else(mark)
    }

    /// How the member whom a key serves is shown.
    pub fn key(&self, key: &PublicKey) -> String {
        self.by_key.get(key).map_or_else(|| text!("stranger"), |id| self.member(id))
    }

    /// The member whom a key serves or served.
    pub fn of_key(&self, key: &PublicKey) -> Option<MemberId> {
        self.by_key.get(key).copied()
    }

    /// Whether a member other than this one goes by this handle.
    pub fn is_of_other(&self, handle: &str, member: &MemberId) -> bool {
        self.handles.iter().any(|(id, known)| id != member && known == handle)
    }

    /// The member of a typed handle.
    ///
    /// # Errors
    /// When nobody, or more than one, is called so.
    pub fn find(&self, written: &str) -> Outcome<MemberId> {
        let wanted = written.trim().trim_start_matches('@').to_lowercase();
        if let Some((id, _)) = self.shown.iter().find(|(_, shown)| **shown == wanted) {
            return Ok(*id);
        }
        let same = self.handles.iter().filter(|(_, handle)| **handle == wanted).map(|(id, _)| id);
        let same: Vec<String> = same.map(|id| self.member(id)).collect();
        if same.is_empty() {
            return Err(Failure::new(text!("member-unknown", handle = plain(written)))
                .hint(text!("member-unknown-hint")));
        }
        Err(Failure::usage(text!("member-which", handles = same.join(", "))))
    }
}
