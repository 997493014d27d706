//! The `Debug` output of messages that contain credentials, which it omits: kubeconfigs, and the
//! headers and bodies of `az rest`.

use std::fmt;

use crate::v1::{CallRestRequest, Kubeconfig, KubeconfigMerge};

impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubeconfig")
            .field("length", &self.content.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KubeconfigMerge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeconfigMerge")
            .field("agreed", &self.agreed)
            .field("may_ask", &self.may_ask)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CallRestRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRestRequest")
            .field("context", &self.context)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::v1;

    #[test]
    fn a_debug_print_shows_no_credentials() {
        let secret = b"client-key-data: secret".to_vec();
        let request = v1::GetClusterCredentialsRequest {
            merge: Some(v1::KubeconfigMerge {
                existing: secret.clone().into(),
                addition: secret.clone().into(),
                ..v1::KubeconfigMerge::default()
            }),
            ..v1::GetClusterCredentialsRequest::default()
        };
        let reply = v1::Reply {
            kind: Some(v1::reply::Kind::Kubeconfig(v1::Kubeconfig {
                content: secret.into(),
                ..v1::Kubeconfig::default()
            })),
        };
        let rest = v1::CallRestRequest {
            url: Some("https://me:secret@h/?sig=secret".to_owned()),
            body: Some("secret".to_owned()),
            headers: Some(v1::Words {
                word: vec!["Authorization=secret".to_owned()],
            }),
            ..v1::CallRestRequest::default()
        };
        let printed = format!("{request:?} {reply:?} {rest:?}");
        // The secret as text, and as a list of bytes.
        assert!(
            !printed.contains("secret") && !printed.contains("115, 101"),
            "{printed}"
        );
    }
}
