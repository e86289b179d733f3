import { CfnResource, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { KdumpAssociation } from './kdump-association';
import { KdumpAssociationOptions } from './kdump-association-options';
import { KdumpTargets } from './kdump-targets';

/**
 * Whether a construct is a CloudFormation resource of a type, with the reference that its L1 has: a bare CfnResource has none.
 */
export function isResource(construct: IConstruct, type: string, reference: string): boolean {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === type && reference in construct;
}

/**
 * The associations of one mixin: one in each stack, or more where one is full.
 */
export class SharedAssociation {
  private readonly known = new Set<IConstruct>();
  private readonly associations = new Map<Stack, KdumpAssociation[]>();

  constructor(private readonly id: string, private readonly options: KdumpAssociationOptions) {
  }

  /** Makes the targets of a construct those of the association, once. */
  public add(construct: IConstruct, targetsOf: () => KdumpTargets): void {
    if (this.known.has(construct)) return;
    this.known.add(construct);
    const stack = Stack.of(construct);
    const associations = this.associations.get(stack) ?? [];
    const targets = targetsOf();
    if (associations.at(-1)?._takeIn(targets)) return;
    associations.push(new KdumpAssociation(stack, this.freeId(stack), { ...this.options, targets }));
    this.associations.set(stack, associations);
  }

  /** Another mixin of the same class may have been there, with other options. */
  private freeId(stack: Stack): string {
    for (let number = 1; ; number++) {
      const id = number === 1 ? this.id : `${this.id}${number}`;
      if (!stack.node.tryFindChild(id)) return id;
    }
  }
}
