import { useQuery } from '@tanstack/react-query'
import { api } from './client.ts'
import type { SessionUser } from './contract.ts'

/** Whether somebody is logged in; a 401 is handled by the query client of main.tsx. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }): Promise<{ user: SessionUser }> => api.session(signal),
    staleTime: 60_000,
  })
}
