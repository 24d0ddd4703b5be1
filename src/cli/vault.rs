//! `gigcast vault rotate`: another master key for all that is sealed.
//!
//! Offline: the store belongs to one process, and nobody may seal anything with the old key meanwhile. It takes a moment.

use super::run::{refused, runtime};
use super::settings::Loaded;
use super::{Failed, Form, say, say_json};
use crate::daemon::unlocking::rotate_vault;
use crate::vault::{Afterwards, VAULT_KEY_ENV, VAULT_KEY_NEXT_ENV};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Change the master key, and seal every grant anew with it; gigcast must not be running
    Rotate,
}

pub(super) fn run(loaded: &Loaded, form: Form, options: &Options) -> Result<(), Failed> {
    let What::Rotate = options.what;
    let rotated = runtime()?.block_on(rotate_vault(&loaded.config, &|name| std::env::var(name).ok()));
    let rotated = rotated.map_err(refused)?;
    let (from, to, sealed) = (rotated.from, rotated.to, rotated.sealed);
    let next = match rotated.afterwards {
        Afterwards::Nothing => "The former key is gone. Make a new backup of vault.key.".to_owned(),
        Afterwards::Replace { variable: true } => {
            format!(
                "Now put the new key into {VAULT_KEY_ENV}, and unset {VAULT_KEY_NEXT_ENV}: gigcast starts with no other."
            )
        }
        Afterwards::Replace { variable: false } => format!(
            "Now put the new key into the credential gigcast-vault-key, and unset {VAULT_KEY_NEXT_ENV}: gigcast starts with \
             no other."
        ),
    };
    match form {
        Form::Json => {
            say_json(&json!({ "from": from.to_string(), "to": to.to_string(), "sealed": sealed, "next": next }))
        }
        Form::Text => {
            let records = if sealed == 1 { "1 record is".to_owned() } else { format!("{sealed} records are") };
            say(&format!("The vault key was {from} and is {to}; {records} sealed anew. {next}\n"))
        }
    }
}
