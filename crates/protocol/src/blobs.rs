//! Attachments on their way between homes: what is asked for, and the frames of the answer. First come the
//! hashes of the groups, which lead to the attachment's name, then the groups from the one asked for on.
//! Who receives them checks each by itself, and after an interruption asks for the next one it lacks.

use crate::message::within;
use crate::refusal::Refusal;
use bincode::{Decode, Encode};
use lifeboat_log::blob::{Groups, MAX_GROUPS};
use lifeboat_log::codec::{self, Bytes, List, Malformed};
use lifeboat_log::limits::BLOB_GROUP;
use lifeboat_log::{BlobHash, CellId};

/// Longest encoded frame, in bytes: a group, or the hashes of all of them.
pub const MAX_BLOB_FRAME: usize = BLOB_GROUP as usize + 64;

/// What is asked for: an attachment, from one of its groups on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct BlobAsk {
    /// The cell whose log names it.
    pub cell: CellId,
    /// Its name.
    pub hash: BlobHash,
    /// The first group that the asker lacks, counted from 0.
    pub from: u64,
}

/// One frame of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum BlobFrame {
    /// 0: its size, and the hashes of its groups. The first frame, and no other.
    Head(BlobHead),
    /// 1: the next group.
    Group(Bytes<{ BLOB_GROUP as usize }>),
    /// 2: no answer, and why.
    Refused(Refusal),
}

/// An attachment: its size, and the hashes of its groups, which lead to its name.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct BlobHead {
    /// Its name.
    pub hash: BlobHash,
    /// Its length in bytes.
    pub size: u64,
    /// The chaining values of its groups, in order.
    pub groups: List<[u8; 32], MAX_GROUPS>,
}

impl BlobHead {
    /// What these groups say.
    pub fn of(groups: &Groups) -> Self {
        let values = List::new(groups.values().to_vec()).unwrap_or_default();
        Self { hash: groups.hash(), size: groups.size(), groups: values }
    }

    /// The groups, when they lead to the name.
    pub fn verify(&self) -> Option<Groups> {
        Groups::verify(self.hash, self.size, self.groups.to_vec())
    }
}

impl BlobAsk {
    /// The question's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The question that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        codec::decode(bytes)
    }
}

impl BlobFrame {
    /// The frame's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The frame that these bytes are.
    ///
    /// # Errors
    /// [`Malformed`] when they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        within(bytes, MAX_BLOB_FRAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn questions_and_frames_read_back(
            cell in any::<[u8; 32]>(), hash in any::<[u8; 32]>(), from in any::<u64>(),
            groups in prop::collection::vec(any::<[u8; 32]>(), 0..20), group in prop::collection::vec(any::<u8>(), 0..99),
        ) {
            let ask = BlobAsk { cell: CellId(cell), hash: BlobHash(hash), from };
            prop_assert_eq!(BlobAsk::decode(&ask.encode()), Ok(ask));
            let head = BlobHead { hash: BlobHash(hash), size: from, groups: List::new(groups).unwrap() };
            prop_assert!(head.verify().is_none(), "random hashes lead nowhere");
            let frames = [
                BlobFrame::Head(head),
                BlobFrame::Group(Bytes::new(group).unwrap()),
                BlobFrame::Refused(Refusal::new(Refusal::NOT_HELD)),
            ];
            for frame in frames {
                prop_assert_eq!(BlobFrame::decode(&frame.encode()), Ok(frame));
            }
        }

        #[test]
        fn any_bytes_are_refused_or_read_back(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(frame) = BlobFrame::decode(&bytes) {
                prop_assert_eq!(frame.encode(), bytes);
            }
        }
    }

    #[test]
    fn the_longest_frames_fit_and_longer_ones_are_refused() {
        let all = List::new(vec![[1; 32]; MAX_GROUPS]).unwrap();
        let head = BlobFrame::Head(BlobHead { hash: BlobHash([1; 32]), size: 1, groups: all });
        let group = BlobFrame::Group(Bytes::new(vec![1; BLOB_GROUP as usize]).unwrap());
        assert!(head.encode().len() <= MAX_BLOB_FRAME && group.encode().len() <= MAX_BLOB_FRAME);
        assert_eq!(BlobFrame::decode(&vec![0; MAX_BLOB_FRAME + 1]), Err(Malformed::TooLong));
    }
}
