/**
 * An instance to rehearse on, by a deployment or by an experiment of AWS FIS. Both crash it.
 *
 *     npx cdk deploy --app 'npx tsx examples/game-day/app.ts'
 *     npx cdk deploy --app 'npx tsx examples/game-day/app.ts' --context revision=2026-11-24
 */
import { App } from 'aws-cdk-lib';
import { GameDayStack } from './game-day-stack';

const app = new App();
new GameDayStack(app, 'GameDay', { revision: app.node.tryGetContext('revision') });
