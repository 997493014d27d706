//! azq's behaviour when Azure, the machine or other clients fail.

mod azure;
mod clients;
mod concurrency_limits;
mod fault_isolation;
mod machine;
mod messages;
mod slow_responses;
