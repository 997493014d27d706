//! Node pools, from the guide to operations that outlive their daemon.

mod guide;
mod interruptions;
mod operations;
mod preflight;
mod preflight_cases;
mod preflight_service;
