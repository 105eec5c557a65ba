import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { shell } from './interplot.ts'

const folder = temporaryFolder('completion')

/** What bash would offer for a line, its last word being the one to complete; files are bash's own part. */
const complete = async (cwd: string, words: readonly string[]): Promise<string[]> => {
  const line = `source <(interplot completion bash); complete -p interplot >&2
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
    _interplot; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = await shell(line, { cwd })
  expect(stderr.trim()).toBe('complete -o bashdefault -o default -F _interplot interplot')
  return stdout.split('\n').filter((each) => each !== '')
}

describe('completion in bash, without the bash-completion package', () => {
  it.each<[string[], string[]]>([
    [
      ['interplot', 'ge'],
      ['geolocate', 'geo'],
    ],
    [
      ['interplot', 'geo', 'in'],
      ['install', 'info', 'index'],
    ],
    [
      ['interplot', 'geolocate', '--d'],
      ['--database', '--debug'],
    ],
    [['interplot', 'render', 'resu'], []],
  ])('%j', async (words, offered) => {
    const cwd = folderFor(folder, words.join(' '))
    writeFileSync(join(cwd, 'results.db'), '')
    expect(await complete(cwd, words)).toEqual(offered)
  })
})
