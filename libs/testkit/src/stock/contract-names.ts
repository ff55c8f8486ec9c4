// Every `$type` that occurs between an Octopus Server and a Tentacle (halibut.md 3.8).

export const REQUEST = 'Halibut.Transport.Protocol.RequestMessage, Halibut';
export const RESPONSE = 'Halibut.Transport.Protocol.ResponseMessage, Halibut';
export const DATA_STREAM = 'Halibut.DataStream, Halibut';

/** The twelve that are written under their old name. */
const LEGACY = [
  'CancelScriptCommand',
  'CompleteScriptCommand',
  'IFileTransferService',
  'IScriptService',
  'ScriptFile',
  'ScriptIsolationLevel',
  'ScriptStatusRequest',
  'ScriptStatusResponse',
  'ScriptTicket',
  'ScriptType',
  'StartScriptCommand',
  'UploadResult',
] as const;
const V2 = [
  'StartScriptCommandV2',
  'ScriptStatusRequestV2',
  'CancelScriptCommandV2',
  'CompleteScriptCommandV2',
  'ScriptStatusResponseV2',
] as const;

export function legacyType(name: (typeof LEGACY)[number]): string {
  return `Octopus.Shared.Contracts.${name}, Octopus.Shared`;
}
export function v2Type(name: (typeof V2)[number]): string {
  return `Octopus.Tentacle.Contracts.ScriptServiceV2.${name}, Octopus.Tentacle.Contracts`;
}
export const CAPABILITIES =
  'Octopus.Tentacle.Contracts.Capabilities.CapabilitiesResponseV2, Octopus.Tentacle.Contracts';

/** The name as the two programs write it, whichever of its spellings was read; undefined for one they do not know. */
export function knownType(name: string): string | undefined {
  const [type = '', assembly = ''] = name.split(',').map((part) => part.trim()); // a full assembly name is accepted (3.7)
  const short = `${type}, ${assembly}`;
  if (assembly === 'Octopus.Tentacle.Contracts') {
    const legacy = LEGACY.find((one) => type === `Octopus.Tentacle.Contracts.${one}`);
    if (legacy !== undefined) return legacyType(legacy);
  }
  return KNOWN.has(short) ? short : undefined;
}

const KNOWN: ReadonlySet<string> = new Set([
  REQUEST,
  RESPONSE,
  DATA_STREAM,
  CAPABILITIES,
  ...LEGACY.map(legacyType),
  ...V2.map(v2Type),
]);
