//! The key agent: a background process that holds the unlocked member key for some hours, so that the
//! passphrase is asked once. It listens on loopback, and only whoever can read its file (mode 0600) in
//! the home can ask it. The key leaves memory when the time is over.

use crate::control::{Token, read_line};
use crate::home::{Home, HomeError, read_bounded, write_private};
use crate::keys::{KeyError, hex, unhex};
use crate::limits::{LOCAL_TIMEOUT, MAX_AGENT_LINE};
use lifeboat_log::SecretKey;
use serde::{Deserialize, Serialize};
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// What the agent writes about itself.
#[derive(Serialize, Deserialize)]
struct AgentFile {
    address: SocketAddr,
    token: Token,
    process: u32,
}

#[derive(Serialize, Deserialize)]
struct AgentAsk {
    token: Token,
    what: AgentWord,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AgentWord {
    Key,
    Forget,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AgentAnswer {
    Key { seed: String },
    Forgotten,
    Refused,
}

/// The member's key from the agent of this home, when one is running.
pub fn key(home: &Home) -> Option<SecretKey> {
    match ask(home, AgentWord::Key)? {
        AgentAnswer::Key { seed } => {
            let key = SecretKey::from_seed(&unhex(&seed)?);
            (home.member_key() == Some(key.public())).then_some(key)
        }
        _ => None,
    }
}

/// Makes the agent of this home forget the key and end. Returns whether one was running.
pub fn forget(home: &Home) -> bool {
    let answered = ask(home, AgentWord::Forget);
    let _ = std::fs::remove_file(home.agent_file());
    matches!(answered, Some(AgentAnswer::Forgotten))
}

/// The agent itself: holds `key` for `hours`, then returns. The process that runs it was started for
/// this alone (`lifeboat agent`, with the key on its standard input).
///
/// # Errors
/// When it cannot listen or write its file.
pub fn run(home: &Home, key: SecretKey, time: Duration) -> Result<(), KeyError> {
    let io = |error| HomeError::Io { path: home.agent_file(), error };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io)?;
    listener.set_nonblocking(true).map_err(io)?;
    let token = Token::new()?;
    let address = listener.local_addr().map_err(io)?;
    let file = AgentFile { address, token: token.clone(), process: std::process::id() };
    let text = serde_json::to_vec(&file).map_err(|e| io(e.into()))?;
    write_private(&home.agent_file(), &text)?;
    let end = Instant::now() + time;
    while Instant::now() < end {
        match listener.accept() {
            Ok((stream, _)) => {
                if !serve(stream, &token, &key) {
                    break;
                }
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50).min(end - Instant::now().min(end))),
        }
    }
    drop(key);
    let own = read_bounded(&home.agent_file(), MAX_AGENT_LINE as u64).is_ok_and(|now| now == text);
    if own {
        let _ = std::fs::remove_file(home.agent_file());
    }
    Ok(())
}

/// Reads the seed that [`spawn`] writes on the standard input of the agent's process.
///
/// # Errors
/// [`KeyError::Locked`] when there is none.
pub fn read_seed(mut input: impl std::io::BufRead) -> Result<SecretKey, KeyError> {
    let line = read_line(&mut input, MAX_AGENT_LINE).ok().flatten().ok_or(KeyError::Locked)?;
    let seed = std::str::from_utf8(&line).ok().and_then(|text| unhex(text.trim()));
    Ok(SecretKey::from_seed(&seed.ok_or(KeyError::Locked)?))
}

/// Starts the agent in the background: `program` with `arguments` (the CLI's own words for its agent
/// command), which must read the key with [`read_seed`] and call [`run`]. Waits until it answers.
///
/// # Errors
/// When the process cannot be started or does not answer in time.
pub fn spawn(
    home: &Home,
    program: &std::path::Path,
    arguments: &[std::ffi::OsString],
    key: &SecretKey,
) -> Result<(), KeyError> {
    let io = |error| HomeError::Io { path: program.to_owned(), error };
    forget(home);
    let mut child = crate::background::command(program, arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .map_err(io)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(format!("{}\n", hex(&key.seed())).as_bytes()).map_err(io)?;
    }
    let end = Instant::now() + LOCAL_TIMEOUT;
    while Instant::now() < end {
        if self::key(home).is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(io(std::io::ErrorKind::TimedOut.into()).into())
}

fn ask(home: &Home, what: AgentWord) -> Option<AgentAnswer> {
    let file = read_bounded(&home.agent_file(), MAX_AGENT_LINE as u64).ok()?;
    let file: AgentFile = serde_json::from_slice(&file).ok()?;
    if !file.address.ip().is_loopback() {
        return None;
    }
    let mut stream = TcpStream::connect_timeout(&file.address, LOCAL_TIMEOUT).ok()?;
    stream.set_read_timeout(Some(LOCAL_TIMEOUT)).ok()?;
    stream.set_write_timeout(Some(LOCAL_TIMEOUT)).ok()?;
    let mut line = serde_json::to_vec(&AgentAsk { token: file.token, what }).ok()?;
    line.push(b'\n');
    stream.write_all(&line).ok()?;
    let answer = read_line(&mut BufReader::new(stream), MAX_AGENT_LINE).ok()??;
    serde_json::from_slice(&answer).ok()
}

/// Answers one connection; false when the agent shall end.
fn serve(stream: TcpStream, token: &Token, key: &SecretKey) -> bool {
    let served = || -> Option<bool> {
        stream.set_nonblocking(false).ok()?;
        stream.set_read_timeout(Some(LOCAL_TIMEOUT)).ok()?;
        stream.set_write_timeout(Some(LOCAL_TIMEOUT)).ok()?;
        let line = read_line(&mut BufReader::new(&stream), MAX_AGENT_LINE).ok()??;
        let ask: Option<AgentAsk> = serde_json::from_slice(&line).ok();
        let (answer, go_on) = match ask {
            Some(ask) if ask.token.is(token) => match ask.what {
                AgentWord::Key => (AgentAnswer::Key { seed: hex(&key.seed()) }, true),
                AgentWord::Forget => (AgentAnswer::Forgotten, false),
            },
            _ => (AgentAnswer::Refused, true),
        };
        let mut answer = serde_json::to_vec(&answer).ok()?;
        answer.push(b'\n');
        (&stream).write_all(&answer).ok()?;
        Some(go_on)
    };
    served().unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Settings;
    use crate::keys::Keys;

    fn wait_for(mut done: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(5);
        while !done() {
            assert!(Instant::now() < end, "waited too long");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn the_agent_gives_the_key_to_who_has_the_token_and_forgets_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path().join("home"), &Settings::default()).unwrap();
        let member = Keys::of(&home).create_member(None).unwrap();
        assert!(key(&home).is_none());
        let (agent_home, seed) = (home.clone(), member.seed());
        let agent = std::thread::spawn(move || {
            run(&agent_home, SecretKey::from_seed(&seed), Duration::from_secs(60)).unwrap();
        });
        wait_for(|| key(&home).is_some());
        assert_eq!(key(&home).unwrap().seed(), member.seed());

        let text = std::fs::read_to_string(home.agent_file()).unwrap();
        let mut file: AgentFile = serde_json::from_str(&text).unwrap();
        file.token = Token::new().unwrap();
        std::fs::write(home.agent_file(), serde_json::to_vec(&file).unwrap()).unwrap();
        assert!(key(&home).is_none(), "a wrong token gives no key");
        std::fs::write(home.agent_file(), text).unwrap();

        assert!(forget(&home));
        agent.join().unwrap();
        assert!(key(&home).is_none());
        assert!(!home.agent_file().exists());
    }

    #[test]
    fn the_key_is_gone_when_the_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::create(folder.path().join("home"), &Settings::default()).unwrap();
        let member = Keys::of(&home).create_member(None).unwrap();
        run(&home, member, Duration::from_millis(100)).unwrap();
        assert!(key(&home).is_none());
        assert!(!home.agent_file().exists());
    }
}
