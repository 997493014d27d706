//! The output of sizes: an object for each size, and the table.
//!
//! The table is laid out from the sizes themselves. Objects are created only if the format or the
//! query needs them. An object is three pointers, because data that sizes share is created once for
//! all of them.
//!
//! Invariant: the entries of a part are sorted by their keys, as [`LazyObject`] requires.

mod keys;
mod plain;
mod table;

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use azq_document::{LazyObject, Object, Origin, Value};
use azq_jmespath::StopReason;
use azq_output::{Format, OutputError, Rendering};
use azq_vm_sizes::{Candidate, Definition, Offer, RestrictionKind, VmSize};
use foldhash::HashMap;

use self::keys::Key;
pub(crate) use self::plain::PlainTable;
use self::table::BYTES_OF_A_LINE;

/// The number of table lines between two checks whether the work may go on.
const BETWEEN_CHECKS: usize = 1 << 10;

/// The parts of an object that do not come from the SKU.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    pub(super) distance: bool,
    pub(super) quota: bool,
    pub(super) prices: bool,
}

type Entry = (Key, Value);

/// The sizes that fit, in the order in which they are printed.
pub(crate) struct Rows {
    sizes: Box<[Candidate]>,
    shown: Shown,
    objects: OnceLock<Box<[Row]>>,
}

impl Rows {
    /// Creates the rows of sizes.
    pub(super) fn of(sizes: Vec<Candidate>, shown: Shown) -> Self {
        Self {
            sizes: sizes.into(),
            shown,
            objects: OnceLock::new(),
        }
    }

    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.sizes.len()
    }

    fn objects(&self) -> &[Row] {
        self.objects.get_or_init(|| {
            let mut parts = Parts::default();
            let row = |candidate| parts.row(candidate, self.shown);
            self.sizes.iter().map(row).collect()
        })
    }

    /// Returns the value to render if the output is built as a whole: the table, or the objects.
    pub(crate) fn document(&self, rendering: &Rendering<'_>) -> Result<Value, StopReason> {
        if is_table(rendering) {
            self.table(rendering)
        } else {
            Ok(Value::list(self.objects()))
        }
    }

    /// Renders the rows piece by piece, as fast as the receiver reads.
    pub(crate) fn render_into(
        &self,
        rendering: &Rendering<'_>,
        receiver: &mut dyn FnMut(Vec<u8>) -> ControlFlow<()>,
    ) -> Result<(), OutputError> {
        match self.plain_table(rendering) {
            Some(table) => table.render_into(rendering, receiver),
            None if is_table(rendering) => {
                azq_output::render_into(&self.table(rendering)?, rendering, receiver)
            }
            None => azq_output::render_list_into(self.objects(), rendering, receiver),
        }
    }

    /// Returns the table, if it can be laid out directly.
    pub(crate) fn plain_table(&self, rendering: &Rendering<'_>) -> Option<PlainTable> {
        let has_own_columns = self.shown.quota || self.shown.prices;
        if has_own_columns || !is_table(rendering) {
            return None;
        }
        PlainTable::of(&self.sizes)
    }

    /// Returns the table, which is laid out as a whole. Memory is requested before it is allocated.
    fn table(&self, rendering: &Rendering<'_>) -> Result<Value, StopReason> {
        let mut lines = Vec::new();
        for some in self.objects().chunks(BETWEEN_CHECKS) {
            rendering.checkpoint.check(some.len() * BYTES_OF_A_LINE)?;
            lines.extend(some.iter().map(Row::line));
        }
        Ok(lines.into())
    }
}

/// Whether the output is the command's own table.
fn is_table(rendering: &Rendering<'_>) -> bool {
    rendering.format == Format::Table && rendering.query.is_none()
}

/// The object of a size.
#[derive(Clone, Debug)]
pub(super) struct Row {
    of_definition: Arc<[Entry]>,
    of_offer: Arc<[Entry]>,
    /// The entries of this size in this location.
    own: Arc<[Entry]>,
}

impl Row {
    fn parts(&self) -> [&[Entry]; 3] {
        [&self.of_definition, &self.of_offer, &self.own]
    }
}

impl LazyObject for Row {
    type Key = Key;

    fn runs(&self) -> impl Iterator<Item = &[Entry]> {
        let mut left = self.parts();
        std::iter::from_fn(move || {
            left.sort_unstable_by_key(|part| part.first().map_or(Key::NONE, |(key, _)| *key));
            let [first, second, _] = &mut left;
            let until = second.first().map_or(Key::NONE, |(key, _)| *key);
            let length = first.iter().take_while(|(key, _)| *key < until).count();
            let (run, rest) = first.split_at(length);
            *first = rest;
            (!run.is_empty()).then_some(run)
        })
    }

    fn document(&self) -> Value {
        let mut entries: Vec<_> = self.parts().into_iter().flatten().collect();
        entries.sort_unstable_by_key(|(key, _)| key.rank());
        let entries = entries.into_iter();
        let entries = entries.map(|(key, value)| (key.shared(), value.clone()));
        object(entries.collect(), Origin::Data)
    }
}

fn object(entries: Vec<(Arc<str>, Value)>, origin: Origin) -> Value {
    Value::Object(Arc::new(Object { entries, origin }))
}

/// The parts that rows share, each of which is created once.
#[derive(Default)]
struct Parts {
    of_definitions: HashMap<*const Definition, Arc<[Entry]>>,
    of_offers: HashMap<*const Offer, Arc<[Entry]>>,
    /// The own entries of rows that contain only whether the size takes ultra disks.
    ultra_ssd: HashMap<bool, Arc<[Entry]>>,
}

impl Parts {
    fn row(&mut self, candidate: &Candidate, shown: Shown) -> Row {
        let VmSize { definition, offer } = &candidate.size;
        let of_definition = self.of_definitions.entry(Arc::as_ptr(definition));
        let of_definition = of_definition.or_insert_with(|| definition_entries(definition));
        let of_offer = self.of_offers.entry(Arc::as_ptr(offer));
        let of_offer = of_offer.or_insert_with(|| offer_entries(offer));
        let own = if shown.distance || shown.quota || shown.prices {
            own_entries(candidate, shown)
        } else {
            let ultra_ssd = candidate.size.ultra_ssd(None);
            let known = self.ultra_ssd.entry(ultra_ssd);
            let known = known.or_insert_with(|| own_entries(candidate, shown));
            Arc::clone(known)
        };
        Row {
            of_definition: Arc::clone(of_definition),
            of_offer: Arc::clone(of_offer),
            own,
        }
    }
}

/// Sorts entries by their keys.
fn part(mut entries: Vec<Entry>) -> Arc<[Entry]> {
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries.into()
}

fn own_entries(candidate: &Candidate, shown: Shown) -> Arc<[Entry]> {
    let ultra_ssd = candidate.size.ultra_ssd(None);
    let mut entries = vec![entry("ultraSsd", ultra_ssd.into())];
    if shown.distance {
        entries.push(entry("distance", float(candidate.distance)));
    }
    if shown.quota {
        entries.push(entry("quotaVcpus", whole(candidate.vcpus_left)));
        entries.push(entry("quotaMachines", whole(candidate.machines_left)));
    }
    if shown.prices {
        entries.push(entry("hourlyPrice", float(candidate.price)));
        entries.push(entry("hourlySpotPrice", float(candidate.spot_price)));
        entries.push(entry("currency", super::prices::CURRENCY.into()));
    }
    part(entries)
}

/// Returns the cells of a definition.
fn definition_cells(size: &Definition) -> [Entry; 6] {
    let names = size
        .generations
        .iter()
        .map(|generation| generation.name().into());
    [
        entry("name", (*size.name).into()),
        entry("generations", names.collect::<Vec<Value>>().into()),
        entry("vcpus", whole(Some(size.vcpus_available))),
        entry("memoryGb", number(size.memory_gb)),
        entry("gpus", whole(Some(size.gpus))),
        entry("architecture", size.architecture.name().into()),
    ]
}

fn definition_entries(size: &Definition) -> Arc<[Entry]> {
    let controllers = size.disk_controllers.iter().map(|kind| kind.name().into());
    let controllers: Vec<Value> = controllers.collect();
    let mut entries = vec![
        entry("family", (*size.family).into()),
        entry("quotaVcpusEach", whole(Some(size.vcpus))),
        entry("memoryGbPerVcpu", number(size.memory_per_vcpu())),
        entry("diskControllers", controllers.into()),
        entry("ephemeralOsDiskGb", whole(size.max_ephemeral_os_disk_gb())),
        entry(
            "acceleratedNetworking",
            size.accelerated_networking().into(),
        ),
        entry("premiumIo", size.premium_io().into()),
        entry("encryptionAtHost", size.encryption_at_host().into()),
        entry("trustedLaunch", size.trusted_launch().into()),
        entry("confidential", text(size.confidential())),
        entry("spot", size.spot().into()),
    ];
    entries.extend(definition_cells(size));
    part(entries)
}

/// Returns the cells of an offer.
fn offer_cells(offer: &Offer) -> [Entry; 3] {
    let open = offer.open_zones().map(Value::from);
    [
        entry("location", (*offer.location).into()),
        entry("openZones", open.collect::<Vec<Value>>().into()),
        entry("restriction", text(restriction(offer))),
    ]
}

fn offer_entries(offer: &Offer) -> Arc<[Entry]> {
    let zones = offer.zones.iter().map(|zone| (**zone).into());
    let mut entries = vec![
        entry("zones", zones.collect::<Vec<Value>>().into()),
        entry("restrictionReason", text(offer.restriction_reason())),
    ];
    entries.extend(offer_cells(offer));
    part(entries)
}

/// Returns the scope of the restriction: the location, or zones of it.
fn restriction(offer: &Offer) -> Option<&'static str> {
    if offer.is_restricted() {
        return Some("Location");
    }
    let mut all = offer.restrictions.iter();
    let has_closed_zones = all.any(|restriction| restriction.kind == RestrictionKind::Zone);
    has_closed_zones.then_some("Zone")
}

fn entry(key: &str, value: Value) -> Entry {
    (Key::of(key), value)
}

fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

fn whole(number: Option<u64>) -> Value {
    number.map_or(Value::Null, |number| Value::Int(number.into()))
}

fn float(number: Option<f64>) -> Value {
    number.map_or(Value::Null, Value::Float)
}

/// Converts a number, to a whole one if it has no fraction.
fn number(number: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it has no fraction and is small"
    )]
    if number.fract() == 0.0 && number.abs() < 1e15 {
        Value::Int(number as i128)
    } else {
        Value::Float(number)
    }
}

#[cfg(test)]
mod tests;
