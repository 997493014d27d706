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

/// The image names of a Linux OS SKU: the SKU, the start of the name, and its end, after generation
/// and architecture.
type Linux = (&'static str, &'static str, &'static str);

const UBUNTU: Linux = ("Ubuntu", "AKSUbuntu-2204", "containerd");
const LINUX_SKUS: [Linux; 7] = [
    UBUNTU,
    ("Ubuntu2204", "AKSUbuntu-2204", "containerd"),
    ("Ubuntu2404", "AKSUbuntu-2404", "containerd"),
    ("AzureLinux", "AKSAzureLinux-V3", ""),
    ("AzureLinux3", "AKSAzureLinux-V3", ""),
    ("Flatcar", "AKSFlatcar-flatcar", ""),
    ("AzureLinux3OSGuard", "AKSAzureLinux-OSGuardV3", ""),
];

/// The image names of a Windows OS SKU: the SKU, the start of the name, the build, and whether
/// every image of it is Gen 2 (and its name has no `containerd`).
type Windows = (&'static str, &'static str, &'static str, bool);

const WINDOWS_2022: Windows = ("Windows2022", "AKSWindows-2022", "20348.4052.250814", false);
const WINDOWS_SKUS: [Windows; 4] = [
    WINDOWS_2022,
    ("Windows2019", "AKSWindows-2019", "17763.7678.250814", false),
    ("Windows2025", "AKSWindows-2025", "26100.4946.250814", true),
    (
        "WindowsAnnual",
        "AKSWindows-23H2",
        "25398.1551.250814",
        true,
    ),
];

/// The sizes that the shared goldens' emulator took for Gen 1.
const RECORDED_GEN1: [&str; 3] = ["Standard_A2_v2", "Standard_D2_v2", "Standard_DS2"];
/// The Linux OS SKUs that it named by their own name.
const RECORDED_SKUS: [&str; 3] = ["Ubuntu", "Ubuntu2404", "AzureLinux"];

/// Its image names of the annual channel.
const RECORDED_ANNUAL: Windows = (
    "WindowsAnnual",
    "AKSWindows-Annual",
    "25398.1551.250410",
    false,
);

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
    let (properties, recorded) = (request.properties, request.rules == Rules::Recorded);
    let (wanted, size) = (text(properties, "osSKU"), text(properties, "vmSize"));
    let is_known =
        |(sku, ..): &&Linux| *sku == wanted && (!recorded || RECORDED_SKUS.contains(sku));
    let (sku, start, end) = *LINUX_SKUS.iter().find(is_known).unwrap_or(&UBUNTU);
    let is_arm = sizes::find(size).is_some_and(|size| size.architecture == Architecture::Arm64);
    let azure_linux_without_fips = recorded && start.starts_with("AKSAzureLinux");
    let fips = !azure_linux_without_fips && properties["enableFIPS"] == true;
    let trusted = properties["securityProfile"]["enableSecureBoot"] == true;
    let marks = [
        ("gen2", gen2_capable(request)),
        ("arm64", !recorded && is_arm),
        ("fips", fips),
        ("TL", !recorded && (trusted || sku == "AzureLinux3OSGuard")),
    ];
    let marks = marks.into_iter().filter(|(_, is_set)| *is_set);
    let middle: String = marks.map(|(mark, _)| mark).collect();
    format!("{start}{middle}{end}-{LINUX}")
}

fn windows(request: &Request<'_>) -> String {
    let wanted = text(request.properties, "osSKU");
    let known = WINDOWS_SKUS.iter().find(|(sku, ..)| *sku == wanted);
    let (_, start, build, always_gen2) = match (request.rules, wanted) {
        (Rules::Recorded, "WindowsAnnual") => RECORDED_ANNUAL,
        _ => *known.unwrap_or(&WINDOWS_2022),
    };
    let gen2 = gen2_capable(request) && (always_gen2 || request.windows_gen2);
    let containerd = if always_gen2 { "" } else { "-containerd" };
    let gen2 = if gen2 { "-gen2" } else { "" };
    format!("{start}{containerd}{gen2}-{build}")
}

fn gen2_capable(request: &Request<'_>) -> bool {
    let size = text(request.properties, "vmSize");
    match request.rules {
        Rules::Recorded => !RECORDED_GEN1.contains(&size),
        Rules::Aks => sizes::find(size).is_none_or(|size| size.generations.gen2()),
    }
}

fn text<'a>(properties: &'a Value, name: &str) -> &'a str {
    properties[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn linux_images_follow_the_size() {
        for (sku, size, fips, expected) in [
            ("", "D2_v2", false, "AKSUbuntu-2204containerd"),
            ("", "D2s_v5", false, "AKSUbuntu-2204gen2containerd"),
            (
                "Ubuntu",
                "D4pds_v5",
                false,
                "AKSUbuntu-2204gen2arm64containerd",
            ),
            (
                "AzureLinux3OSGuard",
                "D2s_v5",
                true,
                "AKSAzureLinux-OSGuardV3gen2fipsTL",
            ),
        ] {
            let size = format!("Standard_{size}");
            let properties =
                json!({"osType": "Linux", "osSKU": sku, "vmSize": size, "enableFIPS": fips});
            for windows_gen2 in [false, true] {
                let found = version(&Request {
                    properties: &properties,
                    windows_gen2,
                    rules: Rules::Aks,
                });
                assert_eq!(found, format!("{expected}-202508.20.0"), "{properties}");
            }
        }
    }

    #[test]
    fn windows_images_are_gen2_only_when_asked_for_and_possible() {
        for (sku, size, windows_gen2, expected) in [
            ("2022", "D4s_v5", false, "2022-containerd-20348.4052.250814"),
            (
                "2022",
                "D4s_v5",
                true,
                "2022-containerd-gen2-20348.4052.250814",
            ),
            ("2022", "D2_v2", true, "2022-containerd-20348.4052.250814"),
            ("2025", "D4s_v5", false, "2025-gen2-26100.4946.250814"),
        ] {
            let (sku, size) = (format!("Windows{sku}"), format!("Standard_{size}"));
            let properties = json!({"osType": "Windows", "osSKU": sku, "vmSize": size});
            let found = version(&Request {
                properties: &properties,
                windows_gen2,
                rules: Rules::Aks,
            });
            assert_eq!(found, format!("AKSWindows-{expected}"), "{properties}");
        }
    }

    #[test]
    fn an_upgrade_brings_a_newer_build_once() {
        let newer_image = newer("AKSUbuntu-2204gen2containerd-202508.20.0");
        assert_eq!(newer_image, "AKSUbuntu-2204gen2containerd-202509.11.0");
        assert_eq!(newer(&newer_image), newer_image);
    }
}
