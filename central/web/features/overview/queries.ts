import { useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'

// Counts are made at central; faster than this nobody reads them.
const REFRESH_MS = 5_000

/** The counties in the user's jurisdiction, refreshed every 5 s. */
export function useOverview() {
  return useQuery({ queryKey: ['overview'], queryFn: ({ signal }) => api.overview(signal), refetchInterval: REFRESH_MS })
}
