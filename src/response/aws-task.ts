import { Aws, Duration } from 'aws-cdk-lib';
import { CustomState, Errors, JitterType, JsonPath, RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

/** For what can be asked again without harm. */
export const RETRIES: RetryProps = {
  errors: [Errors.ALL], interval: Duration.seconds(5), maxAttempts: 4, backoffRate: 2, jitterStrategy: JitterType.FULL,
};

/** For that without which an instance stays out of its group: 12 tries within 20 minutes. */
export const PATIENT_RETRIES: RetryProps = {
  errors: [Errors.ALL], interval: Duration.seconds(15), maxAttempts: 12, backoffRate: 1.5, maxDelay: Duration.minutes(2),
};

/** For what comes again a minute later. */
export const SOON_AGAIN: RetryProps = { errors: [Errors.ALL], interval: Duration.seconds(5), maxAttempts: 1 };

export interface AwsTaskProps {
  readonly service: string;
  /** In camel case, as Step Functions has it. */
  readonly action: string;
  readonly parameters: Record<string, unknown>;
  readonly resultSelector?: Record<string, unknown>;
  /** @default - the result is discarded */
  readonly resultPath?: string;
  /** @default RETRIES */
  readonly retry?: RetryProps;
}

/**
 * Defines a task that calls an AWS API. `CallAwsService` of aws-cdk-lib grants the action without conditions, which would be more
 * than the groups of the targets; here the permissions are the caller's to give.
 */
export function awsTask(scope: Construct, id: string, props: AwsTaskProps): CustomState {
  const { service, action, parameters, resultSelector, resultPath, retry = RETRIES } = props;
  const task = new CustomState(scope, id, {
    stateJson: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::aws-sdk:${service}:${action}`,
      Parameters: parameters,
      ResultSelector: resultSelector,
      ResultPath: resultPath ?? JsonPath.DISCARD,
    },
  });
  return task.addRetry(retry);
}
