//! One gig: `plan` shows what would be said of it, `post` hands it in, `fill`, `withdraw`, `reopen` and `edit` decide about it.

use super::client::{Client, segment};
use super::operate::done;
use super::settings::Loaded;
use super::{Failed, Form, patience, say, say_json, show};
use crate::web::admin::answers::Planned;
use crate::web::admin::{DecideAsked, Format, PlanAsked, Planning, PostAsked, WrittenFile};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Plan {
    /// A gig file (TOML or JSON), or the address of a feed
    #[arg(value_name = "FILE|URL")]
    what: String,
    /// Only what this poster's accounts would say
    #[arg(long, value_name = "NAME")]
    poster: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Post {
    /// A gig file (TOML or JSON)
    file: PathBuf,
    /// Whose gig it is
    #[arg(long, value_name = "NAME")]
    poster: String,
    /// The accounts that say it first: handles or ids, separated by commas; or one community, as community/NAME. In place of the file's `first`
    #[arg(long, value_name = "WHO", value_delimiter = ',', requires = "widen_after")]
    first: Vec<String>,
    /// How long these go alone before everyone else follows, as in 6h or 2d
    #[arg(long, value_name = "TIME", requires = "first")]
    widen_after: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct OfGig {
    /// Its id, as `gigcast gigs` shows it
    gig: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Fill {
    /// Its id, as `gigcast gigs` shows it
    gig: String,
    /// Whom its poster hired: a handle with its server, a name or an id
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Edit {
    /// Its id, as `gigcast gigs` shows it
    gig: String,
    /// The fields to change, as a gig file (TOML or JSON) has them
    file: PathBuf,
}

pub(super) fn plan(loaded: &Loaded, form: Form, options: &Plan) -> Result<(), Failed> {
    let client = Client::find(loaded)?;
    let is_address = options.what.starts_with("https://") || options.what.starts_with("http://");
    let gig =
        if is_address { Planning::Feed(options.what.clone()) } else { Planning::File(read(Path::new(&options.what))?) };
    let bar = patience("Reading it");
    let answer = client.post("/api/plan", &json(&PlanAsked { gig, poster: options.poster.clone() })?);
    bar.finish_and_clear();
    let planned: Vec<Planned> = answer?;
    match form {
        Form::Json => say_json(&planned),
        Form::Text => say(&show::plan(&planned)),
    }
}

pub(super) fn post(loaded: &Loaded, form: Form, options: &Post) -> Result<(), Failed> {
    let client = Client::find(loaded)?;
    let asked = PostAsked {
        gig: read(&options.file)?,
        poster: options.poster.clone(),
        first: options.first.clone(),
        widen_after: options.widen_after.clone(),
    };
    done(&client.post("/api/post", &json(&asked)?)?, form)
}

pub(super) fn fill(loaded: &Loaded, form: Form, options: &Fill) -> Result<(), Failed> {
    let asked = options.by.clone().map_or(DecideAsked::Fill, DecideAsked::FillBy);
    decide(loaded, form, &options.gig, &asked)
}

pub(super) fn withdraw(loaded: &Loaded, form: Form, options: &OfGig) -> Result<(), Failed> {
    decide(loaded, form, &options.gig, &DecideAsked::Withdraw)
}

pub(super) fn reopen(loaded: &Loaded, form: Form, options: &OfGig) -> Result<(), Failed> {
    decide(loaded, form, &options.gig, &DecideAsked::Reopen)
}

pub(super) fn edit(loaded: &Loaded, form: Form, options: &Edit) -> Result<(), Failed> {
    decide(loaded, form, &options.gig, &DecideAsked::Edit(read(&options.file)?))
}

fn decide(loaded: &Loaded, form: Form, gig: &str, asked: &DecideAsked) -> Result<(), Failed> {
    let client = Client::find(loaded)?;
    done(&client.post(&format!("/api/decide/{}", segment(gig)), &json(asked)?)?, form)
}

fn json(asked: &impl Serialize) -> Result<String, Failed> {
    serde_json::to_string(asked).map_err(|cause| Failed::new(cause.to_string()))
}

fn read(path: &Path) -> Result<WrittenFile, Failed> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| Failed::new(format!("the gig {} cannot be read: {cause}", path.display())))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let format = if path.extension().is_some_and(|ending| ending == "json") { Format::Json } else { Format::Toml };
    Ok(WrittenFile { name, format, text })
}
