# TAB for azq in bash: eval "$(azq completion bash)"
_azq() {
    local candidate
    COMPREPLY=()
    # The last line has no newline.
    while IFS= read -r candidate || [[ -n $candidate ]]; do
        COMPREPLY+=("$candidate")
    done < <(
        COMP_LINE=$COMP_LINE COMP_POINT=$COMP_POINT \
            _ARGCOMPLETE=1 _ARGCOMPLETE_IFS=$'\n' _ARGCOMPLETE_SHELL=bash \
            _ARGCOMPLETE_SUPPRESS_SPACE=1 _ARGCOMPLETE_COMP_WORDBREAKS=$COMP_WORDBREAKS \
            azq 8>&1 1>/dev/null 2>&1 </dev/null
    )
}
complete -o default -F _azq azq
