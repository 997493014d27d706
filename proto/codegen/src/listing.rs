//! The elements of `azq.v1`, one line each, with which a released version is compared with the
//! present one.
//!
//! A line contains everything that another program may have compiled in: an element's name, number,
//! type and place. A line of a released listing that is missing in the present one is therefore a
//! change that breaks such a program. A new line is not.

use std::collections::BTreeSet;

use protox::prost_reflect::{
    Cardinality, DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, ServiceDescriptor,
};

use crate::commands::option;

/// Returns the elements of every package `azq.*`, in the order of their names.
pub(crate) fn listing(pool: &DescriptorPool) -> BTreeSet<String> {
    let own = |package: &str| package.starts_with("azq.");
    let messages = pool.all_messages().filter(|of| own(of.package_name()));
    let enums = pool.all_enums().filter(|of| own(of.package_name()));
    let services = pool.services().filter(|of| own(of.package_name()));
    messages
        .flat_map(|message| message_lines(&message))
        .chain(enums.flat_map(|values| enum_lines(&values)))
        .chain(services.flat_map(|service| service_lines(pool, &service)))
        .collect()
}

/// Returns the lines of a released listing that are missing in the present one.
pub(crate) fn broken<'a>(released: &'a str, present: &BTreeSet<String>) -> Vec<&'a str> {
    let lacks = |line: &&str| !line.is_empty() && !present.contains(*line);
    released.lines().filter(lacks).collect()
}

fn message_lines(message: &MessageDescriptor) -> Vec<String> {
    // The entries of a map are listed as the map's field.
    if message.is_map_entry() {
        return Vec::new();
    }
    let name = message.full_name();
    let fields = message.fields().map(|field| field_line(name, &field));
    element("message", name, fields)
}

fn field_line(message: &str, field: &FieldDescriptor) -> String {
    let (name, number) = (field.name(), field.number());
    let kind = field_type(field);
    let oneof = field.containing_oneof().filter(|of| !of.is_synthetic());
    let oneof = oneof.map_or(String::new(), |of| format!(" of oneof {}", of.name()));
    format!("field {message}.{name} = {number}: {kind}{oneof}")
}

fn field_type(field: &FieldDescriptor) -> String {
    if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
        let [key, value] = [entry.map_entry_key_field(), entry.map_entry_value_field()]
            .map(|part| type_name(&part.kind()));
        return format!("map<{key}, {value}>");
    }
    let kind = type_name(&field.kind());
    let is_optional = field
        .containing_oneof()
        .is_some_and(|oneof| oneof.is_synthetic());
    match field.cardinality() {
        Cardinality::Repeated => format!("repeated {kind}"),
        Cardinality::Optional | Cardinality::Required if is_optional => format!("optional {kind}"),
        Cardinality::Optional | Cardinality::Required => kind,
    }
}

/// Returns the type as a `.proto` file names it, with its package.
fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(values) => values.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    }
}

fn enum_lines(values: &EnumDescriptor) -> Vec<String> {
    let name = values.full_name();
    let lines = values
        .values()
        .map(|value| format!("value {name}.{} = {}", value.name(), value.number()));
    element("enum", name, lines)
}

fn service_lines(pool: &DescriptorPool, service: &ServiceDescriptor) -> Vec<String> {
    let name = service.full_name();
    let methods = service.methods();
    element(
        "service",
        name,
        methods.map(|method| rpc_line(pool, name, &method)),
    )
}

/// Returns the line of an element and those of its parts.
fn element(kind: &str, name: &str, parts: impl Iterator<Item = String>) -> Vec<String> {
    let own = std::iter::once(format!("{kind} {name}"));
    own.chain(parts).collect()
}

fn rpc_line(pool: &DescriptorPool, service: &str, method: &MethodDescriptor) -> String {
    let stream = |is: bool| if is { "stream " } else { "" };
    // The services of the daemon itself have no commands.
    let command = option(pool, method, "command")
        .map(|command| format!(": {command}"))
        .unwrap_or_default();
    format!(
        "rpc {service}.{}({}{}) returns ({}{}){command}",
        method.name(),
        stream(method.is_client_streaming()),
        method.input().full_name(),
        stream(method.is_server_streaming()),
        method.output().full_name(),
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use protox::Compiler;

    const RELEASED: &str = r#"
        syntax = "proto3";
        package azq.v1;
        message Request { optional string name = 1; repeated Kind kind = 2; map<string, int32> count = 3; }
        message Reply { oneof answer { bytes stdout = 1; int32 exit = 2; } Request of = 3; }
        enum Kind { KIND_UNSPECIFIED = 0; KIND_ONE = 1; }
        service Commands { rpc Ask(Request) returns (stream Reply); }
    "#;

    /// Compiles a `.proto` file.
    pub(crate) fn compiled(source: &str) -> DescriptorPool {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one.proto"), source).unwrap();
        let mut compiler = Compiler::new([folder.path()]).unwrap();
        compiler.open_file("one.proto").unwrap();
        compiler.descriptor_pool()
    }

    fn lines(source: &str) -> BTreeSet<String> {
        listing(&compiled(source))
    }

    #[test]
    fn every_element_has_its_line() {
        let expected = "\
            enum azq.v1.Kind\n\
            field azq.v1.Reply.exit = 2: int32 of oneof answer\n\
            field azq.v1.Reply.of = 3: azq.v1.Request\n\
            field azq.v1.Reply.stdout = 1: bytes of oneof answer\n\
            field azq.v1.Request.count = 3: map<string, int32>\n\
            field azq.v1.Request.kind = 2: repeated azq.v1.Kind\n\
            field azq.v1.Request.name = 1: optional string\n\
            message azq.v1.Reply\n\
            message azq.v1.Request\n\
            rpc azq.v1.Commands.Ask(azq.v1.Request) returns (stream azq.v1.Reply)\n\
            service azq.v1.Commands\n\
            value azq.v1.Kind.KIND_ONE = 1\n\
            value azq.v1.Kind.KIND_UNSPECIFIED = 0";
        let found: Vec<_> = lines(RELEASED).into_iter().collect();
        assert_eq!(found.join("\n"), expected);
    }

    #[test]
    fn what_breaks_a_compiled_client_is_found() {
        let released: Vec<_> = lines(RELEASED).into_iter().collect();
        let released = released.join("\n");
        for (what, with, count) in [
            ("optional string name = 1;", "", 1),
            ("string name = 1", "string name = 4", 1),
            ("optional string name", "optional bytes name", 1),
            ("optional string name", "string name", 1),
            ("optional string name", "optional string title", 1),
            ("repeated Kind", "Kind", 1),
            ("map<string, int32>", "map<string, int64>", 1),
            ("int32 exit = 2; } Request", "} int32 exit = 2; Request", 1),
            ("KIND_ONE = 1;", "", 1),
            ("KIND_ONE = 1;", "KIND_ONE = 2;", 1),
            ("rpc Ask(Request) returns (stream Reply);", "", 1),
            ("returns (stream Reply)", "returns (Reply)", 1),
            ("Ask(Request)", "Ask(Reply)", 1),
            // A new element breaks no program.
            ("KIND_ONE = 1;", "KIND_ONE = 1; KIND_TWO = 2;", 0),
            ("Request of = 3;", "Request of = 3; string more = 4;", 0),
            ("service", "message Other {} service", 0),
        ] {
            let changed = RELEASED.replacen(what, with, 1);
            assert_ne!(changed, RELEASED, "{what}");
            let present = lines(&changed);
            assert_eq!(broken(&released, &present).len(), count, "{what} -> {with}");
        }
    }
}
