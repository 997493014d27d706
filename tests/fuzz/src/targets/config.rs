//! az's `config`: that of its directory, that beside the working directory, and the environment's
//! overrides.
//!
//! Holds for all: an override wins, even if it is empty; of `[defaults]` the nearer file wins, and
//! of no other section; line ends and comments change nothing; an invalid boolean is refused with a
//! message.

use azq_account::{Caller, Environment, Ini, Profiles};

use super::clouds::check_text;
use crate::{joined, parts, place::Files, recordings};

/// Options that azq reads.
const OPTIONS: [(&str, &str); 7] = [
    ("core", "output"),
    ("core", "only_show_errors"),
    ("core", "no_color"),
    ("cloud", "name"),
    ("defaults", "group"),
    ("defaults", "location"),
    ("logging", "enable_log_file"),
];

/// Reads an input: the directory's file, the nearer file, then an option by number and its
/// override.
pub fn target(input: &[u8]) {
    let mut parts = parts(input);
    let mut part = || parts.next().unwrap_or_default();
    let (file, near, overriding) = (part(), part(), part());
    check_text(file);
    let files = Files::with(&[("config", file)]);
    let work = files.directory().join("work");
    let beside = work.join(files.directory().file_name().expect("a name"));
    std::fs::create_dir_all(&beside).expect("made");
    std::fs::write(beside.join("config"), near).expect("written");

    let (number, value) = overriding.split_first().unwrap_or((&0, b""));
    let (section, option) = OPTIONS[usize::from(*number) % OPTIONS.len()];
    let value = String::from_utf8_lossy(value).into_owned();
    let variable = format!("AZURE_{section}_{option}").to_uppercase();
    let caller = Caller {
        working_directory: Some(work),
        ..files.caller(Environment::from([(variable, value.clone())]))
    };
    let profile = match Profiles::default().load(&caller) {
        Ok(profile) => profile,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let config = profile.config();
    assert_eq!(config.get(section, option).as_deref(), Some(&*value));
    let [own, near] = [file, near].map(|text| Ini::parse(str::from_utf8(text).ok()?).ok());
    let others = OPTIONS
        .into_iter()
        .filter(|other| *other != (section, option));
    for (other, name) in others {
        if let (Some(own), Some(near)) = (&own, &near) {
            let nearer = near.get(other, name).filter(|_| other == "defaults");
            let expected = nearer.or_else(|| own.get(other, name));
            assert_eq!(config.get(other, name), expected);
        }
        if let Err(error) = config.boolean(other, name, false) {
            assert!(!error.to_string().is_empty());
        }
    }
}

/// Returns the settings of the goldens, and a file as az writes it.
pub fn seeds() -> Vec<Vec<u8>> {
    let az = "[cloud]\nname = AzureCloud\n\n[core]\noutput = table\nfirst_run = yes\ncollect_telemetry = no\nonly_show_errors = false\n\n\
              [defaults]\ngroup = rg\nlocation = westeurope\n\n[logging]\nenable_log_file = yes\nlog_dir = %(home)s/.azure\n";
    let marked = "\u{feff}[core]\nno_color : on\n  and more\nOUTPUT=json";
    let everywhere = "[DEFAULT]\ngroup=everywhere\n[defaults]\n";
    let mut seeds = vec![
        joined([az, "[defaults]\ngroup = near\n", "\x02yes"]),
        joined([marked, "", "\x00"]),
        joined([everywhere, "[core]\noutput=tsv\n", "\x04"]),
    ];
    for case in recordings::goldens() {
        let settings = case["config"].as_object().into_iter().flatten();
        let lines = settings.filter_map(|(name, value)| {
            let (section, option) = name.split_once('.')?;
            Some(format!("[{section}]\n{option} = {}\n", value.as_str()?))
        });
        seeds.push(joined([&*lines.collect::<String>(), "", "\x01true"]));
    }
    recordings::distinct(seeds)
}
