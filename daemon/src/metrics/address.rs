//! The address for collectors of metrics.

use std::net::SocketAddr;
use std::path::PathBuf;

/// An address that only this machine can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricsAddress {
    /// A port of a loopback address.
    Port(SocketAddr),
    /// A socket of this user.
    Socket(PathBuf),
}

impl MetricsAddress {
    /// Parses an address. Returns `None` for an empty one.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(path) = text.strip_prefix("unix:").map(PathBuf::from) {
            return Some(path)
                .filter(|path| path.is_absolute())
                .map(|path| Some(Self::Socket(path)))
                .ok_or_else(|| "unix: with an absolute path is needed".to_owned());
        }
        let address: Option<SocketAddr> = text.parse().ok();
        match address.filter(|address| address.ip().is_loopback() && address.port() > 0) {
            Some(address) => Ok(Some(Self::Port(address))),
            None => Err("127.0.0.1:PORT, [::1]:PORT or unix:PATH is needed".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_listened_to() {
        let port = MetricsAddress::parse("127.0.0.1:9464").unwrap();
        assert!(matches!(port, Some(MetricsAddress::Port(_))));
        let socket = MetricsAddress::parse("unix:/run/user/1/azq-metrics").unwrap();
        assert!(matches!(socket, Some(MetricsAddress::Socket(_))));
        assert_eq!(MetricsAddress::parse(""), Ok(None));
        for text in [
            "0.0.0.0:9464",
            "10.0.0.1:9464",
            "localhost:9464",
            "127.0.0.1:0",
            "unix:x",
            "9464",
        ] {
            assert!(MetricsAddress::parse(text).is_err(), "{text}");
        }
    }
}
