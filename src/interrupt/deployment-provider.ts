import { Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';

/** Both must divide evenly. The function ends each wait itself, earlier: the framework's own end names no reason. */
const WAIT = { queryInterval: Duration.seconds(15), totalTimeout: Duration.hours(1) };

/**
 * Defines what lets a stack call the function as a custom resource: the provider framework of the CDK, which calls it again until it
 * says that it is done, and reports to CloudFormation. Roles of its own instead of the framework's, which carry a managed policy that
 * may write to every log group.
 */
export function deploymentProvider(scope: Construct, id: string, handler: IFunction, logGroup: ILogGroup): Provider {
  const construct = new Construct(scope, id);
  const role = (name: string) => {
    const defined = new Role(construct, name, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Calls the function of a DiagnosticInterrupt during a deployment',
    });
    logGroup.grantWrite(defined);
    return defined;
  };
  return new Provider(construct, 'Provider', {
    onEventHandler: handler,
    isCompleteHandler: handler,
    ...WAIT,
    logGroup,
    // Two of them: with one there would be a circle, because the first starts the state machine that calls the second.
    frameworkOnEventRole: role('StartRole'),
    frameworkCompleteAndTimeoutRole: role('WaitRole'),
  });
}
