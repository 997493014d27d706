//! The token is sent to the cloud's own Resource Manager and nowhere else, whatever address a
//! response or a client contains.

use azq_proto::v1::operation::Polling;

use crate::prelude::*;

const LIST_POOLS: &str = "aks nodepool list -g myResourceGroup --cluster-name myAKSCluster";

/// Whether azq, or az's SDK whose message azq prints, refuses to follow an address.
fn is_refused(message: &str) -> bool {
    message.contains("is not followed") || message.contains("is not permitted for non-TLS")
}

/// Returns addresses that a response may contain: another port of this host, another name of it,
/// and itself without TLS.
fn addresses(home: &Emulator, other: &Emulator) -> Vec<String> {
    let of = |emulator: &Emulator| emulator.endpoint();
    let plain = of(home).replace("https://", "http://");
    let renamed = of(home).replace("localhost", "127.0.0.1");
    vec![of(other), plain, renamed]
}

#[test]
fn an_answer_cannot_send_the_token_elsewhere() {
    let (own, other) = (emulator(), emulator());
    let home = Home::new(&own).unwrap();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    for address in addresses(&own, &other) {
        let link = format!("{address}/subscriptions/x");
        let page = json!({"value": [], "nextLink": link});
        let begun = json!({"name": "mynodepool", "properties": {"provisioningState": "Updating"}});
        let begun = Fault::answer("PUT .*/mynodepool", 201, begun);
        let moved = |pattern: &str, status| {
            Fault::answer(pattern, status, json!({})).header("Location", &link)
        };
        for (line, fault) in [
            (LIST_POOLS, Fault::answer("GET .*/agentPools", 200, page)),
            (SHOW_POOL, moved("GET .*/mynodepool", 307)),
            (SHOW_POOL, moved("GET .*/mynodepool", 301)),
            (UPDATE_POOL, moved("PUT .*/mynodepool", 308)),
            (UPDATE_POOL, moved("PUT .*/mynodepool", 201)),
            (UPDATE_POOL, begun.header("Azure-AsyncOperation", &link)),
        ] {
            let before = own.requests().len();
            own.inject(fault);
            let refused = home.line(line);
            let stderr = refused.failure(1);
            assert!(is_refused(stderr), "{line}, {link}: {stderr}");
            let asked = own.requests().split_off(before);
            assert!(asked.iter().all(|request| !request.path.ends_with("/x")));
        }
    }
    assert!(other.requests().is_empty());
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

/// The client sends values that azq's own never sends.
#[tokio::test]
async fn a_client_cannot_send_the_token_elsewhere() {
    let (own, other) = (emulator(), emulator());
    let home = Home::new(&own).unwrap();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    let mut client = CommandsClient::new(channel(&home).await);
    let before = own.requests().len();
    for address in addresses(&own, &other) {
        let url = format!("{address}/subscriptions/x");
        for polling in [Polling::Status, Polling::Location, Polling::Resource] {
            let operation = v1::Operation {
                url: url.clone(),
                method: "PUT".to_owned(),
                resource: url.clone(),
                polling: polling.into(),
                ..v1::Operation::default()
            };
            let request = spoken(&home, |context| v1::WaitOperationRequest {
                context: Some(context),
                operation: Some(operation),
                ..v1::WaitOperationRequest::default()
            });
            let replies = within_limit(client.wait_operation(request)).await;
            let mut replies = replies.unwrap().into_inner();
            let mut said = String::new();
            while let Some(reply) = within_limit(replies.message()).await.unwrap() {
                match reply.kind {
                    Some(v1::reply::Kind::Log(log)) => said += &log.text,
                    Some(v1::reply::Kind::Exit(code)) => assert_eq!(code, 1),
                    _ => {}
                }
            }
            assert!(is_refused(&said), "{url}: {said}");
        }
    }
    assert!(other.requests().is_empty());
    assert_eq!(own.requests().len(), before);
}

/// `az rest` may request any host. The same server by another name is another origin.
#[test]
fn az_rest_sends_no_token_to_another_origin() {
    let (emulator, home) = logged_in();
    let other = emulator.endpoint().replace("localhost", "127.0.0.1");
    let leads_away = || {
        let moved = Fault::answer("GET .*/resourcegroups", 307, json!({}));
        let moved = moved.header("Location", &format!("{other}/subscriptions/elsewhere"));
        // One request uses the warm connection, whose client does not leave its origin.
        moved.times(2)
    };
    emulator.inject(leads_away());
    let path = "rest -u /subscriptions/{subscriptionId}/resourcegroups?api-version=1";
    assert_eq!(home.line(path).code, Some(1));
    let with_user = format!("{}@127.0.0.1:{}", emulator.endpoint(), emulator.port());
    for host in [&other, &with_user] {
        let outcome = home.line(&format!("rest -u {host}/subscriptions/elsewhere"));
        assert_ne!(outcome.code, Some(0), "{host}");
    }
    let mut elsewhere = emulator.requests();
    elsewhere.retain(|request| request.path.ends_with("/elsewhere"));
    // The redirect and a URL are followed.
    assert!(elsewhere.len() >= 2, "{}", elsewhere.len());
    for request in elsewhere {
        let authorization = request.header("authorization").unwrap_or_default();
        assert!(!authorization.starts_with("Bearer"), "{}", request.path);
    }
    let requests = emulator.requests();
    let mut requests = requests.iter();
    let first = requests.find(|request| request.path.ends_with("/resourcegroups"));
    let authorization = first.unwrap().header("authorization").unwrap();
    authorization.assert_starts_with("Bearer");
}
