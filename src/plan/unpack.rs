//! Containers and encodings of plans and states: gzip, which is unpacked while it is read, UTF-16, and zip archives, of which only the file
//! names are read.

use std::io::{self, Cursor, Read};

/// How many bytes of a file are read to recognize it.
const HEAD_BYTES: u64 = 64 << 10;

/// The most bytes that a compressed file may unpack to: a small gzip file can expand a thousandfold.
const MAX_UNPACKED: u64 = 2 << 30;

/// Returns the beginning of an input and the complete input, both unpacked.
///
/// # Errors
/// If reading fails.
pub fn open(mut input: Box<dyn Read + Send>) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let head = take_head(&mut input)?;
    let input = Cursor::new(head.clone()).chain(input);
    if !head.starts_with(&[0x1f, 0x8b]) {
        return Ok((head, Box::new(input)));
    }
    let mut unpacked = BoundedReader { input: flate2::read::MultiGzDecoder::new(input), left: MAX_UNPACKED };
    let head = take_head(&mut unpacked)?;
    Ok((head.clone(), Box::new(Cursor::new(head).chain(unpacked))))
}

fn take_head(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

/// Reads unpacked data up to a limit.
struct BoundedReader<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for BoundedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("it unpacks to more than 2 GiB; unpack it and pass the JSON"));
        }
        let read = self.input.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

/// The encoding of UTF-16 text, which PowerShell writes with or without a byte order mark. Without a mark, the zero bytes of the first two
/// characters show it: JSON begins with two ASCII characters.
pub(super) fn utf16_encoding(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    match head {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => Some(encoding_rs::UTF_16LE),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// The names of the files in a zip archive, as far as its beginning shows them. Source: APPNOTE 4.3.7, local file header.
pub(super) fn zip_names(head: &[u8]) -> Vec<&[u8]> {
    let headers = memchr::memmem::find_iter(head, b"PK\x03\x04");
    let names = headers.filter_map(|at| {
        let length = head.get(at + 26..at + 28)?.first_chunk::<2>().map(|bytes| usize::from(u16::from_le_bytes(*bytes)))?;
        head.get(at + 30..at + 30 + length)
    });
    names.collect()
}
