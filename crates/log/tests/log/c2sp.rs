//! The facts of the C2SP vector, which Go's `sumdb/note` and `sumdb/tlog` accepted: all of them hold here.

use crate::vectors::{folder, unhex};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lifeboat_log::checkpoint::{Checkpoint, cosign};
use lifeboat_log::note::{Note, verifier_key};
use lifeboat_log::tree::{
    Frontier, consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion,
};
use lifeboat_log::{Proof, PublicKey, SecretKey, SignedCheckpoint, Signers, TreeHash};
use serde_json::Value;
use std::collections::HashMap;

struct Facts {
    case: Value,
    nodes: HashMap<(u8, u64), TreeHash>,
    roots: Vec<TreeHash>,
}

fn facts() -> Facts {
    let file = std::fs::read_to_string(folder().join("c2sp.json")).unwrap();
    let case = serde_json::from_str::<Value>(&file).unwrap()["cases"][0].clone();
    let (mut tree, mut nodes, mut roots) = (Frontier::default(), HashMap::new(), Vec::new());
    for leaf in strings(&case["leaves"]) {
        tree.push_with(leaf_hash(leaf.as_bytes()), |level, index, hash| {
            nodes.insert((level, index), hash);
        });
        roots.push(tree.root());
    }
    Facts { case, nodes, roots }
}

impl Facts {
    fn node(&self) -> impl FnMut(u8, u64) -> Result<TreeHash, std::convert::Infallible> {
        |level, index| Ok(self.nodes[&(level, index)])
    }

    fn proof(&self) -> Proof {
        Proof::parse(self.case["proof_file"].as_str().unwrap().as_bytes()).unwrap()
    }
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

fn hash(line: &str) -> TreeHash {
    TreeHash(STANDARD.decode(line).unwrap().try_into().unwrap())
}

fn log_key() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn witness_key() -> SecretKey {
    SecretKey::from_seed(&[2; 32])
}

#[test]
fn the_roots_of_all_sizes() {
    let facts = facts();
    let said: Vec<TreeHash> = strings(&facts.case["roots"]).into_iter().map(hash).collect();
    assert_eq!(facts.roots, said);
    assert_eq!(Frontier::default().root(), hash("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
}

#[test]
fn the_consistency_proofs() {
    let facts = facts();
    let proofs = facts.case["consistency"].as_array().unwrap();
    assert_eq!(proofs.len(), 2);
    for said in proofs {
        let old = said["old"].as_u64().unwrap();
        let proof: Vec<TreeHash> = strings(&said["proof"]).into_iter().map(hash).collect();
        assert_eq!(consistency_proof(old, 7, facts.node()).unwrap(), proof);
        assert!(verify_consistency(old, 7, &proof, &facts.roots[old as usize - 1], &facts.roots[6]));
    }
}

#[test]
fn the_verifier_keys() {
    let facts = facts();
    let keys = facts.case["keys"].as_array().unwrap();
    for (key, said) in keys.iter().zip(strings(&facts.case["verifier_keys"])) {
        let public = unhex(key["key"].as_str().unwrap());
        let found = verifier_key(key["name"].as_str().unwrap(), key["type"].as_u64().unwrap() as u8, &public);
        assert_eq!(found, said);
    }
    let public = |n: usize| PublicKey(unhex(keys[n]["key"].as_str().unwrap()).try_into().unwrap());
    assert_eq!((public(0), public(1)), (log_key().public(), witness_key().public()));
}

#[test]
fn the_proof_file_reads_back_and_leads_to_the_root() {
    let facts = facts();
    let proof = facts.proof();
    assert_eq!(proof.to_bytes(), facts.case["proof_file"].as_str().unwrap().as_bytes());
    assert_eq!((proof.record.as_slice(), proof.index), (&b"leaf 5"[..], 5));
    assert_eq!(inclusion_proof(5, 7, facts.node()).unwrap(), proof.hashes);
    assert!(verify_inclusion(5, 7, &leaf_hash(b"leaf 5"), &proof.hashes, &facts.roots[6]));
}

#[test]
fn the_cosigned_checkpoint_holds_and_is_made_the_same() {
    let facts = facts();
    let bytes = facts.proof().checkpoint;
    let origin = facts.case["keys"][0]["name"].as_str().unwrap().parse().unwrap();
    let signers = Signers { term_key: log_key().public(), witnesses: vec![witness_key().public()] };
    let signed = SignedCheckpoint::audit(&bytes, &origin, &signers).unwrap();
    assert_eq!((signed.size, signed.root), (7, facts.roots[6]));
    assert_eq!(signed.cosigned().len(), 1);
    assert_eq!(signed.cosigned()[0].seconds, 1_800_000_000);
    let mut note: Note = Checkpoint { origin, size: 7, root: facts.roots[6] }.sign(&log_key()).note().clone();
    note.signatures.push(cosign(&note.text, "witness.example/two", &witness_key(), 1_800_000_000));
    assert_eq!(note.to_bytes(), bytes);
}
