import { App, Stack } from 'aws-cdk-lib';
import { CrashDiagnostics, KdumpTargets } from '../../../src';

const app = new App();
const stack = new Stack(app, 'Consumer');
new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: KdumpTargets.tag('Kdump', 'on') });
app.synth();
