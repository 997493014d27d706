//! The keys of the objects.

use std::sync::{Arc, LazyLock};

use foldhash::HashMap;

/// The keys of objects in alphabetical order, each with its position in an object.
pub(super) const KEYS: [(&str, u8); 29] = [
    ("acceleratedNetworking", 12),
    ("architecture", 9),
    ("confidential", 16),
    ("currency", 28),
    ("diskControllers", 10),
    ("distance", 23),
    ("encryptionAtHost", 14),
    ("ephemeralOsDiskGb", 11),
    ("family", 2),
    ("generations", 3),
    ("gpus", 8),
    ("hourlyPrice", 26),
    ("hourlySpotPrice", 27),
    ("location", 1),
    ("memoryGb", 6),
    ("memoryGbPerVcpu", 7),
    ("name", 0),
    ("openZones", 19),
    ("premiumIo", 13),
    ("quotaMachines", 25),
    ("quotaVcpus", 24),
    ("quotaVcpusEach", 5),
    ("restriction", 20),
    ("restrictionReason", 21),
    ("spot", 17),
    ("trustedLaunch", 15),
    ("ultraSsd", 22),
    ("vcpus", 4),
    ("zones", 18),
];

/// A key, stored as its index in [`KEYS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Key(u8);

impl Key {
    /// The key that sorts after all others.
    pub(super) const NONE: Self = Self(u8::MAX);

    /// Returns the key of a text. A test checks that every key is in the table.
    pub(super) fn of(text: &str) -> Self {
        static NUMBERS: LazyLock<HashMap<&str, Key>> = LazyLock::new(|| {
            let texts = KEYS.into_iter().map(|(text, _)| text);
            texts.zip((0..).map(Key)).collect()
        });
        NUMBERS.get(text).copied().unwrap_or(Self::NONE)
    }

    fn row(self) -> Option<&'static (&'static str, u8)> {
        KEYS.get(usize::from(self.0))
    }

    pub(super) fn rank(self) -> u8 {
        self.row().map_or(u8::MAX, |(_, rank)| *rank)
    }

    /// Returns its text, which is allocated once for all objects.
    pub(super) fn shared(self) -> Arc<str> {
        static SHARED: LazyLock<Box<[Arc<str>]>> =
            LazyLock::new(|| KEYS.into_iter().map(|(text, _)| text.into()).collect());
        let shared = SHARED.get(usize::from(self.0)).cloned();
        shared.unwrap_or_default()
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        self.row().map_or("", |(text, _)| text)
    }
}
