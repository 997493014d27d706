//! The hosts that `NO_PROXY` exempts from the proxy (requests, `should_bypass_proxies`, and
//! Python's `proxy_bypass_environment`).
//!
//! An entry is a host, or a domain with all its hosts, with or without a port. For an address an
//! entry is that address or a network in CIDR notation. `*` alone exempts every host.

use std::net::Ipv4Addr;

use url::Url;

/// Whether a request bypasses the proxy.
pub(super) fn is_spared(url: &Url, no_proxy: &str) -> bool {
    let Some(host) = url.host_str() else {
        return true;
    };
    if no_proxy == "*" {
        return true;
    }
    let host = host.trim_matches(['[', ']']);
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    let address = host.parse().ok();
    no_proxy
        .split(',')
        .map(|entry| entry.replace(' ', ""))
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            if let Some(address) = address {
                return entry == host || network_has(&entry, address);
            }
            let is_named = |host: &str| names(&entry, host);
            is_named(host) || with_port.as_deref().is_some_and(is_named)
        })
}

fn names(entry: &str, host: &str) -> bool {
    let entry = entry.trim_start_matches('.').to_lowercase();
    let above = host.strip_suffix(&entry);
    above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

fn network_has(network: &str, address: Ipv4Addr) -> bool {
    let Some((base, length)) = network.split_once('/') else {
        return false;
    };
    match (base.parse::<Ipv4Addr>(), length.parse::<u32>()) {
        (Ok(base), Ok(length @ 1..=32)) => {
            (base.to_bits() ^ address.to_bits()) >> (32 - length) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_spared_as_in_requests() {
        let spared = |url: &str, no_proxy| is_spared(&Url::parse(url).expect("a URL"), no_proxy);
        for (url, no_proxy) in [
            ("https://arm.local/x", "arm.local"),
            ("https://arm.local:8443/x", "other, arm.local:8443"),
            ("https://a.arm.local:8443/x", "arm.local:8443"),
            ("https://a.arm.local/x", ".ARM.local"),
            ("https://arm.local/x", "*"),
            ("https://10.1.2.3/x", "10.1.2.3"),
            ("https://10.1.2.3:8443/x", "10.1.0.0/16"),
            ("https://[::1]:8443/x", "::1"),
        ] {
            assert!(spared(url, no_proxy), "{url} {no_proxy}");
        }
        for (url, no_proxy) in [
            ("https://arm.local:8443/x", "arm.local:8444"),
            ("https://arm.local/x", "arm.local:8443"),
            ("https://farm.local/x", "arm.local"),
            ("https://arm.local/x", "*.local"),
            ("https://arm.local/x", ""),
            ("https://10.1.2.3/x", "10.1.2.3:443"),
            ("https://10.1.2.3/x", "10.2.0.0/16"),
            ("https://10.1.2.3/x", "10.1.2.3/0"),
        ] {
            assert!(!spared(url, no_proxy), "{url} {no_proxy}");
        }
    }
}
