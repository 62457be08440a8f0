import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppendFile } from './append-file.ts'
import { FaultFiles } from './test/fault-files.ts'

test('what a failed write left behind is cut off before the next one, even a shorter one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'orewatch-append-'))
  const files = new FaultFiles()
  const path = join(directory, 'file')
  const file = new AppendFile(files, path, 0, false, await files.open(path, 'create'))
  await file.append(Buffer.from('whole '))
  files.fault = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
  await expect(file.append(Buffer.from('a long text of which half is written'))).rejects.toMatchObject({ code: 'ENOSPC' })
  files.fault = () => undefined
  await file.append(Buffer.from('short'))
  await file.close()
  expect(await readFile(path, 'utf8')).toBe('whole short')
  await rm(directory, { recursive: true })
})
