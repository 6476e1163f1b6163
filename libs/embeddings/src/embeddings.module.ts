import { Module } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { EMBEDDING_PROVIDER } from './embedding-provider';
import { selectProvider } from './provider-selection';

/** Text to vectors. A class that needs vectors injects `EMBEDDING_PROVIDER` and does not know which provider it is. */
@Module({
  providers: [{ provide: EMBEDDING_PROVIDER, inject: [Config, ShutdownSequence], useFactory: selectProvider }],
  exports: [EMBEDDING_PROVIDER],
})
export class EmbeddingsModule {}
