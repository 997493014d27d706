//! The resource SKUs that the emulator lists: generated from this crate's tables of facts, or read
//! from a file.
//!
//! An entry is kept as the JSON text that is served, so a catalogue of real scale takes no more
//! memory than its size, and serving it parses nothing.

mod capabilities;
mod copies;
mod growth;
mod listing;
mod offer;
pub mod regions;
pub mod sizes;
mod table;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use regex::Regex;
use serde::Deserialize;
use serde_json::value::RawValue;

use copies::Dimension;
use growth::Scale;
pub use listing::Listing;

/// A list of resource SKUs.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
    /// Compressed bodies of whole listings, by location (empty: all) and kind of list.
    compressed: Mutex<HashMap<String, Bytes>>,
    /// Whether AKS makes nodes of each entry, computed at the first request.
    of_nodes: OnceLock<Vec<bool>>,
}

#[derive(Debug)]
struct Entry {
    text: Box<RawValue>,
    /// In lower case.
    locations: Vec<String>,
}

impl Entry {
    fn name(&self) -> Option<String> {
        let named = serde_json::from_str::<Named>(self.text.get()).ok()?;
        Some(named.name)
    }

    /// Whether AKS makes nodes of it: a machine with two vCPUs or more.
    fn is_of_nodes(&self) -> bool {
        let machine = Machine::parse(self.text.get());
        let vcpus = machine.and_then(|machine| machine.capability("vCPUs")?.parse::<u32>().ok());
        vcpus >= Some(2)
    }
}

/// The catalogues that need no file: `three` regions, the `full` one, and ten times that.
const GROWN: [(&str, Scale, Option<Dimension>); 4] = [
    ("three", Scale::Three, None),
    ("full", Scale::Full, None),
    ("tenfold-regions", Scale::Full, Some(Dimension::Regions)),
    ("tenfold-names", Scale::Full, Some(Dimension::Names)),
];

/// Catalogues that were already read or generated, because tests start many emulators with the same
/// one.
static OPENED: LazyLock<Mutex<Opened>> = LazyLock::new(Mutex::default);

/// Catalogues by source and wanted names.
type Opened = HashMap<(PathBuf, Option<String>), Arc<Catalogue>>;

impl Catalogue {
    /// Opens the catalogue of a source: `three` (regions), `full` (all regions), ten times that
    /// (`tenfold-regions`, `tenfold-names`), or a file, relative to `folder`. `names`, a regular
    /// expression for whole names, selects entries if it is given.
    pub fn open(
        source: &str,
        folder: &Path,
        names: Option<&str>,
    ) -> Result<Arc<Self>, CatalogueError> {
        let grown = GROWN.iter().find(|(name, ..)| *name == source);
        let path = grown.map_or_else(|| folder.join(source), |_| source.into());
        let key = (path, names.map(str::to_owned));
        let opened = || OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(catalogue) = opened().get(&key) {
            return Ok(Arc::clone(catalogue));
        }
        let mut entries = match grown {
            Some((_, scale, _)) => growth::grow(*scale)?,
            None => read(&key.0)?,
        };
        if let Some((_, _, Some(along))) = grown {
            copies::add(&mut entries, *along)?;
        }
        if let Some(names) = names {
            let names = Regex::new(&format!("^(?:{names})$"))?;
            entries.retain(|entry| entry.name().is_some_and(|name| names.is_match(&name)));
        }
        let catalogue = Arc::new(Self {
            entries,
            ..Self::default()
        });
        opened().insert(key, Arc::clone(&catalogue));
        Ok(catalogue)
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Lists the entries of a location, or all, from the `start`th on; at most a page of them.
    pub fn list(
        self: Arc<Self>,
        location: Option<&str>,
        start: usize,
        page: Option<usize>,
    ) -> Listing {
        let location = location.map(str::to_lowercase);
        let key = location.clone().unwrap_or_default();
        let wanted = |_, entry: &Entry| {
            location
                .as_ref()
                .is_none_or(|wanted| entry.locations.contains(wanted))
        };
        let indexes = self.indexes(wanted);
        self.page(&indexes, key, start, page)
    }

    /// Lists a location's VM SKUs of which AKS makes nodes, in the same way.
    pub fn list_vm_skus(
        self: Arc<Self>,
        location: &str,
        start: usize,
        page: Option<usize>,
    ) -> Listing {
        let location = location.to_lowercase();
        let of_nodes = self.of_nodes.get_or_init(|| {
            let entries = self.entries.iter();
            entries.map(Entry::is_of_nodes).collect()
        });
        let wanted = |index: usize, entry: &Entry| {
            of_nodes.get(index) == Some(&true) && entry.locations.contains(&location)
        };
        let indexes = self.indexes(wanted);
        self.page(&indexes, format!("{location}/vmSkus"), start, page)
    }

    fn indexes(&self, wanted: impl Fn(usize, &Entry) -> bool) -> Vec<usize> {
        let entries = self.entries.iter().enumerate();
        entries
            .filter(|(index, entry)| wanted(*index, entry))
            .map(|(index, _)| index)
            .collect()
    }

    fn page(
        self: Arc<Self>,
        all: &[usize],
        key: String,
        start: usize,
        page: Option<usize>,
    ) -> Listing {
        let end = page.map_or(all.len(), |page| all.len().min(start.saturating_add(page)));
        let next = (end < all.len()).then_some(end);
        let whole = start == 0 && next.is_none();
        Listing {
            catalogue: self,
            indexes: all.get(start..end).unwrap_or_default().to_vec(),
            next,
            key: whole.then_some(key),
        }
    }
}

/// Reads a file with a response of Resource Manager, `{"value": [...]}`: `.json`, or `.json.zst`.
fn read(path: &Path) -> Result<Vec<Entry>, CatalogueError> {
    let unreadable = |source| CatalogueError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut bytes = std::fs::read(path).map_err(unreadable)?;
    if path.extension().is_some_and(|extension| extension == "zst") {
        bytes = zstd::decode_all(bytes.as_slice()).map_err(unreadable)?;
    }
    let invalid = |source| CatalogueError::Invalid {
        path: path.to_owned(),
        source,
    };
    let answer: ListAnswer = serde_json::from_slice(&bytes).map_err(invalid)?;
    let entry = |text: Box<RawValue>| -> Result<Entry, serde_json::Error> {
        let located: Located = serde_json::from_str(text.get())?;
        let locations = located.locations.iter();
        let locations = locations.map(|name| name.to_lowercase()).collect();
        Ok(Entry { text, locations })
    };
    let entries = answer.value.into_iter().map(entry);
    entries.collect::<Result<_, _>>().map_err(invalid)
}

#[derive(Deserialize)]
struct ListAnswer {
    value: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The members of a virtual machine's entry from which other lists are made.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Machine<'a> {
    resource_type: Cow<'a, str>,
    #[serde(default)]
    pub(crate) name: Cow<'a, str>,
    #[serde(default)]
    pub(crate) size: Cow<'a, str>,
    #[serde(default)]
    pub(crate) family: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    capabilities: Vec<Capability<'a>>,
}

impl<'a> Machine<'a> {
    /// Parses the entry of a virtual machine; none if it is another one.
    fn parse(text: &'a str) -> Option<Self> {
        let machine: Self = serde_json::from_str(text).ok()?;
        (machine.resource_type == "virtualMachines").then_some(machine)
    }

    /// Returns the value of a capability.
    pub(crate) fn capability(&self, name: &str) -> Option<&str> {
        let mut all = self.capabilities.iter();
        let found = all.find(|capability| capability.name == name);
        found.map(|capability| &*capability.value)
    }
}

#[derive(Deserialize)]
struct Capability<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Located {
    locations: Vec<String>,
}

/// The reason why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file could not be read.
    #[error("cannot read the catalogue {}", path.display())]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file is not a list of resource SKUs.
    #[error("{} is not a list of resource SKUs", path.display())]
    Invalid {
        /// Its path.
        path: PathBuf,
        /// The position and the reason.
        source: serde_json::Error,
    },
    /// The names wanted are not a regular expression.
    #[error("`sku_names` is not a regular expression")]
    Names(#[from] regex::Error),
    /// An entry could not be written as JSON.
    #[error("cannot grow the catalogue")]
    Growth(#[source] serde_json::Error),
}
