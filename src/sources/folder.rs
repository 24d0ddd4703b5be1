//! A watched directory of gig files, `*.toml` and `*.json`: the way in for scripts.
//!
//! A file is a gig (see [`written`](super::written)), and its name without the ending is the gig's id. A bad file is
//! reported with its line and field, once until it changes, is left where it is, and stops no other. A file
//! that is removed withdraws its gig, after a few looks; `status = "filled"` or `"withdrawn"` written into it ends it at once.
//!
//! A writer that takes its time should write to a name that begins with a dot and rename: names that begin with a dot
//! or end with `~` are not looked at, and a rename shows the whole file at once.

use super::written::{self, WrittenError};
use crate::failure::{Failure, Why};
use crate::gig::Sighting;
use crate::id::digest;
use crate::ports::{BoxFuture, Completeness, Cursor, Look, Refused, Source, Wire};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio::fs;
use tokio::io::AsyncReadExt;

/// A longer file is refused.
pub const FILE_BYTES: u64 = 1024 * 1024;

/// Of more files, the first by name are read.
pub const FILES: usize = 10_000;

/// So many bad files are remembered; those beyond are reported at each look that reads the folder.
const BAD_FILES: usize = 200;

/// The cursor's keys: one over all files, and one for each bad file.
const ALL: &str = "all";
const BAD: &str = "bad:";

#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// A file that is read, and what would change if it did.
struct File {
    path: PathBuf,
    name: String,
    modified: SystemTime,
    /// Size, time and number on disk: a rename over a file gives another number even within one tick of the clock.
    stamp: String,
}

impl Folder {
    /// The folder at this path. It need not be there yet.
    pub fn at(path: &str) -> Result<Self, Why> {
        if path.trim().is_empty() {
            return Err(Why::new("a folder source needs the path of a directory"));
        }
        Ok(Self { path: PathBuf::from(path) })
    }

    async fn read(&self, since: &Cursor) -> Result<Look, Failure> {
        let unreadable = |e: io::Error| {
            Failure::Transient(Why::new(format!("the folder {} cannot be read: {e}", self.path.display())))
        };
        let (files, refused) = self.list().await.map_err(unreadable)?;
        let all = stamp_of_all(&files, &refused);
        if since.0.get(ALL) == Some(&all) {
            return Ok(Look { cursor: since.clone(), complete: Completeness::AsBefore, ..Look::default() });
        }
        // With more files than are read, one that is not seen may be among the rest.
        let whole = !refused.iter().any(|refused| refused.what == self.path.display().to_string());
        let complete = if whole { Completeness::Complete } else { Completeness::Partial };
        let mut bad: Vec<(Refused, String)> = refused.into_iter().map(|refused| (refused, String::new())).collect();
        let mut sightings = Vec::new();
        for file in files {
            match read_file(&file).await {
                Ok(sighting) => sightings.push((file.modified, sighting)),
                Err(said) => {
                    bad.push((Refused { what: file.path.display().to_string(), why: Why::new(said) }, file.stamp));
                }
            }
        }
        sightings.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.native.cmp(&other.native)));
        let cleared = cleared(&bad, since);
        let (refused, mut cursor) = only_what_is_new(bad, since);
        cursor.0.insert(ALL.to_owned(), all);
        let sightings = sightings.into_iter().map(|(_, s)| s).collect();
        Ok(Look { sightings, refused, cleared, cursor, complete, ..Look::default() })
    }

    /// The files to read, by name, and those that never are.
    async fn list(&self) -> io::Result<(Vec<File>, Vec<Refused>)> {
        let home = fs::canonicalize(&self.path).await?;
        let mut entries = fs::read_dir(&self.path).await?;
        let (mut paths, mut beyond) = (Vec::new(), 0);
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            if !is_gig_file(&path) {
                continue;
            }
            if paths.len() < 2 * FILES { paths.push(path) } else { beyond += 1 }
        }
        paths.sort();
        beyond += paths.len().saturating_sub(FILES);
        paths.truncate(FILES);

        let (mut files, mut refused): (Vec<File>, Vec<Refused>) = (Vec::new(), Vec::new());
        if beyond > 0 {
            let why = Why::new(format!("the folder holds more than {FILES} gig files; {beyond} of them are not read"));
            refused.push(Refused { what: self.path.display().to_string(), why });
        }
        for path in paths {
            match file(&path, &home, files.last()).await {
                Ok(Some(file)) => files.push(file),
                Ok(None) => {}
                Err(said) => refused.push(Refused { what: path.display().to_string(), why: Why::new(said) }),
            }
        }
        Ok((files, refused))
    }
}

impl Source for Folder {
    fn look<'a>(&'a self, _wire: &'a dyn Wire, since: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        Box::pin(self.read(since))
    }
}

fn is_gig_file(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && path.extension().is_some_and(|ending| ending == "toml" || ending == "json")
}

/// Nothing when it is gone since the folder was listed. `before` is the file listed before it, by name.
async fn file(path: &Path, home: &Path, before: Option<&File>) -> Result<Option<File>, String> {
    let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("its name is not UTF-8")?.to_owned();
    let found = async { io::Result::Ok((fs::canonicalize(path).await?, fs::metadata(path).await?)) };
    let (target, metadata): (PathBuf, Metadata) = match found.await {
        Ok(found) => found,
        Err(e) if e.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).await.is_err() => return Ok(None),
        Err(e) => return Err(format!("it cannot be read: {e}")),
    };
    if !target.starts_with(home) {
        return Err("it is a link to a place outside of the folder".to_owned());
    }
    // Opening a pipe would wait for its writer for ever.
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if metadata.len() > FILE_BYTES {
        return Err(format!("it is longer than {FILE_BYTES} bytes"));
    }
    if before.is_some_and(|before| before.name == name) {
        return Err("another file has the same name but for its ending, and would be the same gig".to_owned());
    }
    let stamp = format!("{} {}.{} {}", metadata.len(), metadata.mtime(), metadata.mtime_nsec(), metadata.ino());
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(Some(File { path: path.to_owned(), name, modified, stamp }))
}

async fn read_file(file: &File) -> Result<Sighting, String> {
    let mut text = String::new();
    let opened = fs::File::open(&file.path).await.map_err(|e| format!("it cannot be opened: {e}"))?;
    // It may have grown since it was listed.
    let read = opened.take(FILE_BYTES + 1).read_to_string(&mut text).await;
    read.map_err(|e| format!("it cannot be read as text: {e}"))?;
    let is_json = file.path.extension().is_some_and(|ending| ending == "json");
    let read = if is_json { written::from_json(&text) } else { written::from_toml(&text) };
    let gig = read.and_then(|gig| match &gig.id {
        Some(id) if *id != file.name => Err(WrittenError {
            field: Some("id".to_owned()),
            line: None,
            said: format!("is not the file's name, `{}`, by which a gig in a file goes: leave it out", file.name),
        }),
        _ => Ok(gig),
    });
    gig.map(|gig| gig.sighting(Some(&file.name))).map_err(|e| e.to_string())
}

/// Equal when a look would see the same as the last one.
fn stamp_of_all(files: &[File], refused: &[Refused]) -> String {
    let stamps = files.iter().flat_map(|f| [f.name.as_bytes(), f.stamp.as_bytes()]);
    let others = refused.iter().flat_map(|r| [r.what.as_bytes(), r.why.said.as_bytes()]);
    hex(&digest("folder", &stamps.chain(others).collect::<Vec<_>>()))
}

/// The bad files of the last look that are not bad any more, or not there.
fn cleared(bad: &[(Refused, String)], since: &Cursor) -> Vec<String> {
    let before = since.0.keys().filter_map(|key| key.strip_prefix(BAD));
    before.filter(|what| !bad.iter().any(|(refused, _)| refused.what == **what)).map(str::to_owned).collect()
}

/// What is bad is reported when its file has changed or its reason has.
fn only_what_is_new(bad: Vec<(Refused, String)>, since: &Cursor) -> (Vec<Refused>, Cursor) {
    let mut cursor = Cursor::default();
    let mut new = Vec::new();
    for (refused, stamp) in bad {
        let key = format!("{BAD}{}", refused.what);
        let stamp = hex(&digest("bad", &[stamp.as_bytes(), refused.why.said.as_bytes()]));
        let is_known = since.0.get(&key) == Some(&stamp);
        if cursor.0.len() < BAD_FILES {
            cursor.0.insert(key, stamp);
        }
        if !is_known {
            new.push(refused);
        }
    }
    (new, cursor)
}

fn hex(hash: &[u8; 32]) -> String {
    hash[..8].iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
