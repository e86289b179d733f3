import { awsAnswersForAHungInstance, itIs } from './aws-mock';
import { ARMED } from './fixtures';
import { listen, policyIs } from './reported';
import { INTERRUPT_POLICY_VARIABLE } from '../../src/interrupt/interrupt-policy';

/** Before each test of a file, AWS answers for a hung instance whose kdump is armed; what is reported is listened to. */
export function eachForAHungInstance(): void {
  beforeEach(() => {
    itIs();
    awsAnswersForAHungInstance();
    policyIs(ARMED);
    listen();
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
    delete process.env[INTERRUPT_POLICY_VARIABLE];
  });
}
