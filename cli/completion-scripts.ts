export const shells = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof shells)[number];

/** The hidden command that each script asks, with the words up to the cursor. It prints a candidate a line, a tab, and what that is. */
export const completeCommand = '__complete';

// Where there are no candidates the shell's own completion of files goes on.
const bash = `# keyturn completion bash. For this shell: eval "$(keyturn completion bash)"; for all: put that line into ~/.bashrc.
_keyturn() {
  local text rest
  COMPREPLY=()
  while IFS=$'\\t' read -r text rest; do
    [ -n "$text" ] && COMPREPLY+=("$text")
  done < <("\${COMP_WORDS[0]}" ${completeCommand} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _keyturn keyturn
`;

const zsh = `#compdef keyturn
# keyturn completion zsh. For this shell: eval "$(keyturn completion zsh)", after compinit; for all: write it as _keyturn into a folder of $fpath.
_keyturn() {
  local line
  local -a found
  for line in "\${(@f)$("\${words[1]}" ${completeCommand} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n "$line" ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#found} )); then _describe keyturn found; else _files; fi
}
if [[ "\${funcstack[1]}" = _keyturn ]]; then _keyturn "$@"; else compdef _keyturn keyturn; fi
`;

const fish = `# keyturn completion fish. For this shell: keyturn completion fish | source; for all: write it into ~/.config/fish/completions/keyturn.fish.
function __keyturn_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  set -l found ($before[1] ${completeCommand} -- $before[2..-1] "$current" 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path "$current"
  end
end
complete -c keyturn -f -a '(__keyturn_complete)'
`;

export const completionScripts: Readonly<Record<ShellName, string>> = { bash, zsh, fish };
