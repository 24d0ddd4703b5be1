//! `community`: named groups of people in one kind of work, as the operator sees to them.

use super::client::{Client, segment};
use super::operate::done;
use super::settings::Loaded;
use super::{Failed, Form, say, say_json, show};
use crate::web::admin::{CommunityAsked, CommunityLine, CommunityView};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Start a community
    Add {
        /// What it is called; its address is made from it
        name: String,
        /// Its kind of work, as in design/illustration
        #[arg(long, value_name = "SLUG")]
        category: String,
        /// Its first steward: a name, a handle or an id
        #[arg(long, value_name = "WHO")]
        steward: String,
        /// So many members must vouch for whoever comes in uninvited; 2 when it is left out
        #[arg(long, value_name = "COUNT")]
        vouches: Option<u8>,
    },
    /// List the communities
    List,
    /// Show one, with who is in it, who is invited, and who was taken out and why
    Show {
        /// As `gigcast community list` names it
        community: String,
    },
    /// Make somebody its steward
    Steward {
        /// As `gigcast community list` names it
        community: String,
        /// A name, a handle or an id of somebody who has signed in here
        who: String,
    },
    /// Take back a steward's invitation of somebody who has not come in yet
    Uninvite {
        /// As `gigcast community list` names it
        community: String,
        /// A handle, a name or an id, as `gigcast community show` has it
        who: String,
    },
    /// Take a community away, with its list of members
    Remove {
        /// As `gigcast community list` names it
        community: String,
    },
}

pub(super) fn run(loaded: &Loaded, form: Form, options: &Options) -> Result<(), Failed> {
    let client = Client::find(loaded)?;
    let asked = match &options.verb {
        Verb::List => {
            let all: Vec<CommunityLine> = client.get("/api/communities")?;
            return match form {
                Form::Json => say_json(&all),
                Form::Text => say(&show::community::lines(&all)),
            };
        }
        Verb::Show { community } => {
            let view: CommunityView = client.get(&format!("/api/communities/{}", segment(community)))?;
            return match form {
                Form::Json => say_json(&view),
                Form::Text => say(&show::community::view(&view)),
            };
        }
        Verb::Add { name, category, steward, vouches } => CommunityAsked::Add {
            name: name.clone(),
            category: category.clone(),
            vouches: *vouches,
            steward: steward.clone(),
        },
        Verb::Steward { community, who } => CommunityAsked::Steward { community: community.clone(), who: who.clone() },
        Verb::Uninvite { community, who } => {
            CommunityAsked::Uninvite { community: community.clone(), who: who.clone() }
        }
        Verb::Remove { community } => CommunityAsked::Remove { community: community.clone() },
    };
    let asked = serde_json::to_string(&asked).map_err(|cause| Failed::new(cause.to_string()))?;
    done(&client.post("/api/communities", &asked)?, form)
}
