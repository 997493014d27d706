//! The capabilities of a SKU: names and values, both texts.

use std::sync::Arc;

use crate::document::Document;

/// The capabilities of a size, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(Box<[(Arc<str>, Arc<str>)]>);

impl Capabilities {
    /// Reads a list of `{"name": …, "value": …}`. The last of equal names is used.
    pub fn of(list: &[impl Document]) -> Self {
        let mut named: Vec<(Arc<str>, Arc<str>)> = Vec::with_capacity(list.len());
        for capability in list {
            let text = |key| capability.member(key)?.shared_text();
            let Some((name, value)) = text("name").zip(text("value")) else {
                continue;
            };
            named.retain(|(known, _)| **known != *name);
            named.push((name, value));
        }
        named.sort_unstable();
        Self(named.into())
    }

    /// Returns the value of a capability, whose name is compared without regard to case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Whether a capability is `True`.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Returns a capability that is a finite number and not negative.
    pub fn number(&self, name: &str) -> Option<f64> {
        let number: f64 = self.get(name)?.trim().parse().ok()?;
        (number.is_finite() && number >= 0.0).then_some(number)
    }

    /// Returns a capability that is a whole number.
    pub fn whole(&self, name: &str) -> Option<u64> {
        self.get(name)?.trim().parse().ok()
    }

    /// Returns the parts of a value such as `V1,V2`.
    pub fn parts(&self, name: &str) -> impl Iterator<Item = &str> {
        let value = self.get(name).unwrap_or_default();
        value
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
    }

    /// Returns names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}
