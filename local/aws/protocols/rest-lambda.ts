import { AwsError } from '../aws-error';
import { WireCall, WireRequest } from './wire';

/** What Lambda's Invoke answers with beside the payload. */
export interface InvokeOutput {
  readonly statusCode: number;
  readonly payload: string;
  readonly functionError?: string;
  readonly logTail?: string;
}

/** Lambda's REST: only `POST /2015-03-31/functions/{name}/invocations`. */
export function readRest(request: WireRequest): WireCall {
  const match = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.path);
  const fail = (error: AwsError, requestId: string) => ({
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
    body: JSON.stringify({ Type: 'User', Message: error.message }),
  });
  return {
    action: match && request.method === 'POST' ? 'Invoke' : `${request.method} ${request.path}`,
    params: {
      FunctionName: match ? decodeURIComponent(match[1]) : undefined,
      InvocationType: request.headers['x-amz-invocation-type'] ?? 'RequestResponse',
      LogType: request.headers['x-amz-log-type'] ?? 'None',
      Payload: request.body.toString('utf8'),
    },
    unknownAction: new AwsError('UnknownOperationException', '', 404),
    answer: (output, requestId) => {
      const { statusCode, payload, functionError, logTail } = output as InvokeOutput;
      return {
        status: statusCode,
        headers: {
          'content-type': 'application/json',
          'x-amzn-requestid': requestId,
          'x-amz-executed-version': '$LATEST',
          ...functionError ? { 'x-amz-function-error': functionError } : {},
          ...logTail !== undefined ? { 'x-amz-log-result': Buffer.from(logTail).toString('base64') } : {},
        },
        body: payload,
      };
    },
    fail,
  };
}
