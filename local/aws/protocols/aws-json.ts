import { AwsError } from '../aws-error';
import { WireCall, WireRequest } from './wire';

/** AWS JSON 1.0 (CloudWatch) and 1.1 (Systems Manager): the action in `X-Amz-Target`, time stamps in seconds. */
export function readJson(request: WireRequest): WireCall {
  const contentType = String(request.headers['content-type'] ?? 'application/x-amz-json-1.1');
  const text = request.body.toString('utf8');
  const answer = (status: number, output: object, requestId: string, more: Record<string, string> = {}) => ({
    status,
    headers: { 'content-type': contentType, 'x-amzn-requestid': requestId, ...more },
    body: JSON.stringify(output, secondsForDates),
  });
  return {
    action: String(request.headers['x-amz-target']).split('.').pop() ?? '',
    params: text ? JSON.parse(text) : {},
    unknownAction: new AwsError('UnknownOperationException', ''),
    answer: (output, requestId) => answer(200, output, requestId),
    fail: (error, requestId) => answer(error.status, { __type: error.code, message: error.message, ...error.details }, requestId, {
      // CloudWatch came from the query protocol and tells its clients the code that they knew there.
      ...request.service === 'monitoring' ? { 'x-amzn-query-error': `${error.code};${error.status < 500 ? 'Sender' : 'Receiver'}` } : {},
    }),
  };
}

// JSON.stringify has turned a Date into text before the replacer sees it; the holder still has the Date.
function secondsForDates(this: any, key: string, value: unknown): unknown {
  return this[key] instanceof Date ? this[key].getTime() / 1000 : value;
}
