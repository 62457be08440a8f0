import type { County } from './county.ts'

/** How far the values of one device family have come. */
export interface FamilyProgress {
  /** Points with at least one sample in the store. */
  readonly points: number
  /** Samples in the store over all of them, of this start. */
  readonly samples: number
  /** Age of the newest, ms. */
  readonly lastAgeMs: number
}

interface OverviewAnswer {
  readonly counties: readonly { readonly mines: readonly { readonly subjectCode: string; readonly points: number }[] }[]
}

interface MineAnswer {
  readonly devices: readonly { readonly device: string; readonly family?: string }[]
  readonly points: readonly { readonly pointCode: string; readonly device: string }[]
}

// A look asks once per point, and the interface allows 1,200 requests a minute.
const LOOK_MS = 6_000
// So many samples a point that it is not the birth or one lucky poll that is seen.
const SAMPLES_A_POINT = 3

/** Waits until values of every wanted family are read back from the store through the interface; rejects after the time-out. */
export async function untilLive(county: County, families: readonly string[], timeoutMs: number): Promise<Record<string, FamilyProgress>> {
  const startedMs = Date.now()
  const deadline = startedMs + timeoutMs
  const cookie = await logIn(county)
  let progress: Record<string, FamilyProgress> = {}
  while (Date.now() < deadline) {
    progress = await look(county.url, cookie, startedMs)
    if (families.every((family) => isLive(progress[family]))) return progress
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  throw Object.assign(new Error(`not live within ${timeoutMs} ms: ${JSON.stringify(progress)}; logs are in ${county.dataDirectory}/log`), { code: 'DEMO_NOT_LIVE', progress })
}

function isLive(progress: FamilyProgress | undefined): boolean {
  return progress !== undefined && progress.points > 0 && progress.samples >= SAMPLES_A_POINT * progress.points && progress.lastAgeMs < 10_000
}

function pointsWithFamily({ devices, points }: MineAnswer): { readonly pointCode: string; readonly family: string }[] {
  const familyOf = new Map(devices.map(({ device, family }) => [device, family]))
  return points.flatMap(({ pointCode, device }) => {
    const family = familyOf.get(device)
    return family === undefined ? [] : [{ pointCode, family }]
  })
}

async function logIn(county: County): Promise<string> {
  const [user] = county.users
  const response = await fetch(new URL('/api/session', county.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: county.url },
    body: JSON.stringify({ user: user?.login, password: user?.password }),
  })
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
  if (!response.ok || cookie === undefined) throw Object.assign(new Error(`login failed: ${response.status} ${await response.text()}`), { code: 'DEMO_LOGIN' })
  return cookie
}

// Only what was measured after the start counts: the store may still hold an earlier run.
async function look(url: string, cookie: string, fromMs: number): Promise<Record<string, FamilyProgress>> {
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(new URL(path, url), { headers: { cookie } })
    if (!response.ok) throw Object.assign(new Error(`${path}: ${response.status} ${await response.text()}`), { code: 'DEMO_INTERFACE' })
    return (await response.json()) as T
  }
  const { counties } = await get<OverviewAnswer>('/api/overview')
  const boards = await Promise.all(counties.flatMap(({ mines }) => mines.filter(({ points }) => points > 0).map(({ subjectCode }) => get<MineAnswer>(`/api/mines/${subjectCode}`))))
  const progress: Record<string, { points: number; samples: number; lastAgeMs: number }> = {}
  for (const { pointCode, family } of boards.flatMap(pointsWithFamily)) {
    const now = Date.now()
    const { items } = await get<{ items: readonly (readonly [number, number | null, number])[] }>(`/api/points/${pointCode}/samples?from=${fromMs}&to=${now + 60_000}&limit=10000`)
    // Bad quality is an honest answer, but it is not a value that moved.
    const values = items.filter(([, value, quality]) => value !== null && quality === 0)
    const newest = values.at(-1)?.[0]
    if (newest === undefined) continue
    const entry = (progress[family] ??= { points: 0, samples: 0, lastAgeMs: Number.POSITIVE_INFINITY })
    entry.points++
    entry.samples += values.length
    entry.lastAgeMs = Math.min(entry.lastAgeMs, Math.max(0, now - newest))
  }
  return progress
}
