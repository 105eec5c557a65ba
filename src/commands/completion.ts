/**
 * `interplot completion <shell>`: what a shell needs to complete commands and options. The scripts ask the hidden command
 * `complete`, which @bomb.sh/tab answers out of the command tree. For bash the script is our own: the package's needs the
 * bash-completion package and never completes a file, which is what most of our arguments are.
 */

import { script } from '@bomb.sh/tab'
import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'

const BASH_SCRIPT = `# bash completion for interplot: source <(interplot completion bash)
_interplot() {
    local line current="\${COMP_WORDS[COMP_CWORD]}"
    COMPREPLY=()
    while IFS= read -r line; do
        line="\${line%%$'\\t'*}"
        if [[ -n "$line" && "$line" != :* && "$line" == "$current"* ]]; then COMPREPLY+=("$line"); fi
    done < <(interplot complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
# Where interplot has no suggestion, file names.
complete -o bashdefault -o default -F _interplot interplot
`

/** Adds `completion` and the hidden `complete`; to be called when every other command is there. */
export const defineCompletion = (program: Command): void => {
  tab(program, { completionCommandName: 'completion' })
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('Prints a completion script for a shell, like: source <(interplot completion bash)')
    .action((shell: string) => {
      if (shell === 'bash') process.stdout.write(BASH_SCRIPT)
      else script(shell, 'interplot', 'interplot')
    })
}
