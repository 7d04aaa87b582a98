// Metadata's answer as a producer reads it: who leads what, and where. A partition takes a fifth of
// the memory of the whole answer's. Used by ../metadata.ts. Must never leave out what a producer
// acts upon.
import { metadataResponse, type MetadataResponse } from './apis/metadata.js';
import { leavingOut, type Without } from './message.js';

const NOT_FOR_PRODUCERS = [
  'controllerId',
  'isInternal',
  'replicaNodes',
  'isrNodes',
  'offlineReplicas',
  'topicAuthorizedOperations',
  'clusterAuthorizedOperations',
] as const;

export type LeadersResponse = Without<MetadataResponse, (typeof NOT_FOR_PRODUCERS)[number]>;

export const leadersResponse = leavingOut(metadataResponse, NOT_FOR_PRODUCERS);
