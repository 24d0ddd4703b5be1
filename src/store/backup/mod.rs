//! A backup: one file that holds a store as it stood at one moment.
//!
//! ```text
//! "gigcast backup\n"  format u16  header length u32  header as JSON
//! 1  key length u16  value length u32  key  value     a row
//! 2  key length u16  key                              a row that is gone after all
//! 3  length u16  text                                 the vault's key file, where it was asked for
//! 0  rows u64  gone u64  SHA-256 of all before it     the end
//! ```
//!
//! Numbers are big-endian. Rows come in the order in which [`super::gate`] copies them: a later word on a key takes the place of an earlier one. The
//! counts stand at the end because nobody knows them before. A file without its end was cut short and is not taken for a backup.

mod put_back;
mod read;
mod take;

pub use put_back::{PutBackError, put_back};
pub use read::{BackupError, Checked, Entry, Reader, check};
pub use take::{Untaken, take};

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Raised when older gigcasts can no longer read what a newer one writes.
pub const FORMAT: u16 = 1;

const MAGIC: &[u8] = b"gigcast backup\n";
/// No header is nearly as long; more is damage.
const HEADER_BYTES: u32 = 64 * 1024;

mod kind {
    pub(super) const END: u8 = 0;
    pub(super) const ROW: u8 = 1;
    pub(super) const GONE: u8 = 2;
    pub(super) const KEY_FILE: u8 = 3;
}

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The gigcast that made it.
    pub gigcast: String,
    /// The version of the store it was made of.
    pub store: u32,
    /// The run it was made in.
    pub epoch: u64,
    /// When it was begun, in milliseconds since 1970. What it holds is from then or a little later.
    pub taken: Timestamp,
}

/// Puts frames together, and counts and hashes what it gave out.
struct Framer {
    hash: Sha256,
    rows: u64,
    gone: u64,
}

impl Framer {
    fn begin(header: &Header) -> (Self, Vec<u8>) {
        let header = serde_json::to_vec(header).expect("a header holds nothing that cannot be written");
        let length = u32::try_from(header.len()).expect("a header is short");
        let start = [MAGIC, &FORMAT.to_be_bytes(), &length.to_be_bytes(), &header].concat();
        let mut framer = Self { hash: Sha256::new(), rows: 0, gone: 0 };
        framer.hash.update(&start);
        (framer, start)
    }

    fn rows<'a>(&mut self, rows: impl IntoIterator<Item = (&'a [u8], Option<&'a [u8]>)>) -> Vec<u8> {
        let mut frames = Vec::new();
        for (key, value) in rows {
            let key_length = u16::try_from(key.len()).expect("a store takes no longer key");
            frames.push(if value.is_some() { kind::ROW } else { kind::GONE });
            frames.extend(key_length.to_be_bytes());
            if let Some(value) = value {
                frames.extend(u32::try_from(value.len()).expect("a store takes no longer value").to_be_bytes());
                self.rows += 1;
            } else {
                self.gone += 1;
            }
            frames.extend(key);
            frames.extend(value.unwrap_or_default());
        }
        self.hash.update(&frames);
        frames
    }

    fn key_file(&mut self, text: &[u8]) -> Vec<u8> {
        let length = u16::try_from(text.len()).expect("a key is a line");
        let frame = [&[kind::KEY_FILE], length.to_be_bytes().as_slice(), text].concat();
        self.hash.update(&frame);
        frame
    }

    fn end(mut self) -> Vec<u8> {
        let mut end = vec![kind::END];
        end.extend(self.rows.to_be_bytes());
        end.extend(self.gone.to_be_bytes());
        self.hash.update(&end);
        end.extend(self.hash.finalize());
        end
    }
}

#[cfg(test)]
mod tests;
