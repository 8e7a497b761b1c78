//! Bundles and photos as people type and read them.

use crate::person::{Person, said};
use std::process::Stdio;

#[test]
fn a_neighbour_without_a_network_gets_the_log_on_a_stick() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    heron.good(&["--yes", "in", "40", "EUR", "--from", "street collection"]);
    let stick = folder.path().join("oak-street.bundle");
    let stick = stick.to_str().unwrap();
    let wrote = heron.good(&["bundle", "export", stick, "--with-details"]);
    assert!(wrote.out.contains("2 records from #0 on"), "{}", wrote.out);
    assert!(wrote.err.contains("Private texts are not in it"), "{}", wrote.err);
    let jay = Person::with_home(folder.path(), "jay");
    let unknown = jay.bad(4, &["bundle", "import", stick]);
    assert!(unknown.contains("follow"), "{unknown}");
    let card = heron.value(&["card"], "card");
    jay.good(&["follow", card.as_str().unwrap()]);
    let took = jay.good(&["bundle", "import", stick]);
    assert!(took.out.contains("2 new records, 0 known already; 2 are here now"), "{}", took.out);
    assert!(jay.good(&["log"]).out.contains("heron: 40.00 EUR in, street collection"));
    let again = jay.good(&["bundle", "import", stick]);
    assert!(again.out.contains("0 new records, 2 known"), "{}", again.out);
    // The news alone, through a pipe.
    heron.good(&["--yes", "in", "5", "EUR"]);
    let before = std::fs::read(stick).unwrap();
    let there = heron.bad(1, &["bundle", "export", stick, "--from", "2"]);
    assert!(there.contains("exists already") && std::fs::read(stick).unwrap() == before, "{there}");
    std::fs::remove_file(stick).unwrap();
    heron.good(&["bundle", "export", stick, "--from", "2"]);
    let mut command = jay.command(&["bundle", "import", "-"]);
    command.stdin(Stdio::from(std::fs::File::open(stick).unwrap()));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 new record"));
    // A stick that was pulled out too early.
    std::fs::remove_file(stick).unwrap();
    heron.good(&["bundle", "export", stick]);
    let whole = std::fs::read(stick).unwrap();
    std::fs::write(stick, &whole[..whole.len() - 3]).unwrap();
    let cut = said(jay.command(&["bundle", "import", stick]), "");
    assert_eq!(cut.code, 3, "{}{}", cut.out, cut.err);
    assert!(cut.err.contains("does not hold at byte") && cut.err.contains("is kept"), "{}", cut.err);
    // So small a file is one part: cut in the middle, nothing of it is proven.
    let robin = Person::with_home(folder.path(), "robin");
    robin.good(&["follow", card.as_str().unwrap()]);
    std::fs::write(stick, &whole[..whole.len() / 2]).unwrap();
    let cut = robin.bad(1, &["bundle", "import", stick]);
    assert!(cut.contains("does not hold at byte"), "{cut}");
    // What lies in between is told by its numbers.
    let copy = folder.path().join("copy");
    let empty = robin.bad(1, &["export", copy.to_str().unwrap()]);
    assert!(empty.contains("nothing of this cell's log is here yet") && !copy.exists(), "{empty}");
    std::fs::remove_file(stick).unwrap();
    heron.good(&["bundle", "export", stick, "--from", "2"]);
    let gap = robin.bad(1, &["bundle", "import", stick]);
    assert!(gap.contains("it begins at #2, and the log here ends before #0"), "{gap}");
    std::fs::remove_file(stick).unwrap();
    let nothing = heron.bad(1, &["bundle", "export", stick, "--from", "9999"]);
    assert!(nothing.contains("nothing from #9999 on") && nothing.contains("is #2"), "{nothing}");
    std::fs::write(stick, b"something else").unwrap();
    assert!(jay.bad(1, &["bundle", "import", stick]).contains("no bundle"));
}

#[test]
fn a_photo_goes_without_what_the_camera_wrote_and_comes_out_as_it_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let heron = Person::founder(folder.path(), "heron");
    let photo = folder.path().join("receipt.jpg");
    let picture = [&b"\xff\xd8\xff\xdb\0\x04xx\xff\xda\0\x04yy"[..], &[7; 90_000], b"\xff\xd9"].concat();
    let camera = [&picture[..2], b"\xff\xe1\0\x10Exif\0\0GPS 52.5", &picture[2..]].concat();
    std::fs::write(&photo, &camera).unwrap();
    let photo = photo.to_str().unwrap();
    heron.good(&["--yes", "in", "40", "EUR", "--from", "street collection", "--photo", photo]);
    assert!(heron.good(&["photo"]).out.contains("here"));
    assert!(heron.good(&["show", "1"]).out.contains("lifeboat photo get 1"));
    let out = folder.path().join("out.jpg");
    heron.good(&["photo", "get", "1", out.to_str().unwrap()]);
    assert_eq!(std::fs::read(&out).unwrap(), picture);
    assert!(heron.bad(1, &["photo", "get", "1", out.to_str().unwrap()]).contains("exists already"));
    std::fs::remove_file(&out).unwrap();
    heron.good(&["--yes", "erase", "1"]);
    assert!(heron.good(&["photo"]).out.contains("No entry names a photo"));
    heron.bad(1, &["photo", "get", "1", out.to_str().unwrap()]);
    std::fs::write(photo, b"%PDF-1.7").unwrap();
    let refused = heron.bad(2, &["--yes", "in", "1", "EUR", "--photo", photo]);
    assert!(refused.contains("neither a JPEG nor a PNG"), "{refused}");
}
