export {
  AiWorkerAwayError,
  AiWorkerClient,
  type AiWorkerOptions,
  type AwayCause,
  type RecognisedFormat,
  type RecognitionCall,
  UnreadableAnswerError,
} from './ai-worker.client';
export type { components as AiWorkerContract } from './ai-worker-contract';
export { AI_WORKER, AiWorkerModule } from './ai-worker.module';
