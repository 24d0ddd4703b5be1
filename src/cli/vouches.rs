//! `vouches`: takes in what was signed elsewhere, and says who signs by a key.

use super::client::Client;
use super::settings::Loaded;
use super::{Failed, Form, say, say_json};
use crate::credential::brought::{FILE_BYTES, documents};
use crate::weave::{Became, Brought};
use crate::web::admin::answers::Done;
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Take in vouches that were signed elsewhere, for whom they are about
    Bring {
        /// One credential, or a JSON list of them
        file: PathBuf,
        /// Whom they are about: a person who has signed in here
        #[arg(long = "for", value_name = "WHO")]
        person: String,
    },
    /// Say who signs by a key of elsewhere: what it signed counts as their word from then on
    Issuer {
        /// did:key and the key, or did:web and the host, as it stands in the credential
        issuer: String,
        /// A handle with its server, a poster's name, or the id of a person or an actor
        #[arg(long = "is", value_name = "WHO")]
        who: String,
    },
}

pub(super) fn run(loaded: &Loaded, form: Form, options: &Options) -> Result<(), Failed> {
    match &options.what {
        What::Bring { file, person } => bring(loaded, form, file, person),
        What::Issuer { issuer, who } => {
            let asked = json!({ "issuer": issuer, "who": who });
            let done: Done = Client::find(loaded)?.post("/api/vouches/issuer", &asked.to_string())?;
            match form {
                Form::Json => say_json(&done),
                Form::Text => say(&format!("{}\n", done.said)),
            }
        }
    }
}

fn bring(loaded: &Loaded, form: Form, path: &Path, person: &str) -> Result<(), Failed> {
    let unread = |cause| Failed::new(format!("{} cannot be read: {cause}", path.display()));
    let mut file = String::new();
    // One byte more than may be, so that too much is told as too much.
    let most = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX) + 1;
    File::open(path).map_err(unread)?.take(most).read_to_string(&mut file).map_err(unread)?;
    // Told here, where the file has a name.
    documents(file.as_bytes()).map_err(|refused| Failed::new(format!("{}: {refused}", path.display())))?;
    let asked = json!({ "person": person, "file": file });
    let all: Vec<Brought> = Client::find(loaded)?.post("/api/vouches/bring", &asked.to_string())?;
    match form {
        Form::Json => say_json(&all),
        Form::Text => {
            let line = |one: &Brought| match &one.became {
                Became::Counts => format!("{}: counts\n", one.at),
                Became::Kept => format!("{}: kept; it counts once it is known here whose word it is\n", one.at),
                Became::Refused(why) => format!("{}: refused: {why}\n", one.at),
            };
            say(&all.iter().map(line).collect::<String>())
        }
    }?;
    if !all.is_empty() && all.iter().all(|one| matches!(one.became, Became::Refused(_))) {
        return Err(Failed::new("none of them was taken in"));
    }
    Ok(())
}
