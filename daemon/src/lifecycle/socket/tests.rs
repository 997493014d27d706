//! Tests of two daemons with one runtime directory, and of the last connections at the end.

use super::*;
use futures_util::future::poll_immediate;
use std::pin::pin;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn place() -> (tempfile::TempDir, RuntimeDir) {
    let folder = tempfile::tempdir().unwrap();
    let place = RuntimeDir::at(folder.path().join("azq"));
    (folder, place)
}

fn bound() -> (tempfile::TempDir, RuntimeDir, Socket) {
    let (folder, place) = place();
    let socket = Socket::bind(&place).unwrap();
    (folder, place, socket)
}

#[tokio::test]
async fn the_second_of_two_daemons_is_refused() {
    let (_folder, place, first) = bound();
    assert!(matches!(Socket::bind(&place), Err(SocketError::Taken(_))));
    assert!(first.is_ours());
    drop(first);
    // The files that the first daemon left do not stop the next.
    assert!(place.socket().exists());
    assert!(Socket::bind(&place).unwrap().is_ours());
}

#[tokio::test]
async fn another_daemons_socket_is_not_removed() {
    let (_folder, place, socket) = bound();
    std::fs::rename(place.socket(), place.directory().join("old")).unwrap();
    let _other = std::os::unix::net::UnixListener::bind(place.socket()).unwrap();
    assert!(!socket.is_ours());
    socket.unlink();
    assert!(place.socket().exists());
}

#[tokio::test]
async fn a_lock_whose_file_was_replaced_is_lost() {
    let (_folder, place, socket) = bound();
    std::fs::remove_file(place.life_lock()).unwrap();
    assert!(!socket.is_ours());
    std::fs::write(place.life_lock(), "").unwrap();
    assert!(!socket.is_ours());
}

#[tokio::test]
async fn the_end_waits_for_the_first_word_of_who_has_connected() {
    let (_folder, place, socket) = bound();
    let ended = CancellationToken::new();
    let mut client = UnixStream::connect(place.socket()).await.unwrap();
    let mut connections = pin!(socket.connections(&ended));
    let mut connection = connections.next().await.unwrap().unwrap();
    ended.cancel();
    // The stream has not ended: it is pending.
    assert!(poll_immediate(connections.next()).await.is_none());
    client.write_all(b"x").await.unwrap();
    assert_eq!(connection.read_u8().await.unwrap(), b'x');
    let next = poll_immediate(connections.next()).await;
    assert!(matches!(next, Some(None)));
}

#[tokio::test]
async fn connections_from_before_the_end_are_served() {
    let (_folder, place, socket) = bound();
    let ended = CancellationToken::new();
    let connect = || std::os::unix::net::UnixStream::connect(place.socket());
    let _waiting = [connect().unwrap(), connect().unwrap()];
    socket.unlink();
    ended.cancel();
    let connections = socket.connections(&ended).collect::<Vec<_>>().await;
    assert_eq!(connections.len(), 2);
    assert!(connect().is_err());
}

#[tokio::test]
async fn a_foreign_pid_in_the_lock_file_does_not_matter() {
    let (_folder, place) = place();
    place.prepare().unwrap();
    std::fs::write(place.life_lock(), "1\n").unwrap();
    let _socket = Socket::bind(&place).unwrap();
    let text = std::fs::read_to_string(place.life_lock()).unwrap();
    assert_eq!(text, format!("{}\n", std::process::id()));
}
