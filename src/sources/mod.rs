//! Where gigs come from: one file for each kind of source, and the registry that names them.
//!
//! A source looks and reports; it never decides what is new, what is sent or when it is looked at again.

pub mod feed;
pub mod folder;
pub mod page;
pub mod written;

use crate::failure::Why;
use crate::ports::Source;

/// Makes a source from its address, or says what is wrong with that.
pub type Open = fn(&str) -> Result<Box<dyn Source>, Why>;

/// Every kind of source: its word in the config, and what opens it.
pub const KINDS: &[(&str, Open)] = &[
    ("feed", |url| Ok(Box::new(feed::Feed::at(url)?))),
    ("folder", |path| Ok(Box::new(folder::Folder::at(path)?))),
    ("page", |url| Ok(Box::new(page::Page::at(url)?))),
];

/// Opens the source of this kind at this address: a URL for `feed` and `page`, a directory for `folder`.
pub fn open(kind: &str, address: &str) -> Result<Box<dyn Source>, Why> {
    let Some((_, open)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        let kinds = KINDS.iter().map(|(known, _)| format!("`{known}`")).collect::<Vec<_>>().join(" or ");
        return Err(Why::new(format!("there is no kind of source called `{kind}`: it is {kinds}")));
    };
    open(address)
}
