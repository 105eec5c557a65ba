import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CLASSIFICATIONS,
  makeReplyBatch,
  REPLY_REPEAT,
  REPLY_SUCCESS,
  type ReplyBatch,
} from '../../src/core/reply-batch.ts'
import { orderedFields } from '../../src/output/field-order.ts'
import { compileReplyFilter, DEFAULT_FILTER, EVERY_REPLY } from '../../src/output/reply-filter.ts'
import { caught } from '../error-code.ts'

const FIELDS = orderedFields({ protocol: 'tcp', fields: [] })

/** syn-ack, a repeat of it, rst, unreachable; TTL 60, 61, 62, 63; sport 80 each. */
const makeBatch = (): ReplyBatch => {
  const batch = makeReplyBatch(8)
  batch.count = 4
  for (const [i, kind] of (['syn-ack', 'syn-ack', 'rst', 'unreachable'] as const).entries()) {
    batch.classification[i] = CLASSIFICATIONS.indexOf(kind)
    batch.ttl[i] = 60 + i
    batch.port[i] = 80
    batch.target[i] = 0xc0000201 + i
  }
  batch.flags.set([REPLY_SUCCESS, REPLY_SUCCESS | REPLY_REPEAT, 0, 0])
  batch.window.set([1024, 1024, 0, 0])
  batch.icmpType[3] = 3
  return batch
}

const rowsOf = (text: string): number[] => {
  const batch = makeBatch()
  const { matches } = compileReplyFilter(text, FIELDS)
  return [0, 1, 2, 3].filter((row) => matches(batch, row))
}

describe('a filter lets through', () => {
  it.each<[string, number[]]>([
    [DEFAULT_FILTER, [0]],
    ['success=1&&repeat=0', [0]],
    ['success = 0', [2, 3]],
    ['success != 1', [2, 3]],
    ['success > 0', [0, 1]],
    ['repeat >= 1', [1]],
    ['ttl = 61', [1]],
    ['ttl != 61', [0, 2, 3]],
    ['ttl < 61', [0]],
    ['ttl <= 61', [0, 1]],
    ['ttl > 61', [2, 3]],
    ['ttl >= 61', [1, 2, 3]],
    ['classification = synack', [0, 1]],
    ['classification = syn-ack', [0, 1]],
    ['classification != synack', [2, 3]],
    ['classification = icmp', [3]],
    ['classification = unreach', [3]],
    ['classification = unreachable', [3]],
    ['classification != unreach', [0, 1, 2]],
    ['saddr = "192.0.2.2"', [1]],
    ["saddr != '192.0.2.2'", [0, 2, 3]],
    // && binds tighter than ||, whichever stands first.
    ['ttl = 60 || ttl = 61 && repeat = 0', [0]],
    ['repeat = 0 && ttl = 61 || ttl = 60', [0]],
    ['(ttl = 60 || ttl = 61) && repeat = 1', [1]],
    ['((ttl = 60))', [0]],
    ['ttl = 60 || ttl = 62 || ttl = 63', [0, 2, 3]],
    // What a reply does not have is 0 as an int, and no string at all.
    ['icmp_type = 0', [0, 1, 2]],
    ['icmp_responder != nobody', [0, 1, 2, 3]],
    ['saddr-raw = 0', []],
    [' success\t=\n1 ', [0, 1]],
  ])('%s', (text, rows) => {
    expect(rowsOf(text)).toEqual(rows)
  })

  it('everything when there is none', () => {
    const batch = makeBatch()
    expect([0, 1, 2, 3].filter((row) => EVERY_REPLY.matches(batch, row))).toEqual([0, 1, 2, 3])
  })
})

describe('whether repeats may match', () => {
  it.each([
    [DEFAULT_FILTER, false],
    ['success = 1', true],
    ['repeat != 1', false],
    ['repeat < 1 || ttl = 1', true],
    ['repeat = 0 || repeat = 1', true],
    ['(repeat = 0) && (repeat = 1)', false],
    ['repeat = 1', true],
  ])('%s: %s', (text, wants) => {
    expect(compileReplyFilter(text, FIELDS).wantsRepeats).toBe(wants)
  })
})

describe('what is no filter is refused, with its column', () => {
  it.each([
    ['', 1, /a field or \( is wanted/],
    ['success', 8, /one of = != < <= > >=/],
    ['success = ', 11, /a number or a string is wanted here, not the end/],
    ['success = 1 repeat = 0', 13, /&& or \|\| is wanted here, not "repeat"/],
    ['success = 1 && ', 16, /a field or \(/],
    ['(success = 1', 13, /&&, \|\| or \)/],
    ['success = 1)', 12, /not "\)"/],
    ['success == 1', 10, /a number or a string is wanted here, not "="/],
    ['success & 1', 9, /not understood/],
    ['colour = 1', 1, /no output field named "colour"/],
    ['ttl = 1 && colour = 1', 12, /colour/],
    ['ttl = fast', 7, /ttl is of type int and never a string/],
    ['saddr = 1', 9, /saddr is of type string and never a number/],
    ['saddr < "x"', 9, /strings have no order/],
    ['ttl = 99999999999999999999', 7, /too large/],
    ['ttl = 60abc', 7, /not understood/],
    ['"ttl" = 60', 1, /a field or \(/],
  ])('%s', (text, column, says) => {
    const error = caught(() => compileReplyFilter(text, FIELDS))
    expect(error.code).toBe('ERR_USAGE')
    expect(error.message).toMatch(new RegExp(`^--output-filter, column ${column}: `))
    expect(error.message).toMatch(says)
  })

  it('without using up the stack', () => {
    expect(caught(() => compileReplyFilter('('.repeat(100_000), FIELDS)).message).toMatch(/column 101: more than 100/)
    const long = Array.from({ length: 20_000 }, () => 'ttl = 1').join(' && ')
    expect(caught(() => compileReplyFilter(long, FIELDS)).message).toMatch(/more than 1000 comparisons/)
  })

  it('whatever the text, never by anything but a coded error', () => {
    const piece = fc.constantFrom('ttl', 'success', '=', '!=', '&&', '||', '(', ')', '1', '"a"', ' ', '&', '\\', 'é')
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          compileReplyFilter(pieces.join(''), FIELDS)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_USAGE' })
        }
      }),
    )
  })
})
