//! az's command line from outside: goldens, output, handing over, the demo.

mod cache_commands;
mod completion;
mod credentials;
mod demo;
mod doctor;
mod encoding;
mod extension;
mod goldens;
mod grpc_discovery;
mod own_commands;
mod own_settings;
mod passthrough;
mod python_example;
mod rest;
mod sdks;
mod sizes;
mod sizes_kept;
mod status;
mod terminal;
