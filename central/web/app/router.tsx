import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { alarmRoute, alarmsRoute } from '../features/alarms/index.ts'
import { loginRoute, passwordRoute } from '../features/login/index.ts'
import { mineBoardRoute } from '../features/mine-board/index.ts'
import { overviewRoute } from '../features/overview/index.ts'
import { quarantineRoute } from '../features/quarantine/index.ts'
import { trendRoute } from '../features/trend/index.ts'
import { wayRoute } from '../features/way/index.ts'
import { BrokenPage } from './broken-page.tsx'
import { LostPage } from './lost-page.tsx'
import { Shell } from './shell.tsx'

const root = createRootRoute({ component: Outlet, notFoundComponent: LostPage })
const login = createRoute({ getParentRoute: () => root, path: loginRoute.path, validateSearch: loginRoute.readSearch, component: lazyRouteComponent(loginRoute.load, 'LoginPage') })
const password = createRoute({ getParentRoute: () => root, path: passwordRoute.path, component: lazyRouteComponent(passwordRoute.load, 'PasswordPage') })
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })
const overview = createRoute({ getParentRoute: () => shell, path: overviewRoute.path, component: lazyRouteComponent(overviewRoute.load, 'OverviewPage') })
const mineBoard = createRoute({ getParentRoute: () => shell, path: mineBoardRoute.path, component: lazyRouteComponent(mineBoardRoute.load, 'MineBoardPage') })
const trend = createRoute({ getParentRoute: () => shell, path: trendRoute.path, validateSearch: trendRoute.readSearch, component: lazyRouteComponent(trendRoute.load, 'TrendPage') })
const way = createRoute({ getParentRoute: () => shell, path: wayRoute.path, component: lazyRouteComponent(wayRoute.load, 'WayPage') })
const quarantine = createRoute({ getParentRoute: () => shell, path: quarantineRoute.path, component: lazyRouteComponent(quarantineRoute.load, 'QuarantinePage') })
const alarms = createRoute({ getParentRoute: () => shell, path: alarmsRoute.path, validateSearch: alarmsRoute.readSearch, component: lazyRouteComponent(alarmsRoute.load, 'AlarmsPage') })
const alarm = createRoute({ getParentRoute: () => shell, path: alarmRoute.path, component: lazyRouteComponent(alarmRoute.load, 'AlarmPage') })

/** Makes the router of the portal; each page comes in its own chunk. */
export function createPortalRouter() {
  return createRouter({
    routeTree: root.addChildren([login, password, shell.addChildren([overview, mineBoard, trend, way, alarms, alarm, quarantine])]),
    defaultPreload: 'intent',
    defaultErrorComponent: BrokenPage,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPortalRouter>
  }
}
