//! How nodes behave, as state machines without I/O: keeper, follower, delivery.
