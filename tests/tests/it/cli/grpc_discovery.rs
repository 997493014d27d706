//! Discovery by other programs than azq at the daemon's socket: services and messages by
//! reflection, and the serving status by health.

use tonic::{Code, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::{v1, v1alpha};
use v1::server_reflection_client::ServerReflectionClient;
use v1::server_reflection_request::MessageRequest;
use v1::server_reflection_response::MessageResponse;

use crate::prelude::*;

/// Returns reflection's response to one request.
async fn reflected(home: &Home, question: MessageRequest) -> Result<MessageResponse, Status> {
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question),
    };
    let mut client = ServerReflectionClient::new(channel(home).await);
    let asked = client.server_reflection_info(tokio_stream::iter([request]));
    let mut answers = within_limit(asked).await.unwrap().into_inner();
    let answer = within_limit(answers.message()).await?.unwrap();
    Ok(answer.message_response.unwrap())
}

#[tokio::test]
async fn reflection_lists_the_services_and_their_messages() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let listed = reflected(&home, MessageRequest::ListServices(String::new())).await;
    let Ok(MessageResponse::ListServicesResponse(listed)) = listed else {
        panic!("{listed:?}")
    };
    let names: Vec<_> = listed.service.into_iter().map(|of| of.name).collect();
    for name in ["azq.v1.Commands", "azq.v1.Daemon", "grpc.health.v1.Health"] {
        assert!(names.iter().any(|listed| listed == name), "{names:?}");
    }
    let symbol = "azq.v1.Commands.ListSkus".to_owned();
    let file = reflected(&home, MessageRequest::FileContainingSymbol(symbol)).await;
    let Ok(MessageResponse::FileDescriptorResponse(file)) = file else {
        panic!("{file:?}")
    };
    let holds = |word: &[u8]| {
        let mut files = file.file_descriptor_proto.iter();
        files.any(|file| memchr::memmem::find(file, word).is_some())
    };
    assert!(holds(b"ListSkusRequest") && holds(b"ListSkus"));
    let unknown = MessageRequest::FileContainingSymbol("azq.v1.Nothing".to_owned());
    let refused = reflected(&home, unknown).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "{refused}");
}

#[tokio::test]
async fn tools_that_only_know_the_older_reflection_are_answered() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let question = v1alpha::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question),
    };
    let channel = channel(&home).await;
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let asked = client.server_reflection_info(tokio_stream::iter([request]));
    let mut answers = within_limit(asked).await.unwrap().into_inner();
    let answer = within_limit(answers.message()).await.unwrap().unwrap();
    assert!(format!("{answer:?}").contains("azq.v1.Commands"));
}

#[tokio::test]
async fn health_reports_each_service() {
    let (_emulator, home) = logged_in();
    home.line("daemon start").success();
    let mut client = HealthClient::new(channel(&home).await);
    for service in ["", "azq.v1.Commands", "azq.v1.Daemon"] {
        let service = service.to_owned();
        let answer = within_limit(client.check(HealthCheckRequest { service })).await;
        let status = answer.unwrap().into_inner().status;
        assert_eq!(status, ServingStatus::Serving as i32);
    }
    let service = "azq.v2.Commands".to_owned();
    let unknown = within_limit(client.check(HealthCheckRequest { service })).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
}

/// An open watch would otherwise keep the daemon for its grace time.
#[tokio::test]
async fn a_health_watch_sees_the_end_and_does_not_delay_it() {
    let (_emulator, mut home) = logged_in();
    home.set("AZQ_STOP_GRACE", "50s");
    home.line("daemon start").success();
    let mut client = HealthClient::new(channel(&home).await);
    let request = HealthCheckRequest {
        service: "azq.v1.Commands".to_owned(),
    };
    let watch = within_limit(client.watch(request)).await;
    let mut watch = watch.unwrap().into_inner();
    let first = within_limit(watch.message()).await.unwrap().unwrap();
    assert_eq!(first.status, ServingStatus::Serving as i32);
    let began = Instant::now();
    let stopping = tokio::task::spawn_blocking(move || (home.line("daemon stop"), home));
    let last = within_limit(watch.message()).await.unwrap().unwrap();
    assert_eq!(last.status, ServingStatus::NotServing as i32);
    assert!(within_limit(watch.message()).await.unwrap().is_none());
    within_limit(stopping).await.unwrap().0.success();
    assert!(began.elapsed() < Duration::from_secs(40));
}
