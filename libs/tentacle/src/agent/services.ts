import { type Agent } from '@octo/agent';
import { type Service, ServerError, type ServiceHost } from '@octo/halibut';
import { type Clock, OctoError } from '@octo/kernel';
import { CAPABILITIES } from '../contracts.ts';
import { fileService } from './file-service.ts';
import { octoService } from './octo-service.ts';
import { scriptServiceV1 } from './script-v1.ts';
import { scriptServiceV2 } from './script-v2.ts';

/** The part of an agent that replaces its own program (I17). */
export interface AgentUpdater {
  /** `path`: where the program was uploaded to; lower-case hex of its hash. */
  begin(offer: {
    readonly version: string;
    readonly path: string;
    readonly sha256: string;
  }): Promise<{ readonly state: 'accepted' | 'current' } | { readonly state: 'refused'; readonly why: string }>;
  status(): {
    /** Of the program that answers. */
    readonly version: string;
    readonly outcome?: {
      readonly state: 'probing' | 'done' | 'failed';
      readonly version: string;
      readonly why?: string;
    };
  };
}

export interface TentacleServicesOptions {
  readonly agent: Agent;
  readonly clock: Pick<Clock, 'now'>;
  /** For people: 'octo agent 0.1.0'. */
  readonly name: string;
  /** Where relative paths of the file transfer start: `Octopus.Home` (halibut.md 5.7). Absolute. */
  readonly home: string;
  /** Takes a new version of itself in. Absent: it cannot. */
  readonly updater?: AgentUpdater;
  /** Hears of every call of a server that is trusted. */
  readonly onCall?: () => void;
  /** Leave some out, as agents of other ages and makers do. Default: all. */
  readonly only?: readonly string[];
}

/** Everything that a server may call on this machine. */
export function tentacleServices(options: TentacleServicesOptions): ServiceHost {
  const stock = [scriptServiceV1(options), fileService(options), scriptServiceV2(options)].map(inTentaclesWords);
  const all = [...stock, octoService(options)];
  const offered = all.filter(({ contract }) => options.only?.includes(contract.name) ?? true);
  const names = offered.map((service) => service.contract.name);
  const capabilities: Service = {
    contract: CAPABILITIES,
    invoke: async () => ({ SupportedCapabilities: names }),
  };
  const { onCall } = options;
  const heard = (service: Service): Service => {
    if (!onCall) return service;
    return {
      contract: service.contract,
      invoke(...call) {
        onCall();
        return service.invoke(...call);
      },
    };
  };
  const services = new Map([capabilities, ...offered].map((service) => [service.contract.name, heard(service)]));
  const isHidden = (name: string) =>
    name === CAPABILITIES.name && options.only !== undefined && !options.only.includes(name);
  return { find: (name) => (isHidden(name) ? undefined : services.get(name)), unknownService };
}

/** A client that hears from a machine side that it is closing comes again (halibut.md 3.11). */
function inTentaclesWords(service: Service): Service {
  return {
    contract: service.contract,
    async invoke(...call) {
      try {
        return await service.invoke(...call);
      } catch (error) {
        if (!OctoError.is(error) || error.code !== 'OCTO_TRANSPORT_CLOSED') throw error;
        const text = 'The Tentacle service is shutting down and cannot process this request.';
        throw new ServerError(text, `System.Exception: ${text}`);
      }
    },
  };
}

/** As a Tentacle words it: clients look for this text (halibut.md 3.11). */
function unknownService(name: string): ServerError {
  const text = `Error: ${name} has not been registered through an IAutofacServiceSource`;
  return new ServerError(text, `Octopus.Tentacle.Communications.UnknownServiceNameException: ${text}`);
}
