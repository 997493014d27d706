//! A size that may fit, with what was found out about it.

use crate::size::VmSize;

/// A size and what is known of it beyond its SKU.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The size.
    pub size: VmSize,
    /// Its distance from the size that similar ones are sought for.
    pub distance: Option<f64>,
    /// The vCPUs that there is quota for.
    pub vcpus_left: Option<u64>,
    /// The machines that there is quota for.
    pub machines_left: Option<u64>,
    /// The price of an hour, pay as you go.
    pub price: Option<f64>,
    /// The price of an hour as a spot machine.
    pub spot_price: Option<f64>,
}

impl Candidate {
    /// A size of which nothing else is known.
    pub const fn of(size: VmSize) -> Self {
        Self {
            size,
            distance: None,
            vcpus_left: None,
            machines_left: None,
            price: None,
            spot_price: None,
        }
    }
}
