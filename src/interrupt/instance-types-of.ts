import {
  CfnResource, DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Reference, StringConcat, Token, Tokenization,
} from 'aws-cdk-lib';
import type { CfnAutoScalingGroup, CfnLaunchConfiguration } from 'aws-cdk-lib/aws-autoscaling';
import { CfnInstance, CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { IConstruct } from 'constructs';
import { KdumpTargets } from '../kdump/kdump-targets';

/**
 * The instance types of the targets, as far as they are known at synth. Imported instances, tags and tokens say nothing.
 */
export function instanceTypesOf(targets: KdumpTargets): string[] {
  const constructs = [...targets._instances, ...(targets._group ? [targets._group] : [])];
  const types = [
    ...constructs.flatMap(each => each.node.findAll().flatMap(typesOfResource)),
    ...targets._template ? typesOfTemplate(targets._template.launchTemplateRef) : [],
  ];
  return [...new Set(types.filter((type): type is string => typeof type === 'string' && !Token.isUnresolved(type)))];
}

function typesOfResource(construct: IConstruct): unknown[] {
  if (!CfnResource.isCfnResource(construct)) {
    return [];
  }
  switch (construct.cfnResourceType) {
    case CfnInstance.CFN_RESOURCE_TYPE_NAME: {
      const { instanceType, launchTemplate } = construct as CfnInstance;
      return instanceType === undefined ? typesOfTemplate(resolved(construct, launchTemplate)) : [instanceType];
    }
    // Groups by the name of their type: to ask their classes for it would load them where there is no group.
    case 'AWS::AutoScaling::LaunchConfiguration':
      return [(construct as CfnLaunchConfiguration).instanceType];
    case 'AWS::AutoScaling::AutoScalingGroup': {
      const { launchTemplate, mixedInstancesPolicy } = construct as CfnAutoScalingGroup;
      const mixed = resolved(construct, mixedInstancesPolicy)?.launchTemplate;
      return mixed ? typesOfMixture(mixed) : typesOfTemplate(resolved(construct, launchTemplate));
    }
    default:
      return [];
  }
}

/** What an override does not say, its own template does, or else that of the group. */
function typesOfMixture({ launchTemplateSpecification, overrides = [] }: any): unknown[] {
  if (!Array.isArray(overrides)) return [];
  if (overrides.length === 0) return typesOfTemplate(launchTemplateSpecification);
  return overrides.flatMap(each => {
    if (each.instanceRequirements || isIntrinsic(each)) return [];
    return each.instanceType ? [each.instanceType] : typesOfTemplate(each.launchTemplateSpecification ?? launchTemplateSpecification);
  });
}

/** Whether it is not known before the deployment. */
function isIntrinsic(value: object): boolean {
  return Object.keys(value).every(key => key === 'Ref' || key.startsWith('Fn::'));
}

/** Follows a reference to a launch template of the same app to the template's instance type. */
function typesOfTemplate(specification?: { launchTemplateId?: unknown }): unknown[] {
  const token = Tokenization.reverse(specification?.launchTemplateId, { failConcat: false });
  if (!Reference.isReference(token) || !CfnResource.isCfnResource(token.target)
    || token.target.cfnResourceType !== CfnLaunchTemplate.CFN_RESOURCE_TYPE_NAME) {
    return [];
  }
  return [resolved(token.target, (token.target as CfnLaunchTemplate).launchTemplateData)?.instanceType];
}

/** What a property holds, with the references in it: they lead to other resources. */
function resolved(scope: IConstruct, value: unknown): any {
  return Tokenization.resolve(value, { scope, resolver: new ReferencesStay(new StringConcat()), preparing: false });
}

class ReferencesStay extends DefaultTokenResolver {
  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): any {
    return Reference.isReference(token) ? token : super.resolveToken(token, context, postProcessor);
  }
}
