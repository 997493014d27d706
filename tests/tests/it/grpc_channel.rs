//! A connection to a daemon without azq, as a client of another version or a hostile one would
//! make.

use azq_proto::environment::is_forwarded;
use azq_proto::v1;
use azq_proto::v1::daemon_client::DaemonClient;
use azq_tests::harness::{Home, within_limit};
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

/// Connects to the daemon of a home.
pub(crate) async fn channel(home: &Home) -> Channel {
    let address = format!("unix://{}", home.socket().display());
    let endpoint = Endpoint::from_shared(address).unwrap();
    within_limit(endpoint.connect()).await.unwrap()
}

/// Returns a request of this home's user, as azq sends it.
#[allow(dead_code, reason = "some tests make requests of their own")]
pub(crate) fn spoken<T>(home: &Home, message: impl FnOnce(v1::Context) -> T) -> Request<T> {
    let environment = home.environment().iter();
    let travelling = environment.filter(|(name, _)| is_forwarded(name));
    let context = v1::Context {
        azure_config_dir: home.path().join("azure").display().to_string(),
        environment: travelling
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        ..v1::Context::default()
    };
    let mut request = Request::new(message(context));
    let range = "1-1".parse().unwrap();
    request.metadata_mut().insert("azq-protocol", range);
    request
}

/// Asks the daemon of a home to end, as a newer client does; returns the daemon's process id.
#[allow(dead_code, reason = "not all binaries of tests replace a daemon")]
pub(crate) async fn replace_daemon(home: &Home) -> u32 {
    let request = v1::StopRequest {
        reason: "replaced by a newer version".to_owned(),
        replaced: true,
    };
    let mut daemon = DaemonClient::new(channel(home).await);
    within_limit(daemon.stop(request))
        .await
        .unwrap()
        .into_inner()
        .pid
}
