//! Command lines and the requests that azq makes of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a line that is not understood fails the test"
)]
#![allow(
    clippy::unnecessary_wraps,
    reason = "the requests' fields are optional"
)]

mod recorded;

use std::ffi::OsString;

use azq::cli::{self, CommandCall, HandOver, Invocation, Reason, Request};
use azq_proto::v1::file::Outcome;
use azq_proto::v1::{
    AddNodePoolRequest, Context, DeleteMachinesRequest, File, FileProblem, Format, ListSkusRequest,
    NodePoolName, OutputOptions, SeenFile, UpdateNodePoolRequest, Words,
};
use recorded::Recorded;

fn parse(line: &str) -> Invocation {
    let environment = Recorded {
        files: [("kubelet.json", "{}"), ("labels", "a=b\n")]
            .map(|(path, content)| (path.into(), content.into()))
            .into(),
        standard_input: b"[0]\n".to_vec(),
        ..Recorded::default()
    };
    let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    cli::parse(&argv, &environment)
}

/// Returns the error of a line that azq refuses.
fn usage(line: &str) -> String {
    match parse(line) {
        Invocation::Usage(error) => error.text().to_owned(),
        other => panic!("{line}: {other:?}"),
    }
}

fn call(line: &str) -> CommandCall {
    match parse(line) {
        Invocation::Command(call) => *call,
        other => panic!("{line}: {other:?}"),
    }
}

fn context() -> Context {
    Context {
        azure_config_dir: "/work/.azure".to_owned(),
        working_directory: b"/work".to_vec(),
        seen: ["/work/.azure", "/work/.azure/azureProfile.json"]
            .map(|path| SeenFile {
                path: path.to_owned(),
                ..SeenFile::default()
            })
            .into(),
        output: Some(OutputOptions::default()),
        ..Context::default()
    }
}

fn words(words: &[&str]) -> Option<Words> {
    Some(Words {
        word: words.iter().map(ToString::to_string).collect(),
    })
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn sku_lines_become_requests() {
    let skus = |fill: fn(&mut ListSkusRequest, &mut Context)| {
        let (mut request, mut context) = (ListSkusRequest::default(), context());
        fill(&mut request, &mut context);
        request.context = Some(context);
        Request::from(request)
    };
    let plain = skus(|_, _| {});
    for (line, expected) in [
        ("vm list-skus", plain.clone()),
        ("VM List-Skus", plain),
        (
            "vm list-skus -l eastus --loc westus",
            skus(|r, _| r.location = text("westus")),
        ),
        ("vm list-skus --zone", skus(|r, _| r.zone = Some(true))),
        (
            "vm list-skus -zFALSE --all true",
            skus(|r, _| (r.zone, r.show_all) = (Some(false), Some(true))),
        ),
        (
            "vm list-skus -sd2 --res=disks",
            skus(|r, _| (r.size, r.resource_type) = (text("d2"), text("disks"))),
        ),
        ("vm list-skus --max-age 0", skus(|r, _| r.max_age = Some(0))),
        (
            "vm list-skus -ojson -o TSV --query @-",
            skus(|_, context| {
                let output = context.output.get_or_insert_default();
                output.set_format(Format::Tsv);
                output.query = text("[0]");
            }),
        ),
        (
            "vm list-skus --subs x --verbose",
            skus(|_, context| (context.subscription, context.verbose) = (text("x"), true)),
        ),
    ] {
        let call = call(line);
        assert_eq!(call.request, expected, "{line}");
        assert!(call.pending().is_none(), "{line}");
    }
}

#[test]
fn pool_lines_become_requests() {
    let pool = Some(NodePoolName {
        resource_group_name: text("g"),
        cluster_name: text("c"),
        nodepool_name: text("p"),
    });
    let call = call(
        "aks nodepool add -gg --cluster-name=c -n x --name p -c 5 --min-count +1 --spot-max-price -1 \
         --priority spot --labels @labels k=v --tags --zones 1 2 -e --kubelet-config kubelet.json \
         --linux-os-config absent --node-taints= --no-wait",
    );
    let expected = AddNodePoolRequest {
        context: Some(context()),
        pool,
        node_count: Some(5),
        min_count: Some(1),
        spot_max_price: Some(-1.0),
        priority: text("Spot"),
        labels: words(&["a=b", "k=v"]),
        tags: words(&[]),
        zones: words(&["1", "2"]),
        enable_cluster_autoscaler: true,
        kubelet_config: Some(File {
            path: "kubelet.json".to_owned(),
            outcome: Some(Outcome::Content(b"{}".to_vec())),
        }),
        linux_os_config: Some(File {
            path: "absent".to_owned(),
            outcome: Some(Outcome::Problem(FileProblem::NotFound.into())),
        }),
        node_taints: text(""),
        no_wait: true,
        ..Default::default()
    };
    assert_eq!(call.request, Request::from(expected));
}

/// azq's own option cannot be abbreviated, because az has no option of its name.
#[test]
fn azqs_preflight_option_cannot_be_abbreviated() {
    let pool = "-g g --cluster-name c -n p";
    let Request::ScaleNodePool(request) =
        call(&format!("aks nodepool scale {pool} --preflight")).request
    else {
        panic!("not a scale")
    };
    assert!(request.preflight && request.node_count.is_none());
    let Request::AddNodePool(request) = call(&format!("aks nodepool add {pool}")).request else {
        panic!("not an add")
    };
    assert!(!request.preflight);
}

#[test]
fn an_update_takes_the_guides_options_beside_azs() {
    let line = "aks nodepool update -g g --cluster-name c -n p --os-sku windows2022";
    for option in ["--os-type Windows", "-s Standard_D4s_v5"] {
        let line = format!("{line} {option}");
        let Request::UpdateNodePool(UpdateNodePoolRequest { os_sku, .. }) = call(&line).request
        else {
            panic!("{line}")
        };
        assert_eq!(os_sku.as_deref(), Some("Windows2022"), "{line}");
    }
    let error = usage(line);
    for says in [
        "Ubuntu, Ubuntu2204, Ubuntu2404.",
        "azq takes 'windows2022' beside --os-type Windows.",
    ] {
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn values_of_azqs_own_options_are_refused_by_azq() {
    let empty = "argument --node-vm-size/-s: expected a value that is not empty";
    for (option, value, says) in [
        ("--os-type", "Mac", "Allowed values: Linux, Windows."),
        ("--os-type", "", "Allowed values: Linux, Windows."),
        ("--node-vm-size", "", empty),
    ] {
        let pool = "aks nodepool update -g g --cluster-name c -n p";
        let error = usage(&format!("{pool} {option} {value}"));
        assert!(error.contains(says), "{option} {value}: {error}");
    }
}

#[test]
fn abbreviations_of_azs_options_stay_unambiguous() {
    let line = "aks nodepool update -g g --cluster-name c -n p --os Ubuntu";
    assert!(matches!(parse(line), Invocation::Command(_)));
    let line = "aks nodepool update -g g --cluster-name c -n p --os-ty Linux";
    assert!(matches!(parse(line), Invocation::PassOn(_)));
}

#[test]
fn deprecations_become_warnings_of_the_request() {
    let warnings = |line: &str| call(line).request.context().unwrap().warning.clone();
    let wait = "aks nodepool wait -g g --cluster-name c --created";
    assert!(warnings(&format!("{wait} --name p")).is_empty());
    assert_eq!(
        warnings(&format!("{wait} --agent p")),
        [
            "Option '--agent-pool-name' has been deprecated and will be removed in a future release. \
          Use '--nodepool-name' instead."
        ]
    );
    assert_eq!(
        warnings("vm list-sizes -l x"),
        [
            "This command has been deprecated and will be removed in a future release. \
          Use 'az vm list-skus' instead."
        ]
    );
}

#[test]
fn a_usage_error_waits_for_the_daemons_checks_to_its_left() {
    let validate_only = |call: &CommandCall| call.request.context().unwrap().validate_only;
    // The group may be configured; so the missing machine names are reported next.
    let machines = call("aks nodepool delete-machines --cluster-name c -n p x");
    assert!(validate_only(&machines));
    assert!(matches!(
        &machines.request,
        Request::DeleteMachines(DeleteMachinesRequest { .. })
    ));
    let missing = machines.missing(&["resource_group_name".to_owned()]);
    let both = "required: --resource-group/-g, --machine-names\n";
    assert!(missing.text().contains(both));
    let pending = machines.pending().unwrap().text();
    assert!(pending.contains("required: --machine-names\n"));
    // A bad query is reported before any error further right.
    let query = call("aks nodepool scale --query [ -c five");
    assert!(validate_only(&query));
    let pending = query.pending().unwrap().text();
    assert!(pending.contains("argument --node-count/-c: invalid int value: 'five'"));
    assert_eq!(
        query.missing(&["resource_group_name".to_owned()]).text(),
        pending
    );
    let bad = query.usage("argument --query: invalid jmespath_type value: '['");
    assert!(bad.text().contains("To learn more about --query"));
    // An error further left is reported before the query.
    usage("aks nodepool scale -c five --query [");
}

#[test]
fn integers_beyond_64_bits_are_sent_in_decimal() {
    let line = "aks nodepool add --cluster-name c -n p -g g -c 99999999999999999999 --max-pods 5";
    let Invocation::Command(call) = parse(line) else {
        panic!("{line}")
    };
    let Request::AddNodePool(request) = &call.request else {
        panic!("{line}")
    };
    assert_eq!(
        (request.node_count, request.max_pods),
        (Some(i64::MAX), Some(5))
    );
    let large = [("--node-count".to_owned(), "99999999999999999999".to_owned())];
    assert_eq!(request.large_integers, large.into());
}

#[test]
fn unknown_commands_are_handed_over_to_az() {
    let option = |name: &str| Reason::Option(name.to_owned());
    let command = |name: &str| Reason::Command(name.to_owned());
    for (line, expected) in [
        ("disk list", command("disk")),
        ("vm create -n x", command("create")),
        ("vm lis-skus", command("lis-skus")),
        ("vm list-skus --bogus", option("--bogus")),
        (
            "vm list-skus -l x --change-reference 1",
            option("--change-reference"),
        ),
        ("vm list-skus --acq", option("--acquire-policy-token")),
        (
            "aks nodepool wait --cluster-name c -n p -g g --timeout 99999999999999999999",
            option("--timeout"),
        ),
        (
            "vm list-skus --output toml",
            Reason::Value {
                option: "--output",
                value: "toml".to_owned(),
            },
        ),
    ] {
        match parse(line) {
            Invocation::PassOn(HandOver { reason, .. }) => assert_eq!(reason, expected, "{line}"),
            other => panic!("{line}: {other:?}"),
        }
    }
    for line in [
        "vm list-skus eastus",
        "vm list-skus -- --bogus",
        "vm list-skus -l",
    ] {
        assert!(
            matches!(parse(line), Invocation::Usage(_)),
            "{line}: {:?}",
            parse(line)
        );
    }
}

#[test]
fn help_and_version_need_no_daemon() {
    for line in [
        "-h",
        "--help",
        "help",
        "--debug",
        "vm -h",
        "aks nodepool --help",
        "--debug -h vm",
    ] {
        assert!(
            matches!(parse(line), Invocation::Help(_)),
            "{line}: {:?}",
            parse(line)
        );
    }
    let Invocation::Help(text) = parse("aks nodepool scale -g x --he") else {
        panic!("no help")
    };
    assert!(
        text.starts_with("\nCommand\n    azq aks nodepool scale : "),
        "{text}"
    );
    assert!(
        text.contains("    --cluster-name            [Required] : "),
        "{text}"
    );
    assert!(text.lines().all(|line| line.len() <= 100), "{text}");
    for line in ["--version", "-v"] {
        assert!(matches!(parse(line), Invocation::Version(_)), "{line}");
    }
}
