//! How far an entry has come, as a person reads it and as a program does: placed, in the outbox, refused.

use crate::context::Context;
use crate::error::{Code, Failure, Outcome};
use crate::reference;
use crate::text;
use crate::ui::{Look, plain};
use lifeboat_node::ask::{Fate, NOT_KNOWN};
use serde_json::{Value, json};

/// Shows what became of one entry; `said` is the sentence that was signed.
///
/// # Errors
/// When stdout is closed.
pub fn show(context: &mut Context, fate: &Fate, said: &str) -> Outcome {
    match fate {
        Fate::Placed { id, position, homes, void, .. } => {
            let number = reference::short(*position);
            match void {
                Some(reason) => {
                    let number = reference::precise(*position, id);
                    context.ui.styled(Look::Bad, text!("fate-void", number = number, reason = plain(reason)))
                }
                None => context.ui.line(text!("fate-placed", number = number, homes = *homes)),
            }
        }
        Fate::Queued { .. } => {
            context.ui.line(text!("fate-queued", said = said))?;
            context.ui.say(text!("fate-queued-next"));
            Ok(())
        }
        Fate::HandedOn { homes, .. } => {
            context.ui.line(text!("fate-queued", said = said))?;
            context.ui.line(text!("fate-handed", homes = *homes))
        }
        Fate::Refused { name, .. } if name == NOT_KNOWN => {
            context.ui.styled(Look::Bad, text!("fate-not-known"))
        }
        Fate::Refused { name, text, .. } => {
            context.ui.styled(Look::Bad, text!("fate-refused", reason = refusal_text(name, text)))
        }
    }
}

/// The reason of a refusal in the person's language when the catalogue has it, else as the home said it.
pub fn refusal_text(name: &str, said: &str) -> String {
    crate::text::find(&format!("refused-{name}"), Vec::new()).unwrap_or_else(|| plain(said))
}

/// One fate as an object.
pub fn object(fate: &Fate) -> Value {
    match fate {
        Fate::Placed { id, position, homes, void, .. } => json!({
            "step": "placed", "id": id.to_string(), "position": position.0, "homes": homes, "void": void,
            "reference": reference::precise(*position, id),
        }),
        Fate::Queued { id } => json!({"step": "waiting", "id": id.to_string()}),
        Fate::HandedOn { id, homes } => {
            json!({"step": "handed_on", "id": id.to_string(), "kept_by": homes})
        }
        Fate::Refused { id, name, text } => {
            json!({"step": "refused", "id": id.to_string(), "reason": name, "text": text})
        }
    }
}

/// The exit code of several fates: 0 when none was refused or void, 1 when all were, 3 when some were.
///
/// # Errors
/// A failure that has been told already.
pub fn exit(fates: &[Fate]) -> Outcome {
    let bad = |fate: &&Fate| matches!(fate, Fate::Refused { .. } | Fate::Placed { void: Some(_), .. });
    match fates.iter().filter(bad).count() {
        0 => Ok(()),
        all if all == fates.len() => Err(Failure::said(Code::Failed)),
        _ => Err(Failure::said(Code::Partly)),
    }
}
