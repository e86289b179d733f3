import { CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { CfnAutoScalingGroup, CfnLaunchConfiguration } from 'aws-cdk-lib/aws-autoscaling';
import { CfnInstance, CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { IConstruct } from 'constructs';
import { KdumpTargets } from '../kdump/kdump-targets';

/**
 * The instance types of the targets, as far as they are known at synth. Imported instances, tags and tokens say nothing.
 */
export function instanceTypesOf(targets: KdumpTargets): string[] {
  const constructs = [...targets._instances, ...(targets._group ? [targets._group] : [])];
  const types = constructs.flatMap(each => each.node.findAll().flatMap(typesOfResource));
  return [...new Set(types.filter((type): type is string => typeof type === 'string' && !Token.isUnresolved(type)))];
}

function typesOfResource(construct: IConstruct): unknown[] {
  if (!CfnResource.isCfnResource(construct)) {
    return [];
  }
  switch (construct.cfnResourceType) {
    case CfnInstance.CFN_RESOURCE_TYPE_NAME: {
      const { instanceType, launchTemplate } = construct as CfnInstance;
      return instanceType === undefined ? typesOfTemplate(construct, launchTemplate) : [instanceType];
    }
    // Groups by the name of their type: to ask their classes for it would load them where there is no group.
    case 'AWS::AutoScaling::LaunchConfiguration':
      return [(construct as CfnLaunchConfiguration).instanceType];
    case 'AWS::AutoScaling::AutoScalingGroup': {
      const { launchTemplate, mixedInstancesPolicy } = construct as CfnAutoScalingGroup;
      const mixed = resolved(construct, mixedInstancesPolicy)?.launchTemplate;
      const overrides: any[] = Array.isArray(mixed?.overrides) ? mixed.overrides : [];
      const listed = overrides.map(each => each?.instanceType).filter(type => type !== undefined);
      return listed.length > 0 ? listed : typesOfTemplate(construct, mixed?.launchTemplateSpecification ?? launchTemplate);
    }
    default:
      return [];
  }
}

/** Follows a reference to a launch template of the same app to the template's instance type. */
function typesOfTemplate(user: CfnResource, specification: unknown): unknown[] {
  const id = (specification as CfnAutoScalingGroup.LaunchTemplateSpecificationProperty | undefined)?.launchTemplateId;
  const token = typeof id === 'string' ? Tokenization.reverseString(id).firstToken : undefined;
  if (!Reference.isReference(token) || !CfnResource.isCfnResource(token.target)
    || token.target.cfnResourceType !== CfnLaunchTemplate.CFN_RESOURCE_TYPE_NAME) {
    return [];
  }
  return [resolved(user, (token.target as CfnLaunchTemplate).launchTemplateData)?.instanceType];
}

function resolved(scope: IConstruct, value: unknown): any {
  return Stack.of(scope).resolve(value);
}
