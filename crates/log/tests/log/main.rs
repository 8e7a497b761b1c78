//! Tests of the byte format from outside: the frozen vectors, the facts of C2SP, properties of the
//! encodings, other people's implementations, and the independent verifier.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test that cannot go on must stop

mod c2sp;
mod evidence;
mod folder;
mod make;
mod oracles;
mod properties;
mod python;
mod vectors;
