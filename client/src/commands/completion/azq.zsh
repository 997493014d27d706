#compdef azq
# TAB for azq in zsh: eval "$(azq completion zsh)" after compinit, or a file _azq in $fpath
_azq() {
    local told candidate about
    local -a candidates
    told=$(azq completion words --describe -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    for candidate in ${(f)told}; do
        about=${candidate#*$'\t'}
        [[ $about == $candidate ]] && about=
        # A colon ends the word for _describe.
        candidates+=("${${candidate%%$'\t'*}//:/\\:}${about:+:$about}")
    done
    if (( $#candidates )); then
        _describe azq candidates
    else
        _files
    fi
}
if [[ $funcstack[1] == _azq ]]; then
    _azq "$@"
else
    compdef _azq azq
fi
