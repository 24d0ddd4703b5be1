//! `restore` and `import`: a store comes back whole and as this gigcast reads it, or the directory stays as empty as it was.

use gigcast::clock::Timestamp;
use gigcast::config::{Config, ConfigFile};
use gigcast::daemon::restore::{RestoreError, Sealed, import, restore};
use gigcast::ports::{Batch, Store};
use gigcast::store::backup::{Header, take};
use gigcast::store::export::{FORMAT, Heading, Secrets, export};
use gigcast::store::gate::Gate;
use gigcast::store::memory::MemoryStore;
use gigcast::store::migrate::{Mode, migrate};
use gigcast::store::sled::SledStore;
use gigcast::store::{Ledger, STORE_VERSION};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

const OLD: &str = include_str!("../../fixtures/stores/before-urgency.rows");
const TAKEN: Timestamp = Timestamp::from_millis(1_795_262_400_000);

struct Place {
    dir: tempfile::TempDir,
    config: Config,
}

impl Place {
    fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = format!("[store]\ndata_dir = \"{}\"\n", dir.path().join("data").display());
        let config = Config::parse(&[ConfigFile { name: "test", text: &text }], []).unwrap();
        Self { dir, config }
    }

    fn is_empty(&self) -> bool {
        !self.data().exists()
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn file(&self, content: &[u8]) -> PathBuf {
        let path = self.dir.path().join("file");
        fs::write(&path, content).unwrap();
        path
    }

    /// The gigs that whoever starts here next would read.
    async fn gigs(&self) -> usize {
        let store = SledStore::open(&self.data(), 32 << 20).unwrap().store;
        Ledger::new(Arc::new(store)).newest_gigs(0, 99).await.unwrap().len()
    }
}

/// A store as an older gigcast left it.
async fn old() -> MemoryStore {
    let bytes = |hex: &str| {
        let pairs = (0..hex.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect::<Vec<u8>>()
    };
    let store = MemoryStore::new();
    let put = OLD.lines().map(|row| row.split_once(' ').unwrap()).map(|(key, value)| (bytes(key), bytes(value)));
    store.commit(Batch { put: put.collect(), ..Batch::default() }).await.unwrap();
    store
}

async fn backup(of: &MemoryStore, version: u32) -> Vec<u8> {
    let gate = Arc::new(Gate::new(Arc::new(of.clone())));
    let header = Header { gigcast: "9.9.9".into(), store: version, epoch: 1, taken: TAKEN };
    let (to, mut pieces) = tokio::sync::mpsc::channel(64);
    let copying = gate.copy().await.unwrap().unwrap();
    let taking = tokio::spawn(async move { take(copying, &header, None, &to).await.unwrap() });
    let mut file = Vec::new();
    while let Some(piece) = pieces.recv().await {
        file.extend(piece);
    }
    taking.await.unwrap();
    file
}

#[tokio::test]
async fn a_backup_of_an_older_store_comes_back_as_this_gigcast_reads_it() {
    let place = Place::empty();
    let file = place.file(&backup(&old().await, 2).await);
    let restored = restore(&place.config, &file, Sealed::Kept).await.unwrap();
    assert_eq!((restored.taken, restored.gigcast.as_str()), (TAKEN, "9.9.9"));
    assert_eq!((restored.findings, restored.brought_key), (Vec::new(), false));
    assert!(place.gigs().await > 0);
}

#[tokio::test]
async fn a_backup_of_a_newer_store_is_refused_by_its_version_before_anything_is_written() {
    let place = Place::empty();
    let file = place.file(&backup(&old().await, STORE_VERSION + 1).await);
    let refused = restore(&place.config, &file, Sealed::Kept).await.unwrap_err();
    let RestoreError::Newer { found, gigcast, .. } = refused else { panic!("{refused}") };
    assert_eq!((found, gigcast.as_str(), place.is_empty()), (STORE_VERSION + 1, "9.9.9", true));
}

#[tokio::test]
async fn an_export_that_is_wrong_in_its_last_line_leaves_the_directory_as_empty_as_it_was() {
    let store = old().await;
    migrate(&store, Mode::Apply).await.unwrap();
    let gigs = Ledger::new(Arc::new(store.clone())).newest_gigs(0, 99).await.unwrap().len();
    let mut lines = Vec::new();
    let heading = Heading {
        gigcast_export: FORMAT,
        gigcast: "0.1.0".into(),
        store: STORE_VERSION,
        taken: TAKEN,
        secrets: Secrets::LeftOut,
    };
    export(&store, &heading, &mut lines).await.unwrap();
    let place = Place::empty();
    let cut = lines.iter().rposition(|byte| *byte == b'{').unwrap();
    let refused = import(&place.config, &place.file(&lines[..cut])).await.unwrap_err();
    assert!(refused.to_string().contains("cut short") && place.is_empty(), "{refused}");

    let imported = import(&place.config, &place.file(&lines)).await.unwrap();
    assert_eq!(imported.findings, Vec::<String>::new());
    assert_eq!((place.gigs().await, gigs > 0), (gigs, true));
    let again = import(&place.config, &place.file(&lines)).await.unwrap_err();
    assert!(matches!(again, RestoreError::Open(_)), "what stands there is not written over: {again}");
}
