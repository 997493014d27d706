//! Speaking to a daemon without azq, as a client of another version or a hostile one would.

use azq_tests::harness::{Home, within_limit};
use tonic::transport::{Channel, Endpoint};

/// A connection to the daemon of a home.
pub(crate) async fn channel(home: &Home) -> Channel {
    let address = format!(
        "unix://{}",
        home.meeting_place().join("azqd.sock").display()
    );
    let endpoint = Endpoint::from_shared(address).unwrap();
    within_limit(endpoint.connect()).await.unwrap()
}
