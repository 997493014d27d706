# TAB for azq in PowerShell: azq completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName azq -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    # The cursor is counted from the start of the input, and the command lacks trailing spaces.
    $point = $cursorPosition - $commandAst.Extent.StartOffset
    $line = $commandAst.ToString().PadRight($point)
    $file = New-TemporaryFile
    $variables = @{
        _ARGCOMPLETE                 = '1'
        _ARGCOMPLETE_DFS             = "`t"
        _ARGCOMPLETE_IFS             = "`n"
        _ARGCOMPLETE_SHELL           = 'powershell'
        _ARGCOMPLETE_STDOUT_FILENAME = $file.FullName
        _ARGCOMPLETE_SUPPRESS_SPACE  = '1'
        COMP_LINE                    = $line
        COMP_POINT                   = [string]$point
    }
    try {
        foreach ($variable in $variables.GetEnumerator()) {
            Set-Item "Env:$($variable.Key)" $variable.Value
        }
        & azq 2>&1 | Out-Null
        foreach ($candidate in Get-Content $file) {
            $word, $about = $candidate -split "`t", 2
            if (-not $about) { $about = $word }
            [System.Management.Automation.CompletionResult]::new(
                $word, $word, 'ParameterValue', $about)
        }
    }
    finally {
        foreach ($name in $variables.Keys) {
            Remove-Item "Env:$name" -ErrorAction SilentlyContinue
        }
        Remove-Item $file -ErrorAction SilentlyContinue
    }
}
