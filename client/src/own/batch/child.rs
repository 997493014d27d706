//! A line that another process answers: the real az, or azq itself where a command is not the daemon's.

use super::answer::{Collector, Part};
use prost::bytes::Bytes;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

/// The most that is read of an answer at once.
const CHUNK: usize = 64 * 1024;

/// Runs it with nothing on its standard input; its exit code.
pub(super) async fn run(command: std::process::Command, collector: &Collector) -> io::Result<u8> {
    let mut child = Command::from(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    tokio::try_join!(
        copy(stdout, collector, Part::Stdout),
        copy(stderr, collector, Part::Stderr)
    )?;
    Ok(code(child.wait().await?))
}

async fn copy(
    pipe: Option<impl AsyncRead + Unpin>,
    collector: &Collector,
    part: fn(Bytes) -> Part,
) -> io::Result<()> {
    let Some(mut pipe) = pipe else {
        return Ok(());
    };
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        if pipe.read_buf(&mut chunk).await? == 0 {
            return Ok(());
        }
        if collector.give(part(chunk.into())).await.is_err() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
    }
}

/// As shells have it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
