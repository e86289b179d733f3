/**
 * An alarm that is there already gets the interrupt as one more action. It does not collect the dump: see the example bring-your-own.
 *
 *     npx cdk deploy --app 'npx tsx examples/existing-alarm/app.ts'
 */
import { App } from 'aws-cdk-lib';
import { ExistingAlarmStack } from './existing-alarm-stack';

new ExistingAlarmStack(new App(), 'ExistingAlarm');
