//! `azq gen2`: from "am I on Generation 2?" to a migrated cluster.

mod kills;
mod migrate;
mod plan;
mod report;
mod scene;
