//! Where gigs come from: one file for each kind of source, and the registry that names them.
//!
//! A source looks and reports; it never decides what is new, what is sent or when it is looked at again.

pub mod api;
pub mod board;
pub mod feed;
mod fetch;
pub mod folder;
pub mod hook;
pub mod licensed;
mod offer;
pub mod page;
pub mod profile;
mod reading;
pub mod written;

use crate::failure::Why;
use crate::ports::Source;

/// Makes a source from its address, or says what is wrong with that.
pub type Open = fn(&str) -> Result<Box<dyn Source>, Why>;

/// Every kind of source that an address alone describes: its word in the config, and what opens it. An `api` and a `hook` need their mapping, too.
pub const KINDS: &[(&str, Open)] = &[
    ("feed", |url| Ok(Box::new(feed::Feed::at(url)?))),
    ("folder", |path| Ok(Box::new(folder::Folder::at(path)?))),
    ("page", |url| Ok(Box::new(page::Page::at(url)?))),
    ("board", |address| {
        let (system, name) = address.split_once('/').unwrap_or((address, ""));
        Ok(Box::new(board::Board::at(system, name)?))
    }),
];

/// Opens the source of this kind at this address: a URL for `feed` and `page`, a directory for `folder`, `system/name` for `board`.
pub fn open(kind: &str, address: &str) -> Result<Box<dyn Source>, Why> {
    let Some((_, open)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        let kinds = KINDS.iter().map(|(known, _)| format!("`{known}`")).collect::<Vec<_>>().join(" or ");
        return Err(Why::new(format!("there is no kind of source called `{kind}`: it is {kinds}")));
    };
    open(address)
}
