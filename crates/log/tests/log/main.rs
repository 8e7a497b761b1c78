//! Tests of the byte format from outside: the frozen vectors, the facts of C2SP, properties of the
//! encodings, other people's implementations, and the independent verifier.

mod c2sp;
mod folder;
mod make;
mod oracles;
mod properties;
mod python;
mod vectors;
