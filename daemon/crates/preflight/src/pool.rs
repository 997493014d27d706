//! A view of an agent pool's document.

use azq_vm_sizes::Generation;
use serde_json::Value as Json;

/// An agent pool as Resource Manager returns it, or as it would be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool<'a>(pub(crate) &'a Json);

impl<'a> Pool<'a> {
    /// Returns the property at a dotted path, or `None` if it is absent or null.
    pub(crate) fn get(self, path: &str) -> Option<&'a Json> {
        let properties = self.0.get("properties")?;
        let mut steps = path.split('.');
        let found = steps.try_fold(properties, |value, step| value.get(step))?;
        (!found.is_null()).then_some(found)
    }

    /// Returns a text that is not empty.
    pub(crate) fn text(self, path: &str) -> Option<&'a str> {
        let text = self.get(path)?.as_str()?;
        (!text.is_empty()).then_some(text)
    }

    /// Returns a whole number. A number outside 64 bits becomes the nearest one, because a command
    /// line may contain any.
    pub(crate) fn integer(self, path: &str) -> Option<i64> {
        let number = self.get(path)?;
        let nearest = |number: f64| if number < 0.0 { i64::MIN } else { i64::MAX };
        number.as_i64().or_else(|| number.as_f64().map(nearest))
    }

    pub(crate) fn is_on(self, path: &str) -> bool {
        self.get(path).and_then(Json::as_bool) == Some(true)
    }

    /// Returns the texts of a list.
    pub(crate) fn texts(self, path: &str) -> Vec<&'a str> {
        let list = self.get(path).and_then(Json::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect()
    }

    pub(crate) fn is_windows(self) -> bool {
        let os_type = self.text("osType").unwrap_or("Linux");
        os_type.eq_ignore_ascii_case("Windows")
    }

    pub(crate) fn os_type(self) -> &'static str {
        if self.is_windows() {
            "Windows"
        } else {
            "Linux"
        }
    }

    /// Returns the OS SKU. If none is named, this is AKS's default, which is Windows2022 for
    /// Windows since Kubernetes 1.25.
    pub(crate) fn os_sku(self) -> &'a str {
        let default = if self.is_windows() {
            "Windows2022"
        } else {
            "Ubuntu"
        };
        self.text("osSKU").unwrap_or(default)
    }

    pub(crate) fn is_spot(self) -> bool {
        self.text("scaleSetPriority") == Some("Spot")
    }

    pub(crate) fn mode(self) -> &'a str {
        self.text("mode").unwrap_or("User")
    }

    /// Whether the pool consists of single machines, with a count for each size.
    pub(crate) fn is_of_machines(self) -> bool {
        self.text("type") == Some("VirtualMachines")
    }

    /// Returns the generation of the nodes, read from their image's name:
    /// `AKSUbuntu-2204gen2containerd-…`.
    pub(crate) fn running_generation(self) -> Option<Generation> {
        let image = self.text("nodeImageVersion")?.to_ascii_lowercase();
        if !image.starts_with("aks") {
            return None;
        }
        let is_second = image.contains("gen2") || image.contains("arm64");
        Some(if is_second {
            Generation::V2
        } else {
            Generation::V1
        })
    }

    /// Returns the number of surge nodes of an upgrade of `count` nodes, or `None` if the setting
    /// is not a number. AKS's default is a tenth, and percentages are rounded up.
    pub(crate) fn surge(self, count: i64) -> Option<i64> {
        let typed = self.get("upgradeSettings.maxSurge");
        let text = match typed {
            Some(Json::String(text)) if !text.is_empty() => text.clone(),
            Some(Json::Number(number)) => number.to_string(),
            _ => DEFAULT_SURGE.to_owned(),
        };
        let number = |text: &str| text.trim().parse::<i64>().ok().map(|number| number.max(0));
        match text.strip_suffix('%') {
            Some(percent) => {
                let hundredths = number(percent)?.saturating_mul(count);
                Some(hundredths.saturating_add(99) / 100)
            }
            None => number(&text),
        }
    }
}

/// AKS's default for `maxSurge`.
const DEFAULT_SURGE: &str = "10%";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_surge_is_a_number_or_a_percentage_that_is_rounded_up() {
        for (surge, count, expected) in [
            (json!(null), 3, Some(1)),
            (json!(""), 10, Some(1)),
            (json!("10%"), 11, Some(2)),
            (json!("33%"), 3, Some(1)),
            (json!("100%"), 7, Some(7)),
            (json!("5"), 1, Some(5)),
            (json!(2), 9, Some(2)),
            (json!("0"), 9, Some(0)),
            (json!("0%"), 9, Some(0)),
            (json!("nonsense"), 9, None),
            (json!("10%"), 0, Some(0)),
        ] {
            let pool = json!({"properties": {"upgradeSettings": {"maxSurge": surge}}});
            assert_eq!(Pool(&pool).surge(count), expected, "{surge} of {count}");
        }
    }

    #[test]
    fn an_image_tells_its_generation() {
        for (image, expected) in [
            (
                "AKSUbuntu-2204gen2containerd-202508.20.0",
                Some(Generation::V2),
            ),
            ("AKSUbuntu-2204containerd-202508.20.0", Some(Generation::V1)),
            (
                "AKSWindows-2022-containerd-gen2-20348.1.2",
                Some(Generation::V2),
            ),
            ("AKSWindows-2022-containerd-20348.1.2", Some(Generation::V1)),
            ("something else", None),
        ] {
            let pool = json!({"properties": {"nodeImageVersion": image}});
            assert_eq!(Pool(&pool).running_generation(), expected, "{image}");
        }
    }
}
