# TAB for azq in bash: eval "$(azq completion bash)"
_azq() {
    local IFS=$'\n'
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(azq completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _azq azq
