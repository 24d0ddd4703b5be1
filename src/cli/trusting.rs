//! `who` and `person`: what the trust network says.

use super::client::{Client, segment};
use super::settings::Loaded;
use super::{Failed, Form, say, say_json, show};
use crate::clock::{Clock, SystemClock};
use crate::weave::{Cut, OnRecord, Portable, WhoseCircle};
use crate::web::words::count;
use serde_json::json;
use std::fs::File;
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};

const MOST: NonZero<usize> = NonZero::new(20).expect("it is not zero");

#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// Whose circle is asked
    #[arg(long = "for", value_name = "POSTER")]
    poster: String,
    /// The kind of work, as in design/illustration; any kind when it is left out
    #[arg(long)]
    category: Option<String>,
    /// So many of the best
    #[arg(long, value_name = "COUNT", default_value_t = MOST)]
    top: NonZero<usize>,
    /// What would it be without them? A handle, a name or an id
    #[arg(long, value_name = "WHO")]
    cut: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Person {
    /// A handle with its server, a poster's name, or the id of a person or an actor
    who: String,
    /// Write the vouches that they gave and got into this new file, signed, for them to take along
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
}

pub(super) fn who(loaded: &Loaded, form: Form, options: &Who) -> Result<(), Failed> {
    let mut asked = json!({ "poster": options.poster, "category": options.category, "top": options.top });
    if let Some(who) = &options.cut {
        asked["cut"] = who.as_str().into();
        let cut: Cut = Client::find(loaded)?.post("/api/who/cut", &asked.to_string())?;
        return match form {
            Form::Json => say_json(&cut),
            Form::Text => say(&show::trust::cut(&cut)),
        };
    }
    let circle: WhoseCircle = Client::find(loaded)?.post("/api/who", &asked.to_string())?;
    match form {
        Form::Json => say_json(&circle),
        Form::Text => say(&show::trust::circle(&circle)),
    }
}

pub(super) fn person(loaded: &Loaded, form: Form, options: &Person) -> Result<(), Failed> {
    let client = Client::find(loaded)?;
    if let Some(path) = &options.credentials {
        return credentials(&client, &options.who, path);
    }
    let record: OnRecord = client.get(&format!("/api/person/{}", segment(&options.who)))?;
    match form {
        Form::Json => say_json(&record),
        Form::Text => say(&show::trust::record(&record, SystemClock::default().now())),
    }
}

fn credentials(client: &Client, who: &str, path: &Path) -> Result<(), Failed> {
    let portable: Portable = client.get(&format!("/api/person/{}/vouches", segment(who)))?;
    let unwritten = |cause| Failed::new(format!("{} cannot be written: {cause}", path.display()));
    // What stands there already may be the only copy of something.
    let mut file = File::create_new(path).map_err(unwritten)?;
    file.write_all(portable.file().as_bytes()).map_err(unwritten)?;
    let Portable { given, received, left_out } = &portable;
    let (given, received) = (given.len(), received.len());
    let left_out = match left_out {
        0 => String::new(),
        some => format!(" Left out: {some}, for no kind of work or with somebody who has no address elsewhere."),
    };
    say(&format!("{}: {} given and {received} received.{left_out}\n", path.display(), count(given, "vouch", "vouches")))
}
