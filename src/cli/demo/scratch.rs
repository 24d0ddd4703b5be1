//! A directory that is gone when the demo is.

use crate::web::admin::random_token;
use std::fs::{DirBuilder, remove_dir_all};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

/// Grants are sealed in it, by a key that lies beside them.
const OURS_ALONE: u32 = 0o700;

impl Scratch {
    pub(super) fn new() -> io::Result<Self> {
        let name = random_token("").map_err(io::Error::other)?;
        let short: String = name.expose().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        let path = std::env::temp_dir().join(format!("gigcast-demo-{short}"));
        // One that exists is somebody else's, and refused.
        DirBuilder::new().mode(OURS_ALONE).create(&path)?;
        Ok(Self(path))
    }

    pub(super) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    pub(super) fn config(&self) -> PathBuf {
        self.0.join("gigcast.toml")
    }

    /// For a second Ctrl-C, which nothing outlives. The daemon still writes meanwhile, and what it makes anew is taken as well.
    pub(super) fn remover(&self) -> impl FnOnce() + Send + 'static {
        let path = self.0.clone();
        move || while remove_dir_all(&path).is_err_and(|cause| cause.kind() == io::ErrorKind::DirectoryNotEmpty) {}
    }

    pub(super) fn remove(mut self) -> io::Result<()> {
        let path = std::mem::take(&mut self.0);
        remove_dir_all(&path).map_err(|cause| io::Error::new(cause.kind(), format!("{}: {cause}", path.display())))
    }
}

/// For every way out but a second Ctrl-C, and a kill, which leaves it.
impl Drop for Scratch {
    fn drop(&mut self) {
        if self.0 != Path::new("") {
            let _ = remove_dir_all(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_it_stays_however_it_ends() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.0.clone();
        std::fs::write(scratch.config(), "x").unwrap();
        drop(scratch);
        assert!(!path.exists());
        let scratch = Scratch::new().unwrap();
        let path = scratch.0.clone();
        scratch.remove().unwrap();
        assert!(!path.exists());
        let scratch = Scratch::new().unwrap();
        std::fs::write(scratch.config(), "x").unwrap();
        scratch.remover()();
        assert!(!scratch.0.exists());
    }
}
