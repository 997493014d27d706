use super::*;
use serde_json::json;

fn entry(id: &str, name: &str, default: bool, cloud: &str) -> Value {
    json!({"id": id, "name": name, "state": "Enabled", "tenantId": "t", "isDefault": default,
           "environmentName": cloud, "user": {"name": "me@example.com", "type": "user"}})
}

fn profile(entries: &[Value]) -> Profile {
    let directory = tempfile::tempdir().expect("a directory");
    let text = format!("\u{feff}{}", json!({"subscriptions": entries}));
    std::fs::write(directory.path().join("azureProfile.json"), text).expect("written");
    Profile::load(&Caller::without_variables(directory.path())).expect("readable")
}

fn select(profile: &Profile, wanted: Option<&str>) -> Result<String, String> {
    let account = profile.select(wanted).map_err(|error| error.to_string())?;
    Ok(account.subscription.id)
}

#[test]
fn a_subscription_is_found_by_id_or_name_in_any_case() {
    let profile = profile(&[
        entry("AA", "One", true, "AzureCloud"),
        entry("BB", "Two", false, "AzureCloud"),
        entry("CC", "Three", true, "AzureChinaCloud"),
    ]);
    for (wanted, id) in [
        (None, "AA"),
        (Some(""), "AA"),
        (Some("bb"), "BB"),
        (Some("TWO"), "BB"),
    ] {
        assert_eq!(select(&profile, wanted).as_deref(), Ok(id), "{wanted:?}");
    }
    let missing = "Subscription 'Three' not found. Check the spelling and casing and try again.";
    assert_eq!(select(&profile, Some("Three")), Err(missing.to_owned()));
    let warning = profile.unrecognized("Three").unwrap();
    assert_eq!(warning, "Subscription 'Three' not recognized.");
    assert_eq!(profile.unrecognized("two"), None);
}

#[test]
fn of_several_with_one_name_the_first_is_taken() {
    let twins = profile(&[
        entry("AA", "Same", true, "AzureCloud"),
        entry("BB", "Same", true, "AzureCloud"),
    ]);
    assert_eq!(select(&twins, Some("same")), Ok("AA".to_owned()));
    let many = "Multiple subscriptions with the name 'None' found. Specify the subscription ID.";
    assert_eq!(select(&twins, None), Err(many.to_owned()));
}

#[test]
fn az_says_what_is_missing() {
    let words = "Please run 'az login' to setup account.";
    assert_eq!(select(&profile(&[]), None), Err(words.to_owned()));
    let unset = profile(&[entry("AA", "One", false, "AzureCloud")]);
    let words = "No subscription found. Run 'az account set' to select a subscription.";
    assert_eq!(select(&unset, None), Err(words.to_owned()));
}

#[test]
fn a_name_of_several_is_an_error_where_it_is_not_turned_into_an_id() {
    let twins = profile(&[
        entry("AA", "Same", true, "AzureCloud"),
        entry("BB", "same", false, "AzureCloud"),
        entry("CC", "aa", false, "AzureCloud"),
    ]);
    let shown = |wanted| twins.entry(Some(wanted)).map(Entry::id);
    let many = |wanted: &str| Err(AccountError::Ambiguous(wanted.to_owned()));
    assert_eq!(shown("SAME"), many("SAME"));
    assert_eq!(shown("BB"), Ok(Some("BB")));
    assert_eq!(shown("aa"), many("aa"));
    // CC's name is AA's id.
    let chosen = twins.select(Some("same"));
    assert_eq!(chosen.map(|_| None), many("AA"));
}

#[test]
fn an_entry_that_lacks_something_is_shown_and_says_what_when_azure_is_asked() {
    let bare = json!({"name": "One", "isDefault": 1, "environmentName": "AzureCloud"});
    let profile = profile(&[json!(null), json!({"id": 1}), bare.clone()]);
    assert_eq!(profile.all_entries().len(), 2);
    let shown = profile.entry(None).expect("the default");
    assert_eq!(Value::Object(shown.members().clone()), bare);
    let error = select(&profile, None).expect_err("incomplete");
    assert!(error.contains("'One'") && error.contains("'id'"), "{error}");
}

#[test]
fn a_flag_is_true_as_in_python() {
    let flags = json!([true, 1, "no", [0], {"a": 0}, false, 0, 0.0, "", [], {}, null]);
    for (number, flag) in flags.as_array().into_iter().flatten().enumerate() {
        assert_eq!(is_true(flag), number < 5, "{flag}");
    }
}

#[test]
fn the_kind_of_user_is_read_as_az_reads_it() {
    let kind = |user: Value| User::from_entry(&user).expect("a user").kind;
    let assigned = |text: &str| UserKind::ManagedIdentity {
        assigned: text.to_owned(),
    };
    let system = json!({"name": "systemAssignedIdentity", "type": "servicePrincipal"});
    assert_eq!(kind(system), assigned("MSI"));
    let own = json!({"name": "userAssignedIdentity", "type": "servicePrincipal",
                     "assignedIdentityInfo": "MSIClient-1-2"});
    assert_eq!(kind(own), assigned("MSIClient-1-2"));
    let application = json!({"name": "a", "type": "servicePrincipal"});
    assert_eq!(kind(application), UserKind::ServicePrincipal);
    let shell = json!({"name": "a", "type": "user", "cloudShellID": true});
    assert_eq!(kind(shell), UserKind::CloudShell);
}
