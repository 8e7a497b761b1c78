//! libp2p: transports, discovery, gossip, streams, limits.
