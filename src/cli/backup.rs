//! `backup` and `restore`: all that gigcast knows in one file, and back again.
//!
//! A backup is asked of the running gigcast and written down here, under another name until it is whole and on the disk. A restore needs
//! the data directory to itself, and empty.

use super::client::Client;
use super::run::runtime;
use super::settings::Loaded;
use super::{Failed, Form, patience, say, say_json};
use crate::daemon::restore::{RestoreError, Restored, Sealed, restore as put_back};
use crate::store::backup::{Checked, check};
use crate::store::sled::OpenError;
use crate::vault::{VAULT_KEY_ENV, VAULT_KEY_FILE};
use crate::web::admin::BackupAsked;
use crate::web::words::count as count_of;
use serde_json::json;
use std::fmt::Write;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes that are written at once.
const PIECE: usize = 256 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// Where to; nothing is overwritten
    file: PathBuf,
    /// With the vault's key: who has the file can then speak for every linked account
    #[arg(long)]
    with_key: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// What `gigcast backup` wrote
    file: PathBuf,
    /// The vault's key is lost: forget what it sealed, so that every account is linked anew
    #[arg(long)]
    without_key: bool,
}

pub(super) fn backup(loaded: &Loaded, form: Form, options: &Backup) -> Result<(), Failed> {
    let file = &options.file;
    if file.exists() {
        return Err(Failed::new(format!("{} is there already, and is not overwritten", file.display())));
    }
    let asked = BackupAsked { with_key: options.with_key };
    let body = serde_json::to_string(&asked).map_err(|cause| Failed::new(cause.to_string()))?;
    let bar = patience("Copying everything while gigcast runs");
    let client = Client::find(loaded)?;
    let mut bytes = client.bytes("/api/backup", &body)?;
    let unwritten = |cause: io::Error| Failed::new(format!("{} cannot be written: {cause}", file.display()));
    let draft = draft_of(file);
    let written = write(&mut bytes, &draft, |cause| client.broken(&cause), unwritten);
    let checked = written.and_then(|()| {
        let written = File::open(&draft).map_err(unwritten)?;
        check(BufReader::new(written)).map_err(|wrong| {
            Failed::unavailable(format!(
                "the backup is not whole, and was not kept: {wrong}. What gigcast says in its log tells why"
            ))
        })
    });
    let checked = match checked {
        Ok(checked) => checked,
        Err(failed) => {
            let _ = fs::remove_file(&draft);
            return Err(failed);
        }
    };
    put_in_place(&draft, file).map_err(unwritten)?;
    bar.finish_and_clear();
    told(file, &checked, form)
}

/// Beside the file, so that it can take its name.
fn draft_of(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    file.with_file_name(name)
}

/// Whoever sends and whoever keeps fail in ways of their own.
fn write(
    from: &mut impl Read,
    draft: &Path,
    unsent: impl Fn(io::Error) -> Failed,
    unwritten: impl Fn(io::Error) -> Failed,
) -> Result<(), Failed> {
    // One that was cut short before may lie there.
    let draft = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(draft);
    let mut draft = draft.map_err(&unwritten)?;
    let mut from = BufReader::with_capacity(PIECE, from);
    loop {
        let piece = match from.fill_buf() {
            Ok([]) => return draft.sync_all().map_err(unwritten),
            Ok(piece) => piece,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(unsent(cause)),
        };
        draft.write_all(piece).map_err(&unwritten)?;
        let written = piece.len();
        from.consume(written);
    }
}

/// Fails where something has come to lie there meanwhile.
fn put_in_place(draft: &Path, file: &Path) -> io::Result<()> {
    fs::hard_link(draft, file)?;
    fs::remove_file(draft)?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

fn told(file: &Path, checked: &Checked, form: Form) -> Result<(), Failed> {
    let bytes = fs::metadata(file).map_or(0, |about| about.len());
    match form {
        Form::Json => say_json(&json!({
            "file": file, "bytes": bytes, "entries": checked.entries, "taken": checked.header.taken.to_jiff().to_string(),
            "with_key": checked.has_key,
        })),
        Form::Text => {
            let key = if checked.has_key {
                "The vault's key is in it: who has this file can speak for every linked account. Keep it as you would a password.".to_owned()
            } else {
                format!(
                    "The vault's key is not in it: keep {VAULT_KEY_FILE} as well, and elsewhere. Without it every account has to be linked anew."
                )
            };
            say(&format!(
                "{} holds everything as it stood just now: {}, {bytes} bytes, whole and on the disk.\n{key}\n",
                file.display(),
                count_of(checked.entries, "entry", "entries")
            ))
        }
    }
}

pub(super) fn restore(loaded: &Loaded, form: Form, options: &Restore) -> Result<(), Failed> {
    let sealed = if options.without_key { Sealed::Forgotten } else { Sealed::Kept };
    let bar = patience("Restoring");
    let restored =
        runtime()?.block_on(put_back(&loaded.config, &options.file, sealed)).map_err(|error| match error {
            RestoreError::Backup { .. }
            | RestoreError::Newer { .. }
            | RestoreError::Open(OpenError::NotEmpty { .. }) => Failed::new(error.to_string()),
            RestoreError::Import { .. }
            | RestoreError::Open(_)
            | RestoreError::Migration(_)
            | RestoreError::Store(_)
            | RestoreError::Write { .. } => Failed { said: error.to_string(), code: Failed::STORE },
        })?;
    bar.finish_and_clear();
    told_restored(loaded, form, &restored)
}

/// What lies there now, and what is to be done next.
pub(super) fn told_restored(loaded: &Loaded, form: Form, restored: &Restored) -> Result<(), Failed> {
    let next = next(loaded, restored);
    match form {
        Form::Json => say_json(&json!({
            "dir": loaded.config.store.data_dir, "taken": restored.taken.to_jiff().to_string(), "gigcast": restored.gigcast,
            "looked_for": restored.doubtful, "key": restored.key.map(|key| key.to_string()), "brought_key": restored.brought_key,
            "unlinked": restored.unlinked, "findings": restored.findings, "next": next,
        })),
        Form::Text => {
            let mut said = format!(
                "{} holds what gigcast knew on {}. What was read is whole.\n",
                loaded.config.store.data_dir.display(),
                restored.taken
            );
            if restored.findings.is_empty() {
                said.push_str("The outbox is sound.\n");
            }
            for finding in &restored.findings {
                let _ = writeln!(said, "In the outbox: {finding}.");
            }
            said.push_str("Next:\n");
            for step in next {
                let _ = writeln!(said, "- {step}");
            }
            say(&said)
        }
    }
}

/// What is left for the operator to do, and to know.
fn next(loaded: &Loaded, restored: &Restored) -> Vec<String> {
    let dir = loaded.config.store.data_dir.display();
    let mut next = Vec::new();
    match restored.key {
        Some(_) if restored.brought_key => next.push(format!("The vault's key was in the backup and is now {dir}/{VAULT_KEY_FILE}.")),
        Some(key) => next.push(format!(
            "Put the vault's key {key} back: the file as {dir}/{VAULT_KEY_FILE} (mode 0600), or in {VAULT_KEY_ENV}. gigcast does not start \
             without it. If it is lost, empty {dir} and run `gigcast restore --without-key`: every account has then to be linked anew."
        )),
        None if restored.unlinked > 0 => next.push(format!(
            "{} to be linked anew: what they were linked by is gone with the key. `gigcast accounts` names them.",
            count_of(restored.unlinked, "account has", "accounts have")
        )),
        None => {}
    }
    next.push("Make sure that the gigcast this backup was taken of runs no more, anywhere: two of them would post everything twice.".to_owned());
    next.push(format!(
        "Start it with `{}`. What was said since the backup was taken is not on record here, so {}, and those of gigs that \
         sources bring again, are looked for on their network before anything is sent. Where a network lets nobody look, they wait for you: `gigcast \
         deliveries --held`.",
        loaded.start_command(),
        count_of(restored.doubtful, "delivery that waits", "deliveries that wait")
    ));
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goes away in the middle.
    struct Gone;

    impl Read for Gone {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }

    #[test]
    fn whoever_went_away_is_told_from_a_file_that_cannot_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let draft = dir.path().join("a.partial");
        let write = |from: &mut dyn Read, draft: &Path| {
            write(&mut &mut *from, draft, |_| Failed::unavailable("gone"), |_| Failed::new("unwritten"))
                .map_err(|failed| failed.code)
        };
        assert_eq!(write(&mut b"all of it".as_slice().chain(Gone), &draft), Err(Failed::UNAVAILABLE));
        assert_eq!(write(&mut b"all of it".as_slice(), &dir.path().join("nowhere/a.partial")), Err(1));
        assert_eq!(write(&mut b"all of it".as_slice(), &draft), Ok(()));
        assert_eq!(fs::read(&draft).unwrap(), b"all of it", "what was left of before is overwritten");
    }
}
