//! A log folder, written here with nothing but `lifeboat_log::tile`, as a home keeps it and as it is
//! exported. The independent verifier finds it whole, and every changed byte of it damaged.

use crate::make::Growing;
use crate::python;
use lifeboat_log::limits::TILE_WIDTH;
use lifeboat_log::testing::TestLog;
use lifeboat_log::tree::{Frontier, leaf_hash};
use lifeboat_log::{Record, Term, tile};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Whether tiles that are not full have their plain name, as in a home, or the `.p/W` form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Home,
    Exported,
}

/// One term as it lies in a folder: its records and its checkpoint.
struct TermData {
    term: Term,
    records: Vec<Vec<u8>>,
    checkpoint: Vec<u8>,
}

/// Writes a file, its folders made.
fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn write_term(cell: &Path, data: &TermData, form: Form) {
    let folder = cell.join(tile::term_folder(data.term));
    let named = |name: String, width: u64| match form {
        Form::Exported if width < TILE_WIDTH => tile::partial(&name, width),
        _ => name,
    };
    let (mut tree, mut tiles) = (Frontier::default(), BTreeMap::<(u8, u64), Vec<u8>>::new());
    for record in &data.records {
        tree.push_with(leaf_hash(record), |level, index, hash| {
            if let Some((level, index, _)) = tile::place_of_node(level, index) {
                tiles.entry((level, index)).or_default().extend(hash.0);
            }
        });
    }
    for ((level, index), bytes) in tiles {
        write(&folder, &named(tile::hash_tile(level, index), bytes.len() as u64 / 32), &bytes);
    }
    for (index, records) in (0..).zip(data.records.chunks(TILE_WIDTH as usize)) {
        let mut bytes = Vec::new();
        records.iter().for_each(|record| tile::push_framed(&mut bytes, record));
        write(&folder, &named(tile::bundle(index), records.len() as u64), &bytes);
    }
    write(&folder, tile::CHECKPOINT, &data.checkpoint);
}

/// A log of two terms, the second with two witnesses who cosigned; three records and two.
fn small_log(cell: &Path, form: Form) {
    let mut log = Growing::new(3);
    let first = TermData { term: log.term, records: log.records.clone(), checkpoint: log.checkpoint(&[]) };
    let mut witnesses = vec![crate::make::key(30).public(), crate::make::key(31).public()];
    witnesses.sort();
    let witnesses = lifeboat_log::codec::List::new(witnesses).unwrap();
    log.open(Term::new(0, 1), |o| (o.witnesses, o.quorum) = (witnesses, 2), |_| {});
    log.place(log.entry(100), |_| {});
    let records = log.records[3..].to_vec();
    let second = TermData { term: log.term, records, checkpoint: log.checkpoint(&[30, 31]) };
    write_term(cell, &first, form);
    write_term(cell, &second, form);
}

/// A log of 600 records in one term: tiles of two levels.
fn large_log(cell: &Path, form: Form) {
    let (mut log, founding) = TestLog::found(4);
    let mut records = vec![founding.to_bytes()];
    records.extend(log.grow(599).iter().map(Record::to_bytes));
    let checkpoint = log.checkpoint().to_bytes();
    write_term(cell, &TermData { term: Term::FIRST, records, checkpoint }, form);
}

/// Changes one bit after the other in the files of a folder, and prints what `verify.py` does not find.
/// Arguments: the folder of `verify.py`, a log, how many changes (0: one in each byte).
const FLIP: &str = r#"
import functools, random, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import verify
# Records and signatures that no change touched hold as they did before.
verify.form.examine = functools.lru_cache(4096)(verify.form.examine)
verify.form.check_signature = functools.lru_cache(4096)(verify.form.check_signature)
cell, count = Path(sys.argv[2]), int(sys.argv[3])
def found():
    audit = verify.Audit(cell, None)
    audit.run()
    return [str(damage) for damage in audit.damage]
assert found() == [], found()
files = sorted(path for path in cell.rglob("*") if path.is_file())
places = [(path, at) for path in files for at in range(path.stat().st_size)]
if count:
    random.seed(7)
    places = [random.choice(places) for _ in range(count)]
missed = []
for n, (path, at) in enumerate(places):
    data = path.read_bytes()
    path.write_bytes(data[:at] + bytes([data[at] ^ 1 << (random.randrange(8) if count else n % 8)]) + data[at + 1:])
    if not any("record " in damage or "checkpoint" in damage or "tile/" in damage for damage in found()):
        missed.append(f"{path.relative_to(cell)} byte {at}")
    path.write_bytes(data)
print(f"{len(places)} changed, {len(missed)} not found", *missed[:20])
"#;

fn flip(cell: &Path, count: usize) -> String {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/verify");
    let output = Command::new("python3")
        .args(["-c", FLIP])
        .args([program.as_os_str(), cell.as_os_str(), count.to_string().as_ref()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn verify_py_finds_every_changed_byte_of_a_small_log() {
    if !python::is_here() {
        return;
    }
    for form in [Form::Home, Form::Exported] {
        let home = tempfile::tempdir().unwrap();
        let cell = home.path().join("a-copy");
        small_log(&cell, form);
        let (code, words) = python::audit(&cell);
        assert_eq!(code, 0, "{words}");
        assert!(words.contains("5 records, 2 checkpoints") && words.contains("nothing altered"), "{words}");
        let found = flip(&cell, 0);
        println!("{form:?}: {found}");
        assert!(found.ends_with(" changed, 0 not found"), "{form:?}: {found}");
    }
}

#[test]
fn verify_py_finds_a_thousand_random_changed_bits_of_a_larger_log() {
    if !python::is_here() {
        return;
    }
    for form in [Form::Home, Form::Exported] {
        let home = tempfile::tempdir().unwrap();
        large_log(home.path(), form);
        let (code, words) = python::audit(home.path());
        assert_eq!(code, 0, "{words}");
        assert!(words.contains("600 records, 1 checkpoints"), "{words}");
        let found = flip(home.path(), 500);
        assert!(found.ends_with("500 changed, 0 not found"), "{form:?}: {found}");
    }
}

/// What `verify.py` says of a small log after `change`.
fn after(change: impl FnOnce(&Path)) -> (i32, String) {
    let home = tempfile::tempdir().unwrap();
    let cell = home.path().join("a-copy");
    small_log(&cell, Form::Home);
    change(&cell);
    python::audit(&cell)
}

#[test]
fn verify_py_names_what_is_wrong_with_a_folder() {
    if !python::is_here() {
        return;
    }
    let changed = |name: &'static str, change: fn(&mut Vec<u8>)| {
        after(move |cell| {
            let mut bytes = std::fs::read(cell.join(name)).unwrap();
            change(&mut bytes);
            std::fs::write(cell.join(name), bytes).unwrap();
        })
    };
    let removed = |name: &'static str| after(move |cell| std::fs::remove_file(cell.join(name)).unwrap());
    let damages = [
        (
            changed("0.1/tile/entries/000", |b| b.truncate(b.len() - 1)),
            "0.1/tile/entries/000, after 1 records: TornBundle",
        ),
        (changed("0.1/tile/entries/000", |b| b.push(0)), "TornBundle"),
        (changed("0.0/tile/entries/000", |b| b[300] ^= 1), "record 0 (0.0/tile/entries/000): WrongEntry"),
        (changed("0.0/tile/0/000", |b| b.truncate(64)), "0.0/tile/0/000: BadTile"),
        (changed("0.0/tile/0/000", |b| b.extend([0; 32])), "0.0/tile/0/000: BadTile"),
        (removed("0.0/tile/0/000"), "0.0/tile/0/000: MissingFile"),
        (removed("0.0/tile/entries/000"), "0.0/tile/entries/000: MissingFile"),
        (changed("0.1/checkpoint", |b| b.clear()), "0.1/checkpoint: MalformedCheckpoint"),
        (
            after(|cell| {
                // The checkpoint of a log that went on: it covers more than is there.
                let mut log = Growing::new(5);
                write(cell, "0.0/checkpoint", &log.checkpoint(&[]));
                log.place(log.entry(1), |_| {});
                std::fs::remove_dir_all(cell.join("0.1")).unwrap();
            }),
            "0.0/checkpoint: MissingRecords",
        ),
        (
            after(|cell| {
                let mut log = Growing::new(2);
                log.place(log.entry(1), |_| {});
                write(cell, "0.0/checkpoint", &log.checkpoint(&[]));
            }),
            "0.0/checkpoint: WrongRoot",
        ),
        (
            after(|cell| std::fs::rename(cell.join("0.1"), cell.join("0.2")).unwrap()),
            "record 3 (0.2/tile/entries/000): WrongTerm",
        ),
        (
            after(|cell| std::fs::remove_dir_all(cell.join("0.0")).unwrap()),
            "record 0 (0.1/tile/entries/000): WrongPosition",
        ),
        (
            after(|cell| {
                let mut note = std::fs::read(cell.join("0.1/checkpoint")).unwrap();
                note.extend_from_slice("— stranger AAAAAAAAAAAA\n".as_bytes());
                std::fs::write(cell.join("0.1/checkpoint"), note).unwrap();
            }),
            "0.1/checkpoint: UnknownSigner",
        ),
        (
            after(|cell| write(cell, "0.0/tile/entries/000.p/2", &[0, 0, 0, 0])),
            "0.0/tile/entries/000.p/2: BadBundle",
        ),
        (after(|cell| write(cell, "0.0/tile/entries/002", &[0, 0])), "0.0/tile/entries/001: MissingFile"),
        (after(|cell| write(cell, "0.0/tile/1/000", &[0; 32])), "0.0/tile/1/000: BadTile"),
    ];
    for ((code, words), said) in damages {
        assert_eq!(code, 1, "{said}: {words}");
        assert!(words.contains("DAMAGE: ") && words.contains(said), "{said}: {words}");
    }
}

#[test]
fn verify_py_tells_what_is_no_damage() {
    if !python::is_here() {
        return;
    }
    let told = [
        (after(|cell| write(cell, "0.0/notes.txt", b"x")), "0.0/notes.txt: not part of the log"),
        (
            after(|cell| std::fs::remove_file(cell.join("0.1/checkpoint")).unwrap()),
            "nothing of it is covered",
        ),
        (
            after(|cell| {
                std::fs::remove_dir_all(cell.join("0.1")).unwrap();
                write(cell, "0.0/checkpoint", &Growing::new(2).checkpoint(&[]));
            }),
            "1 records beyond the checkpoint hold, and are not yet covered",
        ),
    ];
    for ((code, words), said) in told {
        assert_eq!(code, 0, "{said}: {words}");
        assert!(words.contains(said) && words.contains("nothing altered"), "{said}: {words}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(python::audit(empty.path()).0, 2);
}
