import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { KdumpTargets } from '../kdump/kdump-targets';

/** By app: what each instance, and each value of a tag, is interrupted by. */
const taken = new WeakMap<IConstruct, Map<string, IConstruct[]>>();

/**
 * Requires that no target is interrupted by two constructs of the app: each has claims of its own, so that one would not know of the
 * other's interrupt and send its own into the dump.
 */
export function requireOneInterrupt(construct: IConstruct, targets: KdumpTargets): void {
  const { root } = construct.node;
  const all = taken.get(root) ?? new Map<string, IConstruct[]>();
  taken.set(root, all);
  for (const { key, name } of namesOf(targets)) {
    const others = all.get(key) ?? [];
    // A tag is looked for in the environment of whoever interrupts; an instance is the same one everywhere.
    const other = others.find(each => !targets._tag || mayShareEnvironment(construct, each));
    if (other) {
      throw new Error(`${construct.node.path}: ${name} is a target of ${other.node.path} as well. Two would not know of each other's interrupts,`
        + ' and the second one would destroy the dump. Use one DiagnosticInterrupt for all alarms on an instance, or InterruptMode.DRY_RUN.');
    }
    all.set(key, [...others, construct]);
  }
}

function namesOf({ _instances: instances, _tag: tag, _group: group, _template: template }: KdumpTargets): Array<{ key: string; name: string }> {
  if (!tag) {
    return instances.map(({ instanceRef, node }) => ({ key: identityOf(instanceRef.instanceId), name: `the instance ${node.path}` }));
  }
  return tag.values.map(value => ({ key: `${tag.key}=${identityOf(value)}`, name: (group ?? template)?.node.path ?? `the tag ${tag.key}=${value}` }));
}

/** An id that is not known yet is known by what it is a reference to: an L2 and its L1 have the same. */
function identityOf(id: string): string {
  const token = Tokenization.reverse(id, { failConcat: false });
  return Reference.isReference(token) ? `${token.target.node.path}.${token.displayName}` : id;
}

/** Stacks that leave their account or Region open may be deployed to the same. */
function mayShareEnvironment(one: IConstruct, other: IConstruct): boolean {
  const [here, there] = [Stack.of(one), Stack.of(other)];
  const mayBeSame = (a: string, b: string) => a === b || Token.isUnresolved(a) || Token.isUnresolved(b);
  return mayBeSame(here.account, there.account) && mayBeSame(here.region, there.region);
}
