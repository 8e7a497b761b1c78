//! The names of a term's files (C2SP `tlog-tiles`) and how records lie in a bundle. Pure: only names and
//! bytes, no files.

use crate::limits::TILE_WIDTH;
use crate::time::Term;

/// Hash levels that one tile level spans: a tile is 256 = 2^8 hashes wide.
pub const TILE_HEIGHT: u8 = 8;

/// The name of the checkpoint in a term's folder.
pub const CHECKPOINT: &str = "checkpoint";

/// The folder of a term within the folder of its cell.
pub fn term_folder(term: Term) -> String {
    term.to_string()
}

/// The name of the hash tile `index` of tile level `level`, whole or growing.
pub fn hash_tile(level: u8, index: u64) -> String {
    format!("tile/{level}/{}", number(index))
}

/// The name of the bundle of records `index * 256` and on, whole or growing.
pub fn bundle(index: u64) -> String {
    format!("tile/entries/{}", number(index))
}

/// The name under which a tile that is not full is published: `.p/` and its width.
pub fn partial(name: &str, width: u64) -> String {
    format!("{name}.p/{width}")
}

/// The bundle that holds the record `index` of a term, and the record's place in it.
pub fn bundle_of(index: u64) -> (u64, u64) {
    (index / TILE_WIDTH, index % TILE_WIDTH)
}

/// The tile level, tile and place in it of the node at hash level `level` and `index`, or nothing where
/// the node's level lies between tile levels and is computed from the hashes below it.
pub fn place_of_node(level: u8, index: u64) -> Option<(u8, u64, u64)> {
    let place = (level / TILE_HEIGHT, index / TILE_WIDTH, index % TILE_WIDTH);
    level.is_multiple_of(TILE_HEIGHT).then_some(place)
}

/// Appends a record to a bundle: its length as a big-endian u16, then its bytes.
pub fn push_framed(bundle: &mut Vec<u8>, record: &[u8]) {
    // A record is at most 65,535 bytes: `Record` holds no other.
    bundle.extend_from_slice(&(record.len() as u16).to_be_bytes());
    bundle.extend_from_slice(record);
}

/// The records of a bundle, in order, and how many of its bytes they take: fewer than all of them when
/// the last one is not whole.
pub fn split_bundle(bundle: &[u8]) -> (Vec<&[u8]>, usize) {
    let (mut records, mut rest) = (Vec::new(), bundle);
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let Some((record, after)) = after.split_at_checked(u16::from_be_bytes(*length).into()) else { break };
        records.push(record);
        rest = after;
    }
    (records, bundle.len() - rest.len())
}

/// `N` in groups of three digits, all but the last with `x` before: `x001/x234/067`.
fn number(n: u64) -> String {
    let mut name = format!("{:03}", n % 1000);
    let mut rest = n / 1000;
    while rest > 0 {
        name = format!("x{:03}/{name}", rest % 1000);
        rest /= 1000;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification() {
        assert_eq!(hash_tile(0, 5), "tile/0/005");
        assert_eq!(bundle(1_234_067), "tile/entries/x001/x234/067");
        assert_eq!(partial(&bundle(0), 7), "tile/entries/000.p/7");
    }

    #[test]
    fn a_cut_bundle_gives_its_whole_records() {
        let mut bytes = Vec::new();
        push_framed(&mut bytes, b"one");
        push_framed(&mut bytes, b"two");
        assert_eq!(split_bundle(&bytes), (vec![&b"one"[..], b"two"], 10));
        assert_eq!(split_bundle(&bytes[..9]), (vec![&b"one"[..]], 5));
        assert_eq!(split_bundle(&bytes[..1]), (vec![], 0));
    }
}
