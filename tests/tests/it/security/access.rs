//! Which users may call the daemon.

use std::io;

use tonic::{Code, Request};

use crate::prelude::*;

#[test]
fn another_user_can_neither_read_files_nor_connect() {
    let (_emulator, home) = logged_in();
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    // Only azq's own modes keep the other user out.
    for folder in ["", "runtime_dir", "cache_home", "state_home"] {
        set_mode(&home.path().join(folder), 0o755);
    }
    let folders = ["runtime_dir/azq", "cache_home/azq", "state_home/azq"];
    let folders = folders.map(|folder| home.path().join(folder));
    let files: Vec<_> = folders.iter().flat_map(|folder| files_in(folder)).collect();
    assert!(files.len() >= 5, "{files:?}");
    as_user(STRANGER, || {
        let denied = |error: io::Error| assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        for path in folders.iter().chain(&files) {
            denied(fs::File::open(path).unwrap_err());
        }
        denied(UnixStream::connect(home.socket()).unwrap_err());
    });

    // Even where the folders' modes would let the other user in, the files and the daemon do not.
    for folder in &folders {
        set_mode(folder, 0o755);
    }
    as_user(STRANGER, || {
        for file in &files {
            assert!(fs::File::open(file).is_err(), "{}", file.display());
        }
    });
    let socket = home.socket();
    set_mode(&socket, 0o666);
    let refused = as_user(STRANGER, || {
        let stream = UnixStream::connect(&socket).unwrap();
        Bounded(stream).read(&mut [0; 64])
    });
    if let Some(heard) = refused {
        let heard = heard.map_err(|error| error.kind());
        assert!(
            matches!(heard, Ok(0) | Err(io::ErrorKind::ConnectionReset)),
            "{heard:?}"
        );
        let says = "refused a connection of uid 65534";
        eventually("the refusal in the log", || home.log().contains(says));
    }
    set_mode(&home.runtime_dir(), 0o700);
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
}

/// The client checks the owner of the socket before it sends a byte.
#[test]
fn the_client_sends_nothing_to_another_users_socket() {
    let (_emulator, home) = logged_in();
    for folder in [home.path(), &home.path().join("runtime_dir")] {
        set_mode(folder, 0o755);
    }
    fs::create_dir(home.runtime_dir()).unwrap();
    set_mode(&home.runtime_dir(), 0o777);
    let socket = home.socket();
    let Some(listener) = as_user(STRANGER, || UnixListener::bind(&socket).unwrap()) else {
        return;
    };
    set_mode(&home.runtime_dir(), 0o700);
    let outcome = home.line(SHOW_POOL);
    let says = format!(
        "ERROR: the socket {} belongs to uid 65534, not to you; remove it or set AZQ_RUNTIME_DIR\n",
        socket.display()
    );
    assert_eq!(outcome.failure(1), says);
    until_readable(&listener).unwrap();
    let (mut heard, mut bytes) = (Bounded(listener.accept().unwrap().0), Vec::new());
    heard.read_to_end(&mut bytes).unwrap();
    assert!(bytes.is_empty(), "{bytes:?}");
}

/// A hostile client's request that is too large or invalid fails, without any other effect.
#[tokio::test]
async fn a_hostile_request_fails_without_other_effect() {
    let (_emulator, home) = logged_in();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let daemon = home.daemons();
    let mut client = CommandsClient::new(channel(&home).await);
    let azure = home.path().join("azure").display().to_string();
    let refused = within_limit(client.list_skus(asking(&azure, 8 << 20))).await;
    assert_eq!(refused.unwrap_err().code(), Code::OutOfRange);
    for (directory, length) in [
        (azure.as_str(), 100_000),
        ("/nosuch", 0),
        ("../../etc", 0),
        ("/etc\0", 0),
        ("", 0),
    ] {
        let replies = within_limit(client.list_skus(asking(directory, length))).await;
        let mut replies = replies.unwrap().into_inner();
        let mut kinds = Vec::new();
        while let Some(reply) = within_limit(replies.message()).await.unwrap() {
            kinds.extend(reply.kind);
        }
        assert!(!kinds.is_empty(), "{directory}");
        assert!(!kinds.contains(&v1::reply::Kind::Exit(0)), "{directory}");
    }
    let mut headers = asking(&azure, 0);
    let long = "x".repeat(64 << 10).parse().unwrap();
    headers.metadata_mut().insert("x", long);
    assert!(within_limit(client.list_skus(headers)).await.is_err());
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert_eq!(home.daemons(), daemon);
}

/// Returns a request with a query of so many brackets.
fn asking(directory: &str, brackets: usize) -> Request<v1::ListSkusRequest> {
    let output = v1::OutputOptions {
        query: Some("[".repeat(brackets)),
        ..v1::OutputOptions::default()
    };
    let context = v1::Context {
        azure_config_dir: directory.to_owned(),
        output: Some(output),
        ..v1::Context::default()
    };
    let mut request = Request::new(v1::ListSkusRequest {
        context: Some(context),
        ..v1::ListSkusRequest::default()
    });
    let range = "1-1".parse().unwrap();
    request.metadata_mut().insert("azq-protocol", range);
    request
}

/// More connections than the daemon accepts delay other clients while they last, and leave it the
/// descriptors that it needs.
#[test]
fn the_number_of_connections_is_bounded() {
    let (_emulator, home) = logged_in();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let [daemon] = home.daemons().try_into().unwrap();
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let places = limit.map_or(512, |limit| usize::try_from(limit / 2).unwrap().min(512));
    let flood = Peers::connect(&home, places + 50);
    eventually("the places to be taken", || flood.taken() >= places);
    assert_eq!(flood.taken(), places);
    drop(flood);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    assert_eq!(home.daemons(), [daemon]);
}
