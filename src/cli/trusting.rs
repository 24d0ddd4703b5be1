//! `who` and `person`: what the trust network says.

use super::client::{Client, segment};
use super::settings::Loaded;
use super::{Failed, Form, say, say_json, show};
use crate::clock::{Clock, SystemClock};
use crate::weave::{OnRecord, WhoseCircle};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// Whose circle is asked
    #[arg(long = "for", value_name = "POSTER")]
    poster: String,
    /// The kind of work, as in design/illustration; any kind when it is left out
    #[arg(long)]
    category: Option<String>,
    /// So many of the best
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    top: usize,
}

#[derive(Debug, clap::Args)]
pub(super) struct Person {
    /// A handle with its server, a poster's name, or the id of a person or an actor
    who: String,
}

pub(super) fn who(loaded: &Loaded, form: Form, options: &Who) -> Result<(), Failed> {
    let asked = json!({ "poster": options.poster, "category": options.category, "top": options.top });
    let circle: WhoseCircle = Client::find(loaded)?.post("/api/who", &asked.to_string())?;
    match form {
        Form::Json => say_json(&circle),
        Form::Text => say(&show::trust::circle(&circle)),
    }
}

pub(super) fn person(loaded: &Loaded, form: Form, options: &Person) -> Result<(), Failed> {
    let record: OnRecord = Client::find(loaded)?.get(&format!("/api/person/{}", segment(&options.who)))?;
    match form {
        Form::Json => say_json(&record),
        Form::Text => say(&show::trust::record(&record, SystemClock::default().now())),
    }
}
