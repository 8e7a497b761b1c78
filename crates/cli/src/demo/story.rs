//! What happens in the demonstration, in order. Every claim that it prints has been checked before.

use super::stage::Stage;
use super::tamper;
use super::week::{self, Row};
use crate::context::{Context, clock};
use crate::error::{Failure, Outcome};
use crate::text;
use crate::ui::Look;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The member who founds the first cell, and those who join.
const FOUNDER: &str = "heron";
const JOINERS: [&str; 2] = ["wren", "robin"];
/// The member of the sibling cell.
const SIBLING: &str = "lark";
const OAK: &str = "oak-street";
const ELM: &str = "elm-square";
/// How long homes may take until they agree.
const AGREE: Duration = Duration::from_secs(40);
const LOOK: Duration = Duration::from_millis(100);
/// After this day of the week the sibling's node is killed, and after that one it is started again.
const KILLED_AFTER: &str = "wednesday";
const STARTED_AFTER: &str = "friday";

/// How the demonstration ended.
pub struct Ending {
    /// The folder of the first cell's log.
    pub log: PathBuf,
    /// Records in it.
    pub records: u64,
    /// Its head.
    pub head: String,
    /// The position at which the audit found the tampering.
    pub tampered: u64,
    /// Records that the killed node had missed.
    pub missed: u64,
}

struct Told<'a> {
    context: &'a mut Context,
    stage: Stage,
    placed: BTreeMap<String, u64>,
}

/// Plays the demonstration in a folder, with the week of a CSV.
///
/// # Errors
/// When anything is not as it should be.
pub fn play(context: &mut Context, folder: &std::path::Path, csv: &str) -> Outcome<Ending> {
    let mut rows = week::read(csv)?;
    rows.sort_by_key(Row::order);
    let mut told = Told { context, stage: Stage::set(folder)?, placed: BTreeMap::new() };
    told.found()?;
    told.join()?;
    told.follow()?;
    let missed = told.week(&rows)?;
    let (records, head) = told.agree()?;
    told.people()?;
    told.audit()?;
    told.stage.stop_nodes()?;
    let log = told.log_folder(FOUNDER)?;
    let tampered = told.tamper(records / 2)?;
    Ok(Ending { log, records, head, tampered, missed })
}

impl Told<'_> {
    fn heading(&mut self, text: String) -> Outcome {
        self.context.ui.line("")?;
        self.context.ui.styled(Look::Strong, text)?;
        self.context.ui.finish()
    }

    fn line(&mut self, text: String) -> Outcome {
        self.context.ui.line(format!("  {text}"))?;
        self.context.ui.finish()
    }

    fn found(&mut self) -> Outcome {
        self.heading(text!("demo-found"))?;
        for (who, cell) in [(FOUNDER, "Oak Street"), (SIBLING, "Elm Square")] {
            self.init(who)?;
            let words =
                ["found", cell, "--money", "EUR", "--zone", "UTC", "--place", "kitchen", "--place", "store"];
            self.stage.run(who, &words)?;
            let process = self.stage.start_node(who)?;
            self.line(text!("demo-founded", who = who, cell = cell, process = process.to_string()))?;
        }
        Ok(())
    }

    fn init(&self, who: &str) -> Outcome {
        let listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1"];
        let words = ["init", "--as", who, "--no-passphrase", "--no-mdns"];
        self.stage.run(who, &[&words[..], &listen[..]].concat()).map(drop)
    }

    fn join(&mut self) -> Outcome {
        self.heading(text!("demo-join"))?;
        for who in JOINERS {
            let invite = word(&self.stage.run(FOUNDER, &["invite"])?, "invite")?;
            self.init(who)?;
            self.stage.start_node(who)?;
            let spoken = word(&self.stage.run(who, &["join", &invite])?, "words")?;
            let words: Vec<&str> = spoken.split(' ').collect();
            let vouch = [&["vouch", who, "--words"][..], &words[..]].concat();
            let position = number(&self.stage.run(FOUNDER, &vouch)?, "position")?;
            self.line(text!("demo-joined", who = who, words = &spoken, number = position))?;
        }
        Ok(())
    }

    fn follow(&mut self) -> Outcome {
        self.heading(text!("demo-follow"))?;
        for (who, other, cell) in [(FOUNDER, SIBLING, ELM), (SIBLING, FOUNDER, OAK)] {
            let card = word(&self.stage.run(other, &["card", "--cell", other_cell(other)])?, "card")?;
            self.stage.run(who, &["follow", &card])?;
            self.line(text!("demo-follows", who = who, cell = cell))?;
        }
        self.agree().map(drop)
    }

    /// The week, day by day; returns how many entries the killed node had missed.
    fn week(&mut self, rows: &[Row]) -> Outcome<u64> {
        self.heading(text!("demo-week-heading", count = rows.len()))?;
        let mut missed = 0;
        for day in rows.chunk_by(|a, b| a.day == b.day) {
            for part in day.chunk_by(|a, b| a.who == b.who && a.order() == b.order()) {
                self.sign(part)?;
            }
            if day.iter().any(|row| row.day == KILLED_AFTER) {
                missed = self.kill()?;
            }
            if day.iter().any(|row| row.day == STARTED_AFTER) {
                missed = self.restart(missed)?;
            }
        }
        Ok(missed)
    }

    /// Signs what one member says on one day, as one batch.
    fn sign(&mut self, rows: &[Row]) -> Outcome {
        let Some(first) = rows.first() else { return Ok(()) };
        let today = crate::day::of_moment(clock().ms(), &TimeZone::UTC);
        let lines: Outcome<Vec<String>> = rows.iter().map(|row| row.command(today, &self.placed)).collect();
        self.same_size(&first.who)?;
        let (code, objects, said) =
            self.stage.try_run(&first.who, &["--cell", OAK, "batch", "-"], &lines?.join("\n"))?;
        if code != Some(0) || objects.len() != rows.len() {
            return Err(
                Failure::new(text!("demo-batch", who = &first.who, day = &first.day)).because(said.trim())
            );
        }
        for (row, object) in rows.iter().zip(&objects) {
            let position = number(std::slice::from_ref(object), "position")?;
            self.placed.insert(row.label.clone(), position);
            let sentence = word(std::slice::from_ref(object), "text")?;
            self.line(format!("#{position:<3} {sentence}"))?;
        }
        Ok(())
    }

    /// Waits until a member's home knows as much as the keeper's.
    fn same_size(&self, who: &str) -> Outcome {
        let end = Instant::now() + AGREE;
        loop {
            let (here, keeper) = (self.cell(who, OAK)?, self.cell(FOUNDER, OAK)?);
            if here["head"] == keeper["head"] {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(Failure::new(text!("demo-behind", who = who)));
            }
            std::thread::sleep(LOOK);
        }
    }

    fn kill(&mut self) -> Outcome<u64> {
        self.same_size(SIBLING)?;
        let before = number(&[self.cell(SIBLING, OAK)?], "records")?;
        self.stage.kill_node(SIBLING)?;
        self.heading(text!("demo-killed", who = SIBLING, count = before))?;
        Ok(before)
    }

    fn restart(&mut self, before: u64) -> Outcome<u64> {
        let kept = number(&[self.cell(FOUNDER, OAK)?], "records")?;
        self.stage.start_node(SIBLING)?;
        self.same_size(SIBLING)?;
        let after = number(&[self.cell(SIBLING, OAK)?], "records")?;
        if after < kept || after <= before {
            return Err(Failure::new(text!("demo-behind", who = SIBLING)));
        }
        self.heading(text!("demo-restarted", who = SIBLING, missed = after - before, count = after))?;
        Ok(after - before)
    }

    /// Waits until all homes hold the same logs, and says so.
    fn agree(&mut self) -> Outcome<(u64, String)> {
        self.heading(text!("demo-agree"))?;
        for who in JOINERS.iter().chain(&[SIBLING]) {
            self.same_size(who)?;
        }
        let mut last = (0, String::new());
        for (who, cell) in
            [(SIBLING, ELM), (FOUNDER, ELM), ("wren", OAK), ("robin", OAK), (SIBLING, OAK), (FOUNDER, OAK)]
        {
            let seen = [self.cell_soon(who, cell)?];
            let (records, head) = (number(&seen, "records")?, word(&seen, "head")?);
            let short: String = head.chars().take(16).collect();
            self.line(text!("demo-holds", who = who, cell = cell, count = records, head = short))?;
            last = (records, head);
        }
        Ok(last)
    }

    /// What a home knows of a cell, once it agrees with the keeper's home.
    fn cell_soon(&self, who: &str, cell: &str) -> Outcome<Value> {
        let keeper = if cell == OAK { FOUNDER } else { SIBLING };
        let end = Instant::now() + AGREE;
        loop {
            let seen = self.cell(who, cell)?;
            if seen["head"] == self.cell(keeper, cell)?["head"] {
                return Ok(seen);
            }
            if Instant::now() > end {
                return Err(Failure::new(text!("demo-behind", who = who)));
            }
            std::thread::sleep(LOOK);
        }
    }

    fn cell(&self, who: &str, cell: &str) -> Outcome<Value> {
        let status = self.stage.run(who, &["status"])?;
        let cells = status.first().and_then(|object| object["cells"].as_array()).cloned().unwrap_or_default();
        Ok(cells.into_iter().find(|known| known["name"] == cell).unwrap_or(Value::Null))
    }

    fn people(&mut self) -> Outcome {
        self.heading(text!("demo-people"))?;
        for member in self.stage.run("wren", &["members"])? {
            let member = [member];
            let (handle, position) = (word(&member, "handle")?, number(&member, "position")?);
            self.line(format!("#{position:<3} {handle}"))?;
        }
        for (words, id) in [("balance", "demo-balance"), ("stock", "demo-stock"), ("needs", "demo-needs")] {
            let count = self.stage.run("wren", &[words])?.len();
            self.line(crate::text::message(id, vec![("count", count.into())]))?;
        }
        Ok(())
    }

    fn audit(&mut self) -> Outcome {
        self.heading(text!("demo-audit"))?;
        for who in [FOUNDER, SIBLING] {
            let report = self.stage.run(who, &["audit"])?;
            let (records, signatures) = (number(&report, "records")?, number(&report, "signatures")?);
            let checkpoints = number(&report, "checkpoints")?;
            let sound =
                text!("audit-sound", records = records, signatures = signatures, checkpoints = checkpoints);
            self.line(format!("{who}: {sound}"))?;
        }
        Ok(())
    }

    fn log_folder(&self, who: &str) -> Outcome<PathBuf> {
        let status = self.cell(who, OAK)?;
        let cell = word(&[status], "cell")?;
        Ok(self.stage.home(who).join("log").join(cell))
    }

    /// Changes one bit of one record in a copy of the sibling's log; the audit must name that record.
    fn tamper(&mut self, position: u64) -> Outcome<u64> {
        let copy = self.stage.folder().join("tampered");
        tamper::copy(&self.log_folder(SIBLING)?, &copy)?;
        let path = copy.display().to_string();
        self.stage.run(SIBLING, &["audit", &path])?;
        tamper::flip(&copy.join(lifeboat_log::Term::FIRST.to_string()), position)?;
        let (code, report, _) = self.stage.try_run(SIBLING, &["audit", &path], "")?;
        let found = report.first().and_then(|report| report["found"].as_array()).cloned().unwrap_or_default();
        let hit = found.iter().find(|finding| finding["position"] == position);
        let (Some(hit), Some(1)) = (hit, code) else {
            return Err(Failure::new(text!("demo-missed", number = position)));
        };
        self.heading(text!("demo-tampered", number = position))?;
        let what = crate::ui::plain(hit["what"].as_str().unwrap_or_default());
        self.line(text!("demo-caught", number = position, what = what))?;
        Ok(position)
    }
}

fn other_cell(keeper: &str) -> &'static str {
    if keeper == FOUNDER { OAK } else { ELM }
}

/// The text under a name in the first object that has it.
fn word(objects: &[Value], name: &str) -> Outcome<String> {
    let found = objects.iter().find_map(|object| object[name].as_str());
    found.map(str::to_owned).ok_or_else(|| Failure::new(text!("demo-no-answer", name = name)))
}

/// The number under a name in the first object that has it.
fn number(objects: &[Value], name: &str) -> Outcome<u64> {
    let found = objects.iter().find_map(|object| object[name].as_u64());
    found.ok_or_else(|| Failure::new(text!("demo-no-answer", name = name)))
}
