import { concat, messageField, readFields, readPackedVarints, stringField, varintField } from './protobuf-wire';

/** The messages of onnx.proto that quantisation reads and writes; field numbers are those of the ONNX specification. */

export const MODEL_OPSET_IMPORT = 8;
export const MODEL_GRAPH = 7;
export const GRAPH_NODE = 1;
export const GRAPH_INITIALIZER = 5;
export const GRAPH_INPUT = 11;

const NODE_INPUT = 1;
const NODE_OUTPUT = 2;
const NODE_NAME = 3;
const NODE_OPERATOR = 4;
const NODE_ATTRIBUTE = 5;
const NODE_DOMAIN = 7;
const ATTRIBUTE_NAME = 1;
const ATTRIBUTE_INTEGER = 3;
const ATTRIBUTE_TYPE = 20;
const ATTRIBUTE_TYPE_INTEGER = 2;
const TENSOR_DIMENSIONS = 1;
const TENSOR_DATA_TYPE = 2;
const TENSOR_NAME = 8;
const TENSOR_RAW_DATA = 9;
const OPSET_DOMAIN = 1;
const OPSET_VERSION = 2;
const VALUE_NAME = 1;

export const FLOAT = 1;
export const INT8 = 3;

export interface OnnxNode {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that are integers. */
  readonly integers: ReadonlyMap<string, number>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly dataType: number;
  readonly dimensions: readonly number[];
  /** Little-endian content; undefined where the file keeps it in another form. */
  readonly rawData: Uint8Array | undefined;
}

export function readNode(message: Uint8Array): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const integers = new Map<string, number>();
  let operator = '';
  let domain = '';
  for (const { number, bytes } of readFields(message)) {
    if (number === NODE_INPUT) inputs.push(text(bytes));
    else if (number === NODE_OUTPUT) outputs.push(text(bytes));
    else if (number === NODE_OPERATOR) operator = text(bytes);
    else if (number === NODE_DOMAIN) domain = text(bytes);
    else if (number === NODE_ATTRIBUTE) {
      let name = '';
      let integer: number | undefined;
      for (const field of readFields(bytes)) {
        if (field.number === ATTRIBUTE_NAME) name = text(field.bytes);
        else if (field.number === ATTRIBUTE_INTEGER) integer = field.value;
      }
      if (integer !== undefined) integers.set(name, integer);
    }
  }
  return { operator, domain, inputs, outputs, integers };
}

export function readTensor(message: Uint8Array): OnnxTensor {
  const dimensions: number[] = [];
  let name = '';
  let dataType = 0;
  let rawData: Uint8Array | undefined;
  for (const { number, value, bytes } of readFields(message)) {
    if (number === TENSOR_DIMENSIONS) dimensions.push(...(bytes.length > 0 ? readPackedVarints(bytes) : [value]));
    else if (number === TENSOR_DATA_TYPE) dataType = value;
    else if (number === TENSOR_NAME) name = text(bytes);
    else if (number === TENSOR_RAW_DATA) rawData = bytes;
  }
  return { name, dataType, dimensions, rawData };
}

/** Version of the standard operators an `opset_import` entry asks for, undefined for another domain's. */
export function readOpset(message: Uint8Array): number | undefined {
  let version = 0;
  for (const { number, value, bytes } of readFields(message)) {
    if (number === OPSET_DOMAIN && bytes.length > 0) return undefined;
    if (number === OPSET_VERSION) version = value;
  }
  return version;
}

export function readValueName(message: Uint8Array): string {
  for (const { number, bytes } of readFields(message)) if (number === VALUE_NAME) return text(bytes);
  return '';
}

/** A node of the graph, as a field of it. Its name is that of its first output. */
export function nodeField(
  operator: string,
  inputs: readonly string[],
  outputs: readonly [string, ...string[]],
  integers: Readonly<Record<string, number>> = {},
): Uint8Array {
  const parts = [
    ...inputs.map((name) => stringField(NODE_INPUT, name)),
    ...outputs.map((name) => stringField(NODE_OUTPUT, name)),
    stringField(NODE_NAME, `${outputs[0]}_node`),
    stringField(NODE_OPERATOR, operator),
    ...Object.entries(integers).flatMap(([name, value]) =>
      messageField(NODE_ATTRIBUTE, [
        stringField(ATTRIBUTE_NAME, name),
        varintField(ATTRIBUTE_INTEGER, value),
        varintField(ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_INTEGER),
      ]),
    ),
  ];
  return concat(messageField(GRAPH_NODE, parts));
}

/** An initializer of the graph, as a field of it, in parts so that its data is not copied. */
export function initializerField(
  name: string,
  dimensions: readonly number[],
  data: Int8Array | Float32Array,
): Uint8Array[] {
  return messageField(GRAPH_INITIALIZER, [
    ...dimensions.map((dimension) => varintField(TENSOR_DIMENSIONS, dimension)),
    varintField(TENSOR_DATA_TYPE, data instanceof Int8Array ? INT8 : FLOAT),
    stringField(TENSOR_NAME, name),
    ...messageField(TENSOR_RAW_DATA, [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]),
  ]);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
