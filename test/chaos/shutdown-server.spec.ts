import { describeShutdown } from './shutdown-scenarios';

describe('the shutdown on servers', () => describeShutdown('server'));
