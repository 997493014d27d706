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
    let expired = answer(
        "401 Unauthorized",
        "",
        r#"{"error": {"code": "E", "message": "m"}}"#,
    );
    let (server, arm) = numbered([expired.clone(), answer("200 OK", "", "{}")]).await;
    arm.get(PATH, "1", &Silent)
        .await
        .expect("with another token");
    let bearer = |request: &String| {
        request
            .to_lowercase()
            .contains("authorization: bearer token-1\r\n")
    };
    assert_eq!(
        server
            .requests()
            .iter()
            .filter(|request| bearer(request))
            .count(),
        1
    );
    assert_eq!(refused(expired.clone()).await.1, 1);
    let (server, arm) = numbered([expired]).await;
    arm.get(PATH, "1", &Silent)
        .await
        .expect_err("rejected again");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_claims_challenge_is_met_once() {
    let challenge = answer(
        "401 Unauthorized",
        "WWW-Authenticate: Bearer error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"\r\n",
        r#"{"error": {"code": "E", "message": "m"}}"#,
    );
    // The token stays the same, because an identity endpoint's cached token may be the only one.
    let server = Server::start([challenge.clone(), answer("200 OK", "", "{}")]).await;
    get(&server).await.expect("asked again");
    assert_eq!(server.requests().len(), 2);
    let server = Server::start([challenge]).await;
    let error = get(&server).await.expect_err("refused again").to_string();
    assert_eq!(
        (error.as_str(), server.requests().len()),
        ("(E) m\nCode: E\nMessage: m", 2)
    );
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_host_only() {
    let there = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /moved\r\nContent-Length: 0\r\n\r\n"
        .to_owned();
    let server = Server::start([Reply::Bytes(there), answer("200 OK", "", "{}")]).await;
    get(&server).await.expect("followed");
    assert!(
        server.requests()[1]
            .to_lowercase()
            .contains("authorization: bearer")
    );
    let other = Server::start([answer("200 OK", "", "{}")]).await;
    let away = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}/x\r\nContent-Length: 0\r\n\r\n",
        other.base
    );
    let (error, _) = refused(Reply::Bytes(away)).await;
    assert_eq!(
        error,
        "Azure's redirection is not followed: it leads to another host."
    );
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn nothing_that_is_told_holds_the_token() {
    let server = Server::start([Reply::Drop, answer("400 Bad Request", "", "")]).await;
    let told = RecordedReport::default();
    let error = server
        .arm()
        .get(PATH, "1", &told)
        .await
        .expect_err("refused");
    let told = told.all.lock().expect("ok").join("\n");
    assert!(!format!("{told}{error:?}{:?}", server.arm()).contains("Bearer"));
    assert!(
        told.contains(&format!("GET {PATH}: 400 Bad Request in ")),
        "{told}"
    );
}

#[tokio::test]
async fn a_token_is_sent_over_tls_or_to_this_machine_only() {
    let transports = Transports::new(DEADLINES);
    let transport = transports.get(&TransportSettings::default());
    let arm = |base: &str| {
        let tokens = TokenSource::new(Tokens::default());
        Arm::new(base, "s", &transport, tokens, Arc::default(), DEADLINES)
    };
    for refused in [
        "http://management.azure.com",
        "http://localhost:1",
        "ftp://127.0.0.1",
        "x",
    ] {
        assert!(
            matches!(arm(refused), Err(ArmError::Setting(_))),
            "{refused}"
        );
    }
    for fine in [
        "https://management.azure.com/",
        "http://127.0.0.1:1",
        "http://[::1]:1",
    ] {
        assert!(arm(fine).is_ok(), "{fine}");
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
