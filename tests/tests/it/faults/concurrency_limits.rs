//! Many requests at once, and many answers that their clients do not read: they do not delay other
//! clients.

use azq_proto::v1::reply::Kind;
use tonic::transport::Channel;
use tonic::{Request, Streaming};

use crate::prelude::*;

/// A number above that of tokio's threads for blocking work (512).
const UNREAD: usize = 600;
/// The daemon accepts 256 calls on a connection.
const ON_A_CONNECTION: usize = 200;

/// Returns a request for all SKUs, or for those of one region.
fn list_skus(home: &Home, all: bool) -> Request<v1::ListSkusRequest> {
    spoken(home, |context| v1::ListSkusRequest {
        context: Some(context),
        show_all: all.then_some(true),
        location: (!all).then(|| "eastus".to_owned()),
        ..v1::ListSkusRequest::default()
    })
}

async fn begin(
    commands: &mut CommandsClient<Channel>,
    request: Request<v1::ListSkusRequest>,
) -> Streaming<v1::Reply> {
    let begun = within_limit(commands.list_skus(request)).await;
    begun.unwrap().into_inner()
}

#[test]
fn unread_answers_do_not_delay_other_clients() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    let query = "vm list-skus -l eastus --query [].name -o tsv";
    let names = home.line(query).success();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let unread = runtime.block_on(async {
        let mut unread = Vec::new();
        for _ in 0..UNREAD / ON_A_CONNECTION {
            let mut commands = CommandsClient::new(channel(&home).await);
            for _ in 0..ON_A_CONNECTION {
                unread.push(begin(&mut commands, list_skus(&home, true)).await);
            }
        }
        unread
    });
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
    // This answer is not remembered, so it is made from a region, on a thread of its own.
    let other = query.replace("[].name", "[?name!='x'].name");
    assert_eq!(home.line(&other).success(), names);
    assert!(home.in_flight() >= UNREAD as u64);
    drop(unread);
    eventually("the end of what nobody reads", || home.in_flight() <= 1);
}

/// Two requests are carried out, six more are queued; the ninth is refused at once.
#[test]
fn requests_in_flight_are_bounded() {
    let (emulator, mut home) = logged_in();
    home.set("AZQ_MAX_REQUESTS", "2");
    home.line("daemon start").success();
    let silence = Fault::effect("GET .*/skus", Effect::Silence).times(u32::MAX);
    emulator.inject(silence);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut commands = CommandsClient::new(channel(&home).await);
        let mut kept = Vec::new();
        for _ in 0..8 {
            let mut commands = commands.clone();
            let request = list_skus(&home, false);
            kept.push(tokio::spawn(
                async move { commands.list_skus(request).await },
            ));
        }
        eventually("eight requests", || home.in_flight() == 8);
        let mut replies = begin(&mut commands, list_skus(&home, false)).await;
        let Some(Kind::Log(log)) = within_limit(replies.message()).await.unwrap().unwrap().kind
        else {
            panic!("the ninth request was taken");
        };
        assert!(log.text.contains("8 requests under way"), "{}", log.text);
        let end = within_limit(replies.message()).await.unwrap().unwrap().kind;
        assert_eq!(end, Some(Kind::Exit(1)));
        kept.iter().for_each(tokio::task::JoinHandle::abort);
    });
    emulator.state().faults.clear();
    eventually("the end of what was cancelled", || home.in_flight() <= 1);
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}
