import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useCallback } from 'react'
import { api } from '../api/client.ts'
import type { SessionUser } from '../api/contract.ts'

/** Whether somebody is logged in; a 401 is handled by the query client of main.tsx. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }): Promise<{ user: SessionUser }> => api.session(signal),
    staleTime: 60_000,
  })
}

/** Ends the session here and at central, and goes to the login. */
export function useLogout(): () => Promise<void> {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useCallback(async () => {
    // The answer does not matter: without a session at central there is nothing to end.
    await api.logout().catch(() => undefined)
    client.clear()
    await navigate({ to: '/login' })
  }, [client, navigate])
}

/** The path with query that one looks at. */
export function useHere(): string {
  return useRouterState({ select: (state) => state.location.href })
}
