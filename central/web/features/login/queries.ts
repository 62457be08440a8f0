import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client.ts'

/** Name and password as typed. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Logs in; a success puts the user where the shell looks for one. */
export function useLogin() {
  const client = useQueryClient()
  return useMutation({
    mutationKey: ['login'],
    mutationFn: ({ user, password }: Credentials) => api.login(user, password),
    onSuccess: (session) => {
      client.clear()
      client.setQueryData(['session'], session)
    },
  })
}
