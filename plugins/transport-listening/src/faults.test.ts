import { hastyClock, transportFaults } from '@octo/testkit/transport-faults';
import { ours, stock } from './faulty.fixture.ts';

transportFaults('our agent, listening', () => ours(hastyClock), true);
transportFaults('a stock Tentacle, listening', () => stock(hastyClock), false);
