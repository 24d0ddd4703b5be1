//! All that a store holds as JSON Lines that people and programs can read, and back again; docs/EXPORT.md says what stands in them.
//!
//! A line is a row: its kind, the version of its record, its key and the record. Records that lie apart are put together; parts and litter are how
//! a store keeps house, and do not go along. What lets its reader in somewhere goes along only when asked for, sealed as it is.

use super::catalogue::{Guarded, Kind, Shape};
use super::record;
use crate::clock::Timestamp;
use crate::ports::{Batch, KEY_BYTES, Store, StoreError};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, BufRead, Write};

/// Raised when the lines themselves change.
pub const FORMAT: u16 = 1;
const PAGE: usize = 256;
/// No line is nearly as long; more is no export.
const LINE_BYTES: usize = 16 * 1024 * 1024;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    pub gigcast_export: u16,
    /// The gigcast that made it.
    pub gigcast: String,
    /// The version of the store it was made of.
    pub store: u32,
    /// In milliseconds since 1970.
    pub taken: Timestamp,
    pub secrets: Secrets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secrets {
    LeftOut,
    /// As the vault sealed them, and as hashes.
    Sealed,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u8>,
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    record: Option<Value>,
}

/// A record that says nothing but that it is there is written as `null`, and is a record all the same.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// The last line: without it, the export was cut short.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    rows: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the export cannot be written: {0}")]
    Unwritten(io::Error),
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("it cannot be read: {0}")]
    Unread(io::Error),
    #[error("line {line}: {wrong}")]
    Line { line: u64, wrong: String },
}

/// Writes all rows, in the order of their keys. Answers how many. Nobody else writes to the store meanwhile.
pub async fn export(store: &dyn Store, heading: &Heading, to: &mut impl Write) -> Result<u64, ExportError> {
    let mut line = |value: String| writeln!(to, "{value}").map_err(ExportError::Unwritten);
    line(written(heading))?;
    let (mut from, mut rows) = (vec![0], 0);
    loop {
        let page = store.scan(&from, &[u8::MAX], PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        from = [last.as_ref(), &[0]].concat();
        for (key, head) in &page {
            let kind = Kind::of(key).ok_or_else(|| record::unreadable(key, "no gigcast of this version writes it"))?;
            if kind.guarded == Guarded::Secret && heading.secrets == Secrets::LeftOut {
                continue;
            }
            let (version, body) = match kind.shape {
                Shape::Part => continue,
                Shape::Index if kind.name == "litter" => continue,
                Shape::Index => (None, None),
                Shape::Record(shape) => {
                    let (version, body) = record::whole(store, key, head).await?;
                    if version != shape.version {
                        return Err(record::unreadable(key, &format!("its version is {version}")).into());
                    }
                    let body = (shape.to_json)(&body).map_err(|why| record::unreadable(key, &why))?;
                    (Some(version), Some(body))
                }
            };
            line(written(&Row { kind: kind.name.to_owned(), version, key: hex(key), record: body }))?;
            rows += 1;
        }
    }
    line(written(&Ending { rows }))?;
    Ok(rows)
}

fn written(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("a line holds nothing that cannot be written")
}

/// Puts all rows into a store that holds nothing. What fails midway leaves a store that must not be used.
pub async fn import(from: &mut impl BufRead, store: &dyn Store) -> Result<Heading, ImportError> {
    let (mut number, mut rows) = (0, 0);
    let mut heading: Option<Heading> = None;
    let mut batch = Batch::default();
    loop {
        number += 1;
        let text = next_line(from, number)?;
        let wrong = |wrong: String| ImportError::Line { line: number, wrong };
        let Some(known) = &heading else {
            heading = Some(headed(&text).map_err(wrong)?);
            continue;
        };
        if text.is_empty() {
            return Err(wrong("the export ends here before its end: it was cut short".to_owned()));
        }
        if let Ok(ending) = serde_json::from_str::<Ending>(&text) {
            if ending.rows != rows {
                return Err(wrong(format!("it says that it has {} rows, and has {rows}", ending.rows)));
            }
            store.commit(batch).await?;
            if !next_line(from, number + 1)?.is_empty() {
                return Err(ImportError::Line {
                    line: number + 1,
                    wrong: "something stands behind the end".to_owned(),
                });
            }
            return Ok(known.clone());
        }
        taken(&text, &mut batch).map_err(wrong)?;
        rows += 1;
        if batch.put.len() >= PAGE {
            store.commit(std::mem::take(&mut batch)).await?;
        }
    }
}

fn next_line(from: &mut impl BufRead, line: u64) -> Result<String, ImportError> {
    let mut text = String::new();
    let limit = u64::try_from(LINE_BYTES).unwrap_or(u64::MAX);
    io::Read::take(from, limit).read_line(&mut text).map_err(ImportError::Unread)?;
    if text.len() == LINE_BYTES {
        return Err(ImportError::Line { line, wrong: "it is longer than any line of an export".to_owned() });
    }
    Ok(text.trim_end().to_owned())
}

fn headed(text: &str) -> Result<Heading, String> {
    let value: Value = serde_json::from_str(text).map_err(|_| "this is no export of gigcast".to_owned())?;
    let format = value.get("gigcast_export").and_then(Value::as_u64).ok_or("this is no export of gigcast")?;
    if format != u64::from(FORMAT) {
        return Err(format!(
            "its format is {format}, and this gigcast reads {FORMAT}: import it with the gigcast that made it"
        ));
    }
    let heading: Heading = serde_json::from_value(value).map_err(|error| error.to_string())?;
    if heading.store != super::STORE_VERSION {
        let Heading { store, gigcast, .. } = heading;
        let ours = super::STORE_VERSION;
        return Err(format!(
            "it is of a store of version {store} (gigcast {gigcast}), and this gigcast imports version {ours}"
        ));
    }
    Ok(heading)
}

fn taken(text: &str, batch: &mut Batch) -> Result<(), String> {
    let row: Row = serde_json::from_str(text).map_err(|error| format!("this is no row: {error}"))?;
    let kind = Kind::named(&row.kind).ok_or_else(|| format!("there is no kind `{}`", row.kind))?;
    let key = unhex(&row.key).ok_or("its key is no hexadecimal number")?;
    if key.len() > KEY_BYTES || Kind::of(&key).is_none_or(|of| of.name != kind.name) {
        return Err(format!("its key is none of a {}", kind.name));
    }
    match (kind.shape, row.version, row.record) {
        (Shape::Index, None, None) => batch.put.push((key, Vec::new())),
        (Shape::Record(shape), Some(version), Some(record)) => {
            if version != shape.version {
                let (name, ours) = (kind.name, shape.version);
                return Err(format!("a {name} of version {version}, and this gigcast imports version {ours}"));
            }
            let body = (shape.from_json)(record).map_err(|why| format!("this {} cannot be read: {why}", kind.name))?;
            record::put_written(batch, key, version, &body, None);
        }
        (Shape::Part, ..) => return Err("parts are not imported".to_owned()),
        (Shape::Index, ..) => return Err(format!("a {} has a key and nothing else", kind.name)),
        (Shape::Record(_), ..) => return Err(format!("a {} has a version and a record", kind.name)),
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(value(*high)? << 4 | value(*low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Ledger;
    use crate::store::memory::MemoryStore;
    use crate::store::migrate::{Mode, migrate};
    use std::sync::Arc;

    const SNAPSHOT: &str = include_str!("../../tests/fixtures/stores/before-urgency.rows");

    fn heading(secrets: Secrets) -> Heading {
        let (store, taken) = (super::super::STORE_VERSION, Timestamp::from_millis(1_795_262_400_000));
        Heading { gigcast_export: FORMAT, gigcast: "0.1.0".into(), store, taken, secrets }
    }

    async fn filled() -> MemoryStore {
        let store = MemoryStore::new();
        for row in SNAPSHOT.lines() {
            let (key, value) = row.split_once(' ').unwrap();
            let row = (unhex(key).unwrap(), unhex(value).unwrap());
            store.commit(Batch { put: vec![row], ..Batch::default() }).await.unwrap();
        }
        migrate(&store, Mode::Apply).await.unwrap();
        // As a start leaves it.
        Ledger::new(Arc::new(store.clone())).fill_shelves().await.unwrap();
        store
    }

    async fn exported(store: &MemoryStore, secrets: Secrets) -> String {
        let mut file = Vec::new();
        export(store, &heading(secrets), &mut file).await.unwrap();
        String::from_utf8(file).unwrap()
    }

    async fn refused(text: &str) -> String {
        import(&mut text.as_bytes(), &MemoryStore::new()).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn what_is_exported_and_imported_is_exported_the_same_again() {
        let store = filled().await;
        for secrets in [Secrets::Sealed, Secrets::LeftOut] {
            let first = exported(&store, secrets).await;
            let again = MemoryStore::new();
            assert_eq!(import(&mut first.as_bytes(), &again).await.unwrap(), heading(secrets));
            assert_eq!(exported(&again, secrets).await, first);
        }
    }

    #[tokio::test]
    async fn with_its_secrets_an_export_holds_every_row_of_the_store() {
        let store = filled().await;
        let again = MemoryStore::new();
        import(&mut exported(&store, Secrets::Sealed).await.as_bytes(), &again).await.unwrap();
        let rows = async |store: &MemoryStore| {
            let mut rows = store.scan(&[0], &[u8::MAX], usize::MAX).await.unwrap();
            // How a store keeps house is its own.
            rows.retain(|(key, _)| !matches!(Kind::of(key).unwrap().name, "part" | "litter"));
            rows
        };
        assert_eq!(rows(&again).await, rows(&store).await);
    }

    #[tokio::test]
    async fn no_secret_goes_along_unasked() {
        let store = filled().await;
        let plain = exported(&store, Secrets::LeftOut).await;
        assert!(!plain.contains(r#""kind":"grant""#) && plain.contains(r#""kind":"account""#));
        assert!(exported(&store, Secrets::Sealed).await.contains(r#""kind":"grant""#));
    }

    #[tokio::test]
    async fn what_cannot_be_imported_is_told_by_its_line() {
        let whole = exported(&filled().await, Secrets::LeftOut).await;
        let lines: Vec<&str> = whole.lines().collect();
        let gig = lines.iter().position(|line| line.contains(r#""kind":"gig","#)).unwrap();
        let with = |other: &str| {
            let mut lines = lines.clone();
            lines[gig] = other;
            lines.join("\n")
        };
        let old = refused(&with(&lines[gig].replace(r#""version":5"#, r#""version":9"#))).await;
        assert_eq!(old, format!("line {}: a gig of version 9, and this gigcast imports version 5", gig + 1));
        let strange = refused(&with(&lines[gig].replace(r#""kind":"gig""#, r#""kind":"gog""#))).await;
        assert!(strange.ends_with("there is no kind `gog`"), "{strange}");
        let elsewhere = refused(&with(&lines[gig].replace(r#""kind":"gig""#, r#""kind":"lane""#))).await;
        assert!(elsewhere.ends_with("its key is none of a lane"), "{elsewhere}");
        let half = refused(&lines[..gig].join("\n")).await;
        assert!(half.contains("cut short"), "{half}");
        let newer = refused(&whole.replace(r#""gigcast_export":1"#, r#""gigcast_export":2"#)).await;
        assert!(newer.starts_with("line 1: its format is 2"), "{newer}");
        assert!(refused("hello").await.contains("no export of gigcast"));
    }
}
