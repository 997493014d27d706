//! Stores that machines share, as the tests start them: a directory, Azurite, moto.
//!
//! `AZQ_TEST_AZURITE` names the program of npm's `azurite`, `AZQ_TEST_MOTO` a Python that has
//! `moto[server]`; without them the tests of Azure Storage and S3 print that they are left out.

use azq_tests::faulty_store::s3_variables;

use crate::interpreter::left_out;
use crate::prelude::*;

/// A store, and the variables by which a machine finds it.
pub(super) struct Store {
    pub(super) variables: Vec<(&'static str, String)>,
    pub(super) place: tempfile::TempDir,
    server: Option<Child>,
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            drop(server.kill());
            server.ends();
        }
    }
}

impl Store {
    pub(super) fn directory() -> Self {
        let place = tempfile::tempdir().unwrap();
        let address = format!("file://{}/share", place.path().display());
        Self {
            variables: vec![("AZQ_SHARE", address)],
            place,
            server: None,
        }
    }

    /// Creates a machine with an empty cache.
    pub(super) fn machine(&self, emulator: &Emulator) -> Home {
        let mut home = Home::new(emulator).unwrap();
        home.set_all(self.variables.iter().cloned());
        // Fifty machines on one computer are slow.
        home.set("AZQ_SHARE_TIMEOUT", "30s");
        home
    }
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn started(mut command: Command, port: u16) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let server = command.spawn().unwrap();
    eventually("the store's start", || answers(port));
    server
}

/// The key of Azurite's account, which is public.
const AZURITE_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Creates a container or a bucket from the test's own process.
fn put(url: &str) {
    let mut command = Command::new("curl");
    command.args(["-sS", "-f", "-o", "/dev/null", "-X", "PUT", url]);
    command.finish().printed(0);
}

pub(super) fn azurite() -> Option<Store> {
    let Some(program) = std::env::var_os("AZQ_TEST_AZURITE").map(PathBuf::from) else {
        left_out("shares in Azure Storage, for AZQ_TEST_AZURITE is not set");
        return None;
    };
    let place = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new(&program);
    command.args(["--silent", "--skipApiVersionCheck", "--disableTelemetry"]);
    command.args(["--blobPort", &port.to_string(), "--location"]);
    command.arg(place.path());
    let server = started(command, port);
    make_container(&program, port);
    let address = "az://devstoreaccount1/catalogues/team".to_owned();
    let endpoint = format!("http://127.0.0.1:{port}/devstoreaccount1");
    let variables = vec![
        ("AZQ_SHARE", address),
        ("AZURE_STORAGE_KEY", AZURITE_KEY.to_owned()),
        ("AZURE_STORAGE_ENDPOINT", endpoint),
    ];
    Some(Store {
        variables,
        place,
        server: Some(server),
    })
}

/// Creates the container by a script of Node's own modules, signed with the account's key.
fn make_container(azurite: &Path, port: u16) {
    const SCRIPT: &str = r"
        const crypto = require('crypto'), http = require('http');
        const [port, key] = process.argv.slice(1);
        const date = new Date().toUTCString(), path = '/devstoreaccount1/catalogues';
        const text = 'PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:' + date + '\nx-ms-version:2021-12-02\n'
            + '/devstoreaccount1' + path + '\nrestype:container';
        const sign = crypto.createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
        const headers = {'x-ms-date': date, 'x-ms-version': '2021-12-02', 'Content-Length': 0,
            Authorization: 'SharedKey devstoreaccount1:' + sign};
        http.request({host: '127.0.0.1', port, method: 'PUT', path: path + '?restype=container', headers},
            answer => { if (answer.statusCode !== 201) { answer.pipe(process.stderr); process.exitCode = 1; } }).end();
    ";
    assert!(azurite.exists(), "{}", azurite.display());
    let mut command = Command::new("node");
    command.args(["-e", SCRIPT, "--", &port.to_string(), AZURITE_KEY]);
    command.finish().printed(0);
}

pub(super) fn moto() -> Option<Store> {
    let Some(python) = std::env::var_os("AZQ_TEST_MOTO").map(PathBuf::from) else {
        left_out("shares in S3, for AZQ_TEST_MOTO is not set");
        return None;
    };
    let port = free_port();
    let mut command = Command::new(python);
    command.args([
        "-m",
        "moto.server",
        "-H",
        "127.0.0.1",
        "-p",
        &port.to_string(),
    ]);
    let server = started(command, port);
    let endpoint = format!("http://127.0.0.1:{port}");
    put(&format!("{endpoint}/catalogues"));
    Some(Store {
        variables: s3_variables("s3://catalogues/team", &endpoint),
        place: tempfile::tempdir().unwrap(),
        server: Some(server),
    })
}
