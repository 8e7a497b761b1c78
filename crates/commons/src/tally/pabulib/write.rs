//! Writing a `.pb` file. Voters are numbered from 1 in the order of their ballots' content, so that neither
//! number nor place tells who somebody is or when they voted.

use super::super::Ballots;
use super::File;
use super::number::decimal;
use super::table::field;

/// Columns and keys about a person, never written.
const PERSONAL: [&str; 4] = ["age", "sex", "neighborhood", "voting_method"];

/// The text of a file, that [`read`](super::read()) reads again to the same election.
pub fn write(file: &File) -> String {
    let election = &file.election;
    let mut text = String::from("META\nkey;value\n");
    let mut line = |parts: &[&str]| {
        let fields: Vec<String> = parts.iter().map(|part| field(part)).collect();
        text.push_str(&fields.join(";"));
        text.push('\n');
    };
    for (key, value) in file.meta.iter().filter(|(key, _)| !PERSONAL.contains(&key.as_str())) {
        line(&[key, value]);
    }
    line(&["num_projects", &election.projects().len().to_string()]);
    line(&["num_votes", &election.cast().to_string()]);
    line(&["budget", &decimal(election.budget(), file.digits)]);
    line(&["vote_type", &election.ballots().to_string()]);
    line(&["PROJECTS"]);
    let named = file.titles.iter().any(|title| !title.is_empty());
    line(if named { &["project_id", "cost", "votes", "name"] } else { &["project_id", "cost", "votes"] });
    for (at, (project, (votes, _))) in election.projects().iter().zip(election.support()).enumerate() {
        let (cost, votes) = (decimal(project.cost, file.digits), votes.to_string());
        let title = file.titles.get(at).map_or("", String::as_str);
        let row = [project.name.as_str(), &cost, &votes, title];
        line(&row[..if named { 4 } else { 3 }]);
    }
    line(&["VOTES"]);
    votes(file, &mut line);
    text
}

fn votes(file: &File, line: &mut impl FnMut(&[&str])) {
    let election = &file.election;
    let have_points = election.ballots().have_points();
    line(if have_points { &["voter_id", "vote", "points"] } else { &["voter_id", "vote"] });
    let mut voter = 0_u64;
    for (choices, weight) in election.all_groups() {
        let mut choices = choices.to_vec();
        if election.ballots() == Ballots::Ordinal {
            choices.sort_by_key(|(_, place)| *place);
        }
        let name = |project: u32| election.projects()[project as usize].name.as_str();
        let names: Vec<&str> = choices.iter().map(|(project, _)| name(*project)).collect();
        let points: Vec<String> = choices.iter().map(|(_, p)| signed(*p, file.point_digits)).collect();
        // An empty field among points is no number to other programs; this word is.
        let empty = if have_points && names.is_empty() { "none" } else { "" };
        let (names, points) = (names.join(",") + empty, points.join(",") + empty);
        for _ in 0..weight {
            voter += 1;
            let row = [voter.to_string(), names.clone(), points.clone()];
            let row: Vec<&str> = row.iter().map(String::as_str).collect();
            line(&row[..if have_points { 3 } else { 2 }]);
        }
    }
}

fn signed(points: i64, digits: u32) -> String {
    let size = decimal(points.unsigned_abs().into(), digits);
    if points < 0 { format!("-{size}") } else { size }
}
