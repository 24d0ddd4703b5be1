//! `forget`: takes away all that names somebody, at their wish.

use super::client::{Client, segment};
use super::settings::Loaded;
use super::{Failed, Form, say, say_json};
use crate::store::Forgot;
use crate::web::words::count;

#[derive(Debug, clap::Args)]
pub(super) struct Whom {
    /// A handle with its server, a poster's name, or the id of a person or an actor
    who: String,
    /// Say that you mean it: it cannot be undone
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(loaded: &Loaded, form: Form, options: &Whom) -> Result<(), Failed> {
    if !options.yes {
        return Err(Failed::new(format!(
            "nothing was taken away. Look at what is held with `gigcast person {who}`; to forget it for good, say \
             `gigcast forget {who} --yes`",
            who = options.who
        )));
    }
    let forgot: Forgot = Client::find(loaded)?.post(&format!("/api/forget/{}", segment(&options.who)), "")?;
    match form {
        Form::Json => say_json(&forgot),
        Form::Text => {
            let Forgot { evidence, vouches, deeds, mentions } = forgot;
            say(&format!(
                "Forgotten. Taken away: {}, {}; {} them. Deeds that are counted without a name: {deeds}. Nothing is collected about them again.\n",
                count(evidence, "piece of evidence", "pieces of evidence"),
                count(vouches, "vouch in a reply", "vouches in replies"),
                count(mentions, "word of others no longer names", "words of others no longer name")
            ))
        }
    }
}
