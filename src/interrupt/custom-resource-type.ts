/** The custom resources that the function serves, by their type in the template. */
export enum CustomResourceType {
  READINESS = 'Custom::InterruptReadiness',
  TRIGGER = 'Custom::InterruptTrigger',
}

/** CloudFormation waits for a custom resource for an hour at the longest (ServiceTimeout). */
export const LONGEST_WAIT_SECONDS = 55 * 60;

/** What the function's own end of a wait is ahead of CloudFormation's, so that the reason that is shown is the function's. */
export const HEADROOM_SECONDS = 5 * 60;

/** For how long an InterruptTrigger asks again when what decides cannot be learned yet. */
export const TRIGGER_PATIENCE_SECONDS = 3 * 60;

export const LONGEST_REVISION = 128;
