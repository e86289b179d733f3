import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { IConstruct, IMixin } from 'constructs';
import { KdumpAssociationOptions } from './kdump-association-options';
import { KdumpTargets } from './kdump-targets';
import { isResource, SharedAssociation } from './shared-association';

/**
 * Defines a mixin that makes an EC2 Linux instance able to write a crash dump: `instance.with(new InstanceKdump())` for one,
 * `Mixins.of(app).apply(new InstanceKdump())` for all that are known at synth.
 *
 * All that one mixin is applied to in a stack shares one association, up to 50 (State Manager's limit), and so the number of resources
 * does not grow with them.
 *
 * @see KdumpAssociation
 *
 * @example
 * declare const web: ec2.Instance;
 * declare const app: App;
 *
 * const kdump = new InstanceKdump({ rebootPolicy: RebootPolicy.whenRequired() });
 * Mixins.of(web).apply(kdump);
 * // Or to all instances of the app:
 * Mixins.of(app).apply(kdump);
 */
export class InstanceKdump implements IMixin {
  private readonly association: SharedAssociation;

  /**
   * @param options how the instances are configured, and kept so
   */
  constructor(options: KdumpAssociationOptions = {}) {
    this.association = new SharedAssociation('InstanceKdump', options);
  }

  /**
   * Whether the construct is an `AWS::EC2::Instance`. An L2 is reached through the resource that it contains.
   */
  public supports(construct: IConstruct): boolean {
    return isResource(construct, CfnInstance.CFN_RESOURCE_TYPE_NAME, 'instanceRef');
  }

  /**
   * Adds the instance to the targets of the association.
   *
   * @throws if an option is not of the form that its description names
   */
  public applyTo(construct: IConstruct): void {
    this.association.add(construct, () => KdumpTargets.instance(construct as CfnInstance));
  }
}
