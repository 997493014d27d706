//! The emulator itself: its responses, over real sockets.

use crate::http_client::{Client, items, json_of, sent, status};
use crate::prelude::*;

const CLUSTER: &str = "/resourceGroups/myResourceGroup/providers/Microsoft.ContainerService/managedClusters/myAKSCluster";

fn demo() -> Emulator {
    start(Specification {
        skus: None,
        ..demo::specification()
    })
}

fn pool_path(name: &str) -> String {
    format!("{CLUSTER}/agentPools/{name}?api-version=2026-06-01")
}

#[tokio::test]
async fn a_request_without_a_token_is_refused() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let url = format!("{}/subscriptions", emulator.endpoint());
    assert_eq!(status(client.http.get(&url)).await, 401);
    assert_eq!(client.status("GET", &url).await, 200);
}

#[tokio::test]
async fn the_managed_identity_asks_for_its_secret() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let url = format!("{}?resource=r", emulator.identity_endpoint());
    let ask = |secret| client.http.get(&url).header("X-IDENTITY-HEADER", secret);
    assert_eq!(status(ask("wrong")).await, 401);
    let token = json_of(sent(ask("secret")).await).await;
    assert_eq!(token["resource"], "r");
    assert!(token["expires_on"].is_string());
}

#[tokio::test]
async fn the_guides_update_turns_a_gen1_pool_into_gen2() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let [ubuntu, windows] = ["AKSUbuntu-2204", "AKSWindows-2022-containerd-"];
    let image = |pool: &Value| {
        pool["properties"]["nodeImageVersion"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    for (pool, os, before, after) in [
        ("mynodepool", ubuntu, "containerd-", "gen2containerd-"),
        ("npwin", windows, "20348", "gen2-20348"),
    ] {
        let path = pool_path(pool);
        let mut document = client.get(&path).await;
        image(&document).assert_starts_with(&format!("{os}{before}"));
        document["properties"]["vmSize"] = json!("Standard_D4s_v5");
        document["properties"]["unheardOf"] = json!({"kept": true});
        let put = client.request("PUT", &path).json(&document);
        let put = sent(put.header("UseWindowsGen2VM", "true")).await;
        assert_eq!(put.status(), 200);
        let [operation, location] =
            ["azure-asyncoperation", "location"].map(|name| put.headers()[name].to_str().unwrap());
        assert_eq!(client.get(operation).await["status"], "InProgress");
        assert_eq!(client.status("GET", location).await, 202);
        assert_eq!(client.get(operation).await["status"], "Succeeded");
        let document = client.get(&path).await;
        assert_eq!(document["properties"]["provisioningState"], "Succeeded");
        assert_eq!(document["properties"]["unheardOf"], json!({"kept": true}));
        image(&document).assert_starts_with(&format!("{os}{after}"));
    }
}

#[tokio::test]
async fn a_change_of_size_is_refused_if_resizing_is_disabled() {
    let emulator = demo();
    emulator.state().specification.vmss_resize = false;
    let client = Client::of(&emulator);
    let body = json!({"properties": {"vmSize": "Standard_D4s_v5"}});
    let put = client.request("PUT", &pool_path("mynodepool")).json(&body);
    let answer = sent(put).await;
    assert_eq!(answer.status(), 400);
    assert_eq!(json_of(answer).await["code"], "PropertyChangeNotAllowed");
}

#[tokio::test]
async fn entity_tags_are_compared() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let path = pool_path("mynodepool");
    let document = client.get(&path).await;
    let tag = document["properties"]["eTag"].as_str().unwrap();
    for (name, value, expected) in [
        ("If-Match", "other", 412),
        ("If-None-Match", "*", 412),
        ("If-Match", tag, 200),
        ("If-Match", tag, 412),
    ] {
        let put = client.request("PUT", &path).header(name, value);
        assert_eq!(
            status(put.json(&document)).await,
            expected,
            "{name} {value}"
        );
    }
}

#[tokio::test]
async fn a_deleted_pool_is_gone_when_its_operation_has_ended() {
    let emulator = demo();
    emulator.state().specification.lro_polls = 1;
    let client = Client::of(&emulator);
    let path = pool_path("npwin");
    let deleted = sent(client.request("DELETE", &path)).await;
    assert_eq!(deleted.status(), 202);
    let deleting = client.get(&path).await;
    assert_eq!(deleting["properties"]["provisioningState"], "Deleting");
    let location = deleted.headers()["location"].to_str().unwrap();
    assert_eq!(client.status("GET", location).await, 204);
    assert_eq!(client.get(&path).await["subcode"], "GetAgentPool_NotFound");
}

#[tokio::test]
async fn faults_apply_in_order_and_as_often_as_given() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let pools = format!("{CLUSTER}/agentPools?api-version=2026-06-01");
    let ask = || client.request("GET", &pools);
    let list = "GET .*agentPools";
    let refusal = json!({"error": {"code": "TooManyRequests"}});
    emulator.inject(Fault::answer(list, 429, refusal).header("Retry-After", "1"));
    let throttled = sent(ask()).await;
    assert_eq!(throttled.status(), 429);
    assert_eq!(throttled.headers()["retry-after"], "1");

    let page = |status, effect| Fault {
        text: Some("<html>".to_owned()),
        status: Some(status),
        ..Fault::effect(list, effect)
    };
    emulator.inject(page(502, Effect::Drip));
    assert_eq!(sent(ask()).await.text().await.unwrap(), "<html>");

    for effect in [Effect::Drop, Effect::Reset] {
        emulator.inject(Fault::effect(list, effect).times(2));
        assert!(ask().send().await.is_err(), "{effect:?}");
        emulator.state().faults.clear();
    }
    for effect in [Effect::HalfBody, Effect::BadGzip] {
        emulator.inject(Fault::effect(list, effect));
        assert!(sent(ask()).await.bytes().await.is_err(), "{effect:?}");
    }
    emulator.inject(page(200, Effect::Stall));
    let mut stalled = sent(ask()).await;
    assert_eq!(stalled.chunk().await.unwrap().unwrap(), "<ht");
    let rest = tokio::time::timeout(Duration::from_millis(300), stalled.chunk());
    assert!(rest.await.is_err());
    emulator.inject(Fault::effect(list, Effect::Silence));
    let silence = ask().timeout(Duration::from_millis(200)).send().await;
    assert!(silence.unwrap_err().is_timeout());

    emulator.inject(Fault::effect(list, Effect::BadNextLink));
    let nowhere = format!("{}/nowhere", emulator.endpoint());
    assert_eq!(client.get(&pools).await["nextLink"], nowhere);
    assert_eq!(items(&client.get(&pools).await).len(), 3);
}

#[tokio::test]
async fn another_process_can_read_and_change_the_emulator() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let control = |path: &str| format!("{}/emulator/{path}", emulator.plain_endpoint());
    let post = |path| client.http.post(control(path));
    let fault = json!([{"match": "GET .*", "status": 418}]);
    assert_eq!(status(post("faults").json(&fault)).await, 200);
    assert_eq!(client.status("GET", "/locations").await, 418);
    let misspelt = json!({"match": "GET .*", "statuss": 418});
    assert_eq!(status(post("faults").json(&misspelt)).await, 400);
    let requests = json_of(sent(client.http.get(control("requests"))).await).await;
    assert_eq!(requests.as_array().unwrap().len(), 1);
    assert_eq!(requests[0]["headers"]["authorization"], "Bearer token");
    assert_eq!(status(post("reset")).await, 200);
    assert_eq!(emulator.request_count(""), 0);
}

#[tokio::test]
async fn a_service_principal_gets_a_token_for_its_secret() {
    let emulator = start(Specification {
        service_principals: [("client".to_owned(), "hush".to_owned())].into(),
        ..Specification::default()
    });
    let client = Client::of(&emulator);
    let ask = |secret: &'static str| {
        let form = format!(
            "grant_type=client_credentials&client_id=client&client_secret={secret}&scope=https://a.example/.default"
        );
        let url = format!("{}/tenant/oauth2/v2.0/token", emulator.endpoint());
        let post = client.http.post(url).body(form);
        post.header("content-type", "application/x-www-form-urlencoded")
    };
    assert_eq!(status(ask("hush")).await, 200);
    let refused = sent(ask("wrong")).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(json_of(refused).await["error_codes"], json!([7_000_215]));
    for request in emulator.requests() {
        request.body.to_string().assert_lacks("hush");
    }
}
