import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { xlsxRecords } from './xlsx-file.ts'
import type { TextRecord } from './text-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'siyu-xlsx-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A ZIP without compression, its entries in this order. */
function zipOf(entries: readonly (readonly [string, string])[]): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, text] of entries) {
    const body = Buffer.from(text)
    const sums = Buffer.alloc(16)
    sums.writeUInt32LE(crc32(body), 4)
    sums.writeUInt32LE(body.length, 8)
    sums.writeUInt32LE(body.length, 12)
    const head = Buffer.alloc(30)
    head.writeUInt32LE(0x04034b50)
    head.writeUInt16LE(20, 4)
    sums.copy(head, 10)
    head.writeUInt16LE(name.length, 26)
    const line = Buffer.alloc(46)
    line.writeUInt32LE(0x02014b50)
    line.writeUInt16LE(20, 4)
    line.writeUInt16LE(20, 6)
    sums.copy(line, 12)
    line.writeUInt16LE(name.length, 28)
    line.writeUInt32LE(at, 42)
    bodies.push(head, Buffer.from(name), body)
    directory.push(line, Buffer.from(name))
    at += head.length + name.length + body.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...bodies, ...directory, end])
}

const office = 'http://schemas.openxmlformats.org'
const kinds = `${office}/officeDocument/2006/relationships`
const main = `${office}/spreadsheetml/2006/main`
const parts = {
  '[Content_Types].xml': `<Types xmlns="${office}/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
  '_rels/.rels': `<Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="rId1" Type="${kinds}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="rId1" Type="${kinds}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${kinds}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
  'xl/sharedStrings.xml': `<sst xmlns="${main}" count="1" uniqueCount="1"><si><t>订单</t></si></sst>`,
  'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>12.5</v></c></row></sheetData></worksheet>`,
  'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${kinds}"><sheets><sheet name="一" sheetId="1" r:id="rId1"/></sheets></workbook>`,
}

async function recordsOf(name: string, bytes: Buffer): Promise<TextRecord[]> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const records: TextRecord[] = []
  for await (const record of xlsxRecords(path)) records.push(record)
  return records
}

it('reads the first sheet whether the workbook lies before its sheets or after them', async () => {
  const { 'xl/workbook.xml': workbook, ...others } = parts
  const first = zipOf([['xl/workbook.xml', workbook], ...Object.entries(others)])
  const last = zipOf([...Object.entries(others), ['xl/workbook.xml', workbook]])
  const wanted = [{ line: 1, cells: ['订单', '12.5'] }]
  expect(await recordsOf('first.xlsx', first)).toMatchObject(wanted)
  expect(await recordsOf('last.xlsx', last)).toMatchObject(wanted)
})

it('refuses what is no workbook, with what to do', async () => {
  await expect(recordsOf('not.xlsx', Buffer.from('a,b\n1,2\n'))).rejects.toMatchObject({ code: 'xlsx' })
})
