import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { type ReactNode, useCallback, useEffect } from 'react'
import { api } from '../api/client.ts'

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

/** Leads to the login and remembers where one wanted to go. */
export function ToLogin(): ReactNode {
  const router = useRouter()
  useEffect(() => {
    // Once: while the login loads, the address is the login's already and must not become the wish.
    const { href, pathname } = router.state.location
    if (pathname !== '/login') void router.navigate({ to: '/login', search: href === '/' ? {} : { to: href }, replace: true })
  }, [router])
  return null
}
