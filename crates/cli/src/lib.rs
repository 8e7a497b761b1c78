//! The `lifeboat` command as a thin library, so that tests and documentation can reach its parts. It
//! shows, asks and explains; what a home does is the business of `lifeboat-node`.

pub mod day;
pub mod error;
pub mod quantity;
pub mod reference;
pub mod text;
pub mod ui;
pub mod words;
