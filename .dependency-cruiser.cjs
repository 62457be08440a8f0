/*
 * Which folder may import which. A newcomer's picture: edge → firmware-adapters → packages ← central; units of a family
 * (drivers, device families, stores) know their port and never a sibling. Each rule has a planted violation in
 * tools/lint/cruise.test.ts.
 */
const FAMILY = '(edge/drivers|central/telemetry|firmware-adapters)'
// Shared rooms of the family firmware-adapters: they are not device families.
const NOT_A_UNIT = '^firmware-adapters/(simulation|cli)/'
const TEST = '(\\.test\\.tsx?$|conformance\\.ts$|^tests/|^bench/|/test/|^tools/)'
const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

module.exports = {
  forbidden: [
    error('no-circular', 'Two files that need each other are one file or three.', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    error('no-unresolved', 'An import that nothing answers to.', { pathNot: '^central/web/' }, { couldNotResolve: true, pathNot: '^(node:|vitest|vite)' }),
    error('core-is-a-leaf', 'packages/core imports nothing of ours.',
      { path: '^packages/core/', pathNot: TEST }, { path: '^(packages|edge|central|firmware-adapters|models|tools)/', pathNot: '^packages/core/' }),
    error('packages-know-no-app', 'Shared code never imports edge, central or adapters.',
      { path: '^packages/' }, { path: '^(edge|central|firmware-adapters|models|tools)/' }),
    error('alarm-rules-do-no-io', 'The evaluator of alarms is arithmetic on both sides; of Node it needs hashing only.',
      { path: '^packages/alarm-rules/', pathNot: TEST }, { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' }),
    error('edge-and-central-are-strangers', 'They meet on the wire, in packages/protocol.',
      { path: '^(edge|central)/', pathNot: TEST }, { path: '^(edge|central)/', pathNot: '^$1/' }),
    error('adapters-know-no-app', 'A device family serves any gateway.', { path: '^firmware-adapters/', pathNot: TEST }, { path: '^(edge|central)/' }),
    error('units-are-strangers', 'A unit may import itself, its port and packages; never a sibling.',
      { path: `^${FAMILY}/([^/]+)/`, pathNot: `${NOT_A_UNIT}|${TEST}` }, { path: `^${FAMILY}/[^/]+/`, pathNot: `^$1/$2/|${NOT_A_UNIT}` }),
    error('one-door', 'Only the registry of a family, its port and composition roots open a unit, and only by its door.',
      { path: '^(edge|central|packages)/', pathNot: `^${FAMILY}/|${TEST}` },
      { path: `^${FAMILY}/[^/]+/`, pathNot: `^${FAMILY}/[^/]+/(index|config)\\.ts$|${NOT_A_UNIT}` }),
    error('only-the-modbus-driver-speaks-modbus', 'Nothing else may hold a library that can write to a device.',
      { pathNot: '^edge/drivers/modbus/' }, { path: 'node_modules/modbus-serial/' }),
    error('the-kernel-knows-no-engine', 'The kernel stands below ingest, API and modules.',
      { path: '^central/kernel/', pathNot: TEST }, { path: '^central/(ingest|api|broker|telemetry|server|web|modules)/' }),
    error('web-stays-in-the-browser', 'Web code reads contracts, never server code.',
      { path: '^central/web/', pathNot: TEST }, { path: '^(central|packages|edge)/', pathNot: '^central/web/|^packages/(protocol|core)/' }),
    error('server-ignores-web', 'Server code never imports a page.', { path: '^central/', pathNot: `^central/web/|${TEST}` }, { path: '^central/web/' }),
    error('features-are-strangers', 'Pages compose features; features do not know each other.',
      { path: '^central/web/features/([^/]+)/' }, { path: '^central/web/features/', pathNot: '^central/web/features/$1/' }),
    error('pure-files', 'codec, planner, rules and workflow do arithmetic, not I/O.',
      { path: '[/-](codec|planner|rules|workflow)\\.ts$' }, { dependencyTypes: ['core', 'npm'], pathNot: '^(node:)?(assert|buffer|zlib)$' }),
    error('testkit-is-for-tests', 'Fakes never ship.', { pathNot: `^packages/testkit/|${TEST}` }, { path: '^packages/testkit/' }),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' }, tsPreCompilationDeps: true, parser: 'swc', doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'] },
  },
}
