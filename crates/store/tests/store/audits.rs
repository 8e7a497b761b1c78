//! One flipped bit anywhere in a log folder or an exported one is found, and named.

use crate::common::{Dice, Fixture};
use lifeboat_log::Position;
use lifeboat_store::{DiskStorage, LogStore, audit_folder, export};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A home with the whole log in it, and a folder with its exported form.
pub fn folders(fixture: &Fixture) -> (tempfile::TempDir, tempfile::TempDir) {
    let (home, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let storage = Arc::new(DiskStorage::open(home.path()).unwrap());
    let (mut store, _) = LogStore::open(storage, fixture.cell()).unwrap();
    store.append(&fixture.records).unwrap();
    store.set_checkpoint(&fixture.checkpoint()).unwrap();
    assert!(export(&store, copy.path(), &mut |_| {}).unwrap() > 2);
    assert_eq!(export(&store, copy.path(), &mut |_| {}).unwrap(), 0, "nothing is written twice");
    (home, copy)
}

pub fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    entries.into_iter().flat_map(|path| if path.is_dir() { files_of(&path) } else { vec![path] }).collect()
}

fn flip(folder: &Path, file: &Path, at: usize, bit: u64) {
    let mut bytes = std::fs::read(file).unwrap();
    let original = bytes.clone();
    bytes[at] ^= 1 << bit;
    std::fs::write(file, &bytes).unwrap();
    let case = format!("bit {bit} of byte {at} of {}", file.display());
    let report = audit_folder(folder, &mut |_| {}).unwrap();
    assert!(report.count > 0, "{case} is not found");
    let named = report.findings.iter().all(|finding| finding.position.is_some() || !finding.file.is_empty());
    assert!(named, "{case}: {:?}", report.findings);
    std::fs::write(file, original).unwrap();
}

#[test]
fn each_byte_of_a_small_log_counts_in_both_forms() {
    let fixture = Fixture::new(12);
    let (home, copy) = folders(&fixture);
    for folder in [home.path().join("log"), copy.path().to_owned()] {
        let report = audit_folder(&folder, &mut |_| {}).unwrap();
        assert_eq!((report.records, report.signatures, report.count), (12, 13, 0), "{:?}", report.findings);
        let mut dice = Dice(1);
        let mut flips = 0;
        for file in files_of(&folder) {
            for at in 0..std::fs::metadata(&file).unwrap().len() as usize {
                flip(&folder, &file, at, dice.below(8));
                flips += 1;
            }
        }
        println!("{flips} bytes flipped");
        assert!(flips > 12 * 400);
    }
}

#[test]
fn a_thousand_random_bits_of_a_large_log_are_found() {
    let fixture = Fixture::new(700);
    let (home, copy) = folders(&fixture);
    let mut dice = Dice(2);
    for folder in [home.path().join("log"), copy.path().to_owned()] {
        assert_eq!(audit_folder(&folder, &mut |_| {}).unwrap().count, 0);
        let files = files_of(&folder);
        let len = |file: &PathBuf| std::fs::metadata(file).unwrap().len();
        let all: u64 = files.iter().map(len).sum();
        for i in 0..500 {
            // Every second one in a file drawn at random, so that small files get their share.
            let file = &files[dice.below(files.len() as u64) as usize];
            let (mut at, mut file) = (dice.below(len(file)), file);
            if i % 2 == 0 {
                at = dice.below(all);
                for next in &files {
                    file = next;
                    match at.checked_sub(len(next)) {
                        Some(rest) => at = rest,
                        None => break,
                    }
                }
            }
            flip(&folder, file, at as usize, dice.below(8));
        }
    }
}

#[test]
fn the_position_of_the_damage_is_named() {
    let fixture = Fixture::new(300);
    let (home, _) = folders(&fixture);
    let file = home.path().join(format!("log/{}/0.0/tile/entries/000", fixture.cell()));
    let mut bytes = std::fs::read(&file).unwrap();
    let at: usize = fixture.records[..200].iter().map(|record| 2 + record.byte_len()).sum::<usize>() + 150;
    bytes[at] ^= 4;
    std::fs::write(&file, bytes).unwrap();
    let report = audit_folder(home.path(), &mut |_| {}).unwrap();
    assert_eq!(report.findings[0].position, Some(Position(200)));
}
