//! Announcements by gossipsub: one topic a cell, messages without author or signature (what they carry is
//! signed itself), named by their content, and passed on only after the node's verdict.

use crate::NetError;
use crate::event::Worth;
use crate::limits::{GOSSIP_OVERHEAD, GOSSIP_QUEUE, MAX_GOSSIP, MAX_PEER_TOPICS, MAX_TOPICS};
use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, IdentTopic, IdentityTransform, MaxCountSubscriptionFilter, Message,
    MessageAcceptance, MessageAuthenticity, MessageId, PublishError, TopicHash, TopicSubscriptionFilter,
    ValidationMode,
};
use lifeboat_log::CellId;
use std::time::Duration;

/// What every topic's name begins with; the cell's id follows.
const PREFIX: &str = "lifeboat/cell/1/";
/// Context of the hash that names an announcement.
const ID_CONTEXT: &str = "lifeboat/announcement-id/v1";
/// An announcement that was seen is not looked at again for this long.
const SEEN_FOR: Duration = Duration::from_secs(120);
/// Seconds that an announcement is kept for peers that missed it, and that a verdict may take.
const HISTORY: usize = 20;
/// Messages and control messages of one kind in one transmission.
const PER_TRANSMISSION: usize = 64;

/// The gossip of one node.
pub type Gossip = Behaviour<IdentityTransform, MaxCountSubscriptionFilter<OnlyCells>>;

/// Peers may follow cells, known or not, and nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnlyCells;

impl TopicSubscriptionFilter for OnlyCells {
    fn can_subscribe(&mut self, topic: &TopicHash) -> bool {
        cell_of_topic(topic).is_some()
    }
}

/// Begins with no topics.
///
/// # Errors
/// [`NetError::Setup`] when gossipsub refuses the settings.
pub fn gossip() -> Result<Gossip, NetError> {
    let config = ConfigBuilder::default()
        .max_transmit_size(MAX_GOSSIP + GOSSIP_OVERHEAD)
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(id_of)
        .duplicate_cache_time(SEEN_FOR)
        .history_length(HISTORY)
        .connection_handler_queue_len(GOSSIP_QUEUE)
        .max_publish_messages(PER_TRANSMISSION)
        .max_control_messages_sent(PER_TRANSMISSION)
        .max_ihave_messages_heartbeat(PER_TRANSMISSION)
        .build()
        .map_err(|e| NetError::Setup(e.to_string()))?;
    let filter = MaxCountSubscriptionFilter {
        filter: OnlyCells,
        max_subscribed_topics: MAX_PEER_TOPICS,
        max_subscriptions_per_request: MAX_PEER_TOPICS,
    };
    Behaviour::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter)
        .map_err(|e| NetError::Setup(e.to_owned()))
}

/// Begins to follow a cell.
///
/// # Errors
/// [`NetError::Busy`] when too many are followed already.
pub fn follow(gossip: &mut Gossip, cell: CellId) -> Result<(), NetError> {
    let topic = topic(cell);
    if gossip.topics().any(|followed| *followed == topic.hash()) {
        return Ok(());
    }
    if gossip.topics().count() >= MAX_TOPICS {
        return Err(NetError::Busy("cells followed"));
    }
    gossip.subscribe(&topic).map(drop).map_err(|e| NetError::Setup(e.to_string()))
}

/// Follows a cell no longer.
pub fn unfollow(gossip: &mut Gossip, cell: CellId) {
    gossip.unsubscribe(&topic(cell));
}

/// Tells all who follow the cell. That nobody is there to hear it, or that all have heard it, is no error.
///
/// # Errors
/// [`NetError::TooLarge`], or [`NetError::Busy`] when every peer is too slow to take it.
pub fn announce(gossip: &mut Gossip, cell: CellId, bytes: Vec<u8>) -> Result<(), NetError> {
    let len = bytes.len();
    if len > MAX_GOSSIP {
        return Err(NetError::TooLarge { len, max: MAX_GOSSIP });
    }
    match gossip.publish(topic(cell), bytes) {
        Ok(_) | Err(PublishError::NoPeersSubscribedToTopic | PublishError::Duplicate) => Ok(()),
        Err(PublishError::MessageTooLarge) => Err(NetError::TooLarge { len, max: MAX_GOSSIP }),
        Err(PublishError::AllQueuesFull(_)) => Err(NetError::Busy("announcements to slow peers")),
        Err(other) => Err(NetError::Setup(other.to_string())),
    }
}

/// The cell that a topic is about, or nothing when it is no topic of ours.
pub fn cell_of_topic(topic: &TopicHash) -> Option<CellId> {
    CellId::from_hex(topic.as_str().strip_prefix(PREFIX)?)
}

/// What gossipsub does about a message of this worth.
pub fn acceptance(worth: Worth) -> MessageAcceptance {
    match worth {
        Worth::PassOn => MessageAcceptance::Accept,
        Worth::Forget => MessageAcceptance::Ignore,
        Worth::Harmful => MessageAcceptance::Reject,
    }
}

fn topic(cell: CellId) -> IdentTopic {
    IdentTopic::new(format!("{PREFIX}{cell}"))
}

fn id_of(message: &Message) -> MessageId {
    let mut bytes = Vec::with_capacity(message.topic.as_str().len() + 1 + message.data.len());
    bytes.extend_from_slice(message.topic.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&message.data);
    MessageId::new(&lifeboat_log::hash::derive(ID_CONTEXT, &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_names_its_cell_and_nothing_else_is_a_topic() {
        let cell = CellId([7; 32]);
        assert_eq!(cell_of_topic(&topic(cell).hash()), Some(cell));
        for other in ["", "lifeboat", PREFIX, "other/topic", &format!("{PREFIX}{cell}0")] {
            assert_eq!(cell_of_topic(&TopicHash::from_raw(other)), None);
            assert!(!OnlyCells.can_subscribe(&TopicHash::from_raw(other)));
        }
    }

    #[test]
    fn the_number_of_cells_followed_is_bounded() {
        let mut gossip = gossip().unwrap();
        for n in 0..MAX_TOPICS {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&(n as u64).to_le_bytes());
            follow(&mut gossip, CellId(id)).unwrap();
            follow(&mut gossip, CellId(id)).unwrap(); // twice is once
        }
        assert_eq!(follow(&mut gossip, CellId([9; 32])), Err(NetError::Busy("cells followed")));
        unfollow(&mut gossip, CellId([0; 32]));
        assert_eq!(follow(&mut gossip, CellId([9; 32])), Ok(()));
    }

    #[test]
    fn telling_nobody_is_no_error_and_too_much_is() {
        let mut gossip = gossip().unwrap();
        assert_eq!(announce(&mut gossip, CellId([7; 32]), vec![1; 100]), Ok(()));
        let long = vec![1; MAX_GOSSIP + GOSSIP_OVERHEAD];
        assert!(matches!(announce(&mut gossip, CellId([7; 32]), long), Err(NetError::TooLarge { .. })));
    }
}
