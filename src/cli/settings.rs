//! Which configuration holds: the file that was named, else `gigcast.toml` here, else the defaults; the environment over all.

use super::Failed;
use crate::config::{self, Config, ConfigFile, Keys, Read};
use std::path::{Path, PathBuf};

const HERE: &str = "gigcast.toml";

/// A configuration, and the file it came from.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: Config,
    pub(super) file: Option<PathBuf>,
    /// What was written of each key.
    pub(super) keys: Keys,
}

impl Loaded {
    /// How one starts the daemon with this same configuration.
    pub(super) fn start_command(&self) -> String {
        match &self.file {
            Some(file) if file != Path::new(HERE) => format!("gigcast run --config {}", file.display()),
            _ => "gigcast run".to_owned(),
        }
    }
}

pub(super) fn load(named: Option<&Path>) -> Result<Loaded, Failed> {
    let file = named.map(Path::to_owned).or_else(|| Some(PathBuf::from(HERE)).filter(|here| here.exists()));
    let Read { config, keys } = read(file.as_deref()).map_err(Failed::config)?;
    Ok(Loaded { config, file, keys })
}

/// Reads that file, as it is now, over the defaults.
pub(super) fn read(file: Option<&Path>) -> Result<Read, String> {
    let text = match file {
        Some(path) => Some(
            std::fs::read_to_string(path)
                .map_err(|cause| format!("the configuration {} cannot be read: {cause}", path.display()))?,
        ),
        None => None,
    };
    let name = file.map(|path| path.display().to_string()).unwrap_or_default();
    let files: Vec<ConfigFile<'_>> = text.iter().map(|text| ConfigFile { name: &name, text }).collect();
    // Variables that are not UTF-8 cannot be ours.
    let env =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    config::read(&files, env).map_err(|wrong| format!("the configuration cannot be used.\n{wrong}"))
}
