//! `azq gen2`: the report, the plan and the migration to Generation 2.

mod kills;
mod migrate;
mod plan;
mod report;
mod scene;
