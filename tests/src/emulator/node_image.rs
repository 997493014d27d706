//! `nodeImageVersion`: the image that AKS gives the nodes of a pool, and its name.
//!
//! Names are as seen in recorded pools: `AKSUbuntu-2204gen2arm64containerd-202508.20.1`,
//! `AKSAzureLinux-V3gen2-202508.11.0`, `AKSWindows-2022-containerd-gen2-20348.2402.240410`.

use serde_json::Value;

use super::specification::Rules;
use crate::catalogue::sizes::{self, Architecture};

/// The build of Linux images.
const LINUX: &str = "202508.20.0";
/// The build of Linux images after an upgrade of the node image.
const NEWER_LINUX: &str = "202509.11.0";

/// The image names of an OS SKU: its name, then generation and architecture, then an ending.
struct Linux {
    sku: &'static str,
    start: &'static str,
    end: &'static str,
}

const UBUNTU: Linux = Linux {
    sku: "Ubuntu",
    start: "AKSUbuntu-2204",
    end: "containerd",
};

const LINUX_SKUS: [Linux; 7] = [
    UBUNTU,
    Linux {
        sku: "Ubuntu2204",
        start: "AKSUbuntu-2204",
        end: "containerd",
    },
    Linux {
        sku: "Ubuntu2404",
        start: "AKSUbuntu-2404",
        end: "containerd",
    },
    Linux {
        sku: "AzureLinux",
        start: "AKSAzureLinux-V3",
        end: "",
    },
    Linux {
        sku: "AzureLinux3",
        start: "AKSAzureLinux-V3",
        end: "",
    },
    Linux {
        sku: "Flatcar",
        start: "AKSFlatcar-flatcar",
        end: "",
    },
    Linux {
        sku: "AzureLinux3OSGuard",
        start: "AKSAzureLinux-OSGuardV3",
        end: "",
    },
];

struct Windows {
    sku: &'static str,
    start: &'static str,
    /// Whether every image of it is Gen 2 (and its name has no `containerd`).
    always_gen2: bool,
    build: &'static str,
}

const WINDOWS_SKUS: [Windows; 4] = [
    Windows {
        sku: "Windows2022",
        start: "AKSWindows-2022",
        always_gen2: false,
        build: "20348.4052.250814",
    },
    Windows {
        sku: "Windows2019",
        start: "AKSWindows-2019",
        always_gen2: false,
        build: "17763.7678.250814",
    },
    Windows {
        sku: "Windows2025",
        start: "AKSWindows-2025",
        always_gen2: true,
        build: "26100.4946.250814",
    },
    Windows {
        sku: "WindowsAnnual",
        start: "AKSWindows-23H2",
        always_gen2: true,
        build: "25398.1551.250814",
    },
];

/// The sizes that the shared goldens' emulator took for Gen 1.
const RECORDED_GEN1: [&str; 3] = ["Standard_A2_v2", "Standard_D2_v2", "Standard_DS2"];
/// The Linux OS SKUs that it named by their own name.
const RECORDED_SKUS: [&str; 3] = ["Ubuntu", "Ubuntu2404", "AzureLinux"];

/// Its image names of the annual channel.
const RECORDED_ANNUAL: Windows = Windows {
    sku: "WindowsAnnual",
    start: "AKSWindows-Annual",
    always_gen2: false,
    build: "25398.1551.250410",
};

/// The facts that determine a pool's image.
pub(super) struct Request<'a> {
    pub(super) properties: &'a Value,
    /// Whether the request had the header `UseWindowsGen2VM: true`.
    pub(super) windows_gen2: bool,
    pub(super) rules: Rules,
}

/// Returns the name of the image for a pool.
pub(super) fn version(request: &Request<'_>) -> String {
    if text(request.properties, "osType") == "Windows" {
        windows(request)
    } else {
        linux(request)
    }
}

/// Returns the name of the next build of the same image.
pub(super) fn newer(version: &str) -> String {
    match version.rsplit_once('-') {
        Some((name, build)) if build < NEWER_LINUX && !name.starts_with("AKSWindows") => {
            format!("{name}-{NEWER_LINUX}")
        }
        _ => version.to_owned(),
    }
}

fn linux(request: &Request<'_>) -> String {
    let recorded = request.rules == Rules::Recorded;
    let sku = text(request.properties, "osSKU");
    let known = LINUX_SKUS
        .iter()
        .find(|known| known.sku == sku)
        .filter(|known| !recorded || RECORDED_SKUS.contains(&known.sku));
    let Linux { sku, start, end } = known.unwrap_or(&UBUNTU);
    let mut middle = String::new();
    if gen2_capable(request) {
        middle.push_str("gen2");
    }
    if !recorded
        && sizes::find(text(request.properties, "vmSize"))
            .is_some_and(|size| size.architecture == Architecture::Arm64)
    {
        middle.push_str("arm64");
    }
    let azure_linux_without_fips = recorded && start.starts_with("AKSAzureLinux");
    if !azure_linux_without_fips && request.properties.get("enableFIPS") == Some(&Value::Bool(true))
    {
        middle.push_str("fips");
    }
    let trusted = request
        .properties
        .pointer("/securityProfile/enableSecureBoot")
        == Some(&Value::Bool(true));
    if !recorded && (trusted || *sku == "AzureLinux3OSGuard") {
        middle.push_str("TL");
    }
    format!("{start}{middle}{end}-{LINUX}")
}

fn windows(request: &Request<'_>) -> String {
    let sku = text(request.properties, "osSKU");
    let known = WINDOWS_SKUS.iter().find(|known| known.sku == sku);
    let known = match (request.rules, sku) {
        (Rules::Recorded, "WindowsAnnual") => &RECORDED_ANNUAL,
        _ => known.unwrap_or(&WINDOWS_SKUS[0]),
    };
    let gen2 = gen2_capable(request) && (known.always_gen2 || request.windows_gen2);
    format!(
        "{}{}{}-{}",
        known.start,
        if known.always_gen2 { "" } else { "-containerd" },
        if gen2 { "-gen2" } else { "" },
        known.build
    )
}

fn gen2_capable(request: &Request<'_>) -> bool {
    let size = text(request.properties, "vmSize");
    match request.rules {
        Rules::Recorded => !RECORDED_GEN1.contains(&size),
        Rules::Aks => sizes::find(size).is_none_or(|size| size.generations.gen2()),
    }
}

fn text<'a>(properties: &'a Value, name: &str) -> &'a str {
    properties
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(properties: &Value, windows_gen2: bool) -> String {
        version(&Request {
            properties,
            windows_gen2,
            rules: Rules::Aks,
        })
    }

    #[test]
    fn linux_images_follow_the_size() {
        assert_eq!(
            named(
                &json!({"osType": "Linux", "vmSize": "Standard_D2_v2"}),
                true
            ),
            "AKSUbuntu-2204containerd-202508.20.0"
        );
        assert_eq!(
            named(
                &json!({"osType": "Linux", "vmSize": "Standard_D2s_v5"}),
                false
            ),
            "AKSUbuntu-2204gen2containerd-202508.20.0"
        );
        assert_eq!(
            named(
                &json!({"osType": "Linux", "osSKU": "Ubuntu", "vmSize": "Standard_D4pds_v5"}),
                false
            ),
            "AKSUbuntu-2204gen2arm64containerd-202508.20.0"
        );
        assert_eq!(
            named(
                &json!({"osType": "Linux", "osSKU": "AzureLinux3OSGuard", "vmSize": "Standard_D2s_v5", "enableFIPS": true}),
                false
            ),
            "AKSAzureLinux-OSGuardV3gen2fipsTL-202508.20.0"
        );
    }

    #[test]
    fn windows_images_are_gen2_only_when_asked_for_and_possible() {
        let gen2 =
            json!({"osType": "Windows", "osSKU": "Windows2022", "vmSize": "Standard_D4s_v5"});
        assert_eq!(
            named(&gen2, false),
            "AKSWindows-2022-containerd-20348.4052.250814"
        );
        assert_eq!(
            named(&gen2, true),
            "AKSWindows-2022-containerd-gen2-20348.4052.250814"
        );
        let gen1 = json!({"osType": "Windows", "osSKU": "Windows2022", "vmSize": "Standard_D2_v2"});
        assert_eq!(
            named(&gen1, true),
            "AKSWindows-2022-containerd-20348.4052.250814"
        );
        let always =
            json!({"osType": "Windows", "osSKU": "Windows2025", "vmSize": "Standard_D4s_v5"});
        assert_eq!(
            named(&always, false),
            "AKSWindows-2025-gen2-26100.4946.250814"
        );
    }

    #[test]
    fn an_upgrade_brings_a_newer_build_once() {
        let newer_image = newer("AKSUbuntu-2204gen2containerd-202508.20.0");
        assert_eq!(newer_image, "AKSUbuntu-2204gen2containerd-202509.11.0");
        assert_eq!(newer(&newer_image), newer_image);
    }
}
