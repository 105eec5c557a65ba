import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { tableData } from '../../src/commands/map-drawing.ts'
import { readPoints } from '../../src/commands/point-input.ts'

const read = (text: string) => readPoints(Readable.from([Buffer.from(text)]), 'input')

describe('points out of tables', () => {
  it.each([
    ['csv', 'ip,lat,lng,count\n1.1.1.1,10,20,3\n"a,b",-5.5,"170",\n'],
    ['csv in another order', 'Longitude,Weight,Latitude\n20,3,10\n170,,-5.5\n'],
    ['ndjson', '{"latitude":10,"lon":20,"weight":3}\n{"lat":"-5.5","long":170}\n'],
    ['json', '[\n{"latitude":10,"longitude":20,"weight":3},\n{"latitude":-5.5,"longitude":170}\n]\n'],
  ])('from %s', async (_name, text) => {
    const { latitude, longitude, weight, problemCount } = await read(text)
    expect([[...latitude], [...longitude], [...weight], problemCount]).toEqual([[10, -5.5], [20, 170], [3, 1], 0])
  })

  it('counts rows without coordinates and names rows that are none', async () => {
    const table = await read('lat,lon\n1,2\n,\n91,0\n1,x\n3,4\n')
    expect([[...table.latitude], table.unlocated, table.problemCount]).toEqual([[1, 3], 1, 2])
    expect(table.problems[0]).toBe('input:4: coordinates that are not on Earth')
  })

  it('grows beyond its first size', async () => {
    const table = await read(`lat,lon\n${'1,2\n'.repeat(5000)}`)
    expect([table.latitude.length, table.longitude.at(-1)]).toEqual([5000, 2])
  })

  it('carries the attribution of the databases that its rows name onto the map', async () => {
    const table = await read('latitude,longitude,source\n1,2,GeoLite2-City+dbip-city\n3,4,dbip-city\n5,6,\n')
    const { attributions } = tableData(table, 'input')
    expect(attributions.length).toBe(2)
    expect(attributions.join(' ')).toMatch(/MaxMind.*IP Geolocation by DB-IP \(https:\/\/db-ip\.com, CC BY 4\.0\)/)
  })

  it('refuses a table without coordinates', async () => {
    await expect(read('saddr\n1.1.1.1\n')).rejects.toThrow('input has no columns latitude and longitude: saddr')
  })
})
