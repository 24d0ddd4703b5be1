//! A file with vouches that somebody brings: one credential, or a list of them as our own export writes it.
//!
//! The file as a whole has to be JSON that reads in one way only; then each document in it stands or falls by itself.

use super::jcs::{Json, canonical, parse};
use super::refused::Refused;

/// Some two hundred vouches of the usual length.
pub const FILE_BYTES: usize = 256 * 1024;
/// So many are looked at in one file.
pub const MOST: usize = 200;

/// Each document of the file, to be read by [`super::Presented::read`]; in its canonical form, which is what is signed.
pub fn documents(file: &[u8]) -> Result<Vec<Result<String, Refused>>, Refused> {
    if file.len() > FILE_BYTES {
        return Err(Refused::TooBig { bytes: file.len(), most: FILE_BYTES });
    }
    let documents = match parse(file)? {
        Json::List(documents) => documents,
        one => vec![one],
    };
    if documents.len() > MOST {
        return Err(Refused::TooMany { count: documents.len(), most: MOST });
    }
    let read = |document| match document {
        Json::Object(object) => Ok(canonical(&object)),
        _ => Err(Refused::Field { field: "the document".to_owned(), wanted: "one object" }),
    };
    Ok(documents.into_iter().map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::jcs::JsonError;

    #[test]
    fn a_file_holds_one_document_or_a_list() {
        assert_eq!(documents(br#"{"b": 1, "a": 2}"#), Ok(vec![Ok(r#"{"a":2,"b":1}"#.to_owned())]));
        let [first, second] = &documents(br#"[{"a": 1}, "x"]"#).unwrap()[..] else { panic!("two documents") };
        assert!(first.is_ok() && matches!(second, Err(Refused::Field { .. })));
        assert_eq!(documents(b"[]"), Ok(Vec::new()));
    }

    #[test]
    fn a_file_that_reads_in_two_ways_or_is_too_much_is_refused_whole() {
        let twice = documents(br#"[{"id": "a", "id": "b"}]"#);
        assert_eq!(twice, Err(Refused::Json(JsonError::DuplicateKey("id".to_owned()))));
        assert!(matches!(documents(b"vouches"), Err(Refused::Json(JsonError::Syntax { .. }))));
        assert!(matches!(documents(&vec![b' '; FILE_BYTES + 1]), Err(Refused::TooBig { .. })));
        let many = format!("[{}{{}}]", "{},".repeat(MOST));
        assert_eq!(documents(many.as_bytes()), Err(Refused::TooMany { count: MOST + 1, most: MOST }));
    }
}
