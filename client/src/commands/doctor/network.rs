//! The proxies and certificates between azq and Azure, as the variables name them.
//!
//! Invariant: the user and the password of a proxy are not shown.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::Finding;
use crate::environment::Environment;
use crate::locale::set;

/// The variables that name a proxy for HTTPS, in the order in which they count.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The variables that name a bundle of certificates, in the order in which they count.
const BUNDLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
/// The variables that other programs honour, and neither az nor azq.
const IGNORED: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// The most bytes of a bundle that are searched for its first certificate.
const BEGINNING: u64 = 1 << 20;

/// The proxy for requests to Azure.
pub(super) fn proxy(environment: &dyn Environment) -> Finding {
    let found = PROXIES
        .iter()
        .find_map(|name| Some((name, set(environment, name)?)));
    let Some((name, proxy)) = found else {
        return Finding::ok("none");
    };
    let Some(shown) = without_user(&proxy) else {
        return Finding::warning(
            format!("{name} is not a URL"),
            "write it as http://HOST:PORT, or unset it",
        );
    };
    let exceptions = ["NO_PROXY", "no_proxy"]
        .iter()
        .find_map(|name| set(environment, name));
    let exceptions = exceptions.map_or(String::new(), |hosts| format!(", not for {hosts}"));
    Finding::ok(format!("{shown} ({name}){exceptions}"))
}

/// A proxy's URL without its user and password; `None` if it is no URL.
fn without_user(proxy: &str) -> Option<String> {
    let (scheme, rest) = proxy.split_once("://").unwrap_or(("http", proxy));
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let is_host = !host.is_empty() && !host.contains(char::is_whitespace);
    let is_scheme = ["http", "https", "socks5", "socks5h"].contains(&scheme);
    (is_host && is_scheme).then(|| format!("{scheme}://{host}"))
}

/// The certificates that the chain of Azure or of the proxy must lead to.
pub(super) fn certificates(environment: &dyn Environment) -> Finding {
    let first = |names: [&'static str; 2]| {
        let mut names = names.into_iter();
        names.find_map(|name| Some((name, set(environment, name)?)))
    };
    if let Some((name, path)) = first(BUNDLES) {
        let shown = format!("{path} ({name})");
        return match objection(Path::new(&path)) {
            None => Finding::ok(shown),
            Some(why) => Finding::error(
                format!("{shown}: {why}"),
                &format!("let {name} name PEM certificates, or unset it"),
            ),
        };
    }
    match first(IGNORED) {
        None => Finding::ok("the system's"),
        Some((name, _)) => Finding::warning(
            format!("the system's; {name} does not count, as for az"),
            "if Azure is reached over a proxy of your own, name its certificates in REQUESTS_CA_BUNDLE",
        ),
    }
}

fn objection(path: &Path) -> Option<String> {
    // The certificates of a directory are found by their names.
    if path.is_dir() {
        return None;
    }
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning));
    if let Err(error) = read {
        return Some(format!("it cannot be read: {error}"));
    }
    let has_one = String::from_utf8_lossy(&beginning).contains("-----BEGIN CERTIFICATE-----");
    (!has_one).then(|| "it has no certificate in PEM form".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use crate::environment::fake::Fake;

    fn variables(given: &[(&str, &str)]) -> Fake {
        let given = given.iter();
        given.fold(Fake::default(), |fake, (name, value)| {
            fake.variable(name, value)
        })
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        for (proxy, shown) in [
            ("http://proxy:8080", Some("http://proxy:8080")),
            ("http://me:pass@w0rd@proxy:8080/", Some("http://proxy:8080")),
            ("proxy:3128", Some("http://proxy:3128")),
            ("http://", None),
            ("gopher://proxy", None),
            ("", None),
        ] {
            assert_eq!(without_user(proxy).as_deref(), shown, "{proxy}");
        }
        let given = [
            ("https_proxy", "http://u:secret@p:1"),
            ("NO_PROXY", "local"),
        ];
        let finding = proxy(&variables(&given));
        assert_eq!(finding.detail, "http://p:1 (https_proxy), not for local");
        let odd = proxy(&variables(&[("HTTPS_PROXY", "x://u:secret@p")]));
        assert_eq!(odd.status, Status::Warning);
        assert!(!format!("{odd:?}").contains("secret"));
    }

    #[test]
    fn a_bundle_must_be_there_and_hold_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("ca.pem");
        let path = bundle.to_str().unwrap();
        let status = |name| certificates(&variables(&[(name, path)])).status;
        assert_eq!(status("REQUESTS_CA_BUNDLE"), Status::Error);
        std::fs::write(&bundle, "nothing").unwrap();
        assert_eq!(status("CURL_CA_BUNDLE"), Status::Error);
        assert_eq!(status("SSL_CERT_DIR"), Status::Warning);
        std::fs::write(&bundle, "-----BEGIN CERTIFICATE-----\n").unwrap();
        assert_eq!(status("REQUESTS_CA_BUNDLE"), Status::Ok);
        assert_eq!(certificates(&variables(&[])).status, Status::Ok);
    }
}
