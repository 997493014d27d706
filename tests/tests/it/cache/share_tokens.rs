//! The tokens that azq sends to a share in Azure Storage: only those issued for storage.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::prelude::*;

type Heard = Arc<Mutex<Vec<String>>>;

/// Starts a storage account that is empty and refuses writes. It records the audience of each
/// request's token.
fn storage() -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let audiences = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            serve(&stream, &audiences);
        }
    });
    (port, heard)
}

fn serve(mut stream: &TcpStream, audiences: &Heard) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some((_, token)) = line.split_once("earer ") {
            audiences.lock().unwrap().push(audience(token));
        }
    }
    let status = if first.starts_with("GET ") {
        "404 Not Found"
    } else {
        "403 Forbidden"
    };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    // An error means that the client has closed the connection.
    drop(stream.write_all(answer.as_bytes()));
}

fn audience(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["aud"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_for_storage_and_no_other_goes_to_azure_storage() {
    let (emulator, (port, heard)) = (emulator(), storage());
    let mut home = Home::new(&emulator).unwrap();
    home.set("AZQ_SHARE", "az://account/container/prefix");
    let endpoint = format!("http://127.0.0.1:{port}");
    home.set("AZURE_STORAGE_ENDPOINT", &endpoint);
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    assert_eq!(sku_requests(&emulator), 1);
    let heard = heard.lock().unwrap();
    let is_storage = |audience: &String| audience == "https://storage.azure.com";
    assert!(
        !heard.is_empty() && heard.iter().all(is_storage),
        "{heard:?}"
    );
    // The store may be read, but not written to.
    let status = home.line("daemon status").success();
    status.assert_contains("not written to: ");
    status.assert_lacks("not read: ");
}

#[test]
fn no_token_goes_over_the_network_in_the_clear() {
    let (_emulator, mut home) = logged_in();
    home.set("AZQ_SHARE", "az://account/container/prefix");
    home.set("AZURE_STORAGE_ENDPOINT", "http://storage.example");
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    home.line("daemon status")
        .success()
        .assert_contains("neither https nor an address of this machine");
}
