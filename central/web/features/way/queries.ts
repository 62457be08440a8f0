import { useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'

/** The way of a reading of one point, refreshed every 3 s. */
export function useWay(pointCode: string) {
  return useQuery({ queryKey: ['way', pointCode], queryFn: ({ signal }) => api.way(pointCode, signal), refetchInterval: 3_000 })
}
