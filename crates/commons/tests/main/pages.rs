//! The worked examples of `docs/practices` are what the fold computes.
