import { IConstruct } from 'constructs';
import { KdumpTargets } from '../kdump/kdump-targets';

/** By app: what each instance, and each value of a tag, is interrupted by. */
const taken = new WeakMap<IConstruct, Map<string, IConstruct>>();

/**
 * Requires that no target is interrupted by two constructs of the app: each has claims of its own, so that one would not know of the
 * other's interrupt and send its own into the dump.
 */
export function requireOneInterrupt(construct: IConstruct, targets: KdumpTargets): void {
  const { root } = construct.node;
  const others = taken.get(root) ?? new Map<string, IConstruct>();
  taken.set(root, others);
  for (const key of keysOf(targets)) {
    const other = others.get(key);
    if (other) {
      throw new Error(`${construct.node.path}: ${key} is a target of ${other.node.path} as well. Two would not know of each other's interrupts,`
        + ' and the second one would destroy the dump. Use one DiagnosticInterrupt for all alarms on an instance, or InterruptMode.DRY_RUN.');
    }
    others.set(key, construct);
  }
}

function keysOf({ _instances: instances, _tag: tag }: KdumpTargets): string[] {
  return tag ? tag.values.map(value => `the tag ${tag.key}=${value}`) : instances.map(({ node }) => `the instance ${node.path}`);
}
