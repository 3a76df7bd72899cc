export { buildProgram } from './program';
export { cliReference } from './reference';
