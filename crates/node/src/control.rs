//! The control socket: how commands reach the node that runs in a home. Loopback TCP, and a token in a
//! file that only this user may read; one JSON object a line, bounded in length. Nothing is read beyond
//! a short first line before the token was right.

use crate::ask::{Answer, Ask, Progress, Refusal};
use crate::home::{Home, HomeError, read_bounded, write_private};
use crate::keys::{KeyError, hex, random, unhex};
use crate::limits::{
    ALIVE, LOCAL_TIMEOUT, MAX_ANSWER_LINE, MAX_ASK_LINE, MAX_CONTROL_CONNECTIONS, MAX_HELLO_LINE,
    PROGRESS_QUEUE, SILENCE,
};
use crate::service::Service;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// Thirty-two random bytes: who knows them may ask.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token([u8; 32]);

impl Token {
    /// A fresh token.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn new() -> Result<Self, KeyError> {
        Ok(Self(random()?))
    }

    /// Whether both are the same, in a time that does not tell how much of them is.
    pub fn is(&self, other: &Self) -> bool {
        // `blake3::Hash` compares in constant time, and nobody can choose the hash of a guess.
        blake3::hash(&self.0) == blake3::hash(&other.0)
    }
}

impl TryFrom<String> for Token {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        unhex(&text).map(Self).ok_or("not a token")
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        hex(&token.0)
    }
}

/// What a running node writes about itself.
#[derive(Serialize, Deserialize)]
struct NodeFile {
    address: SocketAddr,
    token: Token,
    process: u32,
}

#[derive(Serialize, Deserialize)]
struct Hello {
    token: Token,
}

/// A line from the node.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The token was right.
    Welcome,
    /// It is still at work.
    Alive,
    /// How far it has come.
    Progress(Progress),
    /// The answer.
    Answer(Answer),
    /// There is no answer.
    Refused(Refusal),
}

/// The next line without its end, or nothing when there are no more. Never holds more than `limit` bytes.
///
/// # Errors
/// Those of the stream; `InvalidData` when the line is longer, or cut off before its end.
pub fn read_line(input: &mut impl BufRead, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = io::Read::take(&mut *input, limit as u64 + 1).read_until(b'\n', &mut line)?;
    finish_line(read, line)
}

fn finish_line(read: usize, mut line: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    if read == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line that is too long or was cut off"));
    }
    Ok(Some(line))
}

/// A connection to the node that runs in a home.
pub struct Control {
    stream: BufReader<TcpStream>,
}

impl Control {
    /// Connects to the node of this home, when one runs there and answers.
    pub fn connect(home: &Home) -> Option<Self> {
        let file = read_bounded(&home.node_file(), MAX_HELLO_LINE as u64).ok()?;
        let file: NodeFile = serde_json::from_slice(&file).ok()?;
        if !file.address.ip().is_loopback() {
            return None;
        }
        let stream = TcpStream::connect_timeout(&file.address, LOCAL_TIMEOUT).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(LOCAL_TIMEOUT)).ok()?;
        stream.set_write_timeout(Some(SILENCE)).ok()?;
        let mut control = Self { stream: BufReader::new(stream) };
        control.send(&Hello { token: file.token }).ok()?;
        let welcome = control.next(MAX_HELLO_LINE).ok()?;
        control.stream.get_ref().set_read_timeout(Some(SILENCE)).ok()?;
        matches!(welcome, Line::Welcome).then_some(control)
    }

    /// Asks, and waits for the answer as long as the node shows that it is at work.
    ///
    /// # Errors
    /// Those of the connection; the inner error when the node refuses.
    pub fn ask(
        &mut self,
        ask: &Ask,
        progress: &mut dyn FnMut(Progress),
    ) -> io::Result<Result<Answer, Refusal>> {
        self.send(ask)?;
        loop {
            match self.next(MAX_ANSWER_LINE)? {
                Line::Welcome | Line::Alive => {}
                Line::Progress(step) => progress(step),
                Line::Answer(answer) => return Ok(Ok(answer)),
                Line::Refused(refusal) => return Ok(Err(refusal)),
            }
        }
    }

    fn send(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line)
    }

    fn next(&mut self, limit: usize) -> io::Result<Line> {
        let line = read_line(&mut self.stream, limit)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(serde_json::from_slice(&line)?)
    }
}

/// The node's end of the control socket.
pub struct ControlServer {
    home: Home,
    listener: tokio::net::TcpListener,
    token: Token,
}

impl ControlServer {
    /// Listens on loopback and writes where, with a fresh token.
    ///
    /// # Errors
    /// When it cannot listen or write the file.
    pub async fn bind(home: &Home) -> Result<Self, KeyError> {
        let io = |error| HomeError::Io { path: home.node_file(), error };
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(io)?;
        let token = Token::new()?;
        let address = listener.local_addr().map_err(io)?;
        let file = NodeFile { address, token: token.clone(), process: std::process::id() };
        let text = serde_json::to_vec(&file).map_err(|e| io(e.into()))?;
        write_private(&home.node_file(), &text)?;
        Ok(Self { home: home.clone(), listener, token })
    }

    /// Answers commands until the task is dropped.
    pub async fn run(self, service: Arc<Service>) {
        let places = Arc::new(Semaphore::new(MAX_CONTROL_CONNECTIONS));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (service, token) = (service.clone(), self.token.clone());
                    tokio::spawn(async move {
                        if let Err(error) = serve(stream, &token, &service).await {
                            tracing::debug!(%error, "a command's connection ended");
                        }
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket cannot accept");
                    tokio::time::sleep(ALIVE).await;
                }
            }
        }
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.home.node_file());
    }
}

async fn serve(stream: tokio::net::TcpStream, token: &Token, service: &Arc<Service>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut read = tokio::io::BufReader::new(read);
    let hello = tokio::time::timeout(LOCAL_TIMEOUT, next_line(&mut read, MAX_HELLO_LINE)).await??;
    let hello: Option<Hello> = hello.and_then(|line| serde_json::from_slice(&line).ok());
    if !hello.is_some_and(|hello| hello.token.is(token)) {
        let text = "this is the control socket of a Lifeboat node, and the token is not the right one";
        return send(&mut write, &Line::Refused(Refusal::new("wrong_token", text))).await;
    }
    send(&mut write, &Line::Welcome).await?;
    while let Some(line) = next_line(&mut read, MAX_ASK_LINE).await? {
        let last = match serde_json::from_slice::<Ask>(&line) {
            Ok(ask) => answer(&mut write, ask, service).await?,
            Err(error) => Line::Refused(Refusal::new(
                "not_understood",
                format!(
                    "the node does not understand this command ({error}): it may be of another version; restart it"
                ),
            )),
        };
        send(&mut write, &last).await?;
    }
    Ok(())
}

/// Lets the service answer, and shows meanwhile that it is at work.
async fn answer(
    write: &mut (impl AsyncWriteExt + Unpin),
    ask: Ask,
    service: &Arc<Service>,
) -> io::Result<Line> {
    let (progress, mut steps) = mpsc::channel(PROGRESS_QUEUE);
    // A task of its own, so that a slow disk does not keep this one from showing that the node is there; it
    // ends with the connection.
    let mut work = JoinSet::new();
    let service = service.clone();
    work.spawn(async move { service.answer(ask, progress).await });
    let mut alive = tokio::time::interval(ALIVE);
    loop {
        tokio::select! {
            Some(result) = work.join_next() => return Ok(match result.map_err(io::Error::other)? {
                Ok(answer) => Line::Answer(answer),
                Err(refusal) => Line::Refused(refusal),
            }),
            Some(step) = steps.recv() => send(write, &Line::Progress(step)).await?,
            _ = alive.tick() => send(write, &Line::Alive).await?,
        }
    }
}

async fn send(write: &mut (impl AsyncWriteExt + Unpin), line: &Line) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    tokio::time::timeout(SILENCE, write.write_all(&bytes)).await?
}

async fn next_line(
    read: &mut (impl tokio::io::AsyncBufRead + Unpin),
    limit: usize,
) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = read.take(limit as u64 + 1).read_until(b'\n', &mut line).await?;
    finish_line(read, line)
}
