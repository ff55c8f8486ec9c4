import { fastClock, transportOutages } from '@octo/testkit/transport-outages';
import { ours, stock } from './faulty.fixture.ts';

transportOutages('our agent, polling', () => ours(fastClock));
transportOutages('a stock Tentacle, polling', () => stock(fastClock), { noticesSilence: false }); // 1.8: a minute
