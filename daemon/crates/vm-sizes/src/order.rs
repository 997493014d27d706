//! The order of sizes: by columns, each ascending or descending.
//!
//! A size without a value in a column comes last in either direction. If all columns are equal, the
//! location, the vCPUs, the memory and the name decide, so the order is the same each time.

use std::cmp::Ordering;

use crate::candidate::Candidate;
use crate::definition::Definition;
use crate::offer::Offer;

/// The error for an unknown column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("argument --sort: invalid value: '{0}' (one of {names}, each with :desc or without)", names = names())]
pub struct OrderError(String);

/// A value by which sizes are sorted.
enum Cell<'c> {
    Text(&'c str),
    Number(Option<f64>),
}

/// A column that sizes can be sorted by.
pub struct Column {
    /// Its name.
    pub name: &'static str,
    cell: fn(&Candidate) -> Cell<'_>,
}

/// All columns that sizes can be sorted by.
pub static COLUMNS: &[Column] = &[
    column("name", |candidate| {
        Cell::Text(&candidate.size.definition.name)
    }),
    column("location", |candidate| {
        Cell::Text(candidate.size.location())
    }),
    column("vcpus", |candidate| {
        whole(Some(candidate.size.vcpus_available))
    }),
    column("memory", |candidate| {
        Cell::Number(Some(candidate.size.memory_gb))
    }),
    column("memory-per-vcpu", |candidate| {
        Cell::Number(Some(candidate.size.memory_per_vcpu()))
    }),
    column("gpus", |candidate| whole(Some(candidate.size.gpus))),
    column("quota", |candidate| whole(candidate.vcpus_left)),
    column("price", |candidate| Cell::Number(candidate.price)),
    column("spot-price", |candidate| Cell::Number(candidate.spot_price)),
];

const fn column(name: &'static str, cell: fn(&Candidate) -> Cell<'_>) -> Column {
    Column { name, cell }
}

#[expect(clippy::cast_precision_loss, reason = "no quota has 2^52 vCPUs")]
fn whole(number: Option<u64>) -> Cell<'static> {
    Cell::Number(number.map(|number| number as f64))
}

fn names() -> String {
    let names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
    names.join(", ")
}

/// An order of sizes.
#[derive(Default)]
pub struct Order {
    columns: Vec<(&'static Column, bool)>,
}

impl Order {
    /// Reads names of columns. `NAME:desc` puts the largest first.
    pub fn of<S: AsRef<str>>(names: &[S]) -> Result<Self, OrderError> {
        let read = |given: &S| {
            let given = given.as_ref();
            let short = given.strip_suffix(":desc");
            let name = short
                .or_else(|| given.strip_suffix(":asc"))
                .unwrap_or(given);
            let column = COLUMNS.iter().find(|column| column.name == name);
            let column = column.ok_or_else(|| OrderError(given.to_owned()))?;
            Ok((column, short.is_some()))
        };
        let columns = names.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { columns })
    }

    /// Whether it is the order of a [`SizeList`](crate::SizeList).
    pub fn is_usual(&self) -> bool {
        self.columns.is_empty()
    }

    /// Sorts sizes. If similar sizes were searched for and no column is given, the most similar
    /// come first.
    pub fn sort(&self, candidates: &mut [Candidate]) {
        candidates.sort_by(|a, b| {
            let by_column = self.columns.iter().map(|(column, is_descending)| {
                compare(&(column.cell)(a), &(column.cell)(b), *is_descending)
            });
            let first = by_column.into_iter().find(|ordering| ordering.is_ne());
            first.unwrap_or_else(|| usual(a, b))
        });
    }
}

/// Compares two sizes whose columns are equal.
fn usual(a: &Candidate, b: &Candidate) -> Ordering {
    let distance = compare(&Cell::Number(a.distance), &Cell::Number(b.distance), false);
    let (one, other) = (&a.size, &b.size);
    distance.then_with(|| {
        by_place(
            (&one.definition, &one.offer),
            (&other.definition, &other.offer),
        )
    })
}

/// Compares two sizes by location, then vCPUs, memory and name.
pub(crate) fn by_place(
    (one, here): (&Definition, &Offer),
    (other, there): (&Definition, &Offer),
) -> Ordering {
    let locations = here.location.cmp(&there.location);
    locations
        .then_with(|| one.vcpus_available.cmp(&other.vcpus_available))
        .then_with(|| one.memory_gb.total_cmp(&other.memory_gb))
        .then_with(|| one.name.cmp(&other.name))
}

fn compare(a: &Cell<'_>, b: &Cell<'_>, is_descending: bool) -> Ordering {
    let directed = |ordering: Ordering| {
        if is_descending {
            ordering.reverse()
        } else {
            ordering
        }
    };
    match (a, b) {
        (Cell::Text(a), Cell::Text(b)) => directed(a.cmp(b)),
        (Cell::Number(Some(a)), Cell::Number(Some(b))) => directed(a.total_cmp(b)),
        (Cell::Number(Some(_)), Cell::Number(None)) => Ordering::Less,
        (Cell::Number(None), Cell::Number(Some(_))) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
