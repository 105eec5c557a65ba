import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitCsv } from '../../src/core/csv-record.ts'
import { formatIp, ipv4 } from '../../src/core/ip.ts'
import { type AddressInputOptions, makeAddressReader } from '../../src/geo/address-input.ts'
import { csvField } from '../../src/output/csv.ts'
import { errorCodeOf } from '../error-code.ts'

const read = async (input: Readable, options: AddressInputOptions = {}) => {
  const reader = makeAddressReader(input, options)
  const addresses: string[] = []
  for await (const { ipv4: v4, ipv6 } of reader.chunks()) {
    addresses.push(...Array.from(v4, (each) => formatIp(ipv4(each))), ...ipv6.map(formatIp))
  }
  return { addresses, reader }
}
/** In pieces of three bytes, so that lines and letters are cut everywhere. */
const pieces = (text: string): Readable => {
  const bytes = Buffer.from(text)
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / 3) }, (_, i) => bytes.subarray(i * 3, i * 3 + 3)),
    { objectMode: false },
  )
}

const two = ['192.0.2.1', '198.51.100.7']
const rows: [name: string, text: string, options: AddressInputOptions, addresses: string[], problems: number[]][] = [
  ['a list', '192.0.2.1\n198.51.100.7\n', {}, two, []],
  ['without a last line end', '192.0.2.1\n198.51.100.7', {}, two, []],
  ['Windows line ends and a byte order mark', '\uFEFF192.0.2.1\r\n198.51.100.7\r\n', {}, two, []],
  ['comments and blank lines', '# mine\n\n192.0.2.1 # home\n  \n198.51.100.7\t22\n', {}, two, []],
  ['both families', '192.0.2.1\n2001:db8::1\n', {}, ['192.0.2.1', '2001:db8::1'], []],
  ['repetitions', '192.0.2.1\n192.0.2.1\n', {}, ['192.0.2.1', '192.0.2.1'], []],
  ['lines that are none', '192.0.2.1\nnonsense\n1.2.3\n198.51.100.7\n300.1.1.1\n', {}, two, [2, 3, 5]],
  ['zmap’s CSV of one column', 'saddr\n192.0.2.1\n198.51.100.7\n', {}, two, []],
  ['CSV with a header', 'ttl,saddr,note\n55,192.0.2.1,"a, ""b"""\n56,198.51.100.7,x\n', {}, two, []],
  ['CSV with another name', 'when;,IP\nx,192.0.2.1\ny,198.51.100.7\n', {}, two, []],
  ['CSV of one quoted column', '"192.0.2.1"\n"198.51.100.7"\n', {}, two, []],
  ['CSV without a header', 'web,192.0.2.1,80\nmail,198.51.100.7,25\n', {}, two, []],
  ['a named column', 'saddr,daddr\n10.0.0.1,192.0.2.1\n10.0.0.1,198.51.100.7\n', { column: 'daddr' }, two, []],
  ['a numbered column', '10.0.0.1,192.0.2.1\n10.0.0.1,198.51.100.7\n', { column: '2' }, two, []],
  ['a short row and an open quote', 'x,saddr\n1,192.0.2.1\n2\n"3,10.0.0.1\n4,198.51.100.7\n', {}, two, [3, 4]],
  ['one JSON object a line', '{"saddr":"192.0.2.1"}\n{"saddr":"198.51.100.7","ttl":5}\n', {}, two, []],
  ['another key', '{"ip":"192.0.2.1"}\n{"ip":"198.51.100.7"}\n', {}, two, []],
  ['a named key', '{"ip":"10.0.0.1","src":"192.0.2.1"}\n{"src":"198.51.100.7"}\n', { column: 'src' }, two, []],
  ['our JSON array', '[\n{"saddr":"192.0.2.1"},\n{"saddr":"198.51.100.7"}\n]\n', {}, two, []],
  ['broken JSON', '{"saddr":"192.0.2.1"}\n{"saddr":\n7\n{"x":1}\n{"saddr":"198.51.100.7"}\n', {}, two, [2, 3, 4]],
  ['nothing', '', {}, [], []],
  [
    'fail2ban-client status',
    'Status for the jail: sshd\n|- Filter\n|  |- Currently failed:\t1\n|  `- File list:\t/var/log/auth.log\n`- Actions\n   |- Currently banned:\t2\n   `- Banned IP list:\t192.0.2.1 198.51.100.7\n',
    {},
    two,
    [],
  ],
  ['nobody banned', 'Status for the jail: sshd\n`- Actions\n   `- Banned IP list:\t\n', {}, [], []],
  ['fail2ban-client get sshd banip', '192.0.2.1 198.51.100.7\n', {}, two, []],
  [
    'banip --with-time',
    '192.0.2.1 \t2026-01-02 03:04:05 + 600 = 2026-01-02 03:14:05\n198.51.100.7 \t2026-01-02 03:04:05 + 600 = 2026-01-02 03:14:05\n',
    { format: 'fail2ban' },
    two,
    [],
  ],
  ['fail2ban-client banned', "[{'sshd': ['192.0.2.1', '198.51.100.7']}, {'web': []}]\n", {}, two, []],
  [
    'fail2ban’s log',
    '2026-01-02 03:04:05,678 fail2ban.server         [8]: INFO    Starting Fail2ban\n2026-01-02 03:04:05,678 fail2ban.filter         [8]: INFO    [sshd] Found 192.0.2.1 - 2026-01-02 03:04:05\n2026-01-02 03:04:06,678 fail2ban.actions        [8]: NOTICE  [sshd] Restore Ban 198.51.100.7\n2026-01-02 03:14:06,678 fail2ban.actions        [8]: NOTICE  [sshd] Unban 198.51.100.7\n2026-01-02 03:14:06,679 fail2ban.actions        [8]: NOTICE  [sshd] 198.51.100.7 already banned\n2026-01-02 03:14:07,679 fail2ban.actions        [8]: NOTICE  [sshd] Ban mail.example\n',
    {},
    two,
    [6],
  ],
  [
    'a network in a list of bans',
    '`- Banned IP list: 192.0.2.0/24 192.0.2.1 198.51.100.7\n',
    { format: 'fail2ban' },
    two,
    [1],
  ],
]

describe('addresses out of text', () => {
  it.each(rows)('%s', async (_name, text, options, addresses, problems) => {
    const found = await read(pieces(text), options)
    expect(found.addresses).toEqual(addresses)
    expect(found.reader.problems.map(({ line }) => line)).toEqual(problems)
    expect(found.reader.problemCount).toBe(problems.length)
  })
  it('keeps the first ten problems and counts all', async () => {
    const { reader } = await read(Readable.from(['1.1.1.1\n', 'x\n'.repeat(5000)]))
    expect(reader.problemCount).toBe(5000)
    expect(reader.problems).toHaveLength(10)
    expect(reader.problems[0]).toEqual({ line: 2, text: 'x', reason: 'not an IP address' })
  })
  it('hands on many addresses in chunks', async () => {
    const lines = Array.from({ length: 150_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}\n`)
    const sizes: number[] = []
    for await (const { ipv4: chunk } of makeAddressReader(Readable.from([lines.join('')])).chunks())
      sizes.push(chunk.length)
    expect(sizes).toEqual([65_536, 65_536, 18_928])
  })
  it('hands on what has come before it waits for more', async () => {
    const input = new PassThrough()
    const chunks = makeAddressReader(input).chunks()
    for (const address of ['1.1.1.1', '2.2.2.2']) {
      input.write(`${address}\n3.3.`)
      expect((await chunks.next()).value.ipv4).toHaveLength(1)
      input.write('3.3\n')
      expect((await chunks.next()).value.ipv4).toEqual(Uint32Array.of(0x03030303))
    }
    input.end()
    expect((await chunks.next()).done).toBe(true)
  })
  it.each(['utf16le', 'utf16be'])('reads %s by its byte order mark', async (encoding) => {
    const bytes = Buffer.from('\uFEFFip\r\n1.1.1.1\r\n', 'utf16le')
    if (encoding === 'utf16be') bytes.swap16()
    expect((await read(Readable.from([bytes]))).addresses).toEqual(['1.1.1.1'])
  })
  it('an input destroyed on purpose just ends', async () => {
    const input = new PassThrough()
    const chunks = makeAddressReader(input).chunks(() => true)
    input.write('1.1.1.1\n')
    expect((await chunks.next()).done).toBe(false)
    input.destroy()
    expect((await chunks.next()).done).toBe(true)
  })
  it.each<[string, string, AddressInputOptions]>([
    ['a binary file', 'SQLite format 3\0\u0001', {}],
    ['a line without end', 'x'.repeat(1_100_000), {}],
    ['CSV without addresses', 'a,b\n1,2\n', {}],
    ['a column that is not there', 'a,b\n1.1.1.1,2\n', { column: 'c' }],
  ])('%s: ERR_INPUT_FILE', async (_name, text, options) => {
    expect(await errorCodeOf(read(Readable.from([text]), options))).toBe('ERR_INPUT_FILE')
  })
  it('an unreadable source: ERR_INPUT_FILE', async () => {
    const failing = new Readable({
      read() {
        this.destroy(Object.assign(new Error('gone'), { code: 'EIO' }))
      },
    })
    expect(await errorCodeOf(read(failing))).toBe('ERR_INPUT_FILE')
  })
})

describe('CSV', () => {
  it('reads back what is written', () => {
    const field = fc.string().map((text) => text.replaceAll(/[\r\n]/g, ' '))
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), (fields) => {
        expect(splitCsv(fields.map(csvField).join(','))).toEqual(fields)
      }),
    )
  })
})
