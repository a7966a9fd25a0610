import 'canary-rollout';
import { report } from '../shared/report.js';

process.stdout.write(await report());
