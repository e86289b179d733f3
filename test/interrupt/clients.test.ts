import { SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';
import { ec2, ec2Sender } from '../../src/interrupt/clients';

// The sending client itself, with nothing replaced but the network.

process.env.AWS_REGION = 'eu-central-1';
process.env.AWS_ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
process.env.AWS_SECRET_ACCESS_KEY = 'example';

let network: jest.SpyInstance;
const answer = (statusCode: number, body: string) => ({ response: { statusCode, headers: {}, body: Buffer.from(body) } });
const refusal = (statusCode: number, code: string) => answer(statusCode,
  `<Response><Errors><Error><Code>${code}</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>`);
const accepted = () => answer(200, '<SendDiagnosticInterruptResponse><return>true</return></SendDiagnosticInterruptResponse>');
const send = () => ec2Sender.send(new SendDiagnosticInterruptCommand({ InstanceId: 'i-0123456789abcdef0' }));

beforeEach(() => {
  network = jest.spyOn(ec2.config.requestHandler as any, 'handle');
});
afterEach(() => { jest.restoreAllMocks(); });

test('the interrupt is sent again when EC2 turned it away for too many requests', async () => {
  network.mockResolvedValueOnce(refusal(503, 'RequestLimitExceeded')).mockResolvedValueOnce(refusal(400, 'Throttling')).mockResolvedValue(accepted());
  await send();
  expect(network).toHaveBeenCalledTimes(3);
});

test('fails after four times of too many requests', async () => {
  network.mockResolvedValue(refusal(503, 'RequestLimitExceeded'));
  await expect(send()).rejects.toThrow(expect.objectContaining({ name: 'RequestLimitExceeded' }));
  expect(network).toHaveBeenCalledTimes(4);
});

test.each([
  ['InternalError', 500], ['Unavailable', 503], ['ServiceUnavailable', 503], ['UnsupportedOperation', 400], ['UnauthorizedOperation', 403],
  ['RequestTimeout', 400], ['GatewayTimeout', 504],
])('fails at the first %s, after which it may have arrived or which is final', async (name, status) => {
  network.mockResolvedValue(refusal(status, name));
  await expect(send()).rejects.toThrow(expect.objectContaining({ name }));
  expect(network).toHaveBeenCalledTimes(1);
});

test.each(['ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ECONNREFUSED', 'ENOTFOUND'])('fails at the first lost connection: %s', async (code) => {
  network.mockRejectedValue(Object.assign(new Error('lost'), { code, name: 'TimeoutError' }));
  await expect(send()).rejects.toThrow('lost');
  expect(network).toHaveBeenCalledTimes(1);
});

test('fails at once when the second try is lost after the first was turned away', async () => {
  network.mockResolvedValueOnce(refusal(503, 'RequestLimitExceeded')).mockRejectedValue(Object.assign(new Error('lost'), { name: 'TimeoutError' }));
  await expect(send()).rejects.toThrow('lost');
  expect(network).toHaveBeenCalledTimes(2);
});

test('fails at the first answer that is none', async () => {
  network.mockResolvedValue(answer(200, 'no XML <'));
  await expect(send()).rejects.toThrow();
  expect(network).toHaveBeenCalledTimes(1);
});
