import { refusalError } from './endpoint-error';

describe('a status that is not 200', () => {
  const faultOf = (status: number, words = '', more: { retryAfterMs?: number; askedForDimensions?: boolean } = {}) =>
    refusalError({ status, words, quote: undefined, retryAfterMs: undefined, askedForDimensions: false, ...more })
      .fault;

  it.each([408, 409, 424, 425, 500, 502, 503, 504, 529])('%i may pass', (status) => {
    expect(faultOf(status)).toBe('transient');
    expect(faultOf(status, '', { retryAfterMs: 1 })).toBe('busy');
  });

  it.each([201, 204, 301, 302, 307, 308, 400, 401, 402, 403, 404, 405, 410, 415, 422])('%i will not pass', (status) => {
    expect(faultOf(status)).toBe('final');
    expect(faultOf(status, '', { retryAfterMs: 1 })).toBe('final');
  });

  it('429 asks to wait, with or without a time', () => {
    expect(faultOf(429)).toBe('busy');
    expect(faultOf(429, '', { retryAfterMs: 5 })).toBe('busy');
  });

  // As OpenAI, vLLM, text-embeddings-inference, Ollama and llama.cpp word it.
  it.each([
    [400, "This model's maximum context length is 8192 tokens, however you requested 9000 tokens"],
    [400, "Invalid 'input': array too long. Expected an array with maximum length 2048"],
    [413, '`inputs` must have less than 512 tokens. Given: 600'],
    [413, 'batch size 33 > maximum allowed batch size 32'],
    [413, ''],
    [422, '`inputs` must have less than 512 tokens. Given: 600'],
    [400, 'the input length exceeds the context length'],
    [500, 'input (600 tokens) is too large to process. increase the physical batch size (current batch size: 512)'],
  ])('%i "%s" means that something is too long', (status, words) => {
    expect(faultOf(status, words)).toBe('too-long');
  });

  it('tells that the endpoint knows no dimensions only from a call that asked for them', () => {
    const words = 'Model "bge" does not support matryoshka representation, changing output dimensions will fail';
    expect(faultOf(400, words, { askedForDimensions: true })).toBe('dimensions-refused');
    expect(faultOf(400, words)).toBe('final');
  });
});
