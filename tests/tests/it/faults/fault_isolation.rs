//! A fault affects only what it concerns: one region, one client, a name that cannot be resolved, a
//! daemon that stops responding.

use crate::prelude::*;

#[test]
fn a_region_that_fails_leaves_the_others_alone() {
    let (emulator, home) = logged_in();
    let elsewhere = |region| LIST_SKUS.replace("eastus", region);
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    let error = json!({"error": {"code": "Unavailable", "message": "In Azure's words."}});
    let fault = Fault::answer("GET .*/skus", 500, error).times(u32::MAX);
    emulator.inject(fault.parameter("$filter", "location eq 'ukwest'"));
    thread::scope(|scope| {
        let failing = scope.spawn(|| home.line(&elsewhere("ukwest")));
        // This region is fetched while the requests for the other are being retried.
        let fetched = home.line(&elsewhere("swedencentral"));
        assert_eq!(fetched.success(), SKUS);
        let outcome = failing.join().unwrap();
        let says = "ERROR: (Unavailable)";
        outcome.failure(1).assert_starts_with(says);
    });
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    emulator.state().faults.clear();
    assert_eq!(home.line(&elsewhere("ukwest")).success(), SKUS);
}

/// The name is that of a proxy, and of Azure.
#[test]
fn a_name_that_cannot_be_resolved_is_an_error_and_the_cache_still_answers() {
    let (_emulator, mut home) = logged_in();
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    home.set("HTTPS_PROXY", "http://no.such.host.invalid:3128");
    let outcome = home.line(SHOW_POOL);
    outcome.failure(1).assert_starts_with("ERROR: ");
    assert_eq!(home.line(LIST_SKUS).success(), SKUS);
    home.unset("HTTPS_PROXY");
    assert_eq!(home.line(SHOW_POOL).success(), POOL);

    let clouds = home.path().join("azure/clouds.config");
    let text = fs::read_to_string(&clouds).unwrap();
    fs::write(&clouds, text.replace("localhost", "azure.invalid")).unwrap();
    let outcome = home.line(SHOW_POOL);
    outcome.failure(1).assert_contains("azure.invalid");
    fs::write(&clouds, text).unwrap();
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

#[test]
fn a_client_that_never_reads_does_not_delay_others() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    let mut idler = home.begin("vm list-skus --all");
    // Its answer has begun and cannot continue, because it is larger than all buffers between.
    let mut output = Bounded(idler.stdout.take().unwrap());
    output.read_exact(&mut [0; 64]).unwrap();
    for _ in 0..3 {
        assert_eq!(home.line(SHOW_POOL).success(), POOL);
    }
    home.line("daemon stop").success();
    assert_eq!(home.daemons(), [0; 0]);
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).unwrap();
    let mut said = String::new();
    let mut errors = Bounded(idler.stderr.take().unwrap());
    errors.read_to_string(&mut said).unwrap();
    assert_eq!(idler.ends().code(), Some(1));
    said.assert_starts_with("ERROR: azqd's answer ended early");
}

/// Keep-alives detect this within 20 s; the daemon has accepted the call long before.
#[test]
fn a_call_to_a_daemon_that_stops_responding_fails() {
    let (emulator, home) = logged_in();
    home.line("daemon start").success();
    emulator.inject(Fault::effect("GET .*/mynodepool", Effect::Silence));
    thread::scope(|scope| {
        let client = scope.spawn(|| home.line(SHOW_POOL));
        until_requested(&emulator, "/mynodepool", 1);
        let silent = home.daemon();
        signal(silent, Signal::STOP);
        let outcome = client.join().unwrap();
        signal(silent, Signal::CONT);
        outcome.failure(1).assert_starts_with("ERROR: azqd");
    });
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}
