//! Whole networks of the real protocol and store from one seed, with faults.
