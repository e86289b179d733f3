import type { Context } from 'aws-lambda';
import * as fc from 'fast-check';
import { awsAnswersForAHungInstance, awsCalls, forgetCalls, itIs, sends } from './aws-mock';
import { ALARM_ARN, ARMED, COMPOSITE_ARN, INSTANCE, NOW, OTHER_ALARM_ARN, OTHER_INSTANCE } from './fixtures';
import { hostileEvent, MARK } from './hostile-events';
import { INSTANCE_ID } from '../../src/interrupt/instance-id';
import { INTERRUPT_POLICY_VARIABLE } from '../../src/interrupt/interrupt-policy';
import { handler } from '../../src/interrupt/interrupt.lambda';
import { CompositeRequest, InterruptRequest, parseTrigger, UnknownEventError } from '../../src/interrupt/trigger';

const SEED = 20_260_102;
const EVENTS = 10_000;
/** The longest that any one event may take, with much room for a machine that is busy. */
const LONGEST_MS = 1000;

jest.setTimeout(120_000);

const events = fc.sample(hostileEvent, { seed: SEED, numRuns: EVENTS });
const parsed = events.map((event) => {
  const began = performance.now();
  try {
    return { event, request: parseTrigger(event), took: performance.now() - began };
  } catch (error) {
    return { event, error: error as Error, took: performance.now() - began };
  }
});

beforeAll(() => { process.stderr.write(`${EVENTS} hostile events of the seed ${SEED}\n`); });

test('fails on hostile events with UnknownEvent alone, in few words, none of which are theirs; or reads an instance from them', () => {
  const seen = { requests: 0, errors: 0 };
  for (const { request, error } of parsed) {
    if (request) {
      seen.requests++;
      if ('instanceId' in request) expect(request.instanceId).toMatch(INSTANCE_ID);
      else expect(request.source.children.length).toBeGreaterThan(0);
    } else {
      seen.errors++;
      if (!(error instanceof UnknownEventError) || error.message.length > 1000 || !/^[\x20-\x7e]+$/.test(error.message)) throw error;
      expect(error.message).not.toContain(MARK);
    }
  }
  // Neither was hardly ever the case.
  expect(seen.requests).toBeGreaterThan(1000);
  expect(seen.errors).toBeGreaterThan(5000);
});

test('fails on none of them late', () => {
  expect(Math.max(...parsed.map(({ took }) => took))).toBeLessThan(LONGEST_MS);
});

describe('the handler', () => {
  beforeEach(() => {
    itIs();
    awsAnswersForAHungInstance();
    // The other one is a target as well, of which AWS knows nothing.
    process.env[INTERRUPT_POLICY_VARIABLE] = JSON.stringify({ ...ARMED, targets: { instanceIds: [INSTANCE, OTHER_INSTANCE] } });
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
    delete process.env[INTERRUPT_POLICY_VARIABLE];
  });

  test('refuses or fails by name, and sends nothing, unless an event says what a valid one says', async () => {
    const seen: Record<string, number> = {};
    for (const { event, request } of parsed) {
      const ended = await handler(event, { awsRequestId: 'r' } as Context).then(
        ({ reason, sent }) => reason ?? `sent: ${sent}`,
        (error: Error) => error.name,
      );
      seen[ended] = (seen[ended] ?? 0) + 1;
      if (request && saysWhatAValidOneSays(request)) {
        expect(ended).toBe('sent: true');
        expect(sends().map(({ args }) => args[0].input)).toEqual([{ InstanceId: INSTANCE }]);
      } else {
        expect(sends()).toHaveLength(0);
        if (!request) expect(awsCalls()).toHaveLength(0);
      }
      if (request) forgetCalls();
    }
    // KdumpNotArmed is the other instance's, on which the association never ran.
    const names = ['EvidenceMissing', 'KdumpNotArmed', 'Muted', 'NotInAlarm', 'StaleEvent', 'UnknownEvent', 'sent: true'];
    expect(Object.keys(seen).sort()).toEqual(names);
  });
});

/** The change was where nobody looks, or to another way of saying the same. */
function saysWhatAValidOneSays(request: InterruptRequest | CompositeRequest): boolean {
  const { source } = request;
  const age = 'time' in source ? (NOW.getTime() - Date.parse(source.time)) / 1000 : 0;
  if (age > ARMED.maximumEventAgeSeconds || age < -300) return false;
  if (source.kind !== 'alarm') return 'instanceId' in request && request.instanceId === INSTANCE;
  if (source.alarmState !== 'ALARM' || source.mutedBy !== undefined) return false;
  const [alarms, about] = source.children
    ? [[COMPOSITE_ARN], source.children.every(child => [ALARM_ARN, OTHER_ALARM_ARN].includes(child))]
    : [[ALARM_ARN, OTHER_ALARM_ARN], (request as InterruptRequest).instanceId === INSTANCE];
  return alarms.includes(source.alarmArn) && about;
}
