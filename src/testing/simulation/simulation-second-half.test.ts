// Random faults, many seeds, see testing/simulation.ts: the second half.
import { simulationSuite } from './simulation-suite.js';

simulationSuite(1);
