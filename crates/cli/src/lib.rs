//! The lifeboat command.
