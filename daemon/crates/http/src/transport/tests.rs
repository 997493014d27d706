use super::*;

fn settings(environment: &[(&str, &str)]) -> TransportSettings {
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    TransportSettings::of(&environment.iter().map(owned).collect())
}

#[test]
fn proxies_are_read_as_python_reads_them() {
    let both = settings(&[
        ("HTTPS_PROXY", "upper"),
        ("https_proxy", "lower"),
        ("ALL_PROXY", "all"),
    ]);
    assert_eq!(both.https_proxy.as_deref(), Some("lower"));
    let all = settings(&[("ALL_PROXY", "all")]);
    assert_eq!(all.https_proxy.as_deref(), Some("all"));
    assert_eq!(settings(&[("https_proxy", "")]).https_proxy, None);
}

#[test]
fn a_proxys_password_does_not_show() {
    let with_password = settings(&[("https_proxy", "http://me:s3cret@proxy:8080")]);
    let shown = format!("{with_password:?}");
    assert!(shown.contains("has_https_proxy: true") && !shown.contains("s3cret"));
}

#[test]
fn equal_settings_share_a_client_until_the_roots_change() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    let transports = Transports::new(Deadlines::default());
    let wanted = settings(&[("REQUESTS_CA_BUNDLE", &path)]);
    let before = transports.get(&wanted);
    before.azure().expect("a client");
    let same = transports.get(&wanted);
    assert!(before.is_current() && Arc::ptr_eq(&before.shared, &same.shared));
    std::fs::write(file.path(), "# no certificates yet").expect("written");
    assert!(!before.is_current());
    let another = transports.get(&wanted);
    assert!(!Arc::ptr_eq(&before.shared, &another.shared));
}

#[test]
fn a_bundle_that_is_not_there_is_an_error_in_azs_words() {
    let transports = Transports::new(Deadlines::default());
    let transport = transports.get(&settings(&[("REQUESTS_CA_BUNDLE", "/nosuch")]));
    let error = transport.azure().unwrap_err();
    let words = "REQUESTS_CA_BUNDLE environment variable is specified with an invalid file path";
    assert_eq!(error.to_string(), words);
}

#[test]
fn the_callers_file_is_the_only_one() {
    let roots = |environment: &[(&str, &str)]| {
        let roots = settings(environment).roots;
        roots.map(|(variable, path)| (variable, path.display().to_string()))
    };
    let of = |variable, path: &str| Some((variable, path.to_owned()));
    assert_eq!(roots(&[("CURL_CA_BUNDLE", "/c")]), of(CURL_ROOTS, "/c"));
    let both = [("CURL_CA_BUNDLE", "/c"), ("REQUESTS_CA_BUNDLE", "/r")];
    assert_eq!(roots(&both), of(AZ_ROOTS, "/r"));
    assert_eq!(roots(&[("REQUESTS_CA_BUNDLE", "")]), of(AZ_ROOTS, ""));
    assert_eq!(roots(&[("CURL_CA_BUNDLE", "")]), None);
    let openssls = [("SSL_CERT_FILE", "/s"), ("SSL_CERT_DIR", "/d")];
    assert_eq!(roots(&openssls), None);
}

#[test]
fn verification_cannot_be_turned_off() {
    let transports = Transports::new(Deadlines::default());
    let error = |value| {
        let transport = transports.get(&settings(&[(UNVERIFIED, value)]));
        transport.azure().err().map(|error| error.to_string())
    };
    assert_eq!(error(""), None);
    assert!(error("1").is_some_and(|error| error.contains(UNVERIFIED)));
}

#[test]
fn the_callers_user_agent_follows_azqs() {
    let of = |value| settings(&[(USER_AGENT, value)]).user_agent();
    let whole = format!("azq/{} pipeline/7", env!("CARGO_PKG_VERSION"));
    assert_eq!(of("pipeline/7").expect("a header"), whole.as_str());
    assert!(of("a\nb").is_err());
}

#[test]
fn a_proxy_that_is_no_address_is_an_error() {
    let transports = Transports::new(Deadlines::default());
    let transport = transports.get(&settings(&[("HTTPS_PROXY", "http://:bad:/")]));
    assert!(transport.azure().is_err());
}
