#compdef azq
# TAB for azq in zsh: eval "$(azq completion zsh)" after compinit, or a file _azq in a directory of $fpath
_azq() {
    local -a candidates
    candidates=(${(f)"$(azq completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (( $#candidates )); then
        compadd -- $candidates
    else
        _files
    fi
}
if [[ $funcstack[1] == _azq ]]; then
    _azq "$@"
else
    compdef _azq azq
fi
