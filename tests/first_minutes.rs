//! The first ten minutes of two neighbours, as they type and read them. The snapshot is what the README
//! promises.

use crate::person::{LOOPBACK, Person, read_together};

/// What both typed and read, with whatever changes from run to run put by names.
struct Transcript {
    text: String,
    changing: Vec<(String, &'static str)>,
}

impl Transcript {
    /// Somebody types a command and answers its questions.
    fn types(&mut self, person: &Person, words: &str, answers: &str) -> String {
        let words: Vec<String> = split(words);
        let typed: Vec<&str> = words.iter().map(String::as_str).collect();
        let (code, read) = read_together(person.command(&typed), answers);
        let who = person.home().file_name().unwrap().to_str().unwrap();
        let shown: Vec<String> = typed
            .iter()
            .map(|w| if w.contains(' ') { format!("\"{w}\"") } else { (*w).to_owned() })
            .collect();
        self.text.push_str(&format!("{who}$ lifeboat {}\n{}", shown.join(" "), read));
        if code != 0 {
            self.text.push_str(&format!("[exit code {code}]\n"));
        }
        self.text.push('\n');
        read
    }

    /// The text that stays the same from run to run.
    fn settled(mut self) -> String {
        for (text, name) in &self.changing {
            self.text = self.text.replace(text, name);
        }
        without_dates(&self.text)
    }
}

fn split(words: &str) -> Vec<String> {
    let mut pieces = words.split('"');
    let mut all = Vec::new();
    while let Some(outside) = pieces.next() {
        all.extend(outside.split_whitespace().map(str::to_owned));
        all.extend(pieces.next().map(str::to_owned));
    }
    all
}

/// Puts `DAY` for dates: `27 November`, `2 January 2027`, `2026-11-24`.
fn without_dates(text: &str) -> String {
    let months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let is_iso = |word: &str| word.len() == 10 && word.matches('-').count() == 2 && word.starts_with("20");
    let line = |line: &str| {
        let mut words: Vec<&str> = Vec::new();
        for word in line.split(' ') {
            let bare = word.trim_end_matches([',', '.', '"']);
            let number = words.last().is_some_and(|last| last.parse::<u8>().is_ok());
            let of_year = words.last() == Some(&"DAY") && bare.parse::<u16>().is_ok_and(|year| year > 2000);
            if months.contains(&bare) && number {
                words.pop();
                words.push("DAY");
                words.extend((bare.len() < word.len()).then(|| &word[bare.len()..]));
            } else if is_iso(bare) {
                words.push("DAY");
            } else if !of_year {
                words.push(word);
            }
        }
        words.join(" ").replace("DAY ,", "DAY,").replace("DAY .", "DAY.").replace("DAY \"", "DAY\"")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_first_ten_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let (mut heron, wren) = (Person::at(folder.path(), "heron"), Person::at(folder.path(), "wren"));
    let mut log = Transcript { text: String::new(), changing: Vec::new() };
    log.changing.push((folder.path().display().to_string(), "~"));

    let quiet = format!("--no-passphrase --no-mdns {}", LOOPBACK.join(" "));
    log.changing.push((format!(" {quiet}"), ""));
    log.types(&heron, &format!("init --as heron {quiet}"), "");
    log.types(&heron, "found \"Oak Street\" --money EUR --zone UTC --place kitchen", "y\n");
    log.types(&heron, "node --background", "");
    let invite = log.types(&heron, "invite --no-qr", "");
    let invite = invite.lines().find(|line| line.starts_with("lifeboat:oak-street/")).unwrap().to_owned();
    log.changing.push((invite.clone(), "lifeboat:oak-street/..."));

    log.types(&wren, &format!("init --as wren {quiet}"), "");
    let joined = log.types(&wren, &format!("join {invite}"), "");
    let spoken = joined.lines().find_map(|line| line.strip_prefix("Read these words to who invited you: "));
    let spoken = spoken.unwrap_or_else(|| panic!("{joined}")).to_owned();
    assert_eq!(spoken.split(' ').count(), 3, "three words, for the inviter's secret was revealed");
    log.changing.push((spoken.clone(), "apple river lamp"));
    let others = joined.lines().find_map(|line| line.split("read these to the others: ").nth(1));
    let others = others.unwrap_or_else(|| panic!("{joined}")).to_owned();
    assert_eq!(others.split(' ').count(), 7, "nothing was revealed to them");
    log.changing.push((others, "one two three four five six seven"));
    let heard = log.types(&heron, "vouch wren", "y\n");
    assert!(heard.contains(&spoken), "both read the same words");

    // Whether joining had the time to fetch the founding record already is for the machine's mood.
    log.changing.push(("2 entries, 2 new".to_owned(), "2 entries, 1 new"));
    log.types(&wren, "sync", "");
    log.types(&wren, "in 40 EUR --from \"street collection\"", "y\n");
    log.types(&wren, "need 20 kg rice --place kitchen --by friday", "y\n");
    log.types(&wren, "offer 12 kg rice", "y\n");
    log.types(&wren, "meet 3 --with 4", "y\n");
    heron.stop_node();
    log.types(&wren, "--wait 0 out 5 EUR --for bus-fares", "y\n");
    log.types(&wren, "outbox", "");
    log.types(&wren, "audit", "");
    heron.start_node();
    // Its port is another one now: wren's next invite or card would say so; here the stick goes round.
    let stick = folder.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    log.types(&wren, &format!("outbox save {}", stick.display()), "");
    log.types(&heron, &format!("outbox load {}", stick.display()), "");
    log.types(&heron, "log", "");
    log.types(&heron, "audit", "");
    heron.stop_node();
    assert!(!wren.home().join("node.json").exists(), "wren never needed a node");
    wren.good(&["status"]);
    insta::assert_snapshot!(log.settled());
}
