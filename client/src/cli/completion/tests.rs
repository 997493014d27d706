use super::*;
use crate::environment::fake::Fake;
use azq_proto::v1::ValueKind;

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// Returns the candidates at the end of a line, if azq knows any.
fn at_the_end(line: &str, style: Style, values: Values<'_>) -> Option<Vec<String>> {
    let words = words(line);
    let (typed, before) = words.split_last().unwrap();
    let question = Question {
        before,
        typed,
        style,
    };
    let candidates = question.answer(&Fake::default(), values)?;
    let words = candidates.into_iter().map(|candidate| candidate.word);
    Some(words.collect())
}

fn of(line: &str) -> Vec<String> {
    at_the_end(line, Style::Own, &|_| Vec::new()).unwrap_or_default()
}

fn of_az(line: &str) -> Option<Vec<String>> {
    at_the_end(line, Style::Az, &|_| Vec::new())
}

#[test]
fn words_are_commands_groups_and_azqs_own() {
    assert_eq!(of("aks nodepool sho"), ["show"]);
    assert_eq!(of("which"), ["which"]);
    assert_eq!(of("daemon st"), ["start", "stop", "status"]);
    assert!(of("").contains(&"vm".to_owned()) && of("").contains(&"daemon".to_owned()));
    let vm = of("vm ");
    assert!(vm.contains(&"list-skus".to_owned()) && vm.contains(&"create".to_owned()));
    assert!(
        !of("completion ").contains(&"words".to_owned()),
        "for the scripts alone"
    );
}

#[test]
fn options_are_those_of_the_command_that_are_not_given() {
    assert_eq!(of("vm list-skus --si"), ["--size"]);
    assert_eq!(of("vm list-skus --size x --si"), [""; 0]);
    assert_eq!(of("vm list-skus --size=x --si"), [""; 0]);
    assert!(of("vm list-skus ").contains(&"--location".to_owned()));
    assert!(!of("vm list-skus -l eastus ").contains(&"--location".to_owned()));
    assert!(!of("vm list-skus --loc eastus ").contains(&"--location".to_owned()));
    assert_eq!(of("daemon logs --fo"), ["--follow"]);
    assert_eq!(of("vm create --na"), [""; 0]);
    assert!(of("--ver").contains(&"--verbose".to_owned()));
}

#[test]
fn values_are_those_that_the_option_takes() {
    assert_eq!(of("vm list-skus -o t"), ["table", "tsv"]);
    assert_eq!(
        of("vm list-skus --output=T"),
        ["--output=table", "--output=tsv"]
    );
    let skus = of("aks nodepool add --os-sku windows");
    assert!(skus.contains(&"Windows2022".to_owned()), "{skus:?}");
    assert_eq!(of("vm list-skus --size "), [""; 0]);
    assert_eq!(of("daemon status --output js"), ["json", "jsonc"]);
    let zone = of("vm list-skus --zone ");
    assert!(zone.contains(&"true".to_owned()) && zone.contains(&"--size".to_owned()));
}

/// The expected words are recorded from az 2.91.0, in its order.
#[test]
fn az_is_answered_as_by_itself() {
    let skus = "-h --help --verbose --debug --only-show-errors --output -o --query --subscription \
                --location -l --size -s --zone -z --all --resource-type -r --max-age \
                --change-reference --acquire-policy-token";
    assert_eq!(of_az("az-vm").as_deref(), Some(&[][..]));
    assert_eq!(of_az("vm list-skus ").unwrap(), words(skus));
    let zone = of_az("vm list-skus --zone ").unwrap();
    assert_eq!(zone.join(" "), format!("{skus} true false"));
    let formats = "json jsonc yaml yamlc table tsv none";
    assert_eq!(of_az("vm list-skus -o ").unwrap(), words(formats));
    assert_eq!(of_az("vm list-skus -o json -").unwrap(), words(skus));
    let windows = ["Windows2019", "Windows2022", "Windows2025"];
    assert_eq!(of_az("aks nodepool add --os-sku w").unwrap(), windows);
    assert_eq!(of_az("aks nodepool sho").unwrap(), ["show"]);
    assert_eq!(of_az("-o json aks nodepool sho").unwrap(), ["show"]);
    assert_eq!(of_az("aks nodepool -").unwrap(), ["-h", "--help"]);
}

#[test]
fn what_azq_does_not_know_is_azs() {
    for line in ["network ", "vm create --", "network vnet li", "aks nosuch "] {
        assert_eq!(of_az(line), None, "{line}");
    }
    let own = of_az("daemon ");
    assert_eq!(own, None, "az has no such command");
}

#[test]
fn names_are_asked_for_with_what_the_line_says_of_their_place() {
    let asked = std::cell::RefCell::new(Vec::new());
    let ask = |request: SuggestValuesRequest| {
        asked.borrow_mut().push(request);
        vec!["npwin".to_owned(), "NPlinux".to_owned(), "sys".to_owned()]
    };
    let line = "aks nodepool show -g G --cluster-name C --subscription S -n np";
    assert_eq!(
        at_the_end(line, Style::Az, &ask).unwrap(),
        ["npwin", "NPlinux"]
    );
    let request = asked.take().remove(0);
    assert_eq!(request.kind(), ValueKind::NodePool);
    assert_eq!(request.resource_group_name.as_deref(), Some("G"));
    assert_eq!(request.cluster_name.as_deref(), Some("C"));
    assert_eq!(request.context.unwrap().subscription.as_deref(), Some("S"));
    for (line, kind) in [
        ("aks show --name ", ValueKind::Cluster),
        ("aks nodepool list --cluster-name ", ValueKind::Cluster),
        ("group show -n ", ValueKind::ResourceGroup),
        ("vm list-skus -l ", ValueKind::Location),
        ("vm list-skus --location=", ValueKind::Location),
        ("aks nodepool add -s ", ValueKind::VmSize),
        ("account show -s ", ValueKind::Subscription),
        ("vm show -n ", ValueKind::VirtualMachine),
        ("cache clear --location ", ValueKind::Location),
        ("cache show --subscription ", ValueKind::Subscription),
    ] {
        at_the_end(line, Style::Own, &ask);
        let asked = asked.take();
        assert_eq!(
            asked.first().map(SuggestValuesRequest::kind),
            Some(kind),
            "{line}"
        );
    }
    for line in [
        "aks nodepool add -n ",
        "vm list-skus --",
        "aks nodepool snapshot show -n ",
    ] {
        at_the_end(line, Style::Own, &ask);
        assert!(asked.take().is_empty(), "{line}");
    }
}
