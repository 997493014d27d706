//! The naming rules for elements of `azq.v1`: those of `buf lint` on which generated code in other
//! languages depends.

use protox::prost_reflect::{DescriptorPool, EnumDescriptor, MessageDescriptor, ServiceDescriptor};

use crate::commands::snake_case;

/// Returns a sentence for each violation of a rule.
pub(crate) fn violations(pool: &DescriptorPool) -> Vec<String> {
    let own = |package: &str| package.starts_with("azq.");
    let messages = pool.all_messages().filter(|of| own(of.package_name()));
    let enums = pool.all_enums().filter(|of| own(of.package_name()));
    let services = pool.services().filter(|of| own(of.package_name()));
    messages
        .flat_map(|message| fields(&message))
        .chain(enums.flat_map(|values| enum_values(&values)))
        .chain(services.flat_map(|service| rpcs(&service)))
        .collect()
}

fn fields(message: &MessageDescriptor) -> Vec<String> {
    let is_snake_case = |name: &str| {
        name.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    message
        .fields()
        .filter(|field| !is_snake_case(field.name()))
        .map(|field| format!("{} is not in lower_snake_case", field.full_name()))
        .collect()
}

/// Checks that each value begins with the enum's name, because in some languages both are in one
/// namespace, and that 0 is `UNSPECIFIED`, because an absent field is read as 0.
fn enum_values(values: &EnumDescriptor) -> Vec<String> {
    let prefix = snake_case(values.name()).to_uppercase() + "_";
    let wrong = |value: &protox::prost_reflect::EnumValueDescriptor| {
        let rest = value.name().strip_prefix(&prefix);
        rest.is_none() || (value.number() == 0) != (rest == Some("UNSPECIFIED"))
    };
    values
        .values()
        .filter(wrong)
        .map(|value| format!("{} is not {prefix}… with UNSPECIFIED for 0", value.name()))
        .collect()
}

/// Checks that each rpc has its own request type, so that a field can be added to one rpc alone.
fn rpcs(service: &ServiceDescriptor) -> Vec<String> {
    service
        .methods()
        .filter(|method| method.input().name() != format!("{}Request", method.name()))
        .map(|method| format!("{} takes {}", method.full_name(), method.input().name()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::tests::compiled;

    #[test]
    fn each_rule_is_checked() {
        let source = r#"
            syntax = "proto3";
            package azq.v1;
            message AskRequest { string diskSize = 1; string disk_size_gb = 2; }
            message Reply {}
            enum Kind { KIND_NONE = 0; ONE = 1; KIND_TWO = 2; }
            service Commands { rpc Ask(AskRequest) returns (Reply); rpc Tell(AskRequest) returns (Reply); }
        "#;
        let found = violations(&compiled(source));
        let subjects: Vec<_> = found.iter().filter_map(|of| of.split(' ').next()).collect();
        let expected = [
            "azq.v1.AskRequest.diskSize",
            "KIND_NONE",
            "ONE",
            "azq.v1.Commands.Tell",
        ];
        assert_eq!(subjects, expected, "{found:?}");
    }
}
