//! Taking a backup from a store that others write to.

use super::{Framer, Header};
use crate::ports::StoreError;
use crate::secret::Secret;
use crate::store::gate::Copying;
use bytes::Bytes;
use tokio::sync::mpsc::Sender;

/// So many rows a piece.
const PIECE: usize = 256;

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum Untaken {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever wanted it listens no more.
    #[error("nobody takes it any more")]
    Unwanted,
}

/// Sends a backup piece by piece. Its reader sets the pace, and nobody else waits for it.
pub async fn take(
    mut copying: Copying,
    header: &Header,
    key_file: Option<&Secret>,
    to: &Sender<Bytes>,
) -> Result<(), Untaken> {
    let send = async |piece: Vec<u8>| to.send(piece.into()).await.map_err(|_| Untaken::Unwanted);
    let (mut framer, start) = Framer::begin(header);
    send(start).await?;
    if let Some(key) = key_file {
        send(framer.key_file(key.expose().as_bytes())).await?;
    }
    while let Some(rows) = copying.next(PIECE).await? {
        if !rows.is_empty() {
            send(framer.rows(rows.iter().map(|(key, value)| (key.as_ref(), value.as_deref())))).await?;
        }
    }
    drop(copying);
    send(framer.end()).await
}
