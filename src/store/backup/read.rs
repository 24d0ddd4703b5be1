//! Reading a backup, whatever has happened to the file meanwhile.

use super::{FORMAT, HEADER_BYTES, Header, MAGIC, kind};
use crate::ports::{KEY_BYTES, VALUE_BYTES};
use crate::secret::Secret;
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Why a file is no backup that can be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("it cannot be read: {0}")]
    Io(io::Error),
    #[error("it is no backup of gigcast")]
    Other,
    #[error(
        "it was made by a newer gigcast: its format is {found}, this gigcast reads up to {FORMAT}. Restore it with that gigcast"
    )]
    Newer { found: u16 },
    #[error("it ends before its end: the backup was cut short, or the file was. Take another one")]
    CutShort,
    #[error("it is damaged: {0}. Take another one")]
    Damaged(&'static str),
}

impl From<io::Error> for BackupError {
    fn from(cause: io::Error) -> Self {
        if cause.kind() == io::ErrorKind::UnexpectedEof { Self::CutShort } else { Self::Io(cause) }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    Row { key: Vec<u8>, value: Vec<u8> },
    Gone { key: Vec<u8> },
    KeyFile(Secret),
}

/// Gives the entries one by one; that there are no more is said only when counts and hash are right.
pub struct Reader<R> {
    from: R,
    hash: Sha256,
    header: Header,
    rows: u64,
    gone: u64,
}

impl<R> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("header", &self.header).finish_non_exhaustive()
    }
}

impl<R: Read> Reader<R> {
    pub fn open(mut from: R) -> Result<Self, BackupError> {
        let mut magic = [0; MAGIC.len()];
        match from.read_exact(&mut magic) {
            Ok(()) if magic == *MAGIC => {}
            Err(cause) if cause.kind() != io::ErrorKind::UnexpectedEof => return Err(cause.into()),
            Ok(()) | Err(_) => return Err(BackupError::Other),
        }
        let mut hash = Sha256::new_with_prefix(magic);
        let format = u16::from_be_bytes(taken(&mut from, &mut hash)?);
        if format != FORMAT {
            return Err(BackupError::Newer { found: format });
        }
        let length = u32::from_be_bytes(taken(&mut from, &mut hash)?);
        if length > HEADER_BYTES {
            return Err(BackupError::Damaged("its header is too long"));
        }
        let header = taken_all(&mut from, &mut hash, length as usize)?;
        let header = serde_json::from_slice(&header).map_err(|_| BackupError::Damaged("its header cannot be read"))?;
        Ok(Self { from, hash, header, rows: 0, gone: 0 })
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    pub fn entry(&mut self) -> Result<Option<Entry>, BackupError> {
        let Self { from, hash, .. } = self;
        let [kind] = taken(from, hash)?;
        match kind {
            kind::ROW => {
                let key = usize::from(u16::from_be_bytes(taken(from, hash)?));
                let value = u32::from_be_bytes(taken(from, hash)?) as usize;
                if key > KEY_BYTES || value > VALUE_BYTES {
                    return Err(BackupError::Damaged("a row is longer than a store takes"));
                }
                let (key, value) = (taken_all(from, hash, key)?, taken_all(from, hash, value)?);
                self.rows += 1;
                Ok(Some(Entry::Row { key, value }))
            }
            kind::GONE => {
                let length = usize::from(u16::from_be_bytes(taken(from, hash)?));
                let key = taken_all(from, hash, length)?;
                self.gone += 1;
                Ok(Some(Entry::Gone { key }))
            }
            kind::KEY_FILE => {
                let length = usize::from(u16::from_be_bytes(taken(from, hash)?));
                let text = String::from_utf8(taken_all(from, hash, length)?);
                let text = text.map_err(|_| BackupError::Damaged("its key file cannot be read"))?;
                Ok(Some(Entry::KeyFile(Secret::new(text))))
            }
            kind::END => self.end().map(|()| None),
            _ => Err(BackupError::Damaged("something in it is neither a row nor its end")),
        }
    }

    fn end(&mut self) -> Result<(), BackupError> {
        let Self { from, hash, .. } = self;
        let counts = (u64::from_be_bytes(taken(from, hash)?), u64::from_be_bytes(taken(from, hash)?));
        let found = hash.finalize_reset();
        let mut said = [0; 32];
        from.read_exact(&mut said)?;
        if found[..] != said {
            return Err(BackupError::Damaged("its checksum is not that of its content"));
        }
        if counts != (self.rows, self.gone) {
            return Err(BackupError::Damaged("it does not hold as many rows as it says"));
        }
        if from.read(&mut [0])? != 0 {
            return Err(BackupError::Damaged("something stands behind its end"));
        }
        Ok(())
    }
}

fn taken<const N: usize>(from: &mut impl Read, hash: &mut Sha256) -> Result<[u8; N], BackupError> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    hash.update(bytes);
    Ok(bytes)
}

/// `length` is bounded by whoever asks.
fn taken_all(from: &mut impl Read, hash: &mut Sha256, length: usize) -> Result<Vec<u8>, BackupError> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    hash.update(&bytes);
    Ok(bytes)
}

/// A backup that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub header: Header,
    /// Rows and rows that are gone, as they stand in the file.
    pub entries: u64,
    pub has_key: bool,
}

/// Reads all of it, and keeps nothing.
pub fn check(from: impl Read) -> Result<Checked, BackupError> {
    let mut reader = Reader::open(from)?;
    let mut has_key = false;
    while let Some(entry) = reader.entry()? {
        has_key |= matches!(entry, Entry::KeyFile(_));
    }
    Ok(Checked { entries: reader.rows + reader.gone, has_key, header: reader.header })
}
