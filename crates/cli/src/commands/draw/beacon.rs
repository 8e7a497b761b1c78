//! The public beacon of a draw: naming the network whose round it waits for, saying where that round is to be
//! had, and bringing it. This program never fetches it: a person does, with whatever they trust.

use super::list;
use crate::commands::role;
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::{day, input, say, text};
use lifeboat_commons::Common;
use lifeboat_commons::draw::{BeaconNetwork, BeaconRound, BeaconSignature};
use lifeboat_commons::rotation::{Awaited, BeaconBrought};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// Largest answer of a beacon that is read, in bytes.
const MAX_FILE: u64 = 65_536;
/// What quicknet is called in the addresses of drand.
const QUICKNET: &str = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
/// The only scheme that draws know.
const SCHEME: &str = "bls-unchained-g1-rfc9380";

/// The network that a draw is to name: quicknet, or what a file says, as drand tells it under `/info`.
///
/// # Errors
/// When the file tells of no network that a draw can name.
pub fn network(file: Option<&Path>) -> Outcome<BeaconNetwork> {
    let Some(file) = file else { return Ok(BeaconNetwork::QUICKNET) };
    let said = object(file)?;
    let none = || Failure::usage(text!("beacon-no-network", scheme = SCHEME));
    if said["schemeID"] != SCHEME {
        return Err(none());
    }
    let period = said["period"].as_u64().and_then(|period| u32::try_from(period).ok());
    let numbers = said["genesis_time"].as_u64().zip(period);
    let key = said["public_key"].as_str().unwrap_or_default();
    let network = numbers.and_then(|(genesis, period)| BeaconNetwork::new(key, genesis, period));
    network.filter(|network| network.is_proper() && network.has_key()).ok_or_else(none)
}

/// Brings the beacon that a draw waits for; without a file it says where to get it.
///
/// # Errors
/// When the draw waits for none, or this is not it.
pub fn run(context: &mut Context, session: &mut Session, written: &str, file: Option<&Path>) -> Outcome {
    let id = role::draw_id(context, session, written)?;
    let Some(draw) = session.state.rotation().draw(&id) else { return Ok(()) };
    let Some(Awaited { network, attempt, round, out }) = draw.awaits() else {
        return Err(
            Failure::new(text!("beacon-not-awaited", number = written)).hint(text!("verify-open-hint"))
        );
    };
    let Some(file) = file else {
        let time = day::moment(out.ms(), &session.zone);
        context.ui.line(text!("beacon-awaited", round = round.to_string(), time = time))?;
        return context.ui.line(how(network, round, written));
    };
    let said = object(file)?;
    let signature = said["signature"].as_str().and_then(BeaconSignature::from_hex);
    if said["round"].as_u64().is_some_and(|other| other != round) {
        let other = said["round"].to_string();
        return Err(Failure::usage(text!("beacon-other-round", other = other, round = round.to_string()))
            .hint(how(network, round, written)));
    }
    let signature = signature.filter(|signature| network.randomness(round, signature).is_some());
    let Some(signature) = signature else {
        return Err(Failure::usage(text!("beacon-not-signed", round = round.to_string()))
            .hint(how(network, round, written)));
    };
    let said = BeaconBrought { common: Common::default(), draw: id, attempt, round, signature };
    let draft = say::draft(&said, None)?;
    session.say(context, draft)?;
    session.refresh(context)?;
    if let Some(done) = session.state.rotation().draw(&id).filter(|draw| draw.is_done()) {
        list::say(context, session, done);
    }
    Ok(())
}

/// What to type.
fn how(network: &BeaconNetwork, round: BeaconRound, number: &str) -> String {
    match *network == BeaconNetwork::QUICKNET {
        true => {
            let address = format!("https://api.drand.sh/{QUICKNET}/public/{round}");
            text!("beacon-fetch", address = address, number = number)
        }
        false => text!("beacon-fetch-other", number = number),
    }
}

/// The JSON object in a file, or in what comes on standard input.
fn object(file: &Path) -> Outcome<Value> {
    let mut bytes = Vec::new();
    let read = input::open(file).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes));
    read.map_err(|error| Failure::file(file, &error))?;
    let value: Option<Value> = serde_json::from_slice(&bytes).ok();
    value.filter(Value::is_object).ok_or_else(|| Failure::usage(text!("beacon-no-json")))
}
