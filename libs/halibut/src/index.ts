// Halibut: calls between two machines that know each other by the thumbprints of their certificates. Either of them
// opens the connection (listening, polling), either calls. Knows nothing of what is called. The wire is specified in
// halibut.md; read exchange.ts and answer.ts first (one call from both ends), then listening-caller.ts, subscription.ts
// and listener.ts (who connects to whom), and mux.ts (many calls over one connection, where both ends are ours).
export { Halibut, type HalibutOptions } from './halibut.ts';
export { createIdentity, type Identity, isThumbprintOf, thumbprintOf } from './identity.ts';
export { DEFAULT_LIMITS, type HalibutLimits } from './limits.ts';
export { Guid, parseTimeSpan, timeSpan } from './values.ts';
export { OutgoingStream } from './outgoing.ts';
export { IncomingStream } from './incoming.ts';
export {
  type Call,
  type CallContext,
  type Caller,
  type MethodContract,
  nothing,
  object,
  type Service,
  type ServiceContract,
  type ServiceHost,
  stream,
  text,
  type TypeContract,
} from './contract.ts';
export { asServerError, HalibutError, RemoteError, type RemoteFailure, ServerError } from './errors.ts';
export { type HttpProxy, throughProxy } from './proxy.ts';
export { type Target } from './dial.ts';
export { type Listener, type ListenOptions, type Refusal } from './listener.ts';
export { type ListeningCaller, type ListeningTarget } from './listening-caller.ts';
export { type PollOptions, type PollState } from './poll.ts';
export { Subscription } from './subscription.ts';
export { memberOf } from './message.ts';
export { subscriptionUri } from './control.ts';
