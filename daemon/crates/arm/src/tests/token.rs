//! The destinations of the access token.

use super::*;

/// Starts a server with these replies, and an account whose tokens are numbered.
async fn numbered<const N: usize>(replies: [Reply; N]) -> (Server, Arm) {
    let server = Server::start(replies).await;
    let tokens = Tokens {
        numbered: true,
        ..Tokens::default()
    };
    let arm = server.arm_with(tokens, DEADLINES);
    (server, arm)
}

#[tokio::test]
async fn a_rejected_token_is_replaced_if_there_is_another() {
    let expired = refusal("401 Unauthorized", "", "E");
    let (server, arm) = numbered([expired.clone(), ok("{}")]).await;
    let answer = arm.get(PATH, "1", &Silent).await;
    answer.expect("with another token");
    let mut requests = server.requests();
    requests.retain(|request| {
        let request = request.to_lowercase();
        request.contains("authorization: bearer token-1\r\n")
    });
    assert_eq!(requests.len(), 1);
    assert_eq!(refused(expired.clone()).await.1, 1);
    let (server, arm) = numbered([expired]).await;
    let answer = arm.get(PATH, "1", &Silent).await;
    answer.expect_err("rejected again");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_claims_challenge_is_met_once() {
    let header =
        "WWW-Authenticate: Bearer error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"\r\n";
    let challenge = refusal("401 Unauthorized", header, "E");
    // The token stays the same, because an identity endpoint's cached token may be the only one.
    let server = Server::start([challenge.clone(), ok("{}")]).await;
    get(&server).await.expect("asked again");
    assert_eq!(server.requests().len(), 2);
    let words = "(E) m\nCode: E\nMessage: m".to_owned();
    assert_eq!(refused(challenge).await, (words, 2));
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_host_only() {
    let redirect = |to: &str| {
        let head = format!("307 Temporary Redirect\r\nLocation: {to}\r\n");
        Reply::Answer(head, String::new())
    };
    let server = Server::start([redirect("/moved"), ok("{}")]).await;
    get(&server).await.expect("followed");
    let followed = server.requests()[1].to_lowercase();
    assert!(followed.contains("authorization: bearer"));
    let other = Server::start([ok("{}")]).await;
    let (error, _) = refused(redirect(&format!("{}/x", other.base))).await;
    let words = "Azure's redirection is not followed: it leads to another host.";
    assert_eq!(error, words);
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn nothing_that_is_told_holds_the_token() {
    let server = Server::start([Reply::Drop, answer("400 Bad Request", "", "")]).await;
    let (arm, told) = (server.arm(), RecordedReport::default());
    let error = arm.get(PATH, "1", &told).await.expect_err("refused");
    let told = told.all.lock().expect("ok").join("\n");
    assert!(!format!("{told}{error:?}{arm:?}").contains("Bearer"));
    let line = format!("GET {PATH}: 400 Bad Request in ");
    assert!(told.contains(&line), "{told}");
}

#[tokio::test]
async fn a_token_is_sent_over_tls_or_to_this_machine_only() {
    let transports = Transports::new(DEADLINES);
    let transport = transports.get(&TransportSettings::default());
    let arm = |base: &str| {
        let tokens = TokenSource::new(Tokens::default());
        Arm::new(base, "s", &transport, tokens, Arc::default(), DEADLINES)
    };
    for (base, is_fine) in [
        ("http://management.azure.com", false),
        ("http://localhost:1", false),
        ("ftp://127.0.0.1", false),
        ("x", false),
        ("https://management.azure.com/", true),
        ("http://127.0.0.1:1", true),
        ("http://[::1]:1", true),
    ] {
        match arm(base) {
            Ok(_) => assert!(is_fine, "{base}"),
            Err(error) => assert!(!is_fine && matches!(error, ArmError::Setting(_)), "{base}"),
        }
    }
    let arm = arm("https://management.azure.com/").expect("fine");
    assert!(arm.url("https://management.azure.com:443/x?y").is_ok());
    for foreign in [
        "//evil.example/x",
        "https://management.azure.com.evil.example/",
        "http://management.azure.com/",
        "https://management.azure.com:444/",
        "data:x",
    ] {
        assert!(arm.url(foreign).is_err(), "{foreign}");
    }
}
