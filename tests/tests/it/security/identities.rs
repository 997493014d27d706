//! Every kind of managed identity, each requested at its own endpoint and at no other.

use azq_tests::emulator::ARC_KEY;
use sha1::{Digest as _, Sha1};

use crate::interpreter::left_out;
use crate::prelude::*;

const GET_TOKEN: &str =
    "account get-access-token --resource https://a.example/ --query accessToken -o tsv";
const RESOURCE_ID: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";

/// A kind of environment that has identities.
struct Row {
    name: &'static str,
    /// The endpoint's path.
    path: &'static str,
    /// The variables that announce it.
    variables: fn(&Emulator) -> Vec<(&'static str, String)>,
    version: &'static str,
    /// The names of the parameters for a client id, an object id and a resource id.
    ids: [Option<&'static str>; 3],
}

const ROWS: [Row; 5] = [
    Row {
        name: "App Service",
        path: "/msi/token",
        variables: |emulator| {
            vec![
                ("IDENTITY_ENDPOINT", emulator.identity_endpoint()),
                ("IDENTITY_HEADER", IDENTITY_SECRET.to_owned()),
                ("MSI_ENDPOINT", "http://127.0.0.1:9/nosuch".to_owned()),
                ("MSI_SECRET", "other".to_owned()),
            ]
        },
        version: "2019-08-01",
        ids: [Some("client_id"), Some("object_id"), Some("mi_res_id")],
    },
    Row {
        name: "Azure Machine Learning",
        path: "/ml/token",
        variables: |emulator| {
            let endpoint = format!("{}/ml/token", emulator.plain_endpoint());
            vec![
                ("MSI_ENDPOINT", endpoint),
                ("MSI_SECRET", IDENTITY_SECRET.to_owned()),
                ("IMDS_ENDPOINT", "http://127.0.0.1:9".to_owned()),
            ]
        },
        version: "2017-09-01",
        ids: [Some("clientid"), Some("object_id"), Some("msi_res_id")],
    },
    Row {
        name: "virtual machine",
        path: "/metadata/identity/oauth2/token",
        variables: |emulator| {
            let host = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
            vec![(host, emulator.plain_endpoint())]
        },
        version: "2018-02-01",
        ids: [Some("client_id"), Some("object_id"), Some("msi_res_id")],
    },
    Row {
        name: "Service Fabric",
        path: "/fabric/token",
        variables: |emulator| {
            let digits = Sha1::digest(emulator.certificate());
            let thumbprint: Vec<_> = digits.iter().map(|byte| format!("{byte:02X}")).collect();
            let endpoint = format!("{}/fabric/token", emulator.endpoint());
            vec![
                ("IDENTITY_ENDPOINT", endpoint),
                ("IDENTITY_HEADER", IDENTITY_SECRET.to_owned()),
                ("IDENTITY_SERVER_THUMBPRINT", thumbprint.join(":")),
            ]
        },
        version: "2019-07-01-preview",
        ids: [None; 3],
    },
    Row {
        name: "Azure Arc",
        path: "/arc/token",
        variables: |emulator| {
            let host = emulator.plain_endpoint();
            vec![
                ("IDENTITY_ENDPOINT", format!("{host}/arc/token")),
                ("IMDS_ENDPOINT", host),
            ]
        },
        version: "2020-06-01",
        ids: [Some("client_id"), Some("object_id"), Some("msi_res_id")],
    },
];

/// Creates a home whose environment announces one kind of identity.
fn home(emulator: &Emulator, row: &Row, account: &Account) -> Home {
    let mut home = Home::new(emulator).unwrap();
    let azure = home.path().join("azure");
    let written = emulator.write_az_config_for(&azure, account, &BTreeMap::new());
    written.unwrap();
    home.unset("IDENTITY_ENDPOINT");
    home.unset("IDENTITY_HEADER");
    home.set_all((row.variables)(emulator));
    home
}

/// The key file of Azure Arc's agent at its usual path, which only root can write; removed on drop.
struct ArcKey(Vec<PathBuf>);

impl ArcKey {
    fn write() -> Self {
        let directory = Path::new("/var/opt/azcmagent/tokens");
        let missing = directory.ancestors().filter(|path| !path.exists());
        let mut made: Vec<_> = missing.map(Path::to_owned).collect();
        fs::create_dir_all(directory).unwrap();
        let file = directory.join(ARC_KEY);
        fs::write(&file, IDENTITY_SECRET).unwrap();
        made.insert(0, file);
        Self(made)
    }
}

impl Drop for ArcKey {
    fn drop(&mut self) {
        for path in &self.0 {
            let _gone = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
        }
    }
}

fn identity_requests(emulator: &Emulator) -> Vec<LoggedRequest> {
    let mut requests = emulator.requests();
    requests.retain(|request| !request.path.contains("/subscriptions"));
    requests
}

#[test]
fn every_kind_of_identity_is_asked_at_its_own_endpoint() {
    let _key = is_root().then(ArcKey::write);
    for row in &ROWS {
        if row.name == "Azure Arc" && !is_root() {
            continue;
        }
        let ids = [
            ("MSIClient", "id-1"),
            ("MSIObject", "id-2"),
            ("MSIResource", RESOURCE_ID),
        ];
        let assigned = ids.iter().zip(row.ids).map(|((kind, id), parameter)| {
            let account = Account::UserAssigned(format!("{kind}-{id}"));
            (account, parameter.map(|parameter| (parameter, *id)))
        });
        let system = [(Account::SystemAssigned, None)];
        for (account, parameter) in system.into_iter().chain(assigned) {
            let emulator = emulator_with_secrets();
            let home = home(&emulator, row, &account);
            let token = home.line(GET_TOKEN);
            let parts = token.success().split('.').count();
            assert_eq!(parts, 3, "{}: {token}", row.name);
            let requests = identity_requests(&emulator);
            let last = requests.last().unwrap();
            for request in &requests {
                assert_eq!(request.path, row.path, "{}", row.name);
            }
            assert_eq!(last.parameter("resource"), Some("https://a.example/"));
            let version = last.parameter("api-version");
            assert_eq!(version, Some(row.version), "{}", row.name);
            let mut names: Vec<_> = last.query.keys().map(String::as_str).collect();
            names.retain(|name| !["api-version", "resource"].contains(name));
            let wanted: Vec<_> = parameter.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, wanted, "{} {account:?}", row.name);
            if let Some((name, id)) = parameter {
                assert_eq!(last.parameter(name), Some(id));
            }
        }
    }
}

#[test]
fn service_fabric_is_trusted_by_its_thumbprint_alone() {
    let emulator = emulator_with_secrets();
    let mut home = home(&emulator, &ROWS[3], &Account::SystemAssigned);
    home.set("IDENTITY_SERVER_THUMBPRINT", &"00".repeat(20));
    let refused = home.line(GET_TOKEN);
    refused.failure(1).assert_contains("cannot be reached");
    // The secret went nowhere.
    assert!(identity_requests(&emulator).is_empty());
    let plain = format!("{}/fabric/token", emulator.plain_endpoint());
    home.set("IDENTITY_ENDPOINT", &plain);
    let plain = home.line(GET_TOKEN);
    plain.failure(1).assert_contains("must use HTTPS");
}

#[test]
fn a_refusal_of_an_identity_endpoint_is_printed() {
    let emulator = emulator_with_secrets();
    for (row, words) in [
        (&ROWS[1], "{'error': {'code': 'Unauthorized'}}"),
        (&ROWS[3], "SecretHeaderNotFound"),
    ] {
        let mut home = home(&emulator, row, &Account::SystemAssigned);
        let header = (row.variables)(&emulator)[1].0;
        home.set(header, "wrong");
        let refused = home.line(GET_TOKEN);
        refused.failure(1).assert_contains(words);
    }
}

#[test]
fn in_cloud_shell_the_token_is_the_users() {
    let emulator = emulator_with_secrets();
    // This port is fixed in Cloud Shell.
    if emulator.serve_on(50342).is_err() {
        left_out("Cloud Shell, for its port is taken");
        return;
    }
    let mut home = Home::new(&emulator).unwrap();
    log_in(&home, &emulator, &Account::CloudShell, "");
    home.set("ACC_CLOUD", "PROD");
    let token = home.line(GET_TOKEN).success();
    assert_eq!(token.split('.').count(), 3);
    let [asked] = identity_requests(&emulator).try_into().unwrap();
    assert_eq!([&*asked.method, &*asked.path], ["POST", "/oauth2/token"]);
    let elsewhere = home.line("account get-access-token --tenant other");
    let says = "For Cloud Shell account";
    elsewhere.failure(1).assert_contains(says);
}
