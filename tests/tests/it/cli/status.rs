//! `azq daemon status`: all facts, with their limits, and never a token.

use azq_tests::emulator::CLOUD;

use crate::prelude::*;

const LIST: &str = "vm list-skus -l eastus --size Standard_D4s_v5 -o tsv --query [].name";

/// All limits, by their names in JSON.
const LIMITS: &[&str] = &[
    "accounts",
    "azureConnectSeconds",
    "azureOperationSeconds",
    "azurePages",
    "azurePollingSeconds",
    "azureReadSeconds",
    "azureRequestSeconds",
    "azureStreamBytes",
    "azureStreamSeconds",
    "catalogueBytes",
    "catalogueDiskBytes",
    "catalogueExpiresSeconds",
    "catalogueFreshSeconds",
    "cataloguePatienceSeconds",
    "catalogues",
    "connections",
    "directories",
    "exportBytes",
    "fileBytes",
    "idleSeconds",
    "jsonDepth",
    "listsAskedFor",
    "localFiles",
    "longAnswers",
    "namedLists",
    "namesKeptSeconds",
    "namesOfList",
    "namesOfListBytes",
    "requestsCarriedOut",
    "logBytes",
    "operationAgeSeconds",
    "operations",
    "outputBytes",
    "outputDepth",
    "outputTextBytes",
    "preflightSeconds",
    "preflightSizes",
    "pricePageBytes",
    "pricePages",
    "priceRegions",
    "priceSeconds",
    "shareCallers",
    "shareSeconds",
    "shareWaitSeconds",
    "sizesRegions",
    "profiles",
    "queryBudget",
    "queryBytes",
    "queryDepth",
    "readings",
    "rememberedAnswerBytes",
    "rememberedAnswers",
    "replaceGraceSeconds",
    "requestBytes",
    "requestHeaderBytes",
    "requestPoolBytes",
    "requestReadSeconds",
    "queriesAtOnce",
    "memoryBytes",
    "migrationBytes",
    "migrations",
    "requestVariables",
    "requestVariableBytes",
    "requestsInFlight",
    "requestsPerConnection",
    "sessions",
    "startSeconds",
    "stopGraceSeconds",
    "tableCells",
    "tableTextBytes",
    "shareCallers",
    "shareSeconds",
    "shareWaitSeconds",
    "contexts",
    "snapshotBytes",
    "snapshotContentBytes",
    "snapshotAgeSeconds",
    "locations",
    "queries",
    "rememberedQueryBytes",
    "rememberedRequestBytes",
    "azureStreamSilenceSeconds",
    "azureCatalogueSeconds",
    "azureStreamPages",
    "answerFileBytes",
    "answerFilesLeaveBytes",
    "azureBodyBytes",
    "throttles",
    "tokenFetchSeconds",
    "transports",
];

/// The limits differ from the defaults.
#[test]
fn the_limits_are_those_in_force() {
    let (_emulator, mut home) = logged_in_to(start(demo::specification()));
    home.set("AZQ_IDLE_TIMEOUT", "0");
    let start = "ulimit -n 100; exec \"$0\" daemon start >/dev/null";
    let azq = &home.binaries().azq;
    let started = home.run("/bin/sh", ["-c", start, azq.to_str().unwrap()], b"");
    started.printed(0);
    let limits = &home.status()["limits"];
    assert_eq!(limits["connections"], 50);
    assert_eq!(limits["idleSeconds"], Value::Null);
    let text = told(&home, "daemon status --limits");
    for line in ["connections at most 50", "idle never"] {
        assert!(text.contains(&line.to_owned()), "{line}:\n{text:?}");
    }
}

/// Returns the lines of a command's output, with single spaces.
fn told(home: &Home, line: &str) -> Vec<String> {
    let text = home.line(line).success();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(words).collect()
}

#[test]
fn the_status_has_a_query_and_every_format() {
    let (_emulator, home) = logged_in_to(start(demo::specification()));
    let nothing = home.line("daemon status --query pid");
    assert_eq!(nothing.printed(3), "");
    home.line("daemon start").success();
    let pid = format!("{}\n", home.daemons()[0]);
    for line in ["--query pid", "--query pid -o tsv", "-o YAML --query pid"] {
        let told = home.line(&format!("daemon status {line}"));
        assert!(told.success().starts_with(pid.trim_end()), "{line}");
    }
    let limits = home.line("daemon status --limits --query connections -o tsv");
    assert!(limits.success().trim().parse::<u64>().is_ok());
    let odd = home.line("daemon status --query [");
    odd.failure(2).assert_contains("--query");
    let none = home.line("daemon status -o none");
    assert_eq!(none.success(), "");
}

#[test]
fn the_catalogues_are_a_table_with_units() {
    let (_emulator, home) = logged_in_to(start(demo::specification()));
    home.line(LIST).success();
    let table = told(&home, "cache show -o table");
    let [head, _, row] = &table[..] else {
        panic!("{table:?}")
    };
    assert_eq!(
        head,
        "Location Provider SKUs State Age Memory Disk Subscription"
    );
    assert!(row.starts_with("eastus Microsoft.Compute "), "{row}");
    assert!(row.contains(" fresh ") && row.contains("B "), "{row}");
}

#[test]
fn the_status_is_a_document_with_numbers() {
    let (emulator, home) = logged_in_to(start(demo::specification()));
    home.line("daemon start").success();
    let fresh = home.status();
    assert_eq!(
        (&fresh["accounts"], &fresh["catalogues"]),
        (&json!([]), &json!([]))
    );

    home.line(LIST).success();
    home.line("aks nodepool show -g nowhere --cluster-name none -n none")
        .failure(3);
    home.line("vm list-skus --query [").failure(2);
    home.line("aks nodepool show -g nowhere --cluster-name none -n none --subscription unknown")
        .failure(1);
    let status = home.status();
    assert_eq!(status["pid"], home.daemons()[0]);
    assert_eq!(status["protocol"], json!({"oldest": 1, "newest": 1}));
    assert!(status["uptimeSeconds"].is_u64() && status["residentBytes"].as_u64() > Some(1 << 20));
    let requests = json!({"served": 4, "beingRead": 0, "inFlight": 0,
        "errors": {"error": 1, "usage": 1, "notFound": 1, "internal": 0}});
    assert_eq!(status["requests"], requests);
    let account = &status["accounts"][0];
    assert_eq!(account["cloud"], CLOUD);
    assert!(account["tokenExpiresAt"].as_str().unwrap().ends_with('Z'));
    let catalogue = &status["catalogues"][0];
    assert_eq!(catalogue["location"], "eastus");
    for size in ["entries", "memoryBytes", "fileBytes", "ageSeconds"] {
        assert!(catalogue[size].is_u64(), "{size}: {catalogue}");
    }
    let paths = &status["paths"];
    let place = home.runtime_dir();
    assert_eq!(paths["runtimeDirectory"], place.display().to_string());
    let limits = status["limits"].as_object().unwrap();
    assert_eq!(limits["idleSeconds"], 3 * 3600);
    let names: BTreeSet<_> = limits.keys().map(String::as_str).collect();
    assert_eq!(names, LIMITS.iter().copied().collect());
    assert!(limits.values().all(Value::is_u64));

    let facts = told(&home, "daemon status");
    let failed = "requests failed 1 error, 1 usage, 1 notFound, 0 internal";
    assert!(facts.contains(&failed.to_owned()), "{facts:?}");
    assert!(facts.len() <= 24, "one screen: {facts:?}");
    let limits = told(&home, "daemon status --limits");
    for line in ["requests in flight 0 (at most 1024)", "idle at most 3h"] {
        assert!(limits.contains(&line.to_owned()), "{line}:\n{limits:?}");
    }
    let text = [facts, limits].concat().join("\n");
    for token in tokens_sent(&emulator) {
        text.assert_lacks(&token);
        status.to_string().assert_lacks(&token);
    }
}
