import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { IConstruct, IMixin } from 'constructs';
import { KdumpAssociationOptions } from './kdump-association-options';
import { KdumpTargets } from './kdump-targets';
import { isResource, SharedAssociation } from './shared-association';

/**
 * Defines a mixin that makes all instances that are launched from a launch template able to write a crash dump, those to come included:
 * `template.with(new LaunchTemplateKdump())`.
 *
 * All that one mixin is applied to in a stack shares one association, up to 50 (State Manager's limit), and so the number of resources
 * does not grow with them.
 *
 * @see KdumpAssociation
 *
 * @example
 * declare const template: ec2.LaunchTemplate;
 *
 * Mixins.of(template).apply(new LaunchTemplateKdump({ rebootPolicy: RebootPolicy.whenRequired() }));
 */
export class LaunchTemplateKdump implements IMixin {
  private readonly association: SharedAssociation;

  /**
   * @param options how the instances are configured, and kept so
   */
  constructor(options: KdumpAssociationOptions = {}) {
    this.association = new SharedAssociation('LaunchTemplateKdump', options);
  }

  /**
   * Whether the construct is an `AWS::EC2::LaunchTemplate`. An L2 is reached through the resource that it contains.
   */
  public supports(construct: IConstruct): boolean {
    return isResource(construct, CfnLaunchTemplate.CFN_RESOURCE_TYPE_NAME, 'launchTemplateRef');
  }

  /**
   * Adds the instances that are launched from the template to the targets of the association.
   *
   * @throws if an option is not of the form that its description names
   */
  public applyTo(construct: IConstruct): void {
    this.association.add(construct, () => KdumpTargets.launchTemplate(construct as CfnLaunchTemplate));
  }
}
