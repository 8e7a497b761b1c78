//! A link as a picture (QR) on the terminal, for a phone or another laptop's camera.

use crate::context::Context;
use crate::error::Outcome;
use crate::text;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// Shows the picture of a link on stderr: it is for eyes, not for programs.
///
/// # Errors
/// Never: a link too long for a picture is said.
pub fn show(context: &mut Context, link: &str) -> Outcome {
    match QrCode::with_error_correction_level(link.as_bytes(), EcLevel::L) {
        Ok(code) => {
            let picture = code.render::<Dense1x2>().quiet_zone(true).build();
            context.ui.picture(&picture);
        }
        Err(_) => context.ui.warn(text!("picture-too-long")),
    }
    Ok(())
}
