/**
 * Every wait and every size of a conversation. All times in milliseconds. Defaults are those of a current Tentacle where
 * the protocol has them (halibut.md 1.8); where ours differ the line says why.
 */
export interface HalibutLimits {
  /** TCP connect. */
  readonly connectMs: number;
  /** TLS handshake, preamble and identity together, on the side that accepts: a slow peer is dropped after it. Ours. */
  readonly identifyMs: number;
  /** One read or write inside a message, a stream or an identity. */
  readonly readWriteMs: number;
  /** First byte of a response: the time that a call may take. */
  readonly responseMs: number;
  /** A polling service waits for the first byte of a request; the empty message counts. */
  readonly pollRequestMs: number;
  /** A listening service waits for the first byte of a request behind identity or PROCEED. */
  readonly listenRequestMs: number;
  /** A listening service waits for NEXT. Ours is longer than a Tentacle's minute, so that pooled connections of a foreign client (9 min) live. */
  readonly nextMs: number;
  /** Control lines. */
  readonly heartbeatMs: number;
  /** A pooled connection idle for longer is not used again. Shorter than the minute after which a Tentacle closes (1.7). */
  readonly pooledIdleMs: number;
  /** A pooled connection whose peer does not say PROCEED within this is given up, and with it all others to that peer. Ours. */
  readonly pooledProbeMs: number;
  /** Idle connections kept per endpoint. More than the five of a Tentacle's server: each script that is followed has one. */
  readonly pooledPerEndpoint: number;
  /** A polling client without work says so after this long. */
  readonly queueWaitMs: number;
  /** A queued request that no subscriber collects in this time fails. */
  readonly pickUpMs: number;
  /** Tries to connect for one call, the sleep between them, and the time for all of them (2.5). */
  readonly connectAttempts: number;
  readonly connectSleepMs: number;
  readonly connectTotalMs: number;
  /** Answer of an HTTP proxy (1.6). */
  readonly proxyMs: number;
  /** First TCP keep-alive probe; then ten, one a second: a pulled wire is noticed after this and 10 s more. */
  readonly keepAliveMs: number;
  /** While calls are under way a silent peer is looked at so often, asked at the fifth look, and given up at the eleventh. Ours. */
  readonly lookMs: number;
  /** Back-off of a polling service between connections (8.4); behind a good one it comes back within the first, at a random time. */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** Characters before the first empty line (1.4). */
  readonly identityBytes: number;
  /** A message, inflated or not. */
  readonly messageBytes: number;
  /** Nesting of a document. */
  readonly depth: number;
  /** Members and elements of a document. */
  readonly elements: number;
  /** Connections that have not identified themselves: in all, and from one address. Ours. */
  readonly strangers: number;
  readonly strangersPerAddress: number;
  /** Calls that a multiplexed connection carries at a time. Ours. */
  readonly callsPerConnection: number;
}

const MINUTE = 60_000;
const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: HalibutLimits = {
  connectMs: MINUTE,
  identifyMs: MINUTE,
  readWriteMs: MINUTE,
  responseMs: 5 * MINUTE,
  pollRequestMs: MINUTE,
  listenRequestMs: 10 * MINUTE,
  nextMs: 10 * MINUTE,
  heartbeatMs: MINUTE,
  pooledIdleMs: 45_000,
  pooledProbeMs: 4_000,
  pooledPerEndpoint: 16,
  queueWaitMs: 30_000,
  pickUpMs: 2 * MINUTE,
  connectAttempts: 5,
  connectSleepMs: 1_000,
  connectTotalMs: 5 * MINUTE,
  proxyMs: 15_000,
  keepAliveMs: 5_000,
  lookMs: 400,
  reconnectMinMs: 5_000,
  reconnectMaxMs: 2 * MINUTE,
  identityBytes: 20_000,
  messageBytes: 64 * MIB,
  depth: 64,
  elements: 4_000_000,
  strangers: 8_192,
  strangersPerAddress: 4_096,
  callsPerConnection: 256,
};
