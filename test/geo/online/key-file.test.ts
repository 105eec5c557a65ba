import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keysPath, readKey } from '../../../src/geo/online/key-file.ts'
import { caught } from '../../error-code.ts'
import { folderFor, temporaryFolder } from '../../temporary-folder.ts'

const root = temporaryFolder('keys')
const SECRET = 'very-secret-0123456789'
const fileIn = (test: string, text: string, mode = 0o600): string => {
  const folder = folderFor(root, test)
  writeFileSync(join(folder, 'keys.json'), text)
  chmodSync(join(folder, 'keys.json'), mode)
  return folder
}

describe('keys', () => {
  it('out of the file', () => {
    expect(readKey('ipstack', {}, fileIn('file', JSON.stringify({ ipstack: SECRET })))).toBe(SECRET)
  })
  it('the environment goes first, and the file is then not even read', () => {
    const folder = fileIn('environment', 'no JSON', 0o644)
    expect(readKey('ipstack', { INTERPLOT_IPSTACK_KEY: 'abcdef' }, folder)).toBe('abcdef')
  })
  it.each<[string, string]>([
    ['no file', ''],
    ['a file without it', '{"ipgeolocation":"x"}'],
    ['an empty one', '{"ipstack":""}'],
  ])('%s: none', (name, text) => {
    const folder = text === '' ? join(root, 'nowhere') : fileIn(name, text)
    expect(readKey('ipstack', { INTERPLOT_IPSTACK_KEY: '' }, folder)).toBe(null)
  })
  it.each<[string, string, number, RegExp]>([
    ['others may read it', JSON.stringify({ ipstack: SECRET }), 0o644, /chmod 600/],
    ['its group may read it', JSON.stringify({ ipstack: SECRET }), 0o640, /chmod 600/],
    ['others may write it', JSON.stringify({ ipstack: SECRET }), 0o602, /chmod 600/],
    ['no JSON', `{"ipstack": ${SECRET}`, 0o600, /no JSON object/],
    ['an array', `["${SECRET}"]`, 0o600, /no JSON object/],
    ['a key with a line end', JSON.stringify({ ipstack: `${SECRET}\r\nx: y` }), 0o600, /printable/],
    ['a key that is a number', '{"ipstack": 12345678}', 0o600, /printable/],
    ['a key with a space', JSON.stringify({ ipstack: `${SECRET} x` }), 0o600, /printable/],
    ['a huge file', JSON.stringify({ ipstack: SECRET, x: 'x'.repeat(70_000) }), 0o600, /small file/],
  ])('%s: ERR_GEO_KEY, which does not repeat it', (name, text, mode, words) => {
    const error = caught(() => readKey('ipstack', {}, fileIn(name, text, mode)))
    expect(error.code).toBe('ERR_GEO_KEY')
    expect(error.toLine()).toMatch(words)
    expect(`${error.toLine()}${error.stack}${String(error.cause)}`).not.toContain(SECRET)
  })
  it('a file of somebody else behind a link', () => {
    const folder = folderFor(root, 'link')
    symlinkSync(process.getuid?.() === 0 ? '/proc/self/status' : '/etc/passwd', join(folder, 'keys.json'))
    expect(caught(() => readKey('ipstack', {}, folder)).code).toBe('ERR_GEO_KEY')
  })
  it('a folder in its place', () => {
    const folder = folderFor(root, 'folder')
    mkdirSync(join(folder, 'keys.json'))
    expect(caught(() => readKey('ipstack', {}, folder)).code).toBe('ERR_GEO_KEY')
  })
  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['INTERPLOT_CONFIG_DIR', { INTERPLOT_CONFIG_DIR: '/c', XDG_CONFIG_HOME: '/x' }, '/c/keys.json'],
    ['XDG_CONFIG_HOME', { XDG_CONFIG_HOME: '/x', HOME: '/h' }, '/x/interplot/keys.json'],
    ['HOME, when XDG_CONFIG_HOME is relative', { XDG_CONFIG_HOME: 'x', HOME: '/h' }, '/h/.config/interplot/keys.json'],
  ])('the folder by %s', (_name, environment, path) => expect(keysPath(environment)).toBe(path))
})
