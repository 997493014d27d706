//! The names that most tests use: the harness, the sample subscription, the emulated Azure, and
//! those of the standard library for files, processes and times.

pub(crate) use std::collections::{BTreeMap, BTreeSet};
pub(crate) use std::fs;
pub(crate) use std::io::{BufRead as _, BufReader, Read, Write};
pub(crate) use std::net::{TcpListener, TcpStream};
pub(crate) use std::os::unix::fs::{PermissionsExt, symlink};
pub(crate) use std::os::unix::net::{UnixListener, UnixStream};
pub(crate) use std::path::{Path, PathBuf};
pub(crate) use std::process::{Child, Command, Output, Stdio};
pub(crate) use std::sync::{Arc, Mutex};
pub(crate) use std::thread;
pub(crate) use std::time::{Duration, Instant, SystemTime};

pub(crate) use azq_proto::v1;
pub(crate) use azq_proto::v1::commands_client::CommandsClient;
pub(crate) use azq_proto::v1::daemon_client::DaemonClient;
pub(crate) use azq_tests::catalogue::Catalogue;
pub(crate) use azq_tests::demo;
pub(crate) use azq_tests::emulator::{
    Account, ClusterSpecification, Effect, Emulator, Fault, Generations, LoggedRequest,
    OTHER_SUBSCRIPTION, SUBSCRIPTION, Specification, TENANT, Workload, WorkloadKind,
};
pub(crate) use azq_tests::harness::sample::*;
pub(crate) use azq_tests::harness::*;
pub(crate) use rustix::process::Signal;
pub(crate) use serde_json::{Map, Value, json};

pub(crate) use crate::grpc_channel::{channel, replace_daemon, spoken};
pub(crate) use crate::interpreter::{node_modules, python};
