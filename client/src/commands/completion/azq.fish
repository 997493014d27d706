# TAB for azq in fish: azq completion fish > ~/.config/fish/completions/azq.fish
function __azq_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l typed (commandline --current-token --cut-at-cursor)
    set -l candidates (azq completion words --describe -- $words[2..-1] "$typed" 2>/dev/null)
    if set -q candidates[1]
        printf '%s\n' $candidates
    else
        __fish_complete_path "$typed"
    end
end
complete --command azq --no-files --arguments '(__azq_candidates)'
