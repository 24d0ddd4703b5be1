//! Which configuration holds: the file that was named, else `gigcast.toml` here, else the defaults; the environment over all.

use super::Failed;
use crate::config::{Config, ConfigFile};
use std::path::{Path, PathBuf};

const HERE: &str = "gigcast.toml";

/// A configuration, and the file it came from.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: Config,
    pub(super) file: Option<PathBuf>,
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
    let text = match &file {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|cause| {
            Failed::config(format!("the configuration {} cannot be read: {cause}", path.display()))
        })?),
        None => None,
    };
    let name = file.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    let files: Vec<ConfigFile<'_>> = text.iter().map(|text| ConfigFile { name: &name, text }).collect();
    // Variables that are not UTF-8 cannot be ours.
    let env =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let config = Config::parse(&files, env)
        .map_err(|wrong| Failed::config(format!("the configuration cannot be used.\n{wrong}")))?;
    Ok(Loaded { config, file })
}
