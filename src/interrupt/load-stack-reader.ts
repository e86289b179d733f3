/**
 * Loads what reads a stack, and with it the client of CloudFormation: a chunk of the bundle that only a deployment needs. A file of its
 * own, because Jest cannot carry out an `import()`.
 */
export function loadStackReader(): Promise<typeof import('./read-stack.js')> {
  return import('./read-stack.js');
}
