#!/bin/sh
# Builds azq with cargo and installs azq and azqd (and the emulator that `azq demo` runs), their manual pages, and
# completion for bash, zsh and fish.
set -eu

usage() {
    cat <<'EOF'
usage: ./install.sh [--prefix DIRECTORY] [--from DIRECTORY] [--shim] [--service] [--uninstall]

  --prefix DIRECTORY  install into DIRECTORY/bin and DIRECTORY/share (default: ~/.local)
  --from DIRECTORY    install the binaries that lie there instead of building them
  --shim              also put an `az` in front: azq under az's name, which hands what it does
                      not know to the real az further along PATH
  --service           also let systemd (its user manager) or launchd start azqd; without it the first
                      command does
  --uninstall         remove what this script has installed into that DIRECTORY; configuration and
                      caches stay
EOF
}

main() {
    prefix=${HOME:+$HOME/.local}
    shim=no
    service=no
    built=
    client=
    uninstall=no
    while [ $# -gt 0 ]; do
        case $1 in
            --prefix) [ -n "${2-}" ] || fail "--prefix needs a directory"; prefix=$2; shift ;;
            --prefix=?*) prefix=${1#--prefix=} ;;
            --from) [ -n "${2-}" ] || fail "--from needs a directory"; built=$2; shift ;;
            --from=?*) built=${1#--from=} ;;
            --shim) shim=yes ;;
            --service) service=yes ;;
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
    share=$prefix/share
    case $0 in
        */*) here=$(cd "${0%/*}" && pwd) ;;
        *) here=$(pwd) ;;
    esac
    manifest=$prefix/share/azq/installed
    if [ "$uninstall" = yes ]; then
        remove
    else
        check_places
        [ -n "$built" ] || build
        check_built
        install_all
        tell
        if [ "$service" = yes ]; then
            install_service
        fi
    fi
}

fail() {
    echo "ERROR: $1" >&2
    exit 1
}

build() {
    command -v cargo >/dev/null 2>&1 || fail "cargo is missing; install Rust first: https://rustup.rs"
    command -v cc >/dev/null 2>&1 || fail "a C compiler is missing; install one (Debian: apt-get install gcc libc6-dev)"
    (cd "$here" && cargo build --profile dist --locked --bins)
    target=${CARGO_TARGET_DIR:-target}
    # cargo, which runs in the checkout, takes a relative one from there, wherever this script is called.
    case $target in
        /*) ;;
        *) target=$here/$target ;;
    esac
    built=$target/dist
    # A client on musl starts in half the time of one on glibc: docs/benchmarks.md has the figures.
    if [ "$(uname -s)" = Linux ] && find_musl "$(uname -m)-unknown-linux-musl"; then
        (cd "$here" && cargo build --profile dist --locked --package azq --target "$musl")
        client=$target/$musl/dist/azq
    fi
}

# Whether Rust can build for this target, which rustup adds where it is.
find_musl() {
    musl=$1
    has_musl && return
    command -v rustup >/dev/null 2>&1 || return
    rustup target add "$musl" >/dev/null 2>&1 || echo "rustup cannot add $musl; the client is built without and starts more slowly" >&2
    has_musl
}

has_musl() {
    [ -d "$(rustc --print target-libdir --target "$musl" 2>/dev/null)" ]
}

# What could go wrong is looked for before anything is changed.
check_places() {
    for name in azq azqd azq-emulator; do
        [ ! -d "$bin/$name" ] || fail "$bin/$name is a directory; move it away or choose another --prefix"
    done
    if [ "$shim" = yes ] && { [ -e "$bin/az" ] || [ -L "$bin/az" ]; } && ! is_shim; then
        fail "$bin/az is not azq's; move it away or choose another --prefix"
    fi
}

check_built() {
    for file in "${client:-$built/azq}" "$built/azqd" "$built/azq-emulator"; do
        [ -f "$file" ] || fail "$file is missing; build it with: cargo build --release --bins"
    done
}

# Files beside their final places and renames: a running binary is never written to, and a disk that is full changes
# nothing.
install_all() {
    mkdir -p "$bin" "${manifest%/*}" || fail "$bin cannot be made; choose another --prefix"
    [ -w "$bin" ] || fail "$bin is not writable; choose another --prefix"
    trap 'rm -f "$bin/.azq.new.$$" "$bin/.azqd.new.$$" "$bin/.azq-emulator.new.$$"' EXIT
    copy "${client:-$built/azq}" azq
    copy "$built/azqd" azqd
    copy "$built/azq-emulator" azq-emulator
    for name in azq azqd azq-emulator; do
        mv -f "$bin/.$name.new.$$" "$bin/$name"
    done
    if [ "$shim" = yes ]; then
        ln -sf azq "$bin/az"
    fi
    remove_extras
    note
    install_extras
    stop_daemon
}

copy() {
    cp "$1" "$bin/.$2.new.$$" || fail "$1 cannot be copied to $bin"
    chmod 755 "$bin/.$2.new.$$"
}

# What is installed: checksum, length and name (from the bin directory) of each file, for --uninstall to know them again.
note() {
    for name in azq azqd azq-emulator; do
        (cd "$bin" && cksum "$name")
    done >"$manifest"
}

# Manual pages and completion. Programs are of use without, so that what goes wrong here is said and no more.
install_extras() {
    if [ -d "$here/packaging/man" ]; then
        for page in "$here"/packaging/man/*.1; do
            extra "man/man1/${page##*/}" cat "$page"
        done
    fi
    extra bash-completion/completions/azq "$bin/azq" completion bash
    extra zsh/site-functions/_azq "$bin/azq" completion zsh
    extra fish/vendor_completions.d/azq.fish "$bin/azq" completion fish
}

# A file below share with what a command prints. One that is somebody else's stays.
extra() {
    file=$share/$1
    name=../share/$1
    shift
    if [ -e "$file" ] || [ -L "$file" ]; then
        echo "left $file, which is not azq's" >&2
        return
    fi
    if make_directory "${name%/*}" 2>/dev/null && "$@" >"$file.new.$$" 2>/dev/null && chmod 644 "$file.new.$$" &&
        mv "$file.new.$$" "$file"; then
        (cd "$bin" && cksum "$name") >>"$manifest"
    else
        rm -f "$file.new.$$"
        echo "$file could not be written" >&2
    fi
}

# A directory below share, noted if it is new.
make_directory() {
    [ ! -d "$bin/$1" ] || return 0
    make_directory "${1%/*}" || return
    mkdir "$bin/$1" && echo "directory $1" >>"$manifest"
}

# Removes what the manifest has below share, as far as it is still what was installed, and its directories, if they are
# empty.
remove_extras() {
    [ -f "$manifest" ] || return 0
    sed -n 's|^[0-9]* [0-9]* \(\.\./share/.*\)$|\1|p' "$manifest" | while IFS= read -r name; do
        if is_installed "$name"; then
            rm -f "$bin/$name"
        elif [ -e "$bin/$name" ]; then
            echo "left $share/${name#../share/}, which is not what was installed"
        fi
    done
    sed -n 's|^directory ||p' "$manifest" | sort -r | while IFS= read -r name; do
        rmdir "$bin/$name" 2>/dev/null || true
    done
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
    tell_found azq
    if [ "$shim" = yes ]; then
        tell_found az
        real=$(real_az)
        if [ -n "$real" ]; then
            echo "what azq does not know goes to $real"
        else
            echo "no other az is on your PATH, so what azq does not know is refused"
        fi
    fi
}

# Which program of this name the shell finds; that it finds the azq that was just installed goes without saying.
tell_found() {
    found=$(command -v "$1" 2>/dev/null || true)
    case $found in
        "$bin/$1") [ "$1" = azq ] || echo "az is $found; a shell that knows another has to be told: hash -r" ;;
        '') [ "$1" = azq ] || echo "your shell finds no az yet" ;;
        *) echo "your shell finds another $1 first: $found; $bin has to come earlier on your PATH" ;;
    esac
}

# The first az on the PATH that is not the shim.
real_az() {
    printf '%s\n' "$PATH" | tr ':' '\n' | while IFS= read -r directory; do
        if [ "$directory" != "$bin" ] && [ -f "$directory/az" ] && [ -x "$directory/az" ]; then
            printf '%s\n' "$directory/az"
            break
        fi
    done
}

# What a service manager starts instead of the first command. PATH is written down, for azqd runs the real az for a user's
# access token, and service managers have a PATH of their own.
install_service() {
    case $(uname -s) in
        Darwin) install_agent ;;
        *) install_units ;;
    esac
}

units() {
    echo "${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}/systemd/user"
}

# A % in a unit begins a specifier, a \ an escape, a " ends a quoted word.
for_unit() {
    printf '%s' "$1" | sed -e 's/%/%%/g' -e 's/[\\"]/\\&/g'
}

# Whether what starts azqd starts that of this prefix.
is_own_unit() {
    grep -qsF "ExecStart=\"$(for_unit "$bin")/azqd\" " "$(units)/azqd.service"
}

is_own_agent() {
    grep -qsF "<string>$(for_xml "$bin")/azqd</string>" "$(agent)"
}

install_units() {
    units=$(units)
    mkdir -p "$units" || fail "$units cannot be made"
    if [ -e "$units/azqd.service" ] && ! is_own_unit; then
        echo "azqd.service has started another azqd until now"
    fi
    cat >"$units/azqd.socket" <<EOF
[Unit]
Description=The socket of azqd, which answers for az

[Socket]
ListenStream=%t/azq/azqd.sock
SocketMode=0600
DirectoryMode=0700

[Install]
WantedBy=sockets.target
EOF
    cat >"$units/azqd.service" <<EOF
[Unit]
Description=azqd, which answers for az
Requires=azqd.socket
After=azqd.socket

[Service]
Type=notify
ExecStart="$(for_unit "$bin")/azqd" --runtime-dir %t/azq
Environment="PATH=$(for_unit "$PATH")"
Environment=MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=4194304
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
# azqd gives its calls up to a minute.
TimeoutStopSec=80
Restart=on-failure
# 3: another azqd serves already.
RestartPreventExitStatus=3

[Install]
Also=azqd.socket
EOF
    echo "installed azqd.socket and azqd.service in $units"
    if systemctl --user daemon-reload 2>/dev/null && systemctl --user enable --now azqd.socket 2>/dev/null; then
        echo "systemd starts azqd with the first command"
    else
        echo "systemd's user manager cannot be reached from here; once it runs, say:"
        echo "    systemctl --user daemon-reload && systemctl --user enable --now azqd.socket"
    fi
}

label=com.github.azq.azqd

agent() {
    echo "${HOME:-/nonexistent}/Library/LaunchAgents/$label.plist"
}

for_xml() {
    printf '%s' "$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g'
}

install_agent() {
    agent=$(agent)
    mkdir -p "$(dirname "$agent")" || fail "$agent cannot be made"
    cat >"$agent" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>$label</string>
    <key>ProgramArguments</key>
    <array>
        <string>$(for_xml "$bin")/azqd</string>
    </array>
    <key>EnvironmentVariables</key>
    <dict>
        <key>PATH</key>
        <string>$(for_xml "$PATH")</string>
    </dict>
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
        <key>Crashed</key>
        <true/>
    </dict>
    <key>ExitTimeOut</key>
    <integer>80</integer>
    <key>Umask</key>
    <integer>63</integer>
    <key>StandardOutPath</key>
    <string>/dev/null</string>
</dict>
</plist>
EOF
    echo "installed $agent"
    launchctl bootout "gui/$(id -u)/$label" 2>/dev/null || true
    if launchctl bootstrap "gui/$(id -u)" "$agent" 2>/dev/null; then
        echo "launchd starts azqd now and at login"
    else
        echo "launchd cannot be reached from here; it starts azqd at the next login"
    fi
}

remove_service() {
    if is_own_unit; then
        systemctl --user disable --now azqd.socket azqd.service >/dev/null 2>&1 || true
        rm -f "$(units)/azqd.socket" "$(units)/azqd.service"
        systemctl --user daemon-reload >/dev/null 2>&1 || true
    elif [ -e "$(units)/azqd.service" ]; then
        echo "left $(units)/azqd.service, which starts another azqd"
    fi
    if is_own_agent; then
        launchctl bootout "gui/$(id -u)/$label" 2>/dev/null || true
        rm -f "$(agent)"
    elif [ -e "$(agent)" ]; then
        echo "left $(agent), which starts another azqd"
    fi
}

remove() {
    remove_service
    if [ ! -f "$manifest" ]; then
        echo "nothing was installed in $bin by this script"
        return
    fi
    if is_installed azq; then
        stop_daemon
        if is_shim; then
            rm -f "$bin/az"
        fi
    fi
    for name in azq azqd azq-emulator; do
        if is_installed "$name"; then
            rm -f "$bin/$name"
        elif [ -e "$bin/$name" ]; then
            echo "left $bin/$name, which is not what was installed"
        fi
    done
    remove_extras
    rm -f "$manifest"
    rmdir "${manifest%/*}" 2>/dev/null || true
    echo "removed azq and azqd from $bin"
}

# Whether a file is still the one that the manifest tells of.
is_installed() {
    [ -f "$bin/$1" ] && grep -qxF "$(cd "$bin" && cksum "$1")" "$manifest"
}

main "$@"
