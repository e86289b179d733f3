import { Responded } from './responded';
import { Fault } from '../../local/aws/fault';
import { DumpContents } from '../../src';

// Rows of `npm run test:response`: what comes of the dump, and what hinders it.

jest.setTimeout(180_000);

let responded: Responded;
afterEach(() => responded.close());

test('the kernel log alone leaves the machine, unless more is asked for', async () => {
  responded = await Responded.deploy({ contents: DumpContents.KERNEL_LOG, runbookUrl: 'https://wiki.example.com/hung' });
  await responded.hang();
  responded.expectReport('Collected', /On the instance, in .*:\n {2}dump\.\d+ {2}12\.0 MiB\n/);
  responded.expectReport('Collected', /^i-.* was collected\.\nRunbook: https:\/\/wiki\.example\.com\/hung\n\n/);
  expect(await responded.local.s3.keys(responded.bucket)).toEqual([expect.stringMatching(/\/dmesg\.\d+$/)]);
});

test('what was brought is removed from the instance, if asked', async () => {
  responded = await Responded.deploy({ removeFromInstance: true });
  await responded.hang();
  responded.expectReport('Collected', /removed from the instance/);
  await responded.expectCollected();
});

test('an upload is cut in the middle: it is resumed where it was, and no part is sent twice', async () => {
  responded = await Responded.deploy();
  responded.local.faults.add({ service: 's3', action: 'UploadPart', after: 1, times: 1, fault: Fault.disconnect() });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /its crash was collected/);
  await responded.expectCollected();
  const parts = responded.local.calls.filter(({ action, status }) => action === 'UploadPart' && status === 200).map(({ params }) => Number(params.PartNumber));
  // Two are on their way at a time.
  expect(parts.sort((one, other) => one - other)).toEqual([1, 2, 3]);
});

// S3 says AccessDenied to an expired URL. The clock of a URL counts seconds, in which the stand's workflow tries more often than it may.
test('a presigned URL has expired: the part is signed anew', async () => {
  responded = await Responded.deploy();
  responded.local.faults.add({ service: 's3', action: 'UploadPart', after: 1, times: 1, fault: Fault.accessDenied() });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  const parts = responded.local.calls.filter(({ action }) => action === 'UploadPart').map(({ params, status }) => [params.PartNumber, status]);
  const [refused] = parts.filter(([, status]) => status === 403).map(([number]) => number);
  expect([2, 3]).toContain(refused);
  expect(parts.map(([number, status]) => `${number}: ${status}`).sort()).toEqual(['1: 200', '2: 200', '3: 200', `${refused}: 403`].sort());
  responded.expectReport('Collected', /its crash was collected/);
  await responded.expectCollected();
});

test('S3 takes nothing: the instance is given back, the dump stays on it and the report says where', async () => {
  responded = await Responded.deploy({ group: {} });
  responded.local.faults.add({ service: 's3', action: 'UploadPart', fault: Fault.serverError(503) });
  await responded.hang();
  responded.expectReport('PartlyCollected', /On the instance, in .*:\n {2}dump\.\d+ {2}12\.0 MiB\nMissing: dump\.\d+ could not be uploaded\. part [12]: HTTP status 503/);
  expect(responded.memberState).toBe('InService');
});

test('Systems Manager does not answer for minutes when the collection begins: it is tried again', async () => {
  responded = await Responded.deploy({ group: { hook: true, replaceAfterMinutes: 1 }, machine: { dumpMinutes: 10 } });
  responded.local.faults.add({ service: 'ssm', action: 'SendCommand', times: 15, fault: Fault.serverError(503) });
  expect((await responded.hang()).status).toBe('SUCCEEDED');
  responded.expectReport('Collected', /Its termination in the Auto Scaling group web goes on/);
  await responded.expectCollected();
});

test.each([['ssm', 'SendCommand'], ['s3', 'CreateMultipartUpload'], ['s3', 'HeadObject']])('a policy bars %s:%s: nothing is waited for, and the report says so', async (service, action) => {
  responded = await Responded.deploy({ group: {} });
  responded.local.faults.add({ service, action, fault: Fault.accessDenied() });
  expect((await responded.hang()).status).toBe('FAILED');
  responded.expectReport('Failed', /AccessDenied/);
  // Once more, since nothing is known from one answer alone.
  expect(responded.local.calls.filter(call => call.action === action)).toHaveLength(2);
  expect(responded.memberState).toBe('InService');
});

test('the dump is empty: the kernel log arrives, and the report says that the dump is empty', async () => {
  responded = await Responded.deploy({ machine: { vmcore: Buffer.alloc(0) } });
  await responded.hang();
  responded.expectReport('PartlyCollected', /Panic: Kernel panic[^]*Missing: The dump is empty\./);
});
