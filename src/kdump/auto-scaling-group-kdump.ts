import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { IConstruct, IMixin } from 'constructs';
import { KdumpAssociationOptions } from './kdump-association-options';
import { KdumpTargets } from './kdump-targets';
import { isResource, SharedAssociation } from './shared-association';

/**
 * Defines a mixin that makes the instances of an Auto Scaling group able to write a crash dump, those to come included:
 * `group.with(new AutoScalingGroupKdump())`.
 *
 * All that one mixin is applied to in a stack shares one association, up to 50 (State Manager's limit), and so the number of resources
 * does not grow with them.
 *
 * @see KdumpAssociation
 *
 * @example
 * declare const group: autoscaling.AutoScalingGroup;
 *
 * Mixins.of(group).apply(new AutoScalingGroupKdump({ rebootPolicy: RebootPolicy.whenRequired() }));
 */
export class AutoScalingGroupKdump implements IMixin {
  private readonly association: SharedAssociation;

  /**
   * @param options how the instances are configured, and kept so
   */
  constructor(options: KdumpAssociationOptions = {}) {
    this.association = new SharedAssociation('AutoScalingGroupKdump', options);
  }

  /**
   * Whether the construct is an `AWS::AutoScaling::AutoScalingGroup`. An L2 is reached through the resource that it contains.
   */
  public supports(construct: IConstruct): boolean {
    return isResource(construct, CfnAutoScalingGroup.CFN_RESOURCE_TYPE_NAME, 'autoScalingGroupRef');
  }

  /**
   * Adds the group's instances to the targets of the association.
   *
   * @throws if an option is not of the form that its description names
   */
  public applyTo(construct: IConstruct): void {
    this.association.add(construct, () => KdumpTargets.autoScalingGroup(construct as CfnAutoScalingGroup));
  }
}
