//! The guide's command lines, as one types them.

/// A step of the guide: why, and the command line.
pub(super) struct Step {
    pub(super) why: &'static str,
    line: &'static str,
}

impl Step {
    /// The command line without the program: a shell reads it as the demo does.
    pub(super) fn line(&self) -> String {
        let line = self.line.replace("{pool}", POOL);
        line.replace("{image}", IMAGE).replace("{old}", OLD)
    }
}

const POOL: &str = "--resource-group myResourceGroup --cluster-name myAKSCluster";
const OLD: &str = "--resource-group myOldGroup --name myOldCluster";
const IMAGE: &str =
    "--query '{Name:name,VmSize:vmSize,NodeImageVersion:nodeImageVersion}' --output table";

/// The guide's five command lines with looks at the pools before and after, and `azq gen2` for
/// another cluster.
pub(super) const STEPS: &[Step] = &[
    Step {
        why: "Which generations does the size support, and where can it be had?",
        line: "vm list-skus --location eastus --size Standard_D4s_v5 --output table",
    },
    Step {
        why: "Which sizes of Generation 2 would do, with quota for three nodes, and what do they cost?",
        line: "sizes --location eastus --gen2 --aks --vcpus 4 --memory 16 --available --quota 3 --price --sort price --max 5",
    },
    Step {
        why: "Add a Windows pool of Generation 2",
        line: "aks nodepool add {pool} --name npwin2 --node-vm-size Standard_D4s_v5 --os-type Windows --os-sku Windows2022 --aks-custom-headers UseWindowsGen2VM=true",
    },
    Step {
        why: "A Linux pool of Generation 1, before",
        line: "aks nodepool show {pool} --name mynodepool {image}",
    },
    Step {
        why: "Give it a size that supports Generation 2",
        line: "aks nodepool update {pool} --name mynodepool --node-vm-size Standard_D4s_v5 --os-type Linux",
    },
    Step {
        why: "The same pool, after",
        line: "aks nodepool show {pool} --name mynodepool {image}",
    },
    Step {
        why: "A Windows pool of Generation 1, before",
        line: "aks nodepool show {pool} --name npwin {image}",
    },
    Step {
        why: "The same for Windows, with the header that asks for Generation 2",
        line: "aks nodepool update {pool} --name npwin --node-vm-size Standard_D4s_v5 --os-type Windows --os-sku Windows2022 --aks-custom-headers UseWindowsGen2VM=true",
    },
    Step {
        why: "The same pool, after",
        line: "aks nodepool show {pool} --name npwin {image}",
    },
    Step {
        why: "As the guide looks at it",
        line: "aks nodepool show {pool} --name npwin --output table",
    },
    Step {
        why: "Another cluster: which of its pools are on Generation 2?",
        line: "gen2 report {old}",
    },
    Step {
        why: "What would have to be done about one of them?",
        line: "gen2 plan {old} --nodepool-name web",
    },
    Step {
        why: "Do it: a new pool of the same settings; the old one is drained and deleted",
        line: "gen2 migrate {old} --nodepool-name web --yes",
    },
];
