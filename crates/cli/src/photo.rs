//! A photo before it is shared: what the camera wrote into it beside the picture (where it was taken, when,
//! with whose phone) is taken out of JPEG and PNG files; files of other sorts are not taken.
//! The picture itself is not looked at: whoever is on it is on it.

/// A file without what the camera wrote beside the picture; nothing when it is of a sort that is not known
/// here, or not laid out as its sort says.
pub fn stripped(bytes: &[u8]) -> Option<Vec<u8>> {
    jpeg(bytes).or_else(|| png(bytes))
}

/// A JPEG file: segments of two bytes of marker and a length, then the picture up to its end marker. Kept
/// are those that the picture needs: JFIF, colour profiles (APP2 and Adobe's APP14) and tables. What comes
/// after the end, such as a film that a phone adds, goes too.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    let mut out = vec![0xff, 0xd8];
    loop {
        let (&[mark, kind], after) = rest.split_first_chunk::<2>()?;
        if mark != 0xff {
            return None;
        }
        if kind == 0xff {
            rest = &rest[1..]; // a fill byte
            continue;
        }
        if kind == 0xd9 {
            out.extend_from_slice(&[0xff, 0xd9]);
            return Some(out);
        }
        let length = usize::from(u16::from_be_bytes(*after.first_chunk::<2>()?));
        let (segment, after) = after.split_at_checked(length).filter(|_| length >= 2)?;
        let profile = kind == 0xe2 && segment[2..].starts_with(b"ICC_PROFILE\0");
        let private = matches!(kind, 0xe1..=0xed | 0xef | 0xfe) && !profile;
        if !private {
            out.extend_from_slice(&[0xff, kind]);
            out.extend_from_slice(segment);
        }
        rest = after;
        if kind == 0xda {
            // The picture: in it 0xff is followed by zero or a restart mark, all else is the next segment.
            let next =
                rest.windows(2).position(|w| w[0] == 0xff && !matches!(w[1], 0 | 0xd0..=0xd7 | 0xff))?;
            out.extend_from_slice(&rest[..next]);
            rest = &rest[next..];
        }
    }
}

/// A PNG file: chunks of length, name, bytes and sum. Kept are those that the picture needs.
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    const HEAD: &[u8] = b"\x89PNG\r\n\x1a\n";
    const KEPT: [&[u8; 4]; 15] = [
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD",
        b"pHYs", b"acTL", b"fcTL", b"fdAT",
    ];
    let mut rest = bytes.strip_prefix(HEAD)?;
    let mut out = HEAD.to_vec();
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk::<4>()?);
        let whole = usize::try_from(length).ok()?.checked_add(12)?;
        let (chunk, after) = rest.split_at_checked(whole)?;
        let name: &[u8; 4] = chunk[4..].first_chunk()?;
        if KEPT.contains(&name) {
            out.extend_from_slice(chunk);
        }
        if name == b"IEND" {
            return Some(out);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn segment(kind: u8, bytes: &[u8]) -> Vec<u8> {
        let length = (bytes.len() as u16 + 2).to_be_bytes();
        [&[0xff, kind], &length[..], bytes].concat()
    }

    fn chunk(name: &[u8; 4], bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes()[..], name, bytes, &[1, 2, 3, 4]].concat()
    }

    #[test]
    fn what_a_camera_wrote_is_taken_out_of_a_jpeg_and_the_picture_stays() {
        let scan = [&segment(0xda, b"scan")[..], &[1, 2, 0xff, 0, 3, 0xff, 0xd0, 4]].concat();
        let parts = [
            segment(0xe0, b"JFIF\0"),
            segment(0xe1, b"Exif\0\0GPS 52.5 N"),
            segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0place"),
            segment(0xe2, b"ICC_PROFILE\0colours"),
            segment(0xe2, b"MPF\0more pictures"),
            segment(0xed, b"Photoshop 3.0\0IPTC name"),
            segment(0xfe, b"a comment"),
            segment(0xdb, b"table"),
        ];
        let tail = [&segment(0xc4, b"table")[..], &scan, &[0xff, 0xd9], b"a film with a place"].concat();
        let file = [&[0xff, 0xd8], &parts.concat()[..], &scan, &tail].concat();
        let out = stripped(&file).unwrap();
        let kept =
            [&parts[0][..], &parts[3], &parts[7], &scan, &segment(0xc4, b"table"), &scan, &[0xff, 0xd9]];
        assert_eq!(out, [&[0xff, 0xd8], &kept.concat()[..]].concat());
        for word in [&b"GPS"[..], b"place", b"IPTC", b"comment", b"film", b"MPF"] {
            assert!(!out.windows(word.len()).any(|window| window == word));
        }
        assert_eq!(stripped(&out).as_ref(), Some(&out), "once is enough");
    }

    #[test]
    fn words_and_places_are_taken_out_of_a_png() {
        let head = b"\x89PNG\r\n\x1a\n";
        let (first, data, end) = (chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", &[7; 9]), chunk(b"IEND", b""));
        let words =
            [chunk(b"tEXt", b"Author\0wren"), chunk(b"eXIf", b"GPS"), chunk(b"tIME", &[0; 7])].concat();
        let file = [&head[..], &first, &words, &data, &end, b"more"].concat();
        assert_eq!(stripped(&file).unwrap(), [&head[..], &first, &data, &end].concat());
    }

    #[test]
    fn what_is_no_picture_is_not_touched() {
        for bytes in [&b""[..], b"GIF89a", b"\xff\xd8", b"\xff\xd8\xff\xe1\0\x01", b"\x89PNG\r\n\x1a\n\0\0"] {
            assert_eq!(stripped(bytes), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_made_shorter(mut bytes in prop::collection::vec(any::<u8>(), 0..400), png in any::<bool>()) {
            let head: &[u8] = if png { b"\x89PNG\r\n\x1a\n" } else { b"\xff\xd8\xff\xdb\0\x03x" };
            bytes.splice(0..0, head.iter().copied());
            if let Some(out) = stripped(&bytes) {
                prop_assert!(out.len() <= bytes.len());
            }
        }
    }
}
