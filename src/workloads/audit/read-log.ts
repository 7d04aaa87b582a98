// The audited log over reader/.
import { RunError } from '../../base/errors.js';
import type { OpenLog } from './run-audit.js';

export const openLog: OpenLog = () => Promise.reject(new RunError('no reader yet'));
