//! `azq gen2 report`: the verdict on every pool, for every scope, without any change.

use azq_tests::emulator::ReadLimit;

use crate::prelude::*;

const REPORT: &str = "gen2 report -g myResourceGroup -n myAKSCluster";

fn rows(home: &Home, line: &str) -> Vec<Value> {
    home.line(&format!("{line} -o json")).json()
}

fn column(rows: &[Value], name: &str) -> Vec<String> {
    let text = |row: &Value| row[name].as_str().unwrap().to_owned();
    rows.iter().map(text).collect()
}

#[test]
fn every_pool_has_its_verdict_and_the_next_command() {
    let (emulator, home) = logged_in_to(emulator_of_everything());
    let table = home.line(REPORT).success();
    let mut lines = table.lines();
    let header = lines.next().unwrap();
    header.assert_starts_with("ResourceGroup    Cluster");
    let rows = rows(&home, REPORT);
    assert_eq!(lines.count(), rows.len() + 1);
    let expected = [
        ("mynodepool", "Gen1", "V1", "otherSize"),
        ("nodepool1", "Gen2", "V1,V2", "done"),
    ];
    for (pool, generation, can, verdict) in expected {
        let row = rows.iter().find(|row| row["nodepool"] == pool).unwrap();
        assert_eq!(row["generation"], generation, "{row}");
        assert_eq!(row["sizeGenerations"], can, "{row}");
        assert_eq!(row["verdict"], verdict, "{row}");
    }
    let first = rows.iter().find(|row| row["nodepool"] == "mynodepool");
    assert_eq!(
        first.unwrap()["action"],
        "azq gen2 plan -g myResourceGroup -n myAKSCluster --nodepool-name mynodepool"
    );
    let query = "--query [?generation=='Gen1'].nodepool -o tsv";
    let names = home.line(&format!("{REPORT} {query}")).success();
    assert_eq!(names, "mynodepool\nnpwin\n");
    assert_eq!(writes(&emulator), 0);
}

#[test]
fn a_check_ends_with_1_while_a_pool_is_on_generation_1() {
    let (emulator, home) = logged_in_to(emulator_of_everything());
    let check = home.line(&format!("{REPORT} --check"));
    assert_eq!(check.said(1), "");
    check.text().assert_contains("mynodepool");
    let mut state = emulator.state();
    let cluster = state.clusters.get_mut("myakscluster").unwrap();
    cluster.pools.retain(|name, _| name == "nodepool1");
    drop(state);
    home.line(&format!("{REPORT} --check")).success();
}

#[test]
fn a_scope_is_a_cluster_a_group_a_subscription_or_all_of_them() {
    let emulator = emulator_of_everything();
    let home = home_with(&emulator, &[("defaults.group", "nowhere")]);
    assert_eq!(rows(&home, "gen2 report"), Vec::<Value>::new());
    let all = rows(&home, "gen2 report --all-subscriptions");
    let mut subscriptions = column(&all, "subscription");
    subscriptions.dedup();
    assert_eq!(subscriptions.len(), 2);
    let group = rows(&home, "gen2 report -g myResourceGroup");
    assert_eq!(group.len(), 3);
    let home = Home::new(&emulator).unwrap();
    let one = rows(&home, "gen2 report");
    assert_eq!(one.len() * 2, all.len());
    assert!(one.len() > group.len() && group.iter().all(|row| one.contains(row)));
    let line = format!("gen2 report --subscription {OTHER_SUBSCRIPTION}");
    let other = rows(&home, &line);
    assert_eq!(other.len(), one.len());
}

#[test]
fn a_failed_report_has_the_reason() {
    let (emulator, home) = logged_in_to(emulator_of_everything());
    let nameless = home.line("gen2 report -n c");
    let words = "the following arguments are required: --resource-group/-g";
    nameless.failure(2).assert_contains(words);
    let missing = home.line("gen2 report -g g -n c");
    missing.failure(3).assert_contains("(ResourceNotFound)");
    let refused = home.line("gen2 report --all-subscriptions -g g");
    refused.failure(2).assert_contains("cannot be used with");
    let denied = json!({"error": {"code": "AuthorizationFailed", "message": "no"}});
    emulator.inject(Fault::answer("GET .*/skus", 403, denied).times(9));
    let without_sizes = home.line(&format!("{REPORT} -o tsv --query [].generation"));
    let warning = "WARNING: What the VM sizes of eastus can run is not known";
    without_sizes.said(0).assert_contains(warning);
    assert_eq!(without_sizes.text().matches("Gen1").count(), 2);
}

#[test]
fn a_report_works_in_a_batch() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    let lines = format!("{REPORT} -o tsv --query [].nodepool|[0]\n{REPORT} --check -o none\n");
    let batch = home.line_reading("batch", lines.as_bytes());
    assert_eq!(batch.printed(1), "mynodepool\n");
}

/// Specifies so many clusters, whose list leaves out the properties that show the generation.
fn many_clusters(count: usize, limit: ReadLimit) -> Specification {
    let demo = demo::specification();
    let pool = &demo.clusters[demo::CLUSTER].pools["mynodepool"];
    let pools = (0..6).map(|number| {
        let mut pool = pool.clone();
        pool["name"] = format!("pool{number}").into();
        (format!("pool{number}"), pool)
    });
    let pools: Map<_, _> = pools.collect();
    let listed: Vec<_> = pools.keys().map(|name| json!({"name": name})).collect();
    let cluster = ClusterSpecification {
        resource_group: "g".to_owned(),
        pools,
        properties: Map::from_iter([("agentPoolProfiles".to_owned(), listed.into())]),
        ..ClusterSpecification::default()
    };
    Specification {
        skus: Some("three".to_owned()),
        sku_names: Some("Standard_D.*".to_owned()),
        clusters: (0..count)
            .map(|number| (format!("c{number:03}"), cluster.clone()))
            .collect(),
        read_limit: Some(limit),
        ..Specification::default()
    }
}

/// Compares with Azure's own limit: 250 reads at once, and then 25 a second. The target is 1.3
/// times that on a machine without other load (`AZQ_TEST_ALONE`).
#[test]
fn many_clusters_take_little_longer_than_azures_limit_allows() {
    let limit = ReadLimit {
        burst: 250,
        per_second: 25,
    };
    let (emulator, home) = logged_in_to(start(many_clusters(500, limit)));
    home.line("daemon start").success();
    let started = Instant::now();
    let count = home.line("gen2 report -g g --query length(@) -o tsv");
    let taken = started.elapsed();
    assert_eq!(count.success(), "3000\n");
    let requests = emulator.requests().len();
    let answered = 1 + 500 + 1;
    let allowed = Duration::from_secs_f64(f64::from(answered - 250) / f64::from(limit.per_second));
    let ratio = taken.as_secs_f64() / allowed.as_secs_f64();
    let peak = peak_memory(home.daemon());
    println!(
        "500 clusters, 3,000 pools: {taken:.2?}, {ratio:.2} of what the limit allows; {requests} requests; \
         peak {} MB",
        peak >> 20
    );
    // Beside other tests the machine itself is slow.
    let is_alone = std::env::var_os("AZQ_TEST_ALONE").is_some();
    let most = if is_alone { 1.3 } else { 3.0 };
    assert!(ratio <= most, "{ratio}");
    assert!(peak < 200 << 20, "{peak} bytes");
}
