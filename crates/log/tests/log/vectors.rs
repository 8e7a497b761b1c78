//! Reads the frozen vectors of `docs/vectors/` and asserts what they say; makes them anew when the
//! environment holds `LIFEBOAT_WRITE_VECTORS`, and otherwise fails where they differ from what it would make.

use crate::make;
use lifeboat_log::codec::{self, Bytes, List, Malformed, Text};
use lifeboat_log::misconduct::Fault;
use lifeboat_log::tree::{leaf_hash, verify_consistency, verify_inclusion};
use lifeboat_log::{
    CellId, Chain, Detail, KeyCache, Link, Misconduct, Origin, Position, Proof, PublicKey, Record, Signature,
    SignedCheckpoint, SignedEntry, Signers, Slip, TermProof, Time, TreeHash,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The folder of the vectors.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors")
}

/// The bytes of a hexadecimal text.
pub fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digit).collect()
}

#[test]
fn the_vectors_are_those_that_were_frozen() {
    let writing = std::env::var_os("LIFEBOAT_WRITE_VECTORS").is_some();
    for file in make::all() {
        let whole = json!({"what": file.what, "cases": file.cases});
        let text = format!("{}\n", serde_json::to_string_pretty(&whole).unwrap());
        let path = folder().join(file.name);
        if writing {
            std::fs::write(&path, &text).unwrap();
        }
        let frozen = std::fs::read_to_string(&path).unwrap();
        assert!(frozen == text, "{} differs from what would be made: vectors are frozen", file.name);
    }
}

/// Checks each case of a file: what `check` finds is the case's outcome, field by field, or its error.
fn check_file(name: &str, check: impl Fn(&Value) -> Result<Value, String>) {
    let file = std::fs::read_to_string(folder().join(name)).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    let mut names = BTreeSet::new();
    for case in file["cases"].as_array().unwrap() {
        let title = case["name"].as_str().unwrap();
        assert!(names.insert(title.to_owned()), "{name}: two cases are named {title:?}");
        match (check(case), case.get("error")) {
            (Ok(found), None) => {
                for (field, value) in found.as_object().unwrap() {
                    assert_eq!(case.get(field), Some(value), "{name}: {title}: {field}");
                }
            }
            (Err(found), Some(error)) => assert_eq!(&json!(found), error, "{name}: {title}"),
            (found, error) => panic!("{name}: {title}: found {found:?}, said {error:?}"),
        }
    }
    assert!(names.len() > 3, "{name} has few cases");
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("{case} lacks {field}"))
}

fn bytes(case: &Value) -> Vec<u8> {
    let mut bytes = unhex(text(case, "hex"));
    bytes.resize(bytes.len() + case.get("zeros").map_or(0, |n| n.as_u64().unwrap() as usize), 0);
    bytes
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().expect("as many bytes as asked")
}

#[test]
fn values() {
    check_file("values.json", |case| {
        let bytes = bytes(case);
        let value = match text(case, "type") {
            "bool" => codec::decode::<bool>(&bytes).map(|v| json!(v)),
            "time" => codec::decode::<Time>(&bytes).map(|v| json!(v.ms())),
            "text8" => codec::decode::<Text<8>>(&bytes).map(|v| json!(v.as_str())),
            "bytes8" => codec::decode::<Bytes<8>>(&bytes).map(|v| json!(make::hex(&v))),
            "list4" => codec::decode::<List<u64, 4>>(&bytes).map(|v| json!(v.into_vec())),
            "option" => codec::decode::<Option<u64>>(&bytes).map(|v| json!(v)),
            other => panic!("unknown type {other}"),
        };
        value.map(|value| json!({"value": value})).map_err(|e: Malformed| e.name().to_owned())
    });
}

#[test]
fn keys() {
    check_file("keys.json", |case| {
        let key = PublicKey(array(text(case, "key"))).parse().map_err(|e| e.name().to_owned())?;
        if let Some(signature) = case.get("signature") {
            let signature = Signature(array(signature.as_str().unwrap()));
            let message = unhex(text(case, "message"));
            key.verify(&message, &signature).map_err(|e| e.name().to_owned())?;
        }
        Ok(json!({}))
    });
}

#[test]
fn hashes_and_details() {
    check_file("hashes.json", |case| {
        let hash = lifeboat_log::hash::derive(text(case, "context"), &bytes(case));
        Ok(json!({"hash": make::hex(&hash)}))
    });
    check_file("details.json", |case| {
        let detail = Detail::from_bytes(bytes(case)).expect("short");
        Ok(json!({"hash": detail.hash().to_string(), "text": detail.text()}))
    });
}

#[test]
fn entries() {
    check_file("entries.json", |case| {
        let entry = SignedEntry::verify(bytes(case), &mut KeyCache::default());
        let entry = entry.map_err(|e| e.name().to_owned())?;
        Ok(json!({"id": entry.id().to_string(), "kind": entry.kind.0}))
    });
}

#[test]
fn links_and_records() {
    check_file("links.json", |case| {
        let link = Link::decode(&bytes(case));
        let link = link.map_err(|e| lifeboat_log::BadRecord::from(e).name().to_owned())?;
        assert_eq!(link.encode(), bytes(case));
        Ok(json!({"hash": link.hash().to_string(), "position": link.position.0}))
    });
    check_file("records.json", |case| {
        let record = Record::verify(&bytes(case), &mut KeyCache::default());
        let record = record.map_err(|e| e.name().to_owned())?;
        assert_eq!(record.to_bytes(), bytes(case));
        Ok(json!({"leaf": record.leaf().to_string(), "position": record.link().position.0}))
    });
}

#[test]
fn chains() {
    check_file("chains.json", |case| {
        let records: Vec<Vec<u8>> =
            case["records"].as_array().unwrap().iter().map(|r| unhex(r.as_str().unwrap())).collect();
        let slices: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let mut chain = Chain::new(CellId::from_hex(text(case, "cell")).unwrap());
        let (good, result) = chain.extend_with_bytes(&slices);
        if let Err(broken) = result {
            assert_eq!(json!(broken.position().0), case["position"], "{}", case["name"]);
            assert_eq!(chain.next(), Position(good.len() as u64));
            return Err(broken.name().to_owned());
        }
        let root = chain.open().unwrap().tree.root();
        Ok(json!({"head": chain.head().to_string(), "root": root.to_string()}))
    });
}

/// The origin and signers that a case names.
pub fn signers(case: &Value) -> (Origin, Signers) {
    let key = |value: &Value| PublicKey(array(value.as_str().unwrap()));
    let witnesses = case["witnesses"].as_array().unwrap().iter().map(key).collect();
    (text(case, "origin").parse().unwrap(), Signers { term_key: key(&case["term_key"]), witnesses })
}

#[test]
fn checkpoints() {
    check_file("checkpoints.json", |case| {
        let (origin, signers) = signers(case);
        let note = match case.get("note") {
            Some(note) => note.as_str().unwrap().as_bytes().to_vec(),
            None => bytes(case),
        };
        let signed = if case["folder"] == json!(true) {
            SignedCheckpoint::audit(&note, &origin, &signers)
        } else {
            SignedCheckpoint::verify(&note, &origin, &signers)
        };
        let signed = signed.map_err(|e| e.name().to_owned())?;
        assert_eq!(signed.to_bytes(), note);
        let cosigned: Vec<String> = signed.cosigned().iter().map(|c| c.witness.to_string()).collect();
        Ok(json!({"size": signed.size, "root": signed.root.to_string(), "cosigned": cosigned}))
    });
}

#[test]
fn proofs() {
    check_file("proofs.json", |case| {
        let (origin, signers) = signers(case);
        let file = text(case, "file").as_bytes();
        let proof = Proof::parse(file).map_err(|e| e.name().to_owned())?;
        assert_eq!(proof.to_bytes(), file);
        let (record, _) = proof.verify(&origin, &signers).map_err(|e| e.name().to_owned())?;
        Ok(json!({"entry": record.entry().id().to_string(), "position": record.link().position.0}))
    });
}

#[test]
fn terms() {
    check_file("terms.json", |case| {
        let proof = TermProof::parse(&bytes(case)).map_err(|e| e.name().to_owned())?;
        assert_eq!(proof.to_bytes(), bytes(case));
        let terms = proof.verify(make::read_card(case).as_ref()).map_err(|e| e.name().to_owned())?;
        let shown = |term: &lifeboat_log::ProvenTerm| {
            json!([term.term().to_string(), format!("{:?}", term.belief), term.base.map(|base| base.size)])
        };
        Ok(json!({"terms": terms.iter().map(shown).collect::<Vec<_>>()}))
    });
}

#[test]
fn slips() {
    check_file("slips.json", |case| {
        let slip = Slip::parse(text(case, "text")).map_err(|e| e.name().to_owned())?;
        let origin = slip.origin().map_err(|e| e.name().to_owned())?;
        let term_key = PublicKey(array(text(case, "term_key")));
        let proof = slip.to_proof(&term_key).map_err(|e| e.name().to_owned())?;
        let signers = Signers { term_key, witnesses: Vec::new() };
        let (record, checkpoint) = proof.verify(&origin, &signers).map_err(|e| e.name().to_owned())?;
        assert_eq!(Slip::of(&proof, &term_key).as_ref(), Some(&slip));
        let (entry, position) = (record.entry().id().to_string(), record.link().position.0);
        Ok(json!({"entry": entry, "position": position, "root": checkpoint.root.to_string()}))
    });
}

#[test]
fn misconduct() {
    check_file("misconduct.json", |case| {
        let file = Misconduct::parse(&bytes(case)).map_err(|e| e.name().to_owned())?;
        assert_eq!(file.to_bytes(), bytes(case));
        let proven = file.verify(make::read_card(case).as_ref()).map_err(|e| e.name().to_owned())?;
        let fault = match proven.fault {
            Fault::TwoLogs { size } => format!("TwoLogs {size}"),
            Fault::Rewrote { old, new } => format!("Rewrote {old} {new}"),
            Fault::BadRecord { index, name } => format!("BadRecord {index} {name}"),
            Fault::BadLink { index, name } => format!("BadLink {index} {name}"),
        };
        let belief = proven.belief.map(|belief| format!("{belief:?}"));
        let with: Vec<String> = proven.with.iter().map(ToString::to_string).collect();
        Ok(json!({"fault": fault, "before": proven.fault.before(), "belief": belief, "with": with}))
    });
}

#[test]
fn trees() {
    check_file("trees.json", |case| {
        let hash = |value: &Value| TreeHash::from_hex(value.as_str().unwrap()).unwrap();
        let proof: Vec<TreeHash> = case["proof"].as_array().unwrap().iter().map(hash).collect();
        let (size, root) = (case["size"].as_u64().unwrap(), hash(&case["root"]));
        let holds = match case.get("leaf") {
            Some(leaf) => {
                let leaf = leaf_hash(&unhex(leaf.as_str().unwrap()));
                verify_inclusion(case["index"].as_u64().unwrap(), size, &leaf, &proof, &root)
            }
            None => {
                let (old, old_root) = (case["old"].as_u64().unwrap(), hash(&case["old_root"]));
                verify_consistency(old, size, &proof, &old_root, &root)
            }
        };
        Ok(json!({"holds": holds}))
    });
}

/// Every name of an error that `docs/format.md` says of bytes is the outcome of some vector.
#[test]
fn every_error_has_a_vector() {
    let page = std::fs::read_to_string(folder().join("../format.md")).unwrap();
    let table = page.split("## Names of errors").nth(1).unwrap().split("## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `") && !line.contains("`, `"));
    let named: BTreeSet<String> = rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect();
    let cases = make::all().into_iter().flat_map(|file| file.cases);
    // Bundles are frames of the protocol: its crate makes and reads their vectors.
    let bundles = std::fs::read_to_string(folder().join("bundles.json")).unwrap();
    let bundles: Value = serde_json::from_str(&bundles).unwrap();
    let error = |case: &Value| Some(case.get("error")?.as_str()?.to_owned());
    let mut seen: BTreeSet<String> = cases.filter_map(|case| error(&case)).collect();
    seen.extend(bundles["cases"].as_array().unwrap().iter().filter_map(error));
    assert!(named.len() > 30, "the table of names was not found");
    assert_eq!(named, seen, "names in docs/format.md (left) and in the vectors (right)");
}
