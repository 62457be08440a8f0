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

/** The old password and the new one. */
export interface PasswordChange {
  readonly oldPassword: string
  readonly newPassword: string
}

/** Changes one's own password; all sessions of the account end with it. */
export function useChangePassword() {
  const client = useQueryClient()
  return useMutation({
    // A wrong old password is answered with 401 too and does not mean that the session ended.
    mutationKey: ['login', 'password'],
    mutationFn: ({ oldPassword, newPassword }: PasswordChange) => api.changePassword(oldPassword, newPassword),
    onSuccess: () => client.clear(),
  })
}
