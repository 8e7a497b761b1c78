//! What a home answers to the questions of others, and what it does with their answers.

use crate::home::{Home, Role};
use crate::wire::{Ctx, Out, Purpose, Reply};
use lifeboat_log::{Detail, KeyCache, SignedEntry, Term};
use lifeboat_protocol::message::term_of_note;
use lifeboat_protocol::{Refusal, Request, Response, delivery, follower, keeper};

impl Home {
    /// Answers a question, at once or by and by.
    pub fn asked(&mut self, from: usize, request: Request, reply: Reply, ctx: &mut Ctx<'_>) {
        let Some(run) = &mut self.run else { return };
        let response = match request {
            Request::Submit { cell, entry, details, passed_on } => {
                let details: Vec<_> = details.iter().filter_map(|d| Detail::from_bytes(d.to_vec())).collect();
                match SignedEntry::verify(entry.to_vec(), &mut KeyCache::default()) {
                    Err(_) => Response::refused(Refusal::NOT_VALID),
                    Ok(entry) => match &run.role {
                        Role::Keeper(..) => return self.submitted(entry, details, reply, ctx),
                        Role::Follower(follower) => match follower.keeper() {
                            Some(keeper) if !passed_on => {
                                let kept = Box::new((entry.clone(), details.clone()));
                                let details = details.iter().map(|d| d.as_bytes().to_vec());
                                let details = details.filter_map(lifeboat_log::codec::Bytes::new).collect();
                                let request = Request::Submit {
                                    cell,
                                    entry: lifeboat_log::codec::Bytes::new(entry.bytes().to_vec())
                                        .unwrap_or_default(),
                                    details: lifeboat_log::codec::List::new(details).unwrap_or_default(),
                                    passed_on: true,
                                };
                                let keeper = ctx.home_of(&keeper);
                                ctx.out.push(Out::Ask(keeper, Purpose::PassOn(reply, kept), request));
                                return;
                            }
                            _ => Response::refused(Refusal::NOT_KEEPER),
                        },
                    },
                }
            }
            Request::Tip { .. } => {
                let held = if let Role::Keeper(keeper, _) = &run.role { keeper.held() } else { vec![] };
                Response::tip(run.store.checkpoint(), held)
            }
            Request::Details { hashes, .. } => {
                Response::details(hashes.iter().filter_map(|hash| run.store.detail(hash).ok()?).collect())
            }
            Request::Misconduct { .. } => {
                let files = run.evidence.all().into_iter().map(|kept| kept.file.clone());
                Response::misconduct(files.collect())
            }
            Request::Have { next, .. } => {
                self.told_have(from, next, ctx);
                Response::Noted
            }
            Request::Cosigned { checkpoint, .. } => {
                let (peer, checkpoint) = (ctx.keys[from], checkpoint.to_vec());
                match run.role {
                    Role::Keeper(..) => self.keeper_event(keeper::Event::Cosigned(checkpoint), ctx),
                    Role::Follower(_) => {
                        self.follower_event(follower::Event::Tip { peer, checkpoint }, ctx);
                    }
                }
                Response::Noted
            }
            Request::Opening { era, .. } => self.answer_opening(era),
            Request::Recall { asker, nonce, .. } => self.answer_recall(&asker, &nonce),
            Request::Calls { calls, .. } => {
                self.told_calls(&calls);
                let news = self.run.as_ref().map(|run| run.board.news(&run.state));
                Response::Calls { calls: news.unwrap_or_default() }
            }
            Request::Knock { .. }
            | Request::Knocked { .. }
            | Request::Succeed { .. }
            | Request::HandOver { .. } => Response::refused(Refusal::UNKNOWN_REQUEST),
        };
        ctx.out.push(Out::Answer(reply, response));
    }

    /// An answer to a question of this home, or that none came.
    pub fn answered(&mut self, from: usize, purpose: Purpose, answer: Option<Response>, ctx: &mut Ctx<'_>) {
        let peer = ctx.keys[from];
        match (purpose, answer) {
            (Purpose::PassOn(reply, _), Some(receipt @ Response::Receipt { .. })) => {
                ctx.out.push(Out::Answer(reply, receipt));
            }
            (Purpose::PassOn(reply, kept), answer) => {
                let (entry, details) = *kept;
                let response = match (self.keep_for(entry, details, ctx), answer) {
                    (Response::Refused(_), Some(by_keeper)) => by_keeper,
                    (response, _) => response,
                };
                ctx.out.push(Out::Answer(reply, response));
            }
            (Purpose::OfferOther(id), Some(response)) => {
                let response = Box::new(response);
                self.others_event(delivery::Event::Answer { id, peer, response }, ctx);
            }
            (Purpose::OfferOther(id), None) => {
                self.others_event(delivery::Event::Failed { id, peer }, ctx);
            }
            (Purpose::Lacking, Some(Response::Details { details })) => self.told_lacking(&details, ctx),
            (Purpose::Lacking, _) => {}
            (Purpose::Offer(id), Some(response)) => {
                let response = Box::new(response);
                self.delivery_event(delivery::Event::Answer { id, peer, response }, ctx);
            }
            (Purpose::Offer(id), None) => {
                self.delivery_event(delivery::Event::Failed { id, peer }, ctx);
            }
            (Purpose::Tip, Some(Response::Tip { checkpoint, held })) => {
                let own =
                    self.run.as_ref().and_then(|run| run.store.chain().open().map(|open| open.term.era()));
                // What homes hold of another era than the one that stands here says nothing of receipts.
                if own.is_none_or(|own| term_of_note(&checkpoint).map(Term::era) == Some(own)) {
                    self.delivery_event(delivery::Event::Held(held.to_vec()), ctx);
                }
                self.told_tip(peer, checkpoint.to_vec(), ctx);
            }
            (Purpose::Details, Some(Response::Details { details })) => self.told_details(peer, &details, ctx),
            (Purpose::Misconduct, Some(Response::Misconduct { files })) => {
                files.iter().for_each(|file| self.accused(Some(peer), file, ctx));
            }
            (Purpose::Have | Purpose::Misconduct, _) => {}
            (Purpose::Calls, Some(Response::Calls { calls })) => self.told_calls(&calls),
            (Purpose::Recall, Some(Response::Recalled { answers })) => {
                answers.iter().for_each(|recalled| self.told_recalled(peer, recalled, ctx));
            }
            (Purpose::Calls | Purpose::Recall, _) => {}
            (Purpose::Opening, Some(Response::Opening { record })) => {
                self.told_opening(peer, Some(&record), ctx);
            }
            (Purpose::Opening, _) => self.told_opening(peer, None, ctx),
            (Purpose::Tip | Purpose::Details, _) => self.ask_failed(peer, ctx),
        }
    }
}
