//! Web and mail addresses: which of them may stand in a post, and when two of them are one.

use url::Url;

/// A longer address is not one that a person could check.
const ADDRESS_BYTES: usize = 2000;

/// Query parameters that say where a click came from and change nothing about what is seen.
const TRACKING: &[&str] = &[
    "gh_src",
    "ref",
    "source",
    "fbclid",
    "gclid",
    "mc_cid",
    "mc_eid",
    "msclkid",
    "igshid",
    "yclid",
    "dclid",
    "twclid",
    "li_fat_id",
    "ref_src",
    "gbraid",
    "wbraid",
    "mkt_tok",
    "_hsenc",
    "_hsmi",
    "_ga",
    "_gl",
    "gad_source",
    "srsltid",
    "ttclid",
    "sc_cid",
    "epik",
    "s_kwcid",
    "trk",
    "trackingid",
    "lever-source",
    "lever-origin",
];

/// What the names of such parameters begin with.
const TRACKING_PREFIXES: [&str; 4] = ["utm_", "hsa_", "pk_", "mtm_"];

/// The address as written when it is one that may be published: `http:`, `https:` or `mailto:`, without a login in it.
/// Otherwise what is wrong with it, as the end of a sentence.
pub fn publishable(written: &str) -> Result<String, String> {
    let written = written.trim();
    if written.len() > ADDRESS_BYTES {
        return Err(format!("is longer than {ADDRESS_BYTES} bytes"));
    }
    let shown: String = written.chars().filter(|c| !c.is_control()).take(80).collect();
    let url = Url::parse(written)
        .map_err(|_| format!("is not a whole address, such as https://acme.example/apply: `{shown}`"))?;
    match url.scheme() {
        "http" | "https" => {
            if !url.username().is_empty() || url.password().is_some() {
                return Err("has a user name or password in it".to_owned());
            }
        }
        "mailto" => {
            if !is_mail_address(url.path()) {
                return Err(format!("is not a mail address: `{shown}`"));
            }
        }
        scheme => return Err(format!("should begin with https:, http: or mailto:, not with `{scheme}:`")),
    }
    // What is not plain ASCII, holds a line end, or is only understood by those who forgive (`https:/acme.example`, `HTTP:\\acme.example`)
    // is written as the address parser would send it.
    let begins = if url.scheme() == "mailto" { "mailto:".to_owned() } else { format!("{}://", url.scheme()) };
    let is_plain = |rest: &str| !rest.starts_with('/') && rest.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if written.strip_prefix(&begins).is_some_and(is_plain) { Ok(written.to_owned()) } else { Ok(url.into()) }
}

/// Something before an `@`, a host with a dot after it, and nothing that could smuggle in a second address.
pub fn is_mail_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&b))
    })
}

/// The form in which two addresses of one page are equal: host in lower case, no default port, no fragment, no
/// tracking parameters. For comparing only; what is published stays as written. Nothing when it is no address.
pub fn canonical_url(written: &str) -> Option<String> {
    let mut url = Url::parse(written.trim()).ok()?;
    url.set_fragment(None);
    let kept = url.query().map(|query| {
        query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect::<Vec<_>>().join("&")
    });
    url.set_query(kept.as_deref().filter(|query| !query.is_empty()));
    Some(url.into())
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    let name = name.split(['[', '%']).next().unwrap_or_default();
    TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || TRACKING.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_everything_its_source_wrote() {
        for written in ["https://Acme.example/apply?utm_source=x&gh_src=1#top", "mailto:jobs@acme.example?subject=Logo"]
        {
            assert_eq!(publishable(written), Ok(written.to_owned()));
        }
        assert_eq!(publishable(" https://acme.example/caf\u{e9} "), Ok("https://acme.example/caf%C3%A9".to_owned()));
    }

    #[test]
    fn an_address_that_only_browsers_forgive_is_written_as_they_understand_it() {
        for written in [
            "https:/acme.example/1",
            "https:acme.example/1",
            "HTTPS://acme.example/1",
            "https:\\\\acme.example\\1",
            "https:///acme.example/1",
        ] {
            assert_eq!(publishable(written).as_deref(), Ok("https://acme.example/1"), "{written}");
        }
    }

    #[test]
    fn what_no_reader_should_click_is_refused_with_its_reason() {
        for (written, said) in [
            ("javascript:alert(1)", "`javascript:`"),
            ("/jobs/1", "whole address"),
            ("https://bank.example@evil.example/", "user name"),
            ("mailto:nobody", "mail address"),
            ("mailto:a@b.example,c@d.example", "mail address"),
        ] {
            let refused = publishable(written).unwrap_err();
            assert!(refused.contains(said), "{written}: {refused}");
        }
        assert!(publishable(&format!("https://x.example/{}", "a".repeat(3000))).is_err());
    }

    #[test]
    fn two_addresses_of_one_page_are_one() {
        let one = canonical_url("https://ACME.example:443/job?id=1&utm_source=a&GH_SRC=2&b#apply");
        assert_eq!(one, canonical_url("https://acme.example/job?fbclid=z&id=1&b"));
        assert_eq!(one.as_deref(), Some("https://acme.example/job?id=1&b"));
        assert_eq!(canonical_url("https://acme.example/job?ref=x").as_deref(), Some("https://acme.example/job"));
        for tracked in [
            "utm_id=1",
            "lever-source=x",
            "lever-source%5B%5D=x",
            "lever-source[]=x",
            "mtm_kwd=a",
            "trk=b",
            "gad_source=1",
        ] {
            let tracked = canonical_url(&format!("https://acme.example/job?id=1&{tracked}&b"));
            assert_eq!(tracked, one, "{tracked:?}");
        }
        assert_ne!(canonical_url("https://acme.example/job?gh_jid=1&id=1&b"), one, "the number of a job is no trace");
        assert_ne!(canonical_url("https://acme.example/job?id=2"), one, "another id is another page");
        assert_eq!(canonical_url("job 1"), None);
    }
}
