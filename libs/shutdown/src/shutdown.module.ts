import { Global, Module } from '@nestjs/common';
import { ShutdownSequence } from './shutdown-sequence';

/** Global: whatever opens something registers its release here, from any room. */
@Global()
@Module({ providers: [ShutdownSequence], exports: [ShutdownSequence] })
export class ShutdownModule {}
