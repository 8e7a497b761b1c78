//! The card and the invite: links read back, and damaged ones are refused.

use super::*;
use lifeboat_log::Signature;
use lifeboat_log::testing::TestLog;
use proptest::prelude::*;

fn card(log: &TestLog, slug: &str, addresses: Vec<String>) -> CellCard {
    let open = log.chain.open().unwrap();
    let signed = log.checkpoint();
    let signature: [u8; 64] = signed.note().signatures[0].signature.as_slice().try_into().unwrap();
    CellCard {
        cell: log.cell(),
        slug: Slug::new(slug).unwrap(),
        term: open.term,
        term_key: open.opening.term_key,
        node: open.opening.node,
        addresses: List::new(addresses.into_iter().map(|a| Text::new(a).unwrap()).collect()).unwrap(),
        witnesses: List::default(),
        quorum: 0,
        checkpoint: Some(Floor {
            term: open.term,
            size: signed.size,
            root: signed.root,
            signature: Signature(signature),
        }),
    }
}

fn invite(log: &TestLog) -> Invite {
    Invite {
        card: card(log, "oak-street", vec!["/ip4/10.0.0.2/udp/4001/quic-v1".to_owned()]),
        nonce: [9; 16],
        commitment: [8; 32],
        expiry: Time::from_ms(5),
        inviter: log.member.public(),
    }
}

#[test]
fn a_link_reads_back_and_says_what_it_is() {
    let (log, _) = TestLog::found(1);
    let invite = invite(&log);
    let link = invite.to_string();
    assert!(link.starts_with("lifeboat:oak-street/"), "{link}");
    assert!(link.len() < 700, "a link of {} letters is too long for a QR code", link.len());
    assert_eq!(link.parse(), Ok(invite.clone()));
    assert_eq!(format!(" {link}\n").parse(), Ok(invite.clone()));
    assert_eq!(link.parse(), Ok(invite.card.clone()));
    let card = invite.card.to_string();
    assert_eq!(card.parse(), Ok(invite.card.clone()));
    assert_eq!(card.parse::<Invite>(), Err(BadLink::NotAnInvite));
    assert_eq!(invite.card.checkpoint().unwrap().unwrap().size, 1);
}

#[test]
fn what_is_wrong_with_a_link_is_named() {
    let (log, _) = TestLog::found(1);
    let link = invite(&log).to_string();
    assert_eq!("https://example.org".parse::<Link>(), Err(BadLink::NotALink));
    assert_eq!("lifeboat:".parse::<Link>(), Err(BadLink::NotWhole));
    assert_eq!(link[..link.len() - 3].parse::<Link>(), Err(BadLink::NotWhole));
    assert_eq!(link.replace("oak", "elm").parse::<Link>(), Err(BadLink::NotWhole));
    let mut forged = invite(&log);
    forged.card.checkpoint.as_mut().unwrap().size += 1;
    assert_eq!(forged.to_string().parse::<Link>(), Err(BadLink::BadCheckpoint));
    let slug = Slug::new("x").unwrap();
    struct Other(Slug);
    impl fmt::Display for Other {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_link(f, &self.0, 9, b"what")
        }
    }
    assert_eq!(Other(slug).to_string().parse::<Link>(), Err(BadLink::Unknown));
}

#[test]
fn names_become_slugs() {
    let slug = |name: &str| Slug::of_name(name).as_str().to_owned();
    assert_eq!(slug("Oak Street"), "oak-street");
    assert_eq!(slug("  Peña & Niños' Kitchen! "), "pena-ninos-kitchen");
    assert_eq!(slug("東京"), "cell");
    assert_eq!(slug(&"a ".repeat(80)).len(), MAX_SLUG - 1);
}

proptest! {
    #[test]
    fn every_name_gives_a_proper_slug(name in ".{0,60}") {
        let slug = Slug::of_name(&name);
        prop_assert_eq!(Slug::new(slug.as_str()), Some(slug));
    }

    #[test]
    fn a_changed_letter_is_noticed(at in 0usize..500, letter in "[A-Za-z0-9_-]") {
        let (log, _) = TestLog::found(1);
        let link = invite(&log).to_string();
        let at = "lifeboat:oak-street/".len() + at % (link.len() - "lifeboat:oak-street/".len());
        let changed = format!("{}{letter}{}", &link[..at], &link[at + 1..]);
        prop_assert_eq!(changed.parse::<Link>().is_ok(), changed == link);
    }

    #[test]
    fn any_text_is_refused_or_read_back(text in "(lifeboat:)?[a-z-]{0,9}/?[A-Za-z0-9_-]{0,99}") {
        if let Ok(link) = text.parse::<Link>() {
            prop_assert_eq!(link.card().slug.as_str(), &text[9..9 + link.card().slug.as_str().len()]);
        }
    }

    #[test]
    fn cards_of_all_sorts_read_back(slug in "[a-z0-9-]{1,40}", addresses in prop::collection::vec("/[a-z0-9/.]{1,60}", 0..=MAX_ADDRESSES), bare: bool) {
        let (log, _) = TestLog::found(2);
        let mut card = card(&log, &slug, addresses);
        if bare {
            card.checkpoint = None;
        }
        prop_assert_eq!(card.to_string().parse(), Ok(card));
    }
}
