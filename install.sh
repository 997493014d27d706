#!/bin/sh
# Builds azq with cargo and installs azq and azqd (and the emulator that `azq demo` runs).
set -eu

usage() {
    cat <<'EOF'
usage: ./install.sh [--prefix DIRECTORY] [--shim] [--uninstall]

  --prefix DIRECTORY  install into DIRECTORY/bin (default: ~/.local)
  --shim              also put an `az` in front: azq under az's name, which hands what it does
                      not know to the real az further along PATH
  --uninstall         remove what was installed; configuration and caches stay
EOF
}

main() {
    prefix=${HOME:+$HOME/.local}
    shim=no
    uninstall=no
    while [ $# -gt 0 ]; do
        case $1 in
            --prefix) [ $# -ge 2 ] || fail "--prefix needs a directory"; prefix=$2; shift ;;
            --prefix=*) prefix=${1#--prefix=} ;;
            --shim) shim=yes ;;
            --uninstall) uninstall=yes ;;
            -h | --help) usage; return ;;
            *) usage >&2; fail "unknown option: $1" ;;
        esac
        shift
    done
    [ -n "$prefix" ] || fail "HOME is not set; give --prefix DIRECTORY"
    case $prefix in
        /*) ;;
        *) prefix=$(pwd)/$prefix ;;
    esac
    bin=$prefix/bin
    if [ "$uninstall" = yes ]; then
        remove
    else
        build
        install_all
        tell
    fi
}

fail() {
    echo "ERROR: $1" >&2
    exit 1
}

build() {
    command -v cargo >/dev/null 2>&1 || fail "cargo is missing; install Rust first: https://rustup.rs"
    command -v cc >/dev/null 2>&1 || fail "a C compiler is missing; install one (Debian: apt-get install gcc libc6-dev)"
    here=$(cd "$(dirname "$0")" && pwd)
    (cd "$here" && cargo build --release --locked --bins)
    built=${CARGO_TARGET_DIR:-$here/target}/release
}

# A file beside its final place and a rename: a running binary is never written to.
put() {
    cp "$1" "$bin/.$2.new.$$"
    chmod 755 "$bin/.$2.new.$$"
    mv -f "$bin/.$2.new.$$" "$bin/$2"
}

install_all() {
    mkdir -p "$bin" || fail "$bin cannot be made; choose another --prefix"
    [ -w "$bin" ] || fail "$bin is not writable; choose another --prefix"
    for name in azq azqd azq-emulator; do
        put "$built/$name" "$name"
    done
    if [ "$shim" = yes ]; then
        if [ -e "$bin/az" ] && ! is_shim; then
            fail "$bin/az is not azq's; move it away or choose another --prefix"
        fi
        ln -sf azq "$bin/az"
    fi
    stop_daemon
}

is_shim() {
    [ -L "$bin/az" ] && [ "$(readlink "$bin/az")" = azq ]
}

# The next command starts a daemon of the version that lies there then.
stop_daemon() {
    "$bin/azq" daemon stop >/dev/null 2>&1 || true
}

tell() {
    echo "installed azq and azqd in $bin"
    case ":$PATH:" in
        *":$bin:"*) ;;
        *)
            echo "$bin is not on your PATH; add this line to your shell's start file:"
            echo "    export PATH=\"$bin:\$PATH\""
            ;;
    esac
}

remove() {
    if [ -x "$bin/azq" ]; then
        stop_daemon
    fi
    if is_shim; then
        rm -f "$bin/az"
    fi
    for name in azq azqd azq-emulator; do
        rm -f "$bin/$name"
    done
    echo "removed azq and azqd from $bin"
}

main "$@"
