//! Other people's implementations agree: `signed_note` on notes, `tlog_tiles` on trees, proofs and names.

use lifeboat_log::checkpoint::{cosign, witness_name};
use lifeboat_log::note::{ED25519, verifier_key};
use lifeboat_log::testing::TestLog;
use lifeboat_log::tile;
use lifeboat_log::tree::{Frontier, consistency_proof, inclusion_proof, leaf_hash};
use lifeboat_log::{SecretKey, TreeHash};
use signed_note::{Note, StandardVerifier, VerifierList};
use std::collections::HashMap;
use tlog_tiles::{Hash, Tile};

#[test]
fn signed_note_accepts_our_checkpoints_and_no_changed_ones() {
    let (mut log, _) = TestLog::found(3);
    log.grow(4);
    let mut ours = log.checkpoint().note().clone();
    let witness = SecretKey::from_seed(&[2; 32]);
    ours.signatures.push(cosign(&ours.text, &witness_name(&witness.public()), &witness, 1_800_000_000));
    let origin = log.chain.open().unwrap().origin(log.cell()).to_string();
    let known = || {
        let key = verifier_key(&origin, ED25519, &log.term_key.public().0);
        VerifierList::new(vec![Box::new(StandardVerifier::new(&key).unwrap())])
    };
    let theirs = Note::from_bytes(&ours.to_bytes()).unwrap();
    assert_eq!(theirs.text(), ours.text.as_bytes());
    let (verified, unverified) = theirs.verify(&known()).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 1));
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(theirs.text()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), (origin.as_str(), 5));
    assert_eq!(checkpoint.hash().0, log.chain.open().unwrap().tree.root().0);
    let changed = String::from_utf8(ours.to_bytes()).unwrap().replace("\n5\n", "\n6\n");
    assert!(Note::from_bytes(changed.as_bytes()).unwrap().verify(&known()).is_err());
}

#[test]
fn tlog_tiles_accepts_our_proofs_and_no_changed_ones() {
    let (mut tree, mut nodes, mut roots) = (Frontier::default(), HashMap::new(), Vec::new());
    for i in 0..300u64 {
        tree.push_with(leaf_hash(&i.to_le_bytes()), |level, index, hash| {
            nodes.insert((level, index), hash);
        });
        roots.push(Hash(tree.root().0));
    }
    assert_eq!(tlog_tiles::record_hash(&7u64.to_le_bytes()).0, nodes[&(0, 7)].0);
    let node = |level, index| Ok::<TreeHash, std::convert::Infallible>(nodes[&(level, index)]);
    let theirs = |proof: Vec<TreeHash>| proof.into_iter().map(|hash| Hash(hash.0)).collect::<Vec<_>>();
    for size in [1u64, 2, 3, 7, 8, 200, 256, 257, 300] {
        let root = || Hash(roots[size as usize - 1].0);
        for index in [0, size / 3, size - 1] {
            let mut proof = theirs(inclusion_proof(index, size, node).unwrap());
            let leaf = || Hash(nodes[&(0, index)].0);
            tlog_tiles::check_record(&proof, size, root(), index, leaf()).unwrap();
            if let Some(first) = proof.first_mut() {
                first.0[0] ^= 1;
                assert!(tlog_tiles::check_record(&proof, size, root(), index, leaf()).is_err());
            }
        }
        for old in [1, size / 2, size - 1].into_iter().filter(|old| *old > 0) {
            let proof = theirs(consistency_proof(old, size, node).unwrap());
            let old_root = Hash(roots[old as usize - 1].0);
            tlog_tiles::check_tree(&proof, size, root(), old, old_root).unwrap();
        }
    }
}

#[test]
fn the_names_of_tiles_are_theirs() {
    for (n, width) in [(0, 256), (5, 256), (999, 1), (1000, 255), (1_234_067, 256), (1_000_000_000, 7)] {
        let ours = |name: String| if width == 256 { name } else { tile::partial(&name, width) };
        // Theirs tell the height of a tile, 8, which C2SP tiles always have; and call bundles data.
        let theirs = |level: u8, data: bool| Tile::new(8, level, n, width as u32, data).path();
        for level in 0..8 {
            assert_eq!(ours(tile::hash_tile(level, n)), theirs(level, false).replace("tile/8/", "tile/"));
        }
        assert_eq!(ours(tile::bundle(n)), theirs(0, true).replace("tile/8/data/", "tile/entries/"));
    }
}
