//! Every bound of the living cell, with its reason.

use std::time::Duration;

/// Most entries in one ask: one sync covers them all, and they fit in a line of the control socket.
pub const MAX_SUBMIT: usize = 256;
/// Most records in one answer.
pub const MAX_RECORDS_ANSWERED: usize = 2_000;
/// Longest line that is read from the control socket, in bytes: 256 entries with details in base64.
pub const MAX_ASK_LINE: usize = 48 * 1024 * 1024;
/// Longest line that is read from the node as an answer, in bytes: a state of hundreds of thousands of
/// records in base64.
pub const MAX_ANSWER_LINE: usize = 256 * 1024 * 1024;
/// Longest line that the key agent reads or writes, in bytes.
pub const MAX_AGENT_LINE: usize = 4_096;
/// Most connections to the control socket at a time: one person's commands.
pub const MAX_CONTROL_CONNECTIONS: usize = 16;
/// How long the agent holds a key when the person does not say otherwise.
pub const AGENT_HOURS: u32 = 4;
/// How long to wait for an answer of something on this machine that should answer at once.
pub const LOCAL_TIMEOUT: Duration = Duration::from_secs(5);
