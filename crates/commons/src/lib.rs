//! What entries mean: one module a practice, each with its kinds, rules and queries.
