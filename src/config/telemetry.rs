//! Where traces go, if anywhere.

use super::reader::Section;
use super::value::{base_url, header_name, optional, unless_empty, variable};
use super::{ApiAuth, Otlp};
use url::{Host, Url};

/// What stands behind the address of a collector, by its protocol.
const SIGNAL: &str = "/v1/traces";

/// Nothing where no collector is named.
pub(super) fn read(section: &Section<'_>) -> Option<Otlp> {
    let header = section.read("otlp_auth_header", header_name);
    let auth = section.read("otlp_auth_env", unless_empty(variable)).map(|env| ApiAuth { env, header });
    let name = section.read("service_name", optional);
    let base = section.read("otlp_endpoint", unless_empty(base_url))?;
    if base.ends_with(SIGNAL) {
        section.refuse("otlp_endpoint", format!("it must be without `{SIGNAL}` at the end: that is added"));
        return None;
    }
    let url = Url::parse(&base).ok()?;
    if auth.is_some() && url.scheme() == "http" && !is_this_machine(&url) {
        section.refuse(
            "otlp_endpoint",
            "with `telemetry.otlp_auth_env` it must be https: a credential would go over the network unencrypted"
                .to_owned(),
        );
        return None;
    }
    Some(Otlp {
        endpoint: format!("{base}{SIGNAL}"),
        origin: url.origin().ascii_serialization(),
        auth,
        service_name: name.unwrap_or_else(|| "gigcast".to_owned()),
    })
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{ApiAuth, Config, ConfigFile, Otlp};

    fn otlp(written: &str) -> Result<Option<Otlp>, String> {
        let text = format!("[telemetry]\n{written}");
        let read = Config::parse(&[ConfigFile { name: "test", text: &text }], []);
        read.map(|config| config.otlp).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn a_collector_is_an_address_to_which_the_path_of_traces_is_added() {
        assert_eq!(otlp(""), Ok(None), "off unless it is written");
        let local = otlp("otlp_endpoint = \"http://127.0.0.1:4318\"").unwrap().unwrap();
        assert_eq!((&*local.endpoint, &*local.origin), ("http://127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318"));
        assert_eq!((local.auth, &*local.service_name), (None, "gigcast"));
        let far = "otlp_endpoint = \"https://otlp.example/otlp\"\notlp_auth_env = \"TRACES\"\nservice_name = \"desk\"";
        let far = otlp(far).unwrap().unwrap();
        assert_eq!(far.endpoint, "https://otlp.example/otlp/v1/traces");
        assert_eq!(far.auth, Some(ApiAuth { env: "TRACES".into(), header: "Authorization".into() }));
        assert_eq!(far.service_name, "desk");
    }

    #[test]
    fn a_collector_that_cannot_be_one_is_named_with_what_to_write() {
        for (endpoint, must) in [
            ("127.0.0.1:4318", "http or https"),
            ("http://127.0.0.1:4318/", "without a slash"),
            ("grpc://127.0.0.1:4317", "http or https"),
            ("http://127.0.0.1:4318/v1/traces", "that is added"),
        ] {
            let said = otlp(&format!("otlp_endpoint = {endpoint:?}")).unwrap_err();
            assert!(said.contains("telemetry.otlp_endpoint") && said.contains(must), "{endpoint}: {said}");
        }
    }

    #[test]
    fn a_credential_goes_unencrypted_to_this_machine_only() {
        let with = |endpoint: &str| otlp(&format!("otlp_endpoint = {endpoint:?}\notlp_auth_env = \"TRACES\""));
        for near in ["http://127.0.0.1:4318", "http://localhost:4318", "http://[::1]:4318", "https://10.0.0.7:4318"] {
            assert!(with(near).is_ok(), "{near}");
        }
        for far in ["http://10.0.0.7:4318", "http://otlp.example"] {
            assert!(with(far).unwrap_err().contains("unencrypted"), "{far}");
            assert!(otlp(&format!("otlp_endpoint = {far:?}")).is_ok(), "{far}");
        }
    }
}
