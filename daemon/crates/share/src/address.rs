//! The address of a share, as the configuration names it.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// The maximum length of an address, in bytes.
const LONGEST: usize = 1024;

/// The address of a store and of a place in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A directory, for example of a network file system.
    File(PathBuf),
    /// A container of an Azure storage account.
    Azure {
        /// The storage account's name.
        account: String,
        /// The container's name.
        container: String,
        /// The prefix of object names, which may be empty.
        prefix: String,
    },
    /// A bucket of S3.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// The prefix of object names, which may be empty.
        prefix: String,
    },
    /// A bucket of Google Cloud Storage.
    Google {
        /// The bucket's name.
        bucket: String,
        /// The prefix of object names, which may be empty.
        prefix: String,
    },
}

/// The reason why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "file:///DIRECTORY, az://ACCOUNT/CONTAINER/PREFIX, s3://BUCKET/PREFIX or gs://BUCKET/PREFIX is needed ({0})"
)]
pub struct AddressError(&'static str);

impl Address {
    /// Parses an address. A password, a query or a fragment is refused, so that an address contains
    /// no secret.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > LONGEST {
            return Err(AddressError("it is too long"));
        }
        let url = Url::parse(text).map_err(|_| AddressError("it is no URL"))?;
        let has_more = url.query().is_some() || url.fragment().is_some();
        if has_more || !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError("it has more than a host and a path"));
        }
        if url.scheme() == "file" {
            let path = url.to_file_path();
            let path = path.map_err(|()| AddressError("it names a host"))?;
            return match path.parent() {
                Some(_) => Ok(Self::File(path)),
                None => Err(AddressError("it is the root directory")),
            };
        }
        let bucket = url.host_str().filter(|host| is_name(host));
        let bucket = bucket.ok_or(AddressError("it names no account or bucket"))?;
        let bucket = bucket.to_owned();
        let path = url.path().trim_matches('/');
        if path.contains("//") || path.contains('%') {
            return Err(AddressError("its path is not plain"));
        }
        let prefix = path.to_owned();
        match url.scheme() {
            "az" => {
                let (container, prefix) = path.split_once('/').unwrap_or((path, ""));
                if !is_name(container) {
                    return Err(AddressError("it names no container"));
                }
                Ok(Self::Azure {
                    account: bucket,
                    container: container.to_owned(),
                    prefix: prefix.to_owned(),
                })
            }
            "s3" => Ok(Self::S3 { bucket, prefix }),
            "gs" => Ok(Self::Google { bucket, prefix }),
            _ => Err(AddressError("its scheme is another")),
        }
    }

    /// Returns the prefix of object names.
    pub fn prefix(&self) -> &str {
        match self {
            Self::File(_) => "",
            Self::Azure { prefix, .. } | Self::S3 { prefix, .. } | Self::Google { prefix, .. } => {
                prefix
            }
        }
    }

    /// Returns the directory, if the address is one.
    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            _ => None,
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=255).contains(&text.len()) && text.bytes().all(is_part)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, place, prefix) = match self {
            Self::File(path) => return write!(f, "file://{}", path.display()),
            Self::Azure {
                account,
                container,
                prefix,
            } => ("az", format!("{account}/{container}"), prefix),
            Self::S3 { bucket, prefix } => ("s3", bucket.clone(), prefix),
            Self::Google { bucket, prefix } => ("gs", bucket.clone(), prefix),
        };
        let slash = if prefix.is_empty() { "" } else { "/" };
        write!(f, "{scheme}://{place}{slash}{prefix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_printed_as_they_were() {
        for text in [
            "file:///srv/azq",
            "az://account/container",
            "az://account/container/a/b",
            "s3://bucket",
            "s3://bucket/team",
            "gs://bucket/team/azq",
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
        let azure = Address::parse("az://account/container/a/b/").unwrap();
        assert_eq!(azure.prefix(), "a/b");
    }

    #[test]
    fn a_text_that_is_no_address_or_could_hold_a_secret_is_refused() {
        for text in [
            "",
            "/srv/azq",
            "file:///",
            "file://host/srv",
            "az://account",
            "az://account/",
            "az://account/container?sv=2024&sig=secret",
            "s3://key:secret@bucket/x",
            "s3:///x",
            "http://host/x",
            "s3://bucket/a//b",
            "s3://bucket/a%2Fb",
            &format!("s3://bucket/{}", "x".repeat(LONGEST)),
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
