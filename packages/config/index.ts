export { explainProblem, nearest, type Problem, type SchemaError } from './explain.ts'
export { checkValue, type Located, loadYaml, parseYaml } from './load.ts'
export { readSecret } from './secrets.ts'
