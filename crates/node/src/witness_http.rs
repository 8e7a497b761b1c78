//! The witness over HTTP (C2SP `tlog-witness`): `POST /add-checkpoint` for the logs that the operator told
//! this home of. It only carries: what is asked and answered is `lifeboat_protocol::witness`, and the promise
//! is on disk before the answer. Connections, bytes and time are bounded, so that nobody can hold it up.

use crate::ask::Refusal;
use crate::cell::now;
use crate::cosigner::{Cosigner, NotCosigned};
use crate::desk::DeskError;
use crate::limits::{HTTP_HEAD_PATIENCE, HTTP_PATIENCE, MAX_HTTP_CONNECTIONS, MAX_HTTP_HEAD};
use crate::service::Service;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use lifeboat_commons::Charter;
use lifeboat_protocol::limits::MAX_ADD_CHECKPOINT;
use lifeboat_protocol::witness::Clock;
use lifeboat_protocol::witness::add_checkpoint::{AddCheckpoint, Answer};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

/// Where a log asks.
const PATH: &str = "/add-checkpoint";

/// Listens where the settings say, if anywhere.
///
/// # Errors
/// [`Refusal`] when nothing can listen there.
pub async fn start(service: &Arc<Service>) -> Result<Option<JoinHandle<()>>, DeskError> {
    let listen = service.logs().listen;
    if listen.is_empty() {
        return Ok(None);
    }
    let bound = TcpListener::bind(&listen).await;
    let listener = bound.map_err(|error| {
        let text = format!("the witness cannot listen at {listen}: {error}; choose another address with `lifeboat witness serve`");
        Refusal::new("witness_address", text)
    })?;
    tracing::info!(%listen, "the witness listens for HTTP");
    Ok(Some(tokio::spawn(accept(service.clone(), listener))))
}

/// Takes connections, a bounded number at a time.
async fn accept(service: Arc<Service>, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(MAX_HTTP_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let service = service.clone();
                connections.spawn(async move {
                    let served = tokio::time::timeout(HTTP_PATIENCE, connection(service, stream)).await;
                    drop(place);
                    if served.is_err() {
                        tracing::debug!("a connection to the witness took too long");
                    }
                });
            }
            // The system has no room for it: a moment later it may.
            Err(error) => {
                tracing::debug!(%error, "a connection to the witness was not taken");
                tokio::time::sleep(HTTP_HEAD_PATIENCE / 100).await;
            }
        }
    }
}

async fn connection(service: Arc<Service>, stream: TcpStream) {
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(respond(&service, request).await) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HTTP_HEAD_PATIENCE).max_buf_size(MAX_HTTP_HEAD);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), answer).await {
        tracing::debug!(%error, "a connection to the witness broke off");
    }
}

async fn respond(service: &Arc<Service>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let answer = match (request.method(), request.uri().path()) {
        (&Method::POST, PATH) => {
            let body = Limited::new(request.into_body(), MAX_ADD_CHECKPOINT).collect().await;
            match body.map(|body| AddCheckpoint::parse(&body.to_bytes())) {
                Ok(Some(asked)) => add_checkpoint(service, asked).await,
                Ok(None) | Err(_) => Answer::malformed(),
            }
        }
        // The key by which others are told of this witness, for whoever looks whether it is there.
        (&Method::GET, "/") => {
            let body = format!("{}\n", service.logs().key);
            Answer { status: 200, content_type: "text/plain; charset=utf-8", body }
        }
        _ => Answer { status: 404, content_type: "text/plain; charset=utf-8", body: "not here\n".to_owned() },
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(answer.content_type));
    response
}

/// Decides, on a thread where signatures and the disk hold nobody up.
async fn add_checkpoint(service: &Arc<Service>, asked: AddCheckpoint) -> Answer {
    let origin = asked.origin().to_owned();
    let known = service.logs().logs.into_iter().find(|log| log.origin == origin);
    let Some(log) = known.and_then(|log| log.log()) else { return Answer::unknown_origin() };
    let cosigner = service.cosigner();
    let decide = move || match asked.verify(&log) {
        Ok((step, text)) => cosign(&cosigner, &log.origin, text, step),
        Err(answer) => answer,
    };
    tokio::task::spawn_blocking(decide).await.unwrap_or_else(|_| Answer::busy())
}

fn cosign(cosigner: &Cosigner, origin: &str, text: String, step: lifeboat_protocol::witness::Step) -> Answer {
    // Of a log of others nothing is known but its checkpoints: the usual skew holds, and no links.
    let clock = Clock { now: now(), skew_ms: Charter::default().skew_ms(), links: None };
    match cosigner.cosign(origin, text, |_| Ok((step, clock))) {
        Ok(line) => Answer::cosigned(&line),
        Err(NotCosigned::Refused(why)) => Answer::refused(why),
        Err(error) => {
            tracing::error!(%error, "a checkpoint could not be cosigned");
            Answer::busy()
        }
    }
}
