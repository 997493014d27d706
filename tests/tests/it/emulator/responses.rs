//! The emulator itself: its responses, over real sockets.

use crate::http_client::Client;
use crate::prelude::*;

const CLUSTER: &str = "/resourceGroups/myResourceGroup/providers/Microsoft.ContainerService/managedClusters/myAKSCluster";

fn demo() -> Emulator {
    start(Specification {
        skus: None,
        ..demo::specification()
    })
}

#[tokio::test]
async fn a_request_without_a_token_is_refused() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let answer = client
        .http
        .get(format!("{}/subscriptions", emulator.endpoint()))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(
        client
            .request("GET", &format!("{}/subscriptions", emulator.endpoint()))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test]
async fn the_managed_identity_asks_for_its_secret() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let ask = |secret: &'static str| {
        client
            .http
            .get(format!("{}?resource=r", emulator.identity_endpoint()))
            .header("X-IDENTITY-HEADER", secret)
            .send()
    };
    assert_eq!(ask("wrong").await.unwrap().status(), 401);
    let token: Value = ask("secret").await.unwrap().json().await.unwrap();
    assert_eq!(token["resource"], "r");
    assert!(token["expires_on"].is_string());
}

#[tokio::test]
async fn the_guides_update_turns_a_gen1_pool_into_gen2() {
    let emulator = demo();
    let client = Client::of(&emulator);
    for (pool, before, after) in [
        (
            "mynodepool",
            "AKSUbuntu-2204containerd-",
            "AKSUbuntu-2204gen2containerd-",
        ),
        (
            "npwin",
            "AKSWindows-2022-containerd-20348",
            "AKSWindows-2022-containerd-gen2-20348",
        ),
    ] {
        let path = format!("{CLUSTER}/agentPools/{pool}?api-version=2026-06-01");
        let mut document = client.get(&path).await;
        assert!(
            document["properties"]["nodeImageVersion"]
                .as_str()
                .unwrap()
                .starts_with(before),
            "{document}"
        );
        document["properties"]["vmSize"] = json!("Standard_D4s_v5");
        document["properties"]["unheardOf"] = json!({"kept": true});
        let put = client
            .request("PUT", &path)
            .header("UseWindowsGen2VM", "true")
            .json(&document)
            .send()
            .await
            .unwrap();
        assert_eq!(put.status(), 200);
        let operation = put.headers()["azure-asyncoperation"]
            .to_str()
            .unwrap()
            .to_owned();
        let location = put.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(client.get(&operation).await["status"], "InProgress");
        assert_eq!(
            client
                .request("GET", &location)
                .send()
                .await
                .unwrap()
                .status(),
            202
        );
        assert_eq!(client.get(&operation).await["status"], "Succeeded");
        let document = client.get(&path).await;
        assert_eq!(document["properties"]["provisioningState"], "Succeeded");
        assert_eq!(document["properties"]["unheardOf"], json!({"kept": true}));
        assert!(
            document["properties"]["nodeImageVersion"]
                .as_str()
                .unwrap()
                .starts_with(after),
            "{document}"
        );
    }
}

#[tokio::test]
async fn a_change_of_size_is_refused_if_resizing_is_disabled() {
    let emulator = demo();
    emulator.state().specification.vmss_resize = false;
    let client = Client::of(&emulator);
    let path = format!("{CLUSTER}/agentPools/mynodepool?api-version=2026-06-01");
    let body = json!({"properties": {"vmSize": "Standard_D4s_v5"}});
    let answer = client
        .request("PUT", &path)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(
        answer.json::<Value>().await.unwrap()["code"],
        "PropertyChangeNotAllowed"
    );
}

#[tokio::test]
async fn entity_tags_are_compared() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let path = format!("{CLUSTER}/agentPools/mynodepool?api-version=2026-06-01");
    let document = client.get(&path).await;
    let put = |name: &'static str, value: String| {
        client
            .request("PUT", &path)
            .header(name, value)
            .json(&document)
            .send()
    };
    assert_eq!(
        put("If-Match", "other".to_owned()).await.unwrap().status(),
        412
    );
    assert_eq!(
        put("If-None-Match", "*".to_owned()).await.unwrap().status(),
        412
    );
    let tag = document["properties"]["eTag"].as_str().unwrap().to_owned();
    assert_eq!(put("If-Match", tag.clone()).await.unwrap().status(), 200);
    assert_eq!(put("If-Match", tag).await.unwrap().status(), 412);
}

#[tokio::test]
async fn a_deleted_pool_is_gone_when_its_operation_has_ended() {
    let emulator = demo();
    emulator.state().specification.lro_polls = 1;
    let client = Client::of(&emulator);
    let path = format!("{CLUSTER}/agentPools/npwin?api-version=2026-06-01");
    let deleted = client.request("DELETE", &path).send().await.unwrap();
    assert_eq!(deleted.status(), 202);
    assert_eq!(
        client.get(&path).await["properties"]["provisioningState"],
        "Deleting"
    );
    let location = deleted.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(
        client
            .request("GET", &location)
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    assert_eq!(client.get(&path).await["subcode"], "GetAgentPool_NotFound");
}

#[tokio::test]
async fn faults_apply_in_order_and_as_often_as_given() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let pools = format!("{CLUSTER}/agentPools?api-version=2026-06-01");
    emulator.inject(
        Fault::answer(
            "GET .*agentPools",
            429,
            json!({"error": {"code": "TooManyRequests"}}),
        )
        .header("Retry-After", "1"),
    );
    let throttled = client.request("GET", &pools).send().await.unwrap();
    assert_eq!(
        (
            throttled.status().as_u16(),
            &throttled.headers()["retry-after"]
        ),
        (429, &"1".parse().unwrap())
    );

    emulator.inject(Fault {
        text: Some("<html>".to_owned()),
        status: Some(502),
        ..Fault::effect("GET .*agentPools", Effect::Drip)
    });
    assert_eq!(
        client
            .request("GET", &pools)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "<html>"
    );

    for effect in [Effect::Drop, Effect::Reset] {
        emulator.inject(Fault::effect("GET .*agentPools", effect).times(2));
        assert!(
            client.request("GET", &pools).send().await.is_err(),
            "{effect:?}"
        );
        emulator.state().faults.clear();
    }
    for effect in [Effect::HalfBody, Effect::BadGzip] {
        emulator.inject(Fault::effect("GET .*agentPools", effect));
        let answer = client.request("GET", &pools).send().await.unwrap();
        assert!(answer.bytes().await.is_err(), "{effect:?}");
    }
    emulator.inject(Fault {
        text: Some("<html>".to_owned()),
        status: Some(200),
        ..Fault::effect("GET .*agentPools", Effect::Stall)
    });
    let mut stalled = client.request("GET", &pools).send().await.unwrap();
    assert_eq!(stalled.chunk().await.unwrap().unwrap(), "<ht");
    let rest = tokio::time::timeout(Duration::from_millis(300), stalled.chunk());
    assert!(rest.await.is_err());
    emulator.inject(Fault::effect("GET .*agentPools", Effect::Silence));
    let silence = client
        .request("GET", &pools)
        .timeout(Duration::from_millis(200))
        .send()
        .await;
    assert!(silence.unwrap_err().is_timeout());

    emulator.inject(Fault::effect("GET .*agentPools", Effect::BadNextLink));
    assert_eq!(
        client.get(&pools).await["nextLink"],
        format!("{}/nowhere", emulator.endpoint())
    );
    assert_eq!(
        client.get(&pools).await["value"].as_array().unwrap().len(),
        3
    );
}

#[tokio::test]
async fn another_process_can_read_and_change_the_emulator() {
    let emulator = demo();
    let client = Client::of(&emulator);
    let control = |path: &str| format!("{}/emulator/{path}", emulator.plain_endpoint());
    let fault = json!([{"match": "GET .*", "status": 418}]);
    client
        .http
        .post(control("faults"))
        .json(&fault)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
    assert_eq!(
        client
            .request("GET", "/locations")
            .send()
            .await
            .unwrap()
            .status(),
        418
    );
    let misspelt = json!({"match": "GET .*", "statuss": 418});
    assert_eq!(
        client
            .http
            .post(control("faults"))
            .json(&misspelt)
            .send()
            .await
            .unwrap()
            .status(),
        400
    );
    let requests: Value = client
        .http
        .get(control("requests"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(requests.as_array().unwrap().len(), 1);
    assert_eq!(requests[0]["headers"]["authorization"], "Bearer token");
    client
        .http
        .post(control("reset"))
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
    assert_eq!(emulator.request_count(""), 0);
}

#[tokio::test]
async fn a_service_principal_gets_a_token_for_its_secret() {
    let specification = Specification {
        service_principals: [("client".to_owned(), "hush".to_owned())].into(),
        ..Specification::default()
    };
    let emulator = start(specification);
    let client = Client::of(&emulator);
    let ask = |secret: &'static str| {
        let form = format!(
            "grant_type=client_credentials&client_id=client&client_secret={secret}&scope=https://a.example/.default"
        );
        let url = format!("{}/tenant/oauth2/v2.0/token", emulator.endpoint());
        client
            .http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
    };
    assert_eq!(ask("hush").await.unwrap().status(), 200);
    let refused = ask("wrong").await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(
        refused.json::<Value>().await.unwrap()["error_codes"],
        json!([7_000_215])
    );
    assert!(
        emulator
            .requests()
            .iter()
            .all(|request| !request.body.to_string().contains("hush"))
    );
}
