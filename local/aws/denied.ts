import { AwsError } from './aws-error';

/** How each service words a permission that is missing. */
export const DENIED: Record<string, (message: string) => AwsError> = {
  ec2: message => new AwsError('UnauthorizedOperation', `You are not authorized to perform this operation. ${message}`, 403),
  ssm: message => new AwsError('AccessDeniedException', message, 400),
  monitoring: message => new AwsError('AccessDenied', message, 403),
  cloudformation: message => new AwsError('AccessDenied', message, 403),
  lambda: message => new AwsError('AccessDeniedException', message, 403),
  autoscaling: message => new AwsError('AccessDenied', message, 403),
  events: message => new AwsError('AccessDeniedException', message, 400),
  s3: message => new AwsError('AccessDenied', message, 403),
  sns: message => new AwsError('AuthorizationError', message, 403),
  states: message => new AwsError('AccessDeniedException', message, 400),
  dynamodb: message => new AwsError('AccessDeniedException', message, 400),
};
