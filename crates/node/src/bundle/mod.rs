//! Bundles on disk: a cell's log, or a stretch of it, in one file for a USB stick. Written and read as a
//! stream, so that neither side holds more than a frame in memory; what is read is verified before it is
//! kept. A file that was cut or damaged keeps what was proven, and says where it broke.

mod export;
mod import;

pub use export::{What, export};
pub use import::{cell_of, import};

use lifeboat_protocol::bundle::MAX_BUNDLE_FRAME;
use std::io::{self, Read, Write};

/// Writes frames and counts bytes.
struct FrameWriter<W> {
    to: W,
    written: u64,
}

impl<W: Write> FrameWriter<W> {
    fn put(&mut self, frame: &[u8]) -> io::Result<()> {
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        self.to.write_all(&length.to_le_bytes())?;
        self.to.write_all(frame)?;
        self.written += 4 + frame.len() as u64;
        Ok(())
    }
}

/// Reads frames and knows where in the file it is.
struct FrameReader<R> {
    from: R,
    /// Where the frame begins that is read next.
    at: u64,
}

/// What comes next in a file.
enum Next {
    Frame(Vec<u8>),
    /// The end, as it was written.
    End,
    /// The file ends before that, or its length makes no sense.
    Broken,
}

impl<R: Read> FrameReader<R> {
    fn next(&mut self) -> io::Result<Next> {
        let mut header = [0; 4];
        if !fill(&mut self.from, &mut header)? {
            return Ok(Next::Broken);
        }
        let length = u32::from_le_bytes(header) as usize;
        if length == 0 {
            return Ok(Next::End);
        }
        if length > MAX_BUNDLE_FRAME {
            return Ok(Next::Broken);
        }
        let mut frame = vec![0; length];
        if !fill(&mut self.from, &mut frame)? {
            return Ok(Next::Broken);
        }
        self.at += 4 + length as u64;
        Ok(Next::Frame(frame))
    }
}

/// Fills the buffer; false when the file ends first.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
