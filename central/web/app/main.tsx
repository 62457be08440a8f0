import { CodedError } from '@orewatch/core'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { App, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { type ReactNode, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { PreferencesProvider, usePreferences } from '../ui/preferences.tsx'
import { createPortalRouter } from './router.tsx'
import { portalTheme } from './theme.ts'
import './portal.css'

const router = createPortalRouter()
const client = createQueryClient(() => {
  const { pathname, href } = router.state.location
  if (pathname === '/login') return
  client.clear()
  void router.navigate({ to: '/login', search: { expired: true, to: href } })
})

function Portal(): ReactNode {
  const { language, isDark } = usePreferences()
  return (
    <ConfigProvider locale={language === 'zh' ? zhCN : enUS} theme={portalTheme(isDark)} componentSize="small" wave={{ disabled: true }}>
      <App>
        <RouterProvider router={router} />
      </App>
    </ConfigProvider>
  )
}

/** `onSessionEnd` is called when a request other than the check for a session is refused for want of one. */
function createQueryClient(onSessionEnd: () => void): QueryClient {
  const notice = (err: unknown) => {
    if (err instanceof CodedError && err.code === 'PORTAL_UNAUTHENTICATED') onSessionEnd()
  }
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (err, query) => {
        // The first check for a session may well find none: then the shell leads to the login without a reproach.
        if (query.queryKey[0] !== 'session' || query.state.data !== undefined) notice(err)
      },
    }),
    mutationCache: new MutationCache({
      onError: (err, _variables, _context, mutation) => {
        if (mutation.options.mutationKey?.[0] !== 'login') notice(err)
      },
    }),
    defaultOptions: {
      // `always`: a control room has a network but often no internet, and browsers take that for being offline.
      queries: { networkMode: 'always', retry: (count, err) => count < 2 && err instanceof CodedError && err.retry !== 'never', refetchOnWindowFocus: false },
      mutations: { networkMode: 'always', retry: false },
    },
  })
}

const mount = document.querySelector('#portal')
if (mount) {
  createRoot(mount).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <PreferencesProvider>
          <Portal />
        </PreferencesProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
}
