//! The macro that declares a command's options.
//!
//! A row states only what does not follow from the rest. The long name, the place in the request
//! and the name by which the daemon knows the field follow from the field's name. Everything is
//! computed at compile time.

/// Declares the options of a command, in the order in which az registers them, as a
/// [`super::command::Table`].
///
/// ```text
/// options! { REQUEST: [BEGINNING;] ROW… }
///
/// ROW       = KIND [(ARGUMENT, …)] [FIELD] [NAMES] [: HELP] [, PROPERTY] …;
/// FIELD     = the request's field, or FIELD.FIELD for one of an optional message in it
/// NAMES     = [NAME, …] beside the long name that the field has with hyphens, or
///             = [NAME, …] instead of it; `resource_group_name` needs neither
/// PROPERTY  = a method of `Opt`, with its arguments if it has any
/// BEGINNING = `cluster`, `nodepool` or `named_cluster`: the rows with which many commands begin
/// ```
///
/// `KIND` is a constructor of [`super::option`]. Its arguments are those beyond the names, the
/// place and the help.
macro_rules! options {
    ($request:ty: named_cluster; $($rows:tt)*) => {
        options! { $request:
            ignored = ["--cmd"];
            text resource_group_name:
                $crate::cli::node_pools::RESOURCE_GROUP_HELP, required_or_configured;
            text name ["-n"]: "Name of the cluster.", required;
            $($rows)*
        }
    };
    ($request:ty: nodepool; $($rows:tt)*) => {
        options! { $request:
            cluster;
            text pool.nodepool_name ["--name", "-n"]: "Name of the node pool.", required;
            $($rows)*
        }
    };
    ($request:ty: cluster; $($rows:tt)*) => {
        options! { $request:
            ignored = ["--cmd"];
            text pool.resource_group_name:
                $crate::cli::node_pools::RESOURCE_GROUP_HELP, required_or_configured;
            text pool.cluster_name: "Name of the cluster.", required;
            $($rows)*
        }
    };
    ($request:ty: $(
        $kind:ident $(($($argument:expr),*))?
        $($field:ident $(.$inner:ident)?)?
        $(= $whole:tt)?
        $([$($more:literal),*])?
        $(: $help:expr)?
        $(, $property:ident $(($($value:expr),*))?)*;
    )*) => {{
        const ROWS: &[$crate::cli::option::Opt<$request>] = &[$(
            row!(
                $request, $kind, [$($($argument),*)?], [$($field $(.$inner)?)?],
                [$(= $whole)? $($($more),*)?], [$($help)?]
            )
            $(.$property($($($value),*)?))*
        ),*];
        &$crate::cli::command::Rows(ROWS)
    }};
}

/// Expands to the constructor's call for one row of [`options!`].
macro_rules! row {
    ($request:ty, $kind:ident, [$($argument:expr),*], [], [= $names:tt], [$($help:expr)?]) => {
        $crate::cli::option::$kind(&$names, $($help,)? $($argument),*)
    };
    ($request:ty, any_integer, [], $field:tt, $names:tt, $help:tt) => {
        row!(
            $request, any_integer, [|request: &mut $request| &mut request.large_integers],
            $field, $names, $help
        )
    };
    ($request:ty, $kind:ident, $arguments:tt, [$field:ident], $names:tt, $help:tt) => {
        row!(
            @ $kind, $arguments, |request: &mut $request| &mut request.$field,
            $field, $names, $help
        )
    };
    ($request:ty, $kind:ident, $arguments:tt, [$outer:ident.$field:ident], $names:tt, $help:tt) => {
        row!(
            @ $kind, $arguments,
            |request: &mut $request| &mut request.$outer.get_or_insert_default().$field,
            $field, $names, $help
        )
    };
    (@ $kind:ident, [$($argument:expr),*], $place:expr, $field:ident, $names:tt, [$help:expr]) => {
        $crate::cli::option::$kind(names!($field $names), $place, $help, $($argument),*)
            .field(stringify!($field))
    };
}

/// Expands to the names of an option that fills a field.
macro_rules! names {
    ($field:ident [= $names:tt]) => {
        &$names
    };
    (resource_group_name []) => {
        &["--resource-group", "-g"]
    };
    ($field:ident [$($more:literal),*]) => {{
        const FIELD: &str = stringify!($field);
        const LONG: [u8; FIELD.len() + 2] = $crate::cli::options::long_name(FIELD);
        const NAME: &str = match std::str::from_utf8(&LONG) {
            Ok(name) => name,
            Err(_) => FIELD,
        };
        &[NAME, $($more),*]
    }};
}

/// Returns the long name of an option that fills the field: `--`, and hyphens in the name.
pub(super) const fn long_name<const LENGTH: usize>(field: &str) -> [u8; LENGTH] {
    let mut name = [b'-'; LENGTH];
    let mut index = 0;
    while index < field.len() {
        let byte = field.as_bytes()[index];
        name[index + 2] = if byte == b'_' { b'-' } else { byte };
        index += 1;
    }
    name
}
