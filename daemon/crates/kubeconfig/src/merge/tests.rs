use super::*;

/// Returns a kubeconfig in the form that Azure returns.
fn credentials(cluster: &str, user: &str, token: &str) -> String {
    format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: Q0E=\n    \
         server: https://{cluster}:443\n  name: {cluster}\ncontexts:\n- context:\n    cluster: \
         {cluster}\n    user: {user}\n  name: {cluster}\ncurrent-context: {cluster}\nkind: Config\n\
         preferences: {{}}\nusers:\n- name: {user}\n  user:\n    token: {token}\n"
    )
}

fn adding(kubeconfig: &str) -> Addition<'_> {
    Addition {
        kubeconfig,
        names: None,
        context: None,
        overwrites: false,
        agreed: &[],
        may_ask: false,
    }
}

fn text(merged: Result<Merged, MergeError>) -> (String, String) {
    match merged {
        Ok(Merged::Text {
            text,
            current_context,
        }) => (String::from_utf8(text).unwrap(), current_context),
        Ok(Merged::Question(question)) => panic!("{question}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_new_file_has_azures_kubeconfig_with_sorted_keys() {
    let one = credentials("one", "clusterUser_g_one", "t");
    for empty in ["", "# only a comment\n", "null"] {
        assert_eq!(
            text(merge(empty, &adding(&one))),
            (one.clone(), "one".to_owned())
        );
    }
}

#[test]
fn others_stay_and_the_new_context_is_current() {
    let one = credentials("one", "u1", "t1") + "extensions: [{name: e, extension: {last: ü}}]\n";
    let two = credentials("two", "u2", "t2");
    let (merged, current) = text(merge(&one, &adding(&two)));
    assert_eq!(current, "two");
    for part in [
        "server: https://one:443",
        "server: https://two:443",
        "token: t1",
        "token: t2",
        "current-context: two",
        "last: \"\\xFC\"",
    ] {
        assert!(merged.contains(part), "{part} in {merged}");
    }
    // Merging the same credentials once more changes nothing, because they are the last items
    // already.
    let (again, _) = text(merge(&merged, &adding(&two)));
    assert_eq!(again, merged);
}

#[test]
fn an_administrators_context_has_a_name_of_its_own() {
    let user = credentials("one", "clusterUser_g_one", "t");
    let admin = credentials("one", "clusterAdmin_g_one", "t");
    let (merged, current) = text(merge(&user, &adding(&admin)));
    assert_eq!(current, "one-admin");
    assert!(merged.contains("  name: one-admin\n") && merged.contains("  name: one\n"));
}

#[test]
fn a_context_can_be_named() {
    let one = credentials("one", "u", "t");
    let addition = Addition {
        context: Some("mine"),
        ..adding(&one)
    };
    let (merged, current) = text(merge("", &addition));
    assert_eq!(current, "mine");
    assert!(
        merged.contains("    cluster: mine\n    user: u\n  name: mine\n"),
        "{merged}"
    );
    assert!(merged.contains("- name: u\n"));
}

#[test]
fn a_conflict_is_asked_about_refused_or_overwritten() {
    let old = credentials("one", "u", "old");
    let new = credentials("one", "u", "new");
    let refused = merge(&old, &adding(&new)).err().unwrap();
    assert_eq!(
        refused.to_string(),
        "A different object named u already exists in users in your kubeconfig file."
    );
    let may_ask = Addition {
        may_ask: true,
        ..adding(&new)
    };
    let Ok(Merged::Question(question)) = merge(&old, &may_ask) else {
        panic!("a question")
    };
    assert!(question.starts_with("A different object named u already exists in your kubeconfig"));
    let agreed = Addition {
        agreed: &[question],
        ..may_ask
    };
    let overwrites = Addition {
        overwrites: true,
        ..adding(&new)
    };
    for addition in [agreed, overwrites] {
        let (merged, _) = text(merge(&old, &addition));
        assert!(merged.contains("token: new") && !merged.contains("token: old"));
    }
}

#[test]
fn lists_that_are_missing_or_empty_are_told_apart() {
    let one = credentials("one", "u", "t");
    for existing in ["{}", "a: 1", "text", "[]", "clusters: []\nusers: []"] {
        let error = merge(existing, &adding(&one)).err().unwrap();
        assert!(
            matches!(error, MergeError::MissingKey(_)),
            "{existing}: {error}"
        );
    }
    let (merged, _) = text(merge("clusters:\nusers: []\ncontexts: {}\n", &adding(&one)));
    assert!(merged.contains("name: one"));
}

#[test]
fn unknown_forms_are_left_to_az() {
    let one = credentials("one", "u", "t");
    for existing in [
        "a: [",
        "clusters: {a: 1}\nusers:\ncontexts:",
        "clusters: [1]\nusers:\ncontexts:",
        "a: &x 1",
    ] {
        let error = merge(existing, &adding(&one)).err().unwrap();
        assert!(
            matches!(error, MergeError::Existing(_)),
            "{existing}: {error}"
        );
    }
    for new in ["", "[]", "clusters: [{name: a}]"] {
        let named = Addition {
            context: Some("x"),
            ..adding(new)
        };
        let error = merge("", &named).err().unwrap();
        assert!(matches!(error, MergeError::Addition(_)), "{new}: {error}");
    }
}

#[test]
fn the_item_after_a_removed_one_is_not_looked_at() {
    let item = |value: i64| format!("{{name: a, v: {value}}}");
    let list = |items: &[i64]| {
        let items: Vec<String> = items.iter().copied().map(item).collect();
        format!(
            "clusters: [{}]\nusers:\ncontexts:\ncurrent-context: c\n",
            items.join(", ")
        )
    };
    let new = list(&[9]);
    let addition = Addition {
        overwrites: true,
        ..adding(&new)
    };
    let (merged, _) = text(merge(&list(&[1, 2, 3]), &addition));
    assert_eq!(merged.matches("name: a").count(), 2, "{merged}");
    assert!(merged.contains("v: 2") && merged.contains("v: 9"));
}

#[test]
fn names_of_long_values_are_kept() {
    let names = Some(Names {
        begin: "long-",
        end: "-end",
    });
    let config = |ca: u32| {
        format!(
            "clusters:\n- cluster:\n    certificate-authority-data: long-{ca}-end\n  name: \
             c\ncontexts: []\ncurrent-context: x\nusers: []\n"
        )
    };
    let existing = config(1);
    let merged = |kubeconfig: &str, overwrites| {
        let addition = Addition {
            names,
            overwrites,
            may_ask: false,
            ..adding(kubeconfig)
        };
        merge(&existing, &addition)
    };
    let Ok(Merged::Text { text, .. }) = merged(&config(1), false) else {
        panic!("the same again is no conflict")
    };
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("certificate-authority-data: long-1-end\n"));
    let conflict = MergeError::Conflict {
        name: "c".to_owned(),
        list: "clusters",
    };
    assert!(merged(&config(2), false).is_err_and(|error| error == conflict));
    assert!(merged("a: |\n  long-1-end\n  b\n", true).is_err());
}
