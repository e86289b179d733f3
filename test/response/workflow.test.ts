import { Responded } from './responded';

jest.setTimeout(180_000);

let responded: Responded;
afterEach(() => responded.close());

test('an instance that hangs is interrupted, and its crash arrives byte for byte', async () => {
  responded = await Responded.deploy();
  const execution = await responded.hang();
  if (execution.status !== 'SUCCEEDED') console.log(execution, (await responded.local.stepFunctions.history(execution.arn)).slice(-6).map(e => JSON.stringify(e).slice(0, 800)), responded.messages);
  expect(execution.status).toBe('SUCCEEDED');
  console.log(responded.messages[0], JSON.stringify(responded.events[0], null, 1));
  expect(responded.machine.nmis).toBe(1);
});
