/**
 * The functions of the workflow, in one file: each has a role of its own, but nine tenths of their code are the same SDK.
 */
export { handler as collect } from './collect-handler';
export { handler as report } from './report-handler';
export { handler as watch } from './watch-handler';
