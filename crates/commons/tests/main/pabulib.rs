//! Pabulib files: what is written reads back, and what does not hold is named with its line.

use lifeboat_commons::tally::pabulib::{BadFile, File, read};
use lifeboat_commons::tally::{Ballots, Election, Project};
use proptest::prelude::*;

const SMALL: &str = "META\nkey;value\ndescription;Oak Street\nbudget;100,50\nvote_type;approval\nPROJECTS\n\
project_id;cost;name;selected\n10;60;\"Pump; red\";1\n2;50,25;Bench;0\nVOTES\nvoter_id;age;sex;vote\n\
1;40;F;10,2\n2;none;none;\n3;;;2,2\n";

fn file(text: &str) -> Result<File, BadFile> {
    read(text.as_bytes())
}

#[test]
fn files_of_all_origins_are_read() {
    for text in [SMALL.to_owned(), format!("\u{feff}{SMALL}"), SMALL.replace('\n', "\r\n")] {
        let file = file(&text).unwrap();
        let election = &file.election;
        assert_eq!((election.budget(), election.unit(), election.cast()), (10_050, 100, 3));
        assert_eq!(election.projects()[1], Project { name: "2".into(), cost: 5_025 });
        assert_eq!(election.support(), [(1, 1), (2, 2)]);
        assert_eq!((file.titles[0].as_str(), file.selected.as_deref()), ("Pump; red", Some([0].as_slice())));
        assert_eq!(file.meta("description"), Some("Oak Street"));
        assert_eq!(file.money(5_025), "50.25");
    }
}

#[test]
fn what_does_not_hold_is_named() {
    let bad = |from: &str, to: &str| file(&SMALL.replacen(from, to, 1)).unwrap_err();
    assert_eq!(bad("vote_type;approval\n", ""), BadFile::NoMeta("vote_type"));
    assert_eq!(bad("approval", "runoff"), BadFile::VoteType("runoff".into()));
    assert_eq!(bad("10,2\n", "10,3\n"), BadFile::NoSuchProject { line: 12, name: "3".into() });
    assert_eq!(bad("10;60", "10;sixty"), BadFile::NotANumber { line: 8, text: "sixty".into() });
    assert_eq!(bad("10;60", "10;-60"), BadFile::BelowZero { line: 8 });
    assert_eq!(bad(";cost;", ";price;"), BadFile::NoColumn { table: "PROJECTS", column: "cost" });
    assert_eq!(bad("approval", "cumulative"), BadFile::NoColumn { table: "VOTES", column: "points" });
    assert_eq!(read(&[0xff, 0xfe]).unwrap_err(), BadFile::NotUtf8);
    assert_eq!(file("META\nkey;value\n").unwrap_err(), BadFile::NoMeta("vote_type"));
    let twice = bad("2;50,25", "10;50,25").to_string();
    assert_eq!(twice, "two projects have the same name, 10");
}

#[test]
fn points_are_read_and_refused_where_they_do_not_match() {
    let text = SMALL.replace("approval", "cumulative").replace("sex;vote", "points;vote");
    let text = text.replace("40;F;10,2", "40;3,1.5;10,2").replace("3;;;2,2", "3;;4;2");
    let file = file(&text).unwrap();
    assert_eq!((file.point_digits, file.election.support()), (1, vec![(1, 30), (2, 55)]));
    let short = text.replace("3,1.5", "3");
    assert_eq!(read(short.as_bytes()).unwrap_err(), BadFile::Points { line: 12 });
}

#[test]
fn a_file_says_nothing_of_persons() {
    let written = file(SMALL).unwrap().to_string();
    assert!(!written.contains("age") && !written.contains("sex") && !written.contains(";F"), "{written}");
    assert_eq!(file(&written).unwrap().to_string(), written);
}

#[test]
fn another_number_of_votes_than_the_file_says_is_noticed() {
    let file = file(&SMALL.replace("budget;", "num_votes;5\nbudget;")).unwrap();
    assert_eq!((file.miscounts[0].what, file.miscounts[0].has), ("num_votes", 3));
}

fn elections() -> impl Strategy<Value = File> {
    let kinds = [Ballots::Approval, Ballots::Scoring, Ballots::Cumulative, Ballots::Ordinal];
    let name = "[A-Za-z0-9/.\\-]{1,6}";
    let text = "[a-zé;\" ,]{0,12}";
    let ballot = prop::collection::vec((any::<prop::sample::Index>(), -50_i64..500), 0..6);
    (
        prop::sample::select(kinds.to_vec()),
        prop::collection::btree_map(name, (0_u128..1_000_000, text), 1..8),
        0_u128..10_000_000,
        0_u32..4,
        prop::collection::vec(ballot, 0..20),
    )
        .prop_map(|(kind, projects, budget, digits, ballots)| {
            let titles = projects.values().map(|(_, title)| title.trim().to_owned()).collect();
            let list = projects.iter().map(|(name, (cost, _))| Project { name: name.clone(), cost: *cost });
            let list: Vec<Project> = list.collect();
            let mut election = Election::new(budget, 10_u128.pow(digits), kind, list).unwrap();
            for ballot in ballots {
                let count = projects.len();
                let named = ballot.iter().enumerate().map(|(place, (project, points))| {
                    let points = if kind == Ballots::Ordinal { place as i64 } else { *points };
                    (project.index(count), points)
                });
                election.vote(&named.collect::<Vec<_>>(), 1).unwrap();
            }
            let meta = vec![("description".to_owned(), "made up".to_owned())];
            File { election, digits, meta, titles, selected: None, point_digits: 0, miscounts: Vec::new() }
        })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(file in elections()) {
        let text = file.to_string();
        let again = read(text.as_bytes()).unwrap();
        prop_assert!(again.miscounts.is_empty());
        prop_assert_eq!(&again.titles, &file.titles);
        prop_assert_eq!(again.to_string().lines().count(), text.lines().count());
        let (one, two) = (&file.election, &again.election);
        prop_assert_eq!(one.cast(), two.cast());
        // Money is written as finely as needed: compare it at the scale of the finer one.
        let scale = 10_u128.pow(file.digits - again.digits.min(file.digits));
        prop_assert_eq!(one.budget(), two.budget() * scale);
        for (a, b) in one.projects().iter().zip(two.projects()) {
            prop_assert_eq!((&a.name, a.cost), (&b.name, b.cost * scale));
        }
        let ballots = |e: &Election| e.support().iter().map(|(ballots, _)| *ballots).collect::<Vec<_>>();
        prop_assert_eq!(ballots(one), ballots(two));
        if one.ballots().have_points() {
            prop_assert_eq!(one.support(), two.support());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
        let _ = read(&bytes);
        let text = SMALL.as_bytes();
        let mut bent = text[..cut.min(text.len())].to_vec();
        bent.extend(bytes);
        let _ = read(&bent);
    }
}
