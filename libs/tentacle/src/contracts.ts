import { nothing, object, type ServiceContract, stream, text } from '@octo/halibut';

// Shapes of the services that a Tentacle offers (halibut.md section 5), with the names that travel (3.8): twelve types of
// old are written under their old home, which every Tentacle reads, and read under both.
const HOME = 'Octopus.Tentacle.Contracts';
const legacy = (name: string) =>
  object(`Octopus.Shared.Contracts.${name}, Octopus.Shared`, {
    alsoReads: [`${HOME}.${name}, ${HOME}`],
    ...(name === 'StartScriptCommand' && { streams: ['Files.*.Contents'] }),
  });
const modern = (space: string, name: string, streams: readonly string[] = []) =>
  object(`${HOME}.${space}.${name}, ${HOME}`, { streams });

export const CAPABILITIES: ServiceContract = {
  name: 'ICapabilitiesServiceV2',
  methods: { GetCapabilities: { params: [], result: modern('Capabilities', 'CapabilitiesResponseV2') } },
};

const v2 = (name: string, streams?: readonly string[]) => modern('ScriptServiceV2', name, streams);
export const SCRIPTS_V2: ServiceContract = {
  name: 'IScriptServiceV2',
  methods: {
    StartScript: { params: [v2('StartScriptCommandV2', ['Files.*.Contents'])], result: v2('ScriptStatusResponseV2') },
    GetStatus: { params: [v2('ScriptStatusRequestV2')], result: v2('ScriptStatusResponseV2') },
    CancelScript: { params: [v2('CancelScriptCommandV2')], result: v2('ScriptStatusResponseV2') },
    CompleteScript: { params: [v2('CompleteScriptCommandV2')], result: nothing },
  },
};

export const SCRIPTS_V1: ServiceContract = {
  name: 'IScriptService',
  methods: {
    StartScript: { params: [legacy('StartScriptCommand')], result: legacy('ScriptTicket') },
    GetStatus: { params: [legacy('ScriptStatusRequest')], result: legacy('ScriptStatusResponse') },
    CancelScript: { params: [legacy('CancelScriptCommand')], result: legacy('ScriptStatusResponse') },
    CompleteScript: { params: [legacy('CompleteScriptCommand')], result: legacy('ScriptStatusResponse') },
  },
};

const k8s = (name: string, streams?: readonly string[]) => modern('KubernetesScriptServiceV1', name, streams);
export const SCRIPTS_KUBERNETES: ServiceContract = {
  name: 'IKubernetesScriptServiceV1',
  methods: {
    StartScript: {
      params: [k8s('StartKubernetesScriptCommandV1', ['Files.*.Contents'])],
      result: k8s('KubernetesScriptStatusResponseV1'),
    },
    GetStatus: { params: [k8s('KubernetesScriptStatusRequestV1')], result: k8s('KubernetesScriptStatusResponseV1') },
    CancelScript: { params: [k8s('CancelKubernetesScriptCommandV1')], result: k8s('KubernetesScriptStatusResponseV1') },
    CompleteScript: { params: [k8s('CompleteKubernetesScriptCommandV1')], result: nothing },
  },
};

export const FILES: ServiceContract = {
  name: 'IFileTransferService',
  methods: {
    UploadFile: { params: [text, stream], result: legacy('UploadResult') },
    DownloadFile: { params: [text], result: stream },
  },
};

const own = (name: string, streams?: readonly string[]) =>
  object(`Octo.Agent.${name}, Octo`, streams ? { streams } : {});
/**
 * What our agent offers beside them, in the words of the kernel's `Session`: answers that come when there is news, uploads
 * that go on where they were cut, refusals with their codes. Its name in the capabilities is how it is found; a stock
 * server passes over it.
 */
export const OCTO_AGENT: ServiceContract = {
  name: 'IOctoAgentV1',
  methods: {
    Capabilities: { params: [], result: own('Capabilities') },
    Start: { params: [own('Start', ['Files.*.Contents'])], result: own('Status') },
    Status: { params: [own('StatusRequest')], result: own('Status') },
    Cancel: { params: [own('Script')], result: nothing },
    Complete: { params: [own('Script')], result: nothing },
    BeginUpload: { params: [own('Upload')], result: own('UploadState') },
    Upload: { params: [own('Upload'), stream], result: own('UploadState') },
    Download: { params: [own('Download')], result: own('File', ['Contents']) },
    Clean: { params: [own('Clean')], result: own('Cleaned') },
    Update: { params: [own('Update')], result: own('UpdateAnswer') },
    UpdateStatus: { params: [], result: own('UpdateStatus') },
  },
};
