//! Every bound of the living cell, with its reason.

use std::time::Duration;

/// Most entries in one ask: one sync covers them all, and they fit in a line of the control socket.
pub const MAX_SUBMIT: usize = 256;
/// How often a running node looks whether the time of a held entry has come.
pub const RELEASE_EVERY: Duration = Duration::from_secs(1);
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
/// Longest first line on the control socket, and longest file that says where it is, in bytes.
pub const MAX_HELLO_LINE: usize = 1_024;
/// Threads of a node's tasks: more than may wait for the disk at one moment, so that it goes on answering.
pub const WORKERS: usize = 4;
/// How often a node at work on an answer shows that it is there.
pub const ALIVE: Duration = Duration::from_secs(2);
/// A node that says nothing for so long is taken to be gone: longer than a busy disk of an old laptop holds it up.
pub const SILENCE: Duration = Duration::from_secs(60);
/// Reports of progress that wait to be shown; more are left out.
pub const PROGRESS_QUEUE: usize = 16;
/// How long a command waits for another one that has the home.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks.
pub const LOCK_RETRY: Duration = Duration::from_millis(50);
/// Longest detail that holds a handle, in bytes.
pub const MAX_HANDLE_DETAIL: usize = 256;
/// How long a knock is kept at most when nobody vouches, in milliseconds: a month.
pub const KNOCK_LIFETIME_MS: u64 = 31 * 24 * 60 * 60 * 1000;
/// Records folded at a stretch when a home is opened.
pub const FOLD_BATCH: usize = 4_096;
/// A snapshot of the state is kept when more records than this were folded since the last one.
pub const SNAPSHOT_EVERY: u64 = 4_096;
/// Records searched at a stretch for those of some kind or author.
pub const SEARCH_WINDOW: u64 = 4_096;
/// How long a node in the background may take to answer: a home whose index is made again takes a while.
pub const START_PATIENCE: Duration = Duration::from_secs(60);
/// How often to look whether it does.
pub const START_RETRY: Duration = Duration::from_millis(30);
/// A node's log longer than this, in bytes, is put aside when the next node starts.
pub const MAX_NODE_LOG: u64 = 4 * 1024 * 1024;
/// How much of a node's log is read to say why it ended, in bytes.
pub const MAX_LAST_WORDS: u64 = 64 * 1024;
/// Messages that wait for a cell's thread; more than a whole submission.
pub const CELL_QUEUE: usize = 1_024;
/// Things that a cell asks of the network and that wait to be asked; more are left out and asked again.
pub const OUTWARD_QUEUE: usize = 256;
/// Messages that a cell takes before it carries out the next thing: they share one sync.
pub const MESSAGES_AT_ONCE: usize = 1_024;
/// Batches that wait for a cell's disk thread; the follower hands out two at most.
pub const DISK_QUEUE: usize = 4;
/// Records that are looked through at a time for missing details, and their bytes.
pub const DETAILS_RECORDS_AT_ONCE: usize = 4_096;
/// Such stretches looked through whenever time has passed.
pub const DETAILS_STRETCHES: usize = 16;
/// As [`DETAILS_RECORDS_AT_ONCE`].
pub const DETAILS_BYTES_AT_ONCE: usize = 4 << 20;
/// Words to the person that are kept for one cell.
pub const MAX_NOTICES: usize = 32;
/// Most homes in the address book.
pub const MAX_BOOK: usize = 256;
/// Most addresses kept of one home.
pub const MAX_BOOK_ADDRESSES: usize = 8;
/// Questions of one cell to its peers that are under way at a time.
pub const MAX_ASKING: usize = 64;
/// Connections that are being opened at a time.
pub const MAX_DIALING: usize = 8;
/// How often the network looks whom to connect to.
pub const DIAL_EVERY: Duration = Duration::from_millis(500);
/// How often a cell is told that time has passed.
pub const TICK: Duration = Duration::from_millis(250);
/// How often a command that waits looks whether it is done.
pub const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a keeper may take to place what it was handed on this machine.
pub const PLACE_PATIENCE: Duration = Duration::from_secs(60);
/// How long a command waits, once its entries are placed, to see them on another home.
pub const REPLICA_PATIENCE: Duration = Duration::from_millis(1_500);
/// Found on the local network and not connected: most that are remembered.
pub const MAX_FOUND: usize = 64;
/// Most entries in a bundle of an outbox.
pub const MAX_BUNDLE_ENTRIES: usize = 10_000;
/// Longest bundle of an outbox, in bytes: it fits in a line of the control socket.
pub const MAX_BUNDLE: usize = 32 * 1024 * 1024;
/// How often a home looks for attachments that it lacks, and for those that nobody names.
pub const BLOB_LOOK_EVERY: Duration = Duration::from_secs(2);
/// First wait after an attachment could not be fetched; it doubles with each failure that follows.
pub const BLOB_RETRY: Duration = Duration::from_secs(5);
/// Most doublings of that wait: forty minutes.
pub const MAX_BLOB_FAILURES: u32 = 9;
/// Most attachments whose failures are remembered.
pub const MAX_BLOB_TRIES: usize = 4_096;
/// How long an attachment that no entry names is kept: its entry may be on a stick.
pub const BLOB_GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Bytes of attachments a second that one stream is given: a line at home carries other things too.
pub const BLOB_BYTES_PER_SECOND: u64 = 16 << 20;
/// Most keys that can read a private text: with the longest text the file is still a detail.
pub const MAX_READERS: usize = 64;
/// Longest private text, in bytes, its padding included.
pub const MAX_PRIVATE: usize = 8_192;
/// How often what waits to be placed is looked at again.
pub const LOOK_AT_PENDING: Duration = Duration::from_secs(30);
/// How long a sync that has all records waits for details that nobody may have any more.
pub const DETAILS_PATIENCE: Duration = Duration::from_secs(3);
/// How often a handover is sent again until its term opens, in milliseconds.
pub const HANDOVER_EVERY_MS: u64 = 3_000;
/// How long a command waits for the next keeper to go on.
pub const HANDOVER_PATIENCE: Duration = Duration::from_secs(60);
/// Connections over HTTP to the witness at a time: logs ask it one after another.
pub const MAX_HTTP_CONNECTIONS: usize = 64;
/// How long one of them may take from its first byte to its last.
pub const HTTP_PATIENCE: Duration = Duration::from_secs(30);
/// How long its head may take.
pub const HTTP_HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Longest head, in bytes.
pub const MAX_HTTP_HEAD: usize = 16 * 1024;
/// How long other homes have to answer what is asked of them for a node that has started.
pub const RECALL_PATIENCE: Duration = Duration::from_secs(3);
/// Most entries that a home places again when all of its log is set aside: half of what an outbox holds, so that
/// its person can still write.
pub const MAX_GIVEN_BACK: u64 = 5_000;
/// How often a keeper's home looks into its own outbox, in milliseconds.
pub const OUTBOX_EVERY_MS: u64 = 10_000;
