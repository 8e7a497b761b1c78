//! The one binary of the tests that drive the whole: it links once and starts fast.

mod import;
mod tidy;
