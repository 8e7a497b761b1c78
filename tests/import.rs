//! Imports with the real binary: what is in the file is in the log, once, or nothing is.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// A home whose only cell uses EUR.
    fn founded() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        home.good(&["init", "--as", "heron", "--no-passphrase", "--no-mdns"]);
        home.good(&["found", "Oak Street", "--money", "EUR", "--zone", "Europe/Madrid"]);
        home
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_lifeboat"))
            .args(["--yes", "--home"])
            .arg(self.folder.path().join("home"))
            .args(words)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn good(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command says on stderr that ends with this code.
    fn bad(&self, code: i32, words: &[&str]) -> String {
        let output = self.run(words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        said
    }

    fn records(&self) -> usize {
        self.good(&["log", "--all", "--json"]).lines().count()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// How much of these things is in stock, by the board.
    fn stock(&self, things: &[&str]) -> Vec<String> {
        let stock = self.good(&["stock"]);
        let line = |thing: &&str| {
            let found = stock.lines().find(|line| line.trim_start().starts_with(*thing));
            found.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        things.iter().map(line).collect()
    }
}

fn real(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/csv").join(name);
    if path.exists() {
        return Some(path.display().to_string());
    }
    println!("skipped: {name} is not here");
    None
}

#[test]
fn the_real_exports_come_into_the_log_once() {
    let (Some(inventory), Some(donations)) =
        (real("human-essentials-inventory.csv"), real("human-essentials-donations.csv"))
    else {
        return;
    };
    let home = Home::founded();
    home.good(&["import", "csv", &donations, "--dry-run"]);
    assert_eq!(home.records(), 1, "a dry run signs nothing");
    home.good(&["import", "csv", &inventory]);
    home.good(&["import", "csv", &donations]);
    assert_eq!(home.records(), 1 + 34 + 5);
    for again in [&inventory, &donations] {
        let said = home.bad(1, &["import", "csv", again]);
        assert!(said.contains("stand in the log already"), "{said}");
    }
    assert_eq!(home.records(), 1 + 34 + 5);
    let sums: i64 = home
        .good(&["stock", "--json"])
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|object| object["held"].as_str().or(object["amount"].as_str())?.parse::<i64>().ok())
        .sum();
    let quantities = std::fs::read_to_string(&inventory).unwrap();
    let of_file: i64 =
        quantities.lines().filter_map(|line| line.split(',').next()?.parse::<i64>().ok()).sum();
    assert_eq!(sums, of_file + 21);
    home.good(&["audit"]);
}

#[test]
fn the_example_comes_into_the_log_by_its_mapping() {
    let home = Home::founded();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/import");
    let (file, map) = (folder.join("entregas.csv"), folder.join("entregas.toml"));
    let (file, map) = (file.display().to_string(), map.display().to_string());
    let output = home.run(&["import", "csv", &file, "--map", &map, "--dry-run"]);
    let said =
        String::from_utf8(output.stderr).unwrap() + "---\n" + &String::from_utf8(output.stdout).unwrap();
    insta::assert_snapshot!(said);
    home.good(&["import", "csv", &file, "--map", &map]);
    assert_eq!(
        home.stock(&["aceite", "arroz", "blankets"]),
        ["aceite 12.5 l", "arroz 1272.5 kg", "blankets 6"]
    );
    let log = home.good(&["log", "--all"]);
    assert!(!log.contains("Luis") && !log.contains("Ana"), "{log}");
}

#[test]
fn a_bad_row_stops_all_and_new_rows_come_in_later() {
    let home = Home::founded();
    let head = "date,direction,amount,unit,item\n2025-01-01,in,5,kg,rice\n2025-01-01,in,5,kg,rice\n";
    let bad = home.write("a.csv", &format!("{head}2025-01-02,in,many,kg,rice\n"));
    let bad = bad.display().to_string();
    let said = home.bad(1, &["import", "csv", &bad]);
    assert!(said.contains("line 4, amount: \"many\" is not a number"), "{said}");
    assert_eq!(home.records(), 1, "nothing is half done");
    home.bad(3, &["import", "csv", &bad, "--skip-bad-rows"]);
    assert_eq!(home.stock(&["rice"]), ["rice 10 kg"]);

    let mended = home.write("a.csv", &format!("{head}2025-01-02,in,7,kg,rice\n")).display().to_string();
    let said = home.bad(1, &["import", "csv", &mended]);
    assert!(said.contains("--only-new signs the other 1"), "{said}");
    home.good(&["import", "csv", &mended, "--only-new"]);
    assert_eq!(home.stock(&["rice"]), ["rice 17 kg"]);
    home.good(&["import", "csv", &mended, "--again"]);
    assert_eq!(home.stock(&["rice"]), ["rice 34 kg"]);
}

#[test]
fn what_is_not_there_cannot_go_out_and_nothing_is_half_done() {
    let home = Home::founded();
    let text = "date,direction,amount,unit,item\n2025-01-01,in,5,kg,rice\n2025-01-02,out,6,kg,rice\n";
    let file = home.write("b.csv", text).display().to_string();
    let said = home.bad(1, &["import", "csv", &file]);
    assert!(said.contains("not enough"), "{said}");
    assert_eq!(home.records(), 1);
    let order = "date,direction,amount,unit,item\n2025-01-02,out,5,kg,rice\n2025-01-02,in,5,kg,rice\n";
    let file = home.write("c.csv", order).display().to_string();
    home.good(&["import", "csv", &file]);
    assert_eq!(home.records(), 3);
}

#[test]
fn a_dry_run_needs_no_home_and_a_doubt_names_the_option() {
    let home = Home { folder: tempfile::tempdir().unwrap() };
    let text = "date,direction,amount,currency\n03/04/2025,in,\"1,250\",EUR\n";
    let file = home.write("d.csv", text).display().to_string();
    let said = home.bad(2, &["import", "csv", &file, "--dry-run"]);
    assert!(said.contains("--dates mdy") && said.contains("--dates dmy"), "{said}");
    let said = home.bad(2, &["import", "csv", &file, "--dry-run", "--dates", "dmy"]);
    assert!(said.contains("--decimal point") && said.contains("--decimal comma"), "{said}");
    let words = ["import", "csv", &file, "--dry-run", "--dates", "dmy", "--decimal", "point", "--json"];
    let printed = home.good(&words);
    let first: serde_json::Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["quantity"].as_str(), first["day"].as_str()),
        (Some("1250.00 EUR"), Some("2025-04-03"))
    );
    home.bad(10, &["import", "csv", &file, "--dates", "dmy", "--decimal", "point"]);
}
