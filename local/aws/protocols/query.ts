import { XMLBuilder } from 'fast-xml-parser';
import { AwsError } from '../aws-error';
import { Params } from '../operation';
import { WireCall, WireRequest } from './wire';

const xml = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });
const XMLNS: Record<string, string> = {
  autoscaling: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
  cloudformation: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  sns: 'http://sns.amazonaws.com/doc/2010-03-31/',
  ec2: 'http://ec2.amazonaws.com/doc/2016-11-15/',
  monitoring: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
};

/**
 * The query protocols: a form in, XML out. EC2 has a dialect of its own (`<item>` for the elements of a list, no result wrapper,
 * another error shape); CloudWatch speaks the common one to clients that do not know its newer protocols.
 */
export function readQuery(request: WireRequest): WireCall {
  const { Action: action = '', Version: _version, ...params } = formTree(request.body.toString('utf8'));
  const ec2 = request.service === 'ec2';
  const answer = (status: number, requestId: string, document: object) => ({
    status,
    headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId },
    body: '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.build(document),
  });
  return {
    action,
    params,
    unknownAction: new AwsError('InvalidAction', ''),
    answer: (output, requestId) => answer(200, requestId, {
      [`${action}Response`]: {
        '@xmlns': XMLNS[request.service],
        ...ec2
          ? { requestId, ...xmlValue(output, 'item') }
          : { [`${action}Result`]: xmlValue(output, 'member'), ResponseMetadata: { RequestId: requestId } },
      },
    }),
    fail: (error, requestId) => {
      const Error = { Code: error.code, Message: error.message };
      return answer(error.status, requestId, ec2
        ? { Response: { Errors: { Error }, RequestID: requestId } }
        : { ErrorResponse: { '@xmlns': XMLNS[request.service], 'Error': { Type: 'Sender', ...Error }, 'RequestId': requestId } });
    },
  };
}

/** `Filter.1.Value.2=x` and `AlarmNames.member.1=x` as the structures and lists that they stand for. */
function formTree(form: string): Params {
  const tree: Params = {};
  for (const [name, value] of new URLSearchParams(form)) {
    const path = name.split('.').filter(part => part !== 'member');
    let node = tree;
    for (const part of path.slice(0, -1)) node = node[part] ??= {};
    node[path[path.length - 1]] = value;
  }
  return listsOf(tree);
}

function listsOf(node: any): any {
  if (typeof node !== 'object') return node;
  const keys = Object.keys(node);
  if (keys.length > 0 && keys.every(key => /^\d+$/.test(key))) {
    return keys.sort((a, b) => Number(a) - Number(b)).map(key => listsOf(node[key]));
  }
  return Object.fromEntries(keys.map(key => [key, listsOf(node[key])]));
}

function xmlValue(value: any, element: string): any {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.length ? { [element]: value.map(item => xmlValue(item, element)) } : '';
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => [key, xmlValue(item, element)]));
}
