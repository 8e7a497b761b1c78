//! `lifeboat audit`: checks a whole log from the data alone: every signature, link, proof and checkpoint.
//! It needs no home, no key and no database, and asks nobody.

use crate::context::{Context, PATIENCE};
use crate::error::{Code, Failure, Outcome};
use crate::ui::{Look, plain, word};
use crate::{cells, text};
use lifeboat_commons::Charter;
use lifeboat_log::limits::MAX_MISCONDUCT;
use lifeboat_node::ask::{DetailCount, DetailCounts};
use lifeboat_node::home::read_bounded;
use lifeboat_node::{Answer, Ask};
use lifeboat_store::StoreError;
use lifeboat_store::audit::{AuditReport, Finding, Progress, audit_folder};
use lifeboat_store::evidence::MISCONDUCT;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Tries at the log of this home while its node may be writing.
const TRIES: usize = 3;

/// Check a whole log: every signature, link and proof
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A log folder, or one that `lifeboat export` made; the logs of your home when left out
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Exit code 1 when anything was altered, 10 when there is no log.
pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let (folder, tries) = match &args.folder {
        Some(folder) => (folder.clone(), 1),
        None => (own_logs(context)?, TRIES),
    };
    if !folder.is_dir() {
        let path = folder.display().to_string();
        return Err(Failure::with(Code::StoreMissing, text!("audit-no-log", path = path))
            .hint(text!("audit-no-log-hint")));
    }
    let mut report = audit(context, &folder)?;
    for _ in 1..tries {
        // A node that writes meanwhile can leave a file half a step ahead of another; damage stays.
        if report.count == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(300));
        report = audit(context, &folder)?;
    }
    let counts = if args.folder.is_none() { details(context) } else { Vec::new() };
    let proofs = misconduct(&folder);
    for (file, words) in &proofs {
        let path = home_of(&folder).unwrap_or(&folder).join(file).display().to_string();
        let typed = word(&path);
        context.ui.warn(text!("misconduct-proven", fault = words, path = &path, typed = typed));
    }
    show(context, &report, &counts, &proofs)
}

/// The logs of the home; the one of `--cell` alone, where that is named.
fn own_logs(context: &mut Context) -> Outcome<PathBuf> {
    let logs = context.home()?.root().join("log");
    let Some(name) = context.global.cell.clone() else { return Ok(logs) };
    let mut desk = context.desk()?;
    let overview = cells::overview(context, &mut desk)?;
    Ok(logs.join(cells::named(&overview, &name)?.cell.to_string()))
}

/// What became of the details in this home, cell by cell; nothing where the home cannot be asked.
fn details(context: &mut Context) -> Vec<(String, DetailCounts)> {
    let Ok(mut desk) = context.desk() else { return Vec::new() };
    let Ok(mut overview) = cells::overview(context, &mut desk) else { return Vec::new() };
    if cells::only_named(context, &mut overview).is_err() {
        return Vec::new();
    }
    let mut counts = Vec::new();
    for cell in overview.cells {
        if let Ok(Answer::DetailCounts(count)) = context.ask(&mut desk, Ask::DetailCounts { cell: cell.cell })
        {
            counts.push((plain(&cell.name), count));
        }
    }
    counts
}

/// The folder in which the misconduct files of these logs lie.
fn home_of(logs: &Path) -> Option<&Path> {
    let of = |folder: &&Path| folder.join(MISCONDUCT).is_dir();
    logs.ancestors().take(3).find(of).or_else(|| logs.parent())
}

/// The misconduct files beside the logs of a home, and what each proves.
fn misconduct(logs: &Path) -> Vec<(String, String)> {
    let Some(home) = home_of(logs) else { return Vec::new() };
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    let mut files: Vec<PathBuf> = list(&home.join(MISCONDUCT)).iter().flat_map(|cell| list(cell)).collect();
    files.sort();
    let read = |file: PathBuf| {
        let words = cells::misconduct(&read_bounded(&file, MAX_MISCONDUCT as u64).ok()?)?;
        Some((file.strip_prefix(home).unwrap_or(&file).display().to_string(), words))
    };
    files.into_iter().filter_map(read).collect()
}

fn audit(context: &mut Context, folder: &Path) -> Outcome<AuditReport> {
    let (mut bar, start) = (None, Instant::now());
    let report = audit_folder(folder, &mut |progress: Progress| {
        if start.elapsed() < PATIENCE {
            return;
        }
        let bar = bar.get_or_insert_with(|| context.ui.progress(0, text!("work-audit")));
        bar.set_length(progress.of.max(progress.records));
        bar.set_position(progress.records);
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    report.map_err(|error: StoreError| {
        Failure::with(Code::StoreMissing, text!("audit-failed", path = folder.display().to_string()))
            .because(error)
            .hint(text!("audit-no-log-hint"))
    })
}

fn show_details(context: &mut Context, counts: &[(String, DetailCounts)]) -> Outcome {
    let line = |id, name: &String, count: &DetailCount| {
        let numbers = [("held", count.held), ("missing", count.missing), ("erased", count.erased)];
        let mut args = vec![("name", name.into())];
        args.extend(numbers.map(|(what, number)| (what, number.into())));
        crate::text::message(id, args)
    };
    for (name, count) in counts {
        context.ui.line(line("audit-details", name, &count.open))?;
        if count.own && count.sealed != DetailCount::default() {
            context.ui.line(line("audit-sealed", name, &count.sealed))?;
        }
    }
    Ok(())
}

fn show(
    context: &mut Context,
    report: &AuditReport,
    details: &[(String, DetailCounts)],
    proofs: &[(String, String)],
) -> Outcome {
    context.ui.object(json!({
        "sound": report.count == 0, "records": report.records, "signatures": report.signatures,
        "checkpoints": report.checkpoints, "terms": report.terms, "details": report.details.len(),
        "findings": report.count, "misconduct": proofs.iter().map(|(file, _)| file).collect::<Vec<_>>(),
        "cosigned": report.cosigned.iter().map(|checkpoint| json!({
            "term": checkpoint.term.to_string(), "size": checkpoint.size, "witnesses": checkpoint.witnesses,
            "need": checkpoint.quorum, "anchor": checkpoint.anchor.map(|at| at.0),
            "off": checkpoint.contradicts(Charter::default().skew_ms()),
        })).collect::<Vec<_>>(),
        "texts": details.iter().map(|(name, count)| json!({
            "cell": name, "open": count.open, "sealed": count.sealed, "own": count.own,
        })).collect::<Vec<_>>(),
        "cells": report.cells.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "found": report.findings.iter().map(|finding| json!({
            "file": finding.file, "position": finding.position.map(|at| at.0), "what": finding.what,
        })).collect::<Vec<_>>(),
    }))?;
    let counts = |id| {
        crate::text::message(
            id,
            vec![
                ("records", report.records.into()),
                ("signatures", report.signatures.into()),
                ("checkpoints", report.checkpoints.into()),
            ],
        )
    };
    if report.count == 0 {
        context.ui.styled(Look::Good, counts("audit-sound"))?;
        witnessed(context, report)?;
        return show_details(context, details);
    }
    for finding in &report.findings {
        context.ui.styled(Look::Bad, line(finding))?;
    }
    context.ui.finish()?;
    context.ui.say(counts("audit-counted"));
    Err(Failure::new(text!("audit-altered", count = report.count)).hint(text!("audit-altered-hint")))
}

/// How many checkpoints have as many cosignatures as asked, and those beside which a link's time is off.
fn witnessed(context: &mut Context, report: &AuditReport) -> Outcome {
    let all = &report.cosigned;
    if all.is_empty() {
        return Ok(());
    }
    let enough = all.iter().filter(|checkpoint| checkpoint.is_witnessed()).count();
    context.ui.line(text!("audit-witnessed", count = all.len(), cosigned = enough))?;
    let skew = Charter::default().skew_ms();
    for checkpoint in all.iter().filter(|checkpoint| checkpoint.contradicts(skew)) {
        let (term, size) = (checkpoint.term.to_string(), checkpoint.size);
        context.ui.warn(text!("audit-off", term = term, size = size, minutes = skew / 60_000));
    }
    Ok(())
}

fn line(finding: &Finding) -> String {
    let what = plain(&finding.what);
    match finding.position {
        Some(at) => {
            text!("audit-finding-at", number = at.to_string(), file = plain(&finding.file), what = what)
        }
        None => text!("audit-finding", file = plain(&finding.file), what = what),
    }
}
