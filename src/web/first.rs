//! The query of a page, read kindly: of a key that stands there twice the first counts, and what cannot be read is as if it were not there. An
//! address that somebody mistyped, or that two programs added to, shows the page and no error.

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::convert::Infallible;
use url::form_urlencoded;

#[derive(Debug)]
pub struct First<T>(pub T);

impl<T: DeserializeOwned + Default, S: Sync> FromRequestParts<S> for First<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(of(parts.uri.query().unwrap_or_default())))
    }
}

fn of<T: DeserializeOwned + Default>(query: &str) -> T {
    let mut known = BTreeSet::new();
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| known.insert(key.clone().into_owned()));
    let once = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let read = format!("/?{once}").parse::<Uri>().ok().and_then(|uri| Query::try_from_uri(&uri).ok());
    read.map(|Query(read)| read).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Eq, Default, Deserialize)]
    struct Asked {
        #[serde(default)]
        from: String,
        many: Option<u8>,
    }

    #[test]
    fn of_a_key_that_stands_twice_the_first_counts_and_what_cannot_be_read_is_left_out() {
        let asked = |from: &str, many| Asked { from: from.to_owned(), many };
        assert_eq!(of::<Asked>("from=a%26b&from=c&other=d&other=e&many=3"), asked("a&b", Some(3)));
        assert_eq!(of::<Asked>("many=none"), asked("", None));
        assert_eq!(of::<Asked>(""), asked("", None));
    }
}
