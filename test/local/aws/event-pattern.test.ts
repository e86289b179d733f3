import { checkPattern, matches } from '../../../local/aws/event-pattern';

const event = {
  'source': 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  'resources': ['arn:a', 'arn:b'],
  'detail': { alarmName: 'Fleet-web', state: { value: 'ALARM' }, count: 3, nothing: null },
};

const given = (pattern: unknown) => {
  checkPattern(pattern);
  return matches(pattern, event);
};

describe('matches', () => {
  test.each([
    [{ source: ['aws.ec2', 'aws.cloudwatch'] }],
    [{ 'source': ['aws.cloudwatch'], 'detail-type': ['CloudWatch Alarm State Change'], 'detail': { state: { value: ['ALARM'] } } }],
    [{ resources: ['arn:b'] }],
    [{ detail: { alarmName: [{ prefix: 'Fleet-' }] } }],
    [{ detail: { muteDetail: { mutedByArn: [{ exists: false }] } } }],
    [{ detail: { alarmName: [{ exists: true }] } }],
    [{ detail: { alarmName: [{ 'anything-but': ['Other', 'Else'] }] } }],
    [{ detail: { alarmName: [{ 'anything-but': 'Other' }] } }],
    [{ detail: { count: [3], nothing: [null] } }],
  ])('%j', pattern => expect(given(pattern)).toBe(true));
});

describe('does not match', () => {
  test.each([
    [{ source: ['aws.ec2'] }],
    [{ source: ['aws.cloudwatch'], detail: { state: { value: ['OK'] } } }],
    [{ resources: ['arn:c'] }],
    [{ detail: { alarmName: [{ prefix: 'fleet-' }] } }],
    [{ detail: { alarmName: [{ exists: false }] } }],
    [{ detail: { state: [{ exists: true }] } }], // of leaves only
    [{ detail: { alarmName: [{ 'anything-but': ['Fleet-web'] }] } }],
    [{ detail: { count: ['3'] } }],
    [{ account: [{ 'anything-but': 'x' }] }],
  ])('%j', pattern => expect(given(pattern)).toBe(false));
});

describe('refuses', () => {
  test.each([
    [{ detail: { alarmName: [{ suffix: 'web' }] } }, 'EventPattern.detail.alarmName: the local EventBridge does not play the filter {"suffix":"web"}'],
    [{ detail: { count: [{ numeric: ['>', 1] }] } }, 'does not play the filter {"numeric":[">",1]}'],
    [{ source: [{ 'anything-but': { prefix: 'aws.' } }] }, 'does not play the filter {"anything-but":{"prefix":"aws."}}'],
    [{ $or: [{ source: ['a'] }] }, 'EventPattern.$or: the local EventBridge does not play $or'],
    [{ source: 'aws.cloudwatch' }, 'EventPattern.source must be an object'],
    [{ source: [] }, 'must not be an empty list'],
    [{}, 'EventPattern must be an object with a field or more'],
  ])('%j', (pattern, message) => expect(() => checkPattern(pattern)).toThrow(message));
});
