import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { WebhooksRepository } from './webhooks.repository';

/**
 * Secrets by which receivers know that a delivery is ours (Standard Webhooks 1.0). None is kept: each follows from one
 * key, the webhook's id and a version, so that a list of webhooks tells nothing.
 */
@Injectable()
export class WebhookSecrets {
  private key: Promise<Buffer> | undefined;

  constructor(
    private readonly config: Config,
    private readonly webhooks: WebhooksRepository,
  ) {}

  /** As its receiver is shown it, once. */
  async show(id: string, version: number): Promise<string> {
    return `whsec_${(await this.secret(id, version)).toString('base64')}`;
  }

  /**
   * @param versions newest first
   * @returns the value of `webhook-signature`
   */
  async sign(
    message: { readonly id: string; readonly timestamp: number; readonly body: string },
    webhookId: string,
    versions: readonly number[],
  ): Promise<string> {
    const signed = `${message.id}.${message.timestamp}.${message.body}`;
    const signatures = versions.map(async (version) => {
      const secret = await this.secret(webhookId, version);
      return `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`;
    });
    return (await Promise.all(signatures)).join(' ');
  }

  private async secret(id: string, version: number): Promise<Buffer> {
    this.key ??= this.readKey().catch((error: unknown) => {
      this.key = undefined;
      throw error;
    });
    return createHmac('sha256', await this.key)
      .update(`vectorlane webhook ${id} ${version}`)
      .digest();
  }

  private async readKey(): Promise<Buffer> {
    const { WEBHOOK_KEY: key } = this.config;
    return key === undefined ? this.webhooks.key(randomBytes(32)) : Buffer.from(key, 'utf8');
  }
}
