//! A size that may fit, with further facts about it.

use crate::size::VmSize;

/// A size with facts beyond its SKU.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The size.
    pub size: VmSize,
    /// The distance from the size that similar ones are searched for.
    pub distance: Option<f64>,
    /// The vCPUs that the quota still allows.
    pub vcpus_left: Option<u64>,
    /// The machines that the quota still allows.
    pub machines_left: Option<u64>,
    /// The hourly price, pay as you go.
    pub price: Option<f64>,
    /// The hourly price as a spot machine.
    pub spot_price: Option<f64>,
}

impl Candidate {
    /// Creates a candidate without further facts.
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
