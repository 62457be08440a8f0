/* A program that opens an embedded database, says so and holds it open until it is killed. */
import { openLogger } from '@orewatch/observability'
import { openRelational } from '../index.ts'

const relational = await openRelational({ embedded: { directory: process.argv[2] as string } }, openLogger({ program: 'test', level: 'error' }))
await relational.pool.query('create table if not exists witness (said text)')
await relational.pool.query("insert into witness values ('矿山安全')")
const { rows } = await relational.pool.query("select pg_postmaster_start_time()::text as started, current_setting('data_directory') as directory, length('矿山安全') as length")
// Before the line: the parent may ask for the end as soon as it has read it.
process.once('SIGTERM', () => void relational.close())
process.stdout.write(`${JSON.stringify(rows[0])}\n`)
