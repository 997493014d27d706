# The commands of azq's developers. Each is one line, so that it can be typed without just as well.
# CONTRIBUTING.md says when to use which. `.ci/run` runs the same commands and needs no just.

# Lists the recipes.
default:
    @just --list --unsorted

# Everything that must pass before a change lands.
ci:
    .ci/run

# Builds azq, azqd and the emulator quickly, and runs the demo.
demo:
    cargo build --bins && target/debug/azq demo

# Builds what install.sh installs.
dist:
    cargo build --profile dist --locked --bins

# Builds the packages into dist/, such as: just package --only wheel
package *ARGUMENTS:
    packaging/build {{ARGUMENTS}}

# Installs the packages of dist/ into clean places and tries them.
package-check:
    packaging/check

# Formats the code.
fmt:
    cargo fmt --all

# Checks the format.
fmt-check:
    cargo fmt --all --check

# All tests, or those whose names contain FILTER.
test *FILTER:
    cargo test --workspace --locked {{FILTER}}

# Builds all tests, and prints where their executables are.
test-build:
    cargo test --workspace --locked --no-run

# Builds the programs of all packages, azq-replay and azq-soak among them.
programs:
    cargo build --locked --workspace --bins

# A day of a thousand machines that share their catalogues: the table of docs/fleet.md.
fleet:
    cargo test --locked --package azq-skus --lib -- --ignored a_day_of_a_thousand

# Builds an azqd that sends traces (docs/fleet.md), beside azq and the emulator.
traces:
    cargo build --locked --bins --features azqd/otlp

# The image of packaging/ci/Dockerfile, made and tried without docker; needs the rights of root.
image-check BINARIES="target/debug":
    packaging/check-image {{BINARIES}}

# The lints, clippy's msrv check among them.
lint:
    cargo clippy --workspace --all-targets --features azqd/otlp --locked -- -D warnings

# The documentation, with its warnings as errors.
doc:
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --features azqd/otlp --locked

# Compiles everything with the oldest supported Rust, which rustup fetches.
msrv:
    cargo +1.90 check --workspace --all-targets --locked

# Licences and sources of the dependencies; needs cargo-deny.
deny:
    cargo deny check licenses bans sources

# Writes proto/src/generated anew after a change to a .proto file.
proto:
    cargo run --locked -p azq-proto-codegen

# Writes the manual pages and the documentation's tables anew after a change to the grammar.
reference:
    cargo run --locked -p azq-reference

# Replays goldens through azq, such as: just replay tests/goldens/list_skus.json
replay +ARGUMENTS:
    cargo run --quiet --locked -p azq-test-tools --bin azq-replay -- {{ARGUMENTS}}

# Records what the real az does with the cases that have changed.
record AZ:
    cargo build && tests/record.py --az {{AZ}} --changed tests/cases/*.json

# The benchmark, such as: just bench --quick
bench *ARGUMENTS:
    cargo bench -p azq-tests -- {{ARGUMENTS}}

# Long runs against a real daemon, such as: just soak --help
soak *ARGUMENTS:
    cargo run --release --locked -p azq-test-tools --bin azq-soak -- {{ARGUMENTS}}

# Fuzzes with libFuzzer for so many seconds each: all targets, or those that are named.
fuzz SECONDS="600" *TARGETS:
    tests/fuzz/run {{SECONDS}} {{TARGETS}}

# Adds a command and an option in this checkout, as docs/adding-a-command.md says, and tries them.
walkthrough:
    tests/walkthrough/run
