//! `store`, `export` and `import`: what an operator does with the store itself, while gigcast does not run.

use super::run::runtime;
use super::settings::Loaded;
use super::{Failed, Form, patience, say, say_json};
use crate::clock::{Clock, SystemClock};
use crate::daemon::restore::{RestoreError, import as bring_in};
use crate::ports::Store;
use crate::store::backup::{PutBackError, Reader, put_back};
use crate::store::export::{ExportError, FORMAT, Heading, Secrets, export as write_out};
use crate::store::memory::MemoryStore;
use crate::store::migrate::{MigrationError, Mode, migrate};
use crate::store::sled::{CompactError, OpenError, SledStore, compact};
use crate::store::verify::survey;
use crate::store::{Ledger, STORE_VERSION};
use crate::web::words::count as count_of;
use serde_json::json;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Count what there is, by kind
    Stats,
    /// Read every record, and audit the outbox
    Verify,
    /// Give back the room of what is gone, by a new store that takes the place of the old one
    Compact,
    /// Bring the records of an older gigcast along; a start does it too
    Migrate {
        /// Find out whether it can be done, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// Where to; nothing is overwritten
    file: PathBuf,
    /// Out of this backup, not of the store: so gigcast may be running
    #[arg(long, value_name = "BACKUP")]
    from: Option<PathBuf>,
    /// With grants, tokens and sign-ins, sealed and hashed as they are
    #[arg(long)]
    with_secrets: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// What `gigcast export` wrote
    file: PathBuf,
}

fn failed(said: impl ToString) -> Failed {
    Failed { said: said.to_string(), code: Failed::STORE }
}

fn open(loaded: &Loaded) -> Result<SledStore, Failed> {
    let store = &loaded.config.store;
    if !store.data_dir.join("db").exists()
        && !store.data_dir.join("compact.going").exists()
        && !store.data_dir.join("compact.coming").exists()
    {
        return Err(Failed::new(format!("there is no store in {}", store.data_dir.display())));
    }
    SledStore::open(&store.data_dir, store.cache_bytes).map(|opened| opened.store).map_err(|error| match error {
        in_use @ OpenError::InUse { .. } => Failed::new(in_use.to_string()),
        other => failed(other),
    })
}

pub(super) fn run(loaded: &Loaded, form: Form, options: &Options) -> Result<(), Failed> {
    match options.what {
        What::Stats => stats(loaded, form),
        What::Verify => verify(loaded, form),
        What::Compact => compacted(loaded, form),
        What::Migrate { dry_run } => migrated(loaded, form, if dry_run { Mode::Try } else { Mode::Apply }),
    }
}

fn stats(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    let store = open(loaded)?;
    let found = runtime()?.block_on(survey(&store)).map_err(failed)?;
    let on_disk = fs::metadata(loaded.config.store.data_dir.join("db")).map_or(0, |about| about.len());
    let bytes: u64 = found.kinds.values().map(|amount| amount.bytes).sum();
    match form {
        Form::Json => {
            let kinds: serde_json::Map<String, serde_json::Value> = found
                .kinds
                .iter()
                .map(|(name, amount)| ((*name).to_owned(), json!({ "rows": amount.rows, "bytes": amount.bytes })))
                .collect();
            say_json(&json!({ "kinds": kinds, "bytes": bytes, "bytes_on_disk": on_disk }))
        }
        Form::Text => {
            let mut said = String::new();
            for (name, amount) in &found.kinds {
                let _ = writeln!(said, "{:>10} {name:<20} {:>12} bytes", amount.rows, amount.bytes);
            }
            let _ = writeln!(
                said,
                "{bytes} bytes in all, {on_disk} on the disk. `gigcast store compact` gives back what is gone."
            );
            say(&said)
        }
    }
}

fn verify(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    let store = Arc::new(open(loaded)?);
    let bar = patience("Reading every record");
    let (found, audit) = runtime()?.block_on(async {
        let found = survey(&*store).await.map_err(failed)?;
        // What cannot be read cannot be audited.
        let ledger = Ledger::new(Arc::clone(&store) as Arc<dyn Store>);
        let audit = if found.findings.is_empty() { ledger.audit().await.map_err(failed)? } else { Vec::new() };
        Ok::<_, Failed>((found, audit))
    })?;
    bar.finish_and_clear();
    let rows: u64 = found.kinds.values().map(|amount| amount.rows).sum();
    let findings: Vec<String> = found.findings.into_iter().chain(audit).collect();
    match form {
        Form::Json => say_json(&json!({ "rows": rows, "findings": findings }))?,
        Form::Text if findings.is_empty() => {
            say(&format!("{}, each readable, and the outbox is sound.\n", count_of(rows, "row", "rows")))?;
        }
        Form::Text => say(&findings.iter().fold(String::new(), |mut said, finding| {
            let _ = writeln!(said, "{finding}");
            said
        }))?,
    }
    if findings.is_empty() { Ok(()) } else { Err(Failed::silent(1)) }
}

fn compacted(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    drop(open(loaded)?);
    let store = &loaded.config.store;
    let bar = patience("Copying every row into a new store");
    let done = runtime()?.block_on(compact(&store.data_dir, store.cache_bytes)).map_err(|error| match error {
        CompactError::Open(in_use @ OpenError::InUse { .. }) => Failed::new(in_use.to_string()),
        other => failed(other),
    })?;
    bar.finish_and_clear();
    match form {
        Form::Json => {
            say_json(&json!({ "rows": done.rows, "bytes_before": done.bytes_before, "bytes_after": done.bytes_after }))
        }
        Form::Text => say(&format!(
            "{}: {} bytes before, {} now.\n",
            count_of(done.rows, "row", "rows"),
            done.bytes_before,
            done.bytes_after
        )),
    }
}

fn migrated(loaded: &Loaded, form: Form, mode: Mode) -> Result<(), Failed> {
    let store = open(loaded)?;
    let done = runtime()?.block_on(migrate(&store, mode)).map_err(failed)?;
    let records: Vec<_> = done.records.iter().map(|((kind, from, to), count)| (kind, from, to, count)).collect();
    match form {
        Form::Json => {
            let records: Vec<_> = records
                .iter()
                .map(|(kind, from, to, count)| json!({ "kind": kind, "from": from, "to": to, "records": count }))
                .collect();
            say_json(
                &json!({ "from": done.from, "to": STORE_VERSION, "dry_run": mode == Mode::Try, "records": records }),
            )
        }
        Form::Text => {
            let mut said = String::new();
            for (kind, from, to, count) in &records {
                let _ = writeln!(said, "{count:>10} {kind} records, version {from} to {to}");
            }
            let (from, to) = (done.from, STORE_VERSION);
            let _ = match mode {
                _ if from == to => writeln!(said, "The store is of version {to}: there is nothing to do."),
                Mode::Try => writeln!(said, "From version {from} to {to}: it can be done. Nothing was written."),
                Mode::Apply => writeln!(said, "The store was of version {from}, and is of version {to}."),
            };
            say(&said)
        }
    }
}

pub(super) fn export(loaded: &Loaded, form: Form, options: &Export) -> Result<(), Failed> {
    let file = &options.file;
    if file.exists() {
        return Err(Failed::new(format!("{} is there already, and is not overwritten", file.display())));
    }
    let bar = patience("Writing every record down");
    let rows = runtime()?.block_on(async {
        let (store, taken): (Arc<dyn Store>, _) = match &options.from {
            Some(backup) => {
                let (store, taken) = out_of(backup).await?;
                (Arc::new(store), taken)
            }
            None => (Arc::new(open(loaded)?), SystemClock::default().now()),
        };
        migrated_already(&*store, options.from.as_deref()).await?;
        let secrets = if options.with_secrets { Secrets::Sealed } else { Secrets::LeftOut };
        let gigcast = env!("CARGO_PKG_VERSION").to_owned();
        let heading = Heading { gigcast_export: FORMAT, gigcast, store: STORE_VERSION, taken, secrets };
        let unwritten = |cause: io::Error| Failed::new(format!("{} cannot be written: {cause}", file.display()));
        let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(file).map_err(unwritten)?;
        let mut to = BufWriter::new(made);
        let written = write_out(&*store, &heading, &mut to).await;
        let kept = written.and_then(|rows| {
            let synced = to.flush().and_then(|()| to.get_ref().sync_all());
            synced.map(|()| rows).map_err(ExportError::Unwritten)
        });
        kept.map_err(|error| {
            let _ = fs::remove_file(file);
            failed(error)
        })
    })?;
    bar.finish_and_clear();
    match form {
        Form::Json => say_json(&json!({ "file": file, "rows": rows, "with_secrets": options.with_secrets })),
        Form::Text => say(&format!("{} holds {}.\n", file.display(), count_of(rows, "row", "rows"))),
    }
}

/// A store is brought along at its own place; what comes out of a backup is a copy.
async fn migrated_already(store: &dyn Store, backup: Option<&Path>) -> Result<(), Failed> {
    let mode = if backup.is_some() { Mode::Apply } else { Mode::Try };
    let found = migrate(store, mode).await.map_err(|error: MigrationError| failed(error))?;
    if mode == Mode::Try && found.from != STORE_VERSION {
        return Err(Failed::new("the store is of an older gigcast: run `gigcast store migrate` first"));
    }
    Ok(())
}

async fn out_of(backup: &Path) -> Result<(MemoryStore, crate::clock::Timestamp), Failed> {
    let bad = |cause: String| Failed::new(format!("{} cannot be exported: {cause}", backup.display()));
    let file = File::open(backup).map_err(|cause| bad(cause.to_string()))?;
    let mut reader = Reader::open(BufReader::new(file)).map_err(|wrong| bad(wrong.to_string()))?;
    let (store, taken) = (MemoryStore::new(), reader.header().taken);
    put_back(&mut reader, &store).await.map_err(|error: PutBackError| bad(error.to_string()))?;
    Ok((store, taken))
}

pub(super) fn import(loaded: &Loaded, form: Form, options: &Import) -> Result<(), Failed> {
    let bar = patience("Reading every record in");
    let restored = runtime()?.block_on(bring_in(&loaded.config, &options.file)).map_err(|error| match error {
        RestoreError::Import { .. } | RestoreError::Open(OpenError::NotEmpty { .. }) => Failed::new(error.to_string()),
        other => failed(other),
    })?;
    bar.finish_and_clear();
    super::backup::told_restored(loaded, form, &restored)
}
