import { useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'

// Values come by the live feed; this keeps device states and newly born points current.
const REFRESH_MS = 10_000

/** A mine with its devices and points, refreshed every 10 s. */
export function useMine(subjectCode: string) {
  return useQuery({ queryKey: ['mine', subjectCode], queryFn: ({ signal }) => api.mine(subjectCode, signal), refetchInterval: REFRESH_MS })
}
